"""The bot in pieces before the sandbox's GitLab."""

from typing import Any

from slack_bot.config import Settings
from slack_bot.rows import RequestRow, key_of
from tests.rig import Rig
from upstream_client.base import Upstream
from upstream_client.gitlab import Gated, GitLabClient

PROJECT = "shop/web"
REQUESTER_EMAIL = "requester@example.com"


class GitLabRig(Rig):
    """Whose upstream is the sandbox's GitLab."""

    gated = Gated.DEPLOYMENTS

    def _upstream(self, settings: Settings) -> Upstream:
        self.sandbox.gitlab.add_project(PROJECT)
        self.gitlab = GitLabClient(
            self.sandbox.gitlab_url,
            self.sandbox.gitlab.token,
            (PROJECT,),
            self.gated,
            timeout=(10.0, 10.0),  # no test waits for it, and a busy machine is slow
        )
        return self.gitlab

    def file(self, **more: Any) -> str:
        """A deployment is blocked; the bot has looked. Its id."""
        deployment_id = self.control.file_deployment(**{"email": REQUESTER_EMAIL, **more})
        self.look()
        return deployment_id

    def deployment(self, deployment_id: str) -> dict[str, Any]:
        """As GitLab has it."""
        return next(one for one in self.control.gitlab_deployments() if one["id"] == deployment_id)

    def job(self, job_id: str) -> dict[str, Any]:
        """As GitLab has it."""
        return next(one for one in self.control.gitlab_jobs() if one["id"] == job_id)

    def row_of(self, request_id: str) -> RequestRow:
        """As the ledger has it."""
        return self.row(key_of(GitLabClient.name, request_id))


class ManualJobsRig(GitLabRig):
    """That asks for jobs which are started by hand, too."""

    gated = Gated.BOTH
