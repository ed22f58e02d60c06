"""Lists are read to their end, and one that ends early says so."""

from collections.abc import Iterator

import pytest

from sandbox.github_actions import GitHubActions
from sandbox.github_actions.runs import REPOSITORY
from upstream_client.exceptions import NotUnderstood
from upstream_client.github_actions import reading
from upstream_client.github_actions.caller import Access, Caller

RUNS = f"/repos/{REPOSITORY}/actions/runs?status=waiting"


@pytest.fixture
def caller(access: Access) -> Iterator[Caller]:
    made = Caller(access)
    yield made
    made.close()


def listed(caller: Caller, most: int = 10) -> Iterator[object]:
    return caller.pages(RUNS, most, reading.run_list, reading.run_total)


def pages_of(github: GitHubActions) -> list[str]:
    return [call.rpartition("&")[2] for call in github.calls()]


@pytest.mark.parametrize(("runs", "pages"), [(0, 1), (1, 1), (99, 1), (101, 2)])
def test_a_list_costs_no_page_more_than_it_has(
    github: GitHubActions, caller: Caller, runs: int, pages: int
) -> None:
    for _ in range(runs):
        github.file_run()
    assert len(list(listed(caller))) == runs
    assert len(github.calls()) == pages


def test_a_page_that_is_not_full_is_not_the_end_while_more_are_told_of(
    github: GitHubActions, caller: Caller
) -> None:
    """Given a run that was left out after the page was cut, when others follow, then they are read."""
    for _ in range(50):
        github.file_run()
    github.file_run(unlisted=True)
    for _ in range(99):
        github.file_run()
    came = list[object]()
    with pytest.raises(NotUnderstood, match="150 entries, and lists 149"):
        came.extend(listed(caller))
    assert len(came) == 149
    assert pages_of(github) == ["page=1", "page=2", "page=3"]


def test_a_list_that_goes_on_for_ever_ends(github: GitHubActions, caller: Caller) -> None:
    for _ in range(101):
        github.file_run()
    with pytest.raises(NotUnderstood, match="or more"):
        list(listed(caller, most=1))
