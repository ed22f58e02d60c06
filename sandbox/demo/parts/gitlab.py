"""GitLab in the demo: deployments to protected environments, blocked until they are approved."""

from collections.abc import Iterator

from sandbox.demo.part import Part, Setting
from sandbox.demo.releases import OWNER, SERVICES, demo_releases
from sandbox.gitlab import GitLab
from sandbox.gitlab.instance import Switches

STARTED_BY = {"triggered_by": "requester", "email": "requester@example.com"}
"""Slack knows the address."""


def gitlab(here: Setting) -> Part:
    """The sandbox's own, polled."""
    instance = here.sandbox.gitlab
    projects = [f"{OWNER}/{service}" for service in SERVICES]
    for path in projects:
        instance.add_project(path)
    settings = {
        "GITLAB_URL": here.sandbox.gitlab_url,
        "GITLAB_TOKEN": instance.token,
        "GITLAB_PROJECTS": ",".join(projects),
    }
    return Part(settings, _asks(instance))


def _asks(instance: GitLab) -> Iterator[None]:
    for release in demo_releases():
        where = {"project": release.repository, "environment": release.environment, **STARTED_BY}
        instance.switch(Switches(titles=[*release.titles], files=[*release.files]))
        instance.file_deployment(**where, sha=release.before, status="success")
        instance.file_deployment(
            **where,
            sha=release.commit,
            ref=release.version,
            tag=True,
            job=f"deploy-{release.environment}",
        )
        yield
