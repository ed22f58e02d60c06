"""What comes with a deployment: asked of GitLab now and then, shown, and hiding nothing where it is not told."""

import pytest

from sandbox.gitlab import GitLab
from sandbox.gitlab.instance import Switches
from tests.upstream_client.gitlab.asking import filed, the_one
from tests.upstream_client.gitlab.conftest import Make
from tests.upstream_client.gitlab.told import BASE, SHA
from upstream_client.gitlab import GitLabClient
from upstream_client.gitlab.changes import LOOK_AGAIN, PAUSE


def test_what_came_since_the_last_deployment_is_told_and_not_bound(gitlab: GitLab, make: Make) -> None:
    now = 0.0
    client = make(monotonic=lambda: now)
    gitlab.switch(Switches(history=[BASE]))
    filed(gitlab)
    digest = the_one(client).digest
    gitlab.file_deployment(sha=BASE, status="success")
    gitlab.file_deployment(sha="0" * 40, status="success", environment="staging")
    gitlab.switch(Switches(titles=["Fix", "Merge branch"], files=["a.py"]))
    now = LOOK_AGAIN
    one = the_one(client)
    told = {fact.key: fact.value for fact in one.facts}
    assert told["commits"] == f"{BASE[:12]}…{SHA[:12]}"
    assert (told["changed_files"], told["changelog"]) == ("1: a.py", "2: Merge branch; Fix")
    assert one.digest == digest
    the_one(client)
    assert sum("compare" in call for call in gitlab.calls()) == 2


def test_a_way_back_is_said_to_be_one(gitlab: GitLab, client: GitLabClient) -> None:
    gitlab.switch(Switches(history=[SHA], titles=["Pay by card"], files=["pay.py"]))
    gitlab.file_deployment(sha=BASE, status="success")
    filed(gitlab)
    told = {fact.key: fact.value for fact in the_one(client).facts}
    assert told["commits"] == f"{BASE[:12]}…{SHA[:12]}, which goes back by 1 commit"
    assert (told["changed_files"], told["changelog"]) == ("1: pay.py", "1: taken back: Pay by card")


def test_a_comparison_that_was_given_up_is_said_to_be_one(gitlab: GitLab, client: GitLabClient) -> None:
    gitlab.switch(Switches(compares=False))
    gitlab.file_deployment(sha=BASE, status="success")
    filed(gitlab)
    told = {fact.key: fact.value for fact in the_one(client).facts}
    assert told["commits"].endswith(", GitLab did not finish comparing")


@pytest.mark.parametrize("kind", ["forbidden", "not_found", "server_error", "garbage"])
def test_that_it_cannot_be_told_what_comes_hides_nothing(
    gitlab: GitLab, client: GitLabClient, kind: str
) -> None:
    gitlab.file_deployment(sha=BASE, status="success")
    one = filed(gitlab)
    gitlab.add_fault({"operation": "compare", "kind": kind})
    assert the_one(client).id == one
    assert "commits" not in {fact.key for fact in the_one(client).facts}


def test_what_is_only_shown_is_not_asked_for_where_nobody_answered_just_now(
    gitlab: GitLab, make: Make
) -> None:
    """Given a comparison that breaks, when there are more, then the list does not wait for each of them."""
    now = 0.0
    client = make(monotonic=lambda: now)
    gitlab.file_deployment(sha=BASE, status="success")
    for _ in range(3):
        filed(gitlab)
    gitlab.add_fault({"operation": "compare", "kind": "reset", "times": 9})
    assert len(client.list_pending()) == len(client.list_pending()) == 3
    assert sum("compare" in call for call in gitlab.calls()) == 2  # a broken one is tried once more
    gitlab.clear_faults()
    now = PAUSE
    assert sum("commits" in {fact.key for fact in one.facts} for one in client.list_pending()) == 2
