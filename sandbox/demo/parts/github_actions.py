"""GitHub Actions in the demo: jobs that wait for a review of the environment to which they deploy."""

from collections.abc import Iterator

from sandbox.demo.part import Part, Setting
from sandbox.demo.people import REQUESTER
from sandbox.demo.releases import OWNER, SERVICES, demo_releases
from sandbox.github_actions import GitHubActions

STARTED_BY = "octocat"


def github_actions(here: Setting) -> Part:
    """The sandbox's own, polled. GitHub tells no addresses, so it is said who is behind an account."""
    github = here.sandbox.github_actions
    repositories = [f"{OWNER}/{service}" for service in SERVICES]
    for name in repositories:
        github.add_repository(name)
    settings = {
        "GITHUB_API_URL": here.sandbox.github_actions_url,
        "GITHUB_TOKEN": github.token,
        "GITHUB_REPOSITORIES": ",".join(repositories),
    }
    return Part(settings, _asks(github), {"requesters": {STARTED_BY: REQUESTER}})


def _asks(github: GitHubActions) -> Iterator[None]:
    for release in demo_releases():
        repository = release.repository
        github.deploy(repository=repository, environment=release.environment, commit=release.before)
        github.compare(
            repository=repository,
            base=release.before,
            head=release.commit,
            titles=[*release.titles],
            files=[*release.files],
        )
        github.file_run(
            repository=repository,
            environments=[release.environment],
            commit=release.commit,
            branch=release.version,
            event="release",
            title=release.titles[-1],
            actor=STARTED_BY,
            triggering_actor=STARTED_BY,
        )
        yield
