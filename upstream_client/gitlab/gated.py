"""What of GitLab people are asked for: deployments, jobs that are started by hand, or both."""

from enum import StrEnum


class Gated(StrEnum):
    """As in GITLAB_GATED. A job that is started by hand is no barrier: whoever may run pipelines may start it."""

    DEPLOYMENTS = "deployments"
    MANUAL_JOBS = "manual_jobs"
    BOTH = "both"

    @property
    def has_deployments(self) -> bool:
        return self is not Gated.MANUAL_JOBS

    @property
    def has_jobs(self) -> bool:
        return self is not Gated.DEPLOYMENTS
