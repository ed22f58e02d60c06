"""What comes since the last deployment: commits, files, and titles of merge requests."""

from typing import Any

import pytest

from tests.upstream_client.gitlab.told import BASE, PROJECT, SHA, URL, WEB
from upstream_client.gitlab import comparison
from upstream_client.gitlab.wire import Comparison, read
from upstream_client.pipeline import Change

MERGE = (
    "Merge branch 'pay' into 'main'\r\n\r\nPay by card\r\n\r\nCloses #3\r\n\r\nSee merge request shop/web!12"
)
ENDS = "1f2e3d4c5b6a…9a8b7c6d5e4f"


def commit(number: int, message: str, parents: int = 1) -> dict[str, Any]:
    return {
        "id": f"{number:040x}",
        "title": message.split("\n")[0],
        "message": message,
        "parent_ids": [f"{parent:040x}" for parent in range(parents)],
    }


def compared(commits: list[dict[str, Any]], files: tuple[str, ...] = (), **more: Any) -> Comparison:
    body: Any = {"commits": commits, "diffs": [{"old_path": path, "new_path": path} for path in files]}
    return read(Comparison, body | more, "a comparison")


NOTHING = compared([])


def change(forth: Comparison, back: Comparison = NOTHING) -> Change:
    return comparison.change(forth, back, BASE, SHA, WEB, URL)


def test_both_ends_are_named_and_linked() -> None:
    found = change(compared([commit(1, "A change")]))
    assert found.commits.text == ENDS
    assert found.commits.link == f"{URL}/{PROJECT}/-/compare/{BASE}...{SHA}"


def test_a_merge_commit_is_told_with_its_merge_request_and_others_by_themselves_the_newest_first() -> None:
    commits = [commit(1, "Fix a typo\n"), commit(2, MERGE, parents=2), commit(3, "Straight to main")]
    found = change(compared(commits, ("a.py", "b.py")))
    assert found.titles == (
        "Straight to main",
        "Merge branch 'pay' into 'main': Pay by card (shop/web!12)",
        "Fix a typo",
    )
    assert found.files == ("a.py", "b.py")


@pytest.mark.parametrize("parents", [0, 1])
def test_a_commit_that_merges_nothing_is_told_by_its_own_title_whatever_its_message_says(
    parents: int,
) -> None:
    forged = "Send card numbers elsewhere\n\nFix a typo\n\nSee merge request shop/web!12"
    assert change(compared([commit(1, forged, parents)])).titles == ("Send card numbers elsewhere",)


def test_a_merge_commit_hides_its_own_title_behind_no_message() -> None:
    forged = "Send card numbers elsewhere\n\nFix a typo\n\nSee merge request shop/web!12"
    assert change(compared([commit(1, forged, 2)])).titles == (
        "Send card numbers elsewhere: Fix a typo (shop/web!12)",
    )


def test_a_merge_commit_without_a_title_of_its_own_is_told_by_its_first_line() -> None:
    message = "Merge branch 'x' into 'main'\n\nSee merge request shop/web!12"
    assert change(compared([commit(1, message, 2)])).titles == ("Merge branch 'x' into 'main'",)


def test_a_way_back_is_told_as_one_with_what_it_takes_back() -> None:
    found = change(NOTHING, compared([commit(1, "Fix"), commit(2, "Pay by card")], ("pay.py",)))
    assert found.commits.text == f"{ENDS}, which goes back by 2 commits"
    assert found.titles == ("taken back: Pay by card", "taken back: Fix")
    assert found.files == ("pay.py",)


def test_what_brings_and_takes_back_is_told_as_both() -> None:
    found = change(compared([commit(1, "New")], ("a.py",)), compared([commit(2, "Old")], ("a.py", "b.py")))
    assert found.commits.text == f"{ENDS}, which also goes back by 1 commit"
    assert (found.titles, found.files) == (("New", "taken back: Old"), ("a.py", "b.py"))


@pytest.mark.parametrize("forth", [True, False])
def test_a_comparison_that_gitlab_gave_up_says_so(forth: bool) -> None:
    found = change(
        compared([commit(1, "A change")], compare_timeout=forth), compared([], compare_timeout=not forth)
    )
    assert found.commits.text == f"{ENDS}, GitLab did not finish comparing"


def test_two_commits_without_anything_between_them_are_not_passed_over() -> None:
    assert change(NOTHING).commits.text == f"{ENDS}, GitLab tells no commits between them"


def test_long_lists_are_cut_and_counted() -> None:
    commits = [commit(n, f"Change {n}") for n in range(1, 131)]
    found = change(compared(commits, tuple(f"{n}.py" for n in range(150))))
    assert (len(found.titles), found.more_titles) == (100, 30)
    assert (len(found.files), found.more_files) == (100, 50)
    assert found.titles[0] == "Change 130"


def test_the_same_commit_once_more_brings_nothing_new() -> None:
    assert comparison.none().commits.text == "none: this commit was deployed there last"
