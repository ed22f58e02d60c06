"""What comes since the last deployment: read where it can be, kept for a while, and never in the way."""

import pytest

from sandbox.github_actions import GitHubActions
from sandbox.github_actions.instance import Switches
from sandbox.github_actions.runs import REPOSITORY, commit
from tests.clock import Clock
from upstream_client.github_actions import GitHubActionsClient

OLD, NEW = commit("old"), commit("new")
COMMITS = f"{OLD[:12]}…{NEW[:12]}"


def told(client: GitHubActionsClient) -> dict[str, str]:
    """What the only request tells of changes, by key."""
    (request,) = client.list_pending()
    kinds = ("commits", "changed_files", "changelog")
    return {fact.key: fact.value for fact in request.facts if fact.key in kinds}


def deploy(
    github: GitHubActions, sha: str = OLD, state: str = "success", environment: str = "production"
) -> None:
    github.deploy(repository=REPOSITORY, environment=environment, commit=sha, state=state)


def compare(github: GitHubActions, titles: list[str], files: list[str], behind_by: int = 0) -> None:
    github.compare(
        repository=REPOSITORY, base=OLD, head=NEW, titles=[*titles], files=[*files], behind_by=behind_by
    )


def test_commits_files_and_titles_since_the_last_success_are_told(
    github: GitHubActions, client: GitHubActionsClient, url: str
) -> None:
    deploy(github)
    deploy(github, commit("broken"), "failure")
    deploy(github, commit("elsewhere"), environment="staging")
    deploy(github, NEW, "waiting")
    compare(github, ["Add it\n\nand say why", "Fix it"], ["shop/basket.py", "README.md"])
    github.file_run()
    assert told(client) == {
        "commits": COMMITS,
        "changed_files": "2: shop/basket.py, README.md",
        "changelog": "2: Fix it; Add it",
    }
    (request,) = client.list_pending()
    link = next(fact.link for fact in request.facts if fact.key == "commits")
    assert link == f"{url}/{REPOSITORY}/compare/{OLD}...{NEW}"


def test_the_same_commit_and_a_way_back_are_told(github: GitHubActions, client: GitHubActionsClient) -> None:
    deploy(github)
    compare(github, [], [], behind_by=3)
    run = github.file_run()
    assert told(client) == {"commits": f"{COMMITS}, which goes back by 3 commits"}
    github.change(run, commit=OLD)
    assert told(client) == {"commits": f"{OLD[:12]}, which is deployed there"}


def test_of_many_commits_the_newest_are_told_and_the_others_counted(
    github: GitHubActions, client: GitHubActionsClient
) -> None:
    deploy(github)
    compare(github, [f"Commit {number}" for number in range(1, 321)], [f"f{n}" for n in range(300)])
    github.file_run()
    titles = told(client)["changelog"].split("; ")
    assert (titles[0], titles[-2:]) == ("320: Commit 320", ["Commit 301", "and 300 more"])
    assert told(client)["commits"] == f"{COMMITS}, 300 files or more"


@pytest.mark.parametrize("operation", ["deployments", "statuses", "compare"])
@pytest.mark.parametrize("kind", ["forbidden", "not_found", "server_error", "garbage"])
def test_where_it_cannot_be_read_the_request_is_shown_without_it(
    github: GitHubActions, client: GitHubActionsClient, operation: str, kind: str
) -> None:
    deploy(github)
    compare(github, ["Fix it"], [])
    github.file_run()
    github.add_fault({"operation": operation, "kind": kind})
    assert told(client) == {}


def test_a_token_that_may_not_read_the_code_shows_the_request_without_it(
    github: GitHubActions, client: GitHubActionsClient
) -> None:
    github.switch(Switches(may_read_code=False))
    deploy(github)
    compare(github, ["Fix it"], [])
    github.file_run()
    assert told(client) == {}


def test_it_is_kept_for_a_while_and_then_read_again(
    github: GitHubActions, client: GitHubActionsClient, clock: Clock
) -> None:
    deploy(github)
    compare(github, ["Fix it"], [])
    github.file_run()
    before = told(client)
    deploy(github, NEW)
    assert told(client) == before
    clock.advance(301)
    github.add_fault({"operation": "deployments", "kind": "server_error"})
    assert told(client) == before
    clock.advance(301)
    assert told(client) == {"commits": f"{NEW[:12]}, which is deployed there"}


def test_after_github_did_not_answer_nothing_more_of_this_is_asked_for_a_while(
    github: GitHubActions, client: GitHubActionsClient, clock: Clock
) -> None:
    deploy(github)
    compare(github, ["Fix it"], [])
    github.file_run()
    github.file_run(commit=commit("newer"))
    github.add_fault({"operation": "deployments", "kind": "server_error", "times": 5})
    assert len(client.list_pending()) == 2
    assert len([call for call in github.calls() if "/deployments?" in call]) == 1
    clock.advance(61)
    client.list_pending()
    assert len([call for call in github.calls() if "/deployments?" in call]) == 2


def test_where_few_calls_are_left_none_is_spent_on_it(
    github: GitHubActions, client: GitHubActionsClient
) -> None:
    deploy(github)
    compare(github, ["Fix it"], [])
    github.file_run()
    github.switch(Switches(limit=150))
    assert told(client) == {}
    assert not any("/deployments" in call.replace("pending_deployments", "") for call in github.calls())
