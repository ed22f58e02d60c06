"""The client before a GitLab: what it lists, fetches, approves and rejects."""

from collections.abc import Iterator
from threading import Event

import pytest

from sandbox.gitlab import GitLab
from sandbox.gitlab.instance import Switches
from tests.upstream_client.gitlab.asking import approve, filed, the_one
from tests.upstream_client.gitlab.conftest import Make
from tests.upstream_client.gitlab.told import BASE, DECISION, PROJECT
from upstream_client.exceptions import (
    Interrupted,
    LogonRefused,
    NotAllowed,
    NotUnderstood,
    PartlyRead,
    Refused,
    Throttled,
    Unreachable,
)
from upstream_client.gitlab import Gated, GitLabClient
from upstream_client.models import ONE_TIME, Outcome, OutcomeKind, Status

TWO = (
    {"name": "QA", "required": 1, "users": ["approval-bot"]},
    {"name": "Security", "required": 2, "users": ["sec"]},
)


def record(gitlab: GitLab, number: int = 0) -> dict[str, object]:
    return dict(gitlab.deployments()[number])


def posts(gitlab: GitLab) -> list[str]:
    return [call for call in gitlab.calls() if call.startswith("POST")]


def test_what_is_listed_is_what_is_fetched(gitlab: GitLab, client: GitLabClient) -> None:
    gitlab.file_deployment(email="developer@example.com")
    one = the_one(client)
    seen = client.fetch(one.id)
    assert (seen.status, seen.request) == (Status.PENDING, one)
    assert one.requester_email == "developer@example.com"
    assert {fact.key: fact.value for fact in one.facts}["needs"] == "Release managers 0 of 1"


def test_only_what_is_blocked_waits(gitlab: GitLab, client: GitLabClient) -> None:
    for status in ("created", "running", "success", "failed", "canceled"):
        gitlab.file_deployment(status=status)
    assert client.list_pending() == []


def test_a_list_of_many_pages_is_read_to_its_end(gitlab: GitLab, make: Make) -> None:
    gitlab.switch(Switches(page_size=2))
    ids = {gitlab.file_deployment() for _ in range(5)}
    jobs = {gitlab.file_job(name=f"job-{n}") for n in range(5)}
    both = make(Gated.BOTH)
    assert {one.id for one in both.list_pending()} == ids | jobs


def test_several_projects_are_asked_for_by_id_and_by_path(gitlab: GitLab, make: Make) -> None:
    first, second = filed(gitlab), filed(gitlab, project="shop/api")
    filed(gitlab, project="shop/hidden")
    client = make(projects=("1", "shop/api"))
    assert [one.id for one in client.list_pending()] == [first, second]
    assert client.fetch(second).status is Status.PENDING


def test_an_approval_is_recorded_with_our_decision_and_what_is_left_is_said(
    gitlab: GitLab, client: GitLabClient
) -> None:
    one = filed(gitlab)
    outcome = approve(client, the_one(client))
    assert outcome == Outcome(
        OutcomeKind.TAKEN, "nothing more is needed, and the job does not start by itself: press Run there."
    )
    assert record(gitlab)["said"] == [["approval-bot", "approved", DECISION.comment]]
    assert (record(gitlab)["status"], record(gitlab)["decisions"]) == ("created", 1)
    seen = client.fetch(one)
    assert (seen.status, seen.by, seen.comment) == (Status.APPROVED, "approval-bot", DECISION.comment)
    assert client.list_pending() == []


def test_an_approval_that_is_not_enough_says_so_and_is_not_asked_for_again(
    gitlab: GitLab, client: GitLabClient
) -> None:
    one = filed(gitlab, rules=TWO)
    outcome = approve(client, the_one(client))
    assert outcome.kind is OutcomeKind.TAKEN
    assert "still blocked. It still needs: Security 0 of 2." in outcome.detail
    assert record(gitlab)["status"] == "blocked"
    assert client.list_pending() == []
    seen = client.fetch(one)
    assert (seen.status, seen.note) == (Status.APPROVED, outcome.detail)
    gitlab.say(one, "reject", "sec", "Not today")
    assert client.fetch(one).status is Status.DENIED


def test_what_others_approved_meanwhile_is_told_as_what_is_left(gitlab: GitLab, client: GitLabClient) -> None:
    one = filed(gitlab, rules=TWO)
    gitlab.say(one, "approve", "sec")
    assert {fact.key: fact.value for fact in the_one(client).facts}["needs"] == "QA 0 of 1, Security 1 of 2"


def test_a_rejection_is_recorded_with_our_decision(gitlab: GitLab, client: GitLabClient) -> None:
    one = filed(gitlab)
    assert client.deny(the_one(client), "Not today", DECISION) == Outcome(OutcomeKind.TAKEN)
    assert record(gitlab)["said"] == [["approval-bot", "rejected", DECISION.comment]]
    seen = client.fetch(one)
    assert (seen.status, DECISION.id in seen.comment) == (Status.DENIED, True)


def test_a_long_comment_is_cut_behind_our_decision(gitlab: GitLab, client: GitLabClient) -> None:
    filed(gitlab)
    long = type(DECISION)(DECISION.id, DECISION.by, f"[{DECISION.id}] " + "x" * 1000)
    assert client.approve(the_one(client), ONE_TIME, long).kind is OutcomeKind.TAKEN


def test_that_the_rest_cannot_be_read_does_not_undo_an_approval(gitlab: GitLab, client: GitLabClient) -> None:
    filed(gitlab)
    one = the_one(client)
    gitlab.add_fault({"operation": "get", "kind": "server_error"})
    outcome = approve(client, one)
    assert outcome.kind is OutcomeKind.TAKEN
    assert "what the deployment still needs could not be read" in outcome.detail


@pytest.mark.parametrize("kind", ["reset", "server_error_after", "garbage"])
@pytest.mark.parametrize("verdict", ["approve", "deny"])
def test_an_answer_that_got_lost_is_unknown_and_settled_by_our_comment(
    gitlab: GitLab, client: GitLabClient, kind: str, verdict: str
) -> None:
    one = filed(gitlab)
    request = the_one(client)
    gitlab.add_fault({"operation": "approval", "kind": kind})
    outcome = approve(client, request) if verdict == "approve" else client.deny(request, "", DECISION)
    assert outcome.kind is OutcomeKind.UNKNOWN
    seen = client.fetch(one)
    assert seen.status is (Status.APPROVED if verdict == "approve" else Status.DENIED)
    assert DECISION.id in seen.comment
    assert record(gitlab)["decisions"] == 1


def test_an_answer_that_comes_too_late_is_unknown(gitlab: GitLab, client: GitLabClient) -> None:
    filed(gitlab)
    request = the_one(client)
    gitlab.add_fault({"operation": "approval", "kind": "slow", "delay": 30.0})
    assert approve(client, request).kind is OutcomeKind.UNKNOWN


@pytest.mark.parametrize("kind", ["reset_before", "server_error"])
def test_a_decision_that_never_arrived_is_unknown_and_seen_pending(
    gitlab: GitLab, client: GitLabClient, kind: str
) -> None:
    one = filed(gitlab)
    request = the_one(client)
    gitlab.add_fault({"operation": "approval", "kind": kind})
    assert approve(client, request).kind is OutcomeKind.UNKNOWN
    assert client.fetch(one).status is Status.PENDING
    assert len(posts(gitlab)) == 1


def test_somebody_who_was_faster_makes_ours_too_late(gitlab: GitLab, client: GitLabClient) -> None:
    one = filed(gitlab)
    request = the_one(client)
    gitlab.say(one, "approve", "release-manager", "Mine")
    assert approve(client, request).kind is OutcomeKind.ALREADY
    assert client.fetch(one).by == "release-manager"


def test_what_gitlab_refuses_while_it_waits_is_refused_in_its_words(
    gitlab: GitLab, client: GitLabClient
) -> None:
    filed(gitlab, triggered_by="approval-bot")
    outcome = approve(client, the_one(client))
    assert outcome.kind is OutcomeKind.REFUSED
    assert "You cannot approve your own deployment." in outcome.detail


def test_a_user_who_is_in_no_rule_is_told_what_to_put_right(gitlab: GitLab, client: GitLabClient) -> None:
    filed(gitlab, rules=[{"users": ["release-manager"]}])
    with pytest.raises(NotAllowed, match="approval rules"):
        approve(client, the_one(client))


@pytest.mark.parametrize("kind", ["conflict", "unprocessable"])
def test_a_refusal_after_which_nothing_can_be_read_was_not_done(
    gitlab: GitLab, client: GitLabClient, kind: str
) -> None:
    filed(gitlab)
    one = the_one(client)
    gitlab.add_fault({"operation": "approval", "kind": kind})
    gitlab.add_fault({"operation": "get", "kind": "server_error"})
    with pytest.raises(Refused):
        approve(client, one)


@pytest.mark.parametrize("operation", ["list", "compare"])
def test_after_a_429_nothing_is_asked_for_as_long_as_gitlab_said(
    gitlab: GitLab, make: Make, operation: str
) -> None:
    now = 0.0
    client = make(monotonic=lambda: now)
    gitlab.file_deployment(sha=BASE, status="success")
    ids = {filed(gitlab) for _ in range(3)}
    gitlab.add_fault({"operation": operation, "kind": "ratelimited", "retry_after": 60})
    with pytest.raises(Throttled):
        client.list_pending()
    asked = len(gitlab.calls())
    now = 20.0
    with pytest.raises(Throttled) as caught:
        client.list_pending()
    assert (caught.value.retry_after, len(gitlab.calls())) == (40.0, asked)
    now = 60.0
    assert {one.id for one in client.list_pending()} == ids


def test_an_approval_stays_taken_where_what_is_left_cannot_be_asked_for(
    gitlab: GitLab, client: GitLabClient
) -> None:
    filed(gitlab)
    one = the_one(client)
    gitlab.add_fault({"operation": "get", "kind": "ratelimited"})
    outcome = approve(client, one)
    assert outcome.kind is OutcomeKind.TAKEN
    assert "GitLab asks for fewer calls" in outcome.detail


def test_fewer_calls_are_asked_for_and_nothing_was_done(gitlab: GitLab, client: GitLabClient) -> None:
    filed(gitlab)
    one = the_one(client)
    gitlab.add_fault({"operation": "approval", "kind": "ratelimited", "retry_after": 17})
    with pytest.raises(Throttled) as caught:
        approve(client, one)
    assert caught.value.retry_after == 17
    assert posts(gitlab) == [f"POST /api/v4/projects/1/deployments/{one.id.rpartition('-')[2]}/approval"]


def test_what_fails_before_a_decision_is_sent_was_not_done(gitlab: GitLab, make: Make) -> None:
    filed(gitlab)
    one = the_one(make())
    gitlab.add_fault({"operation": "project", "kind": "server_error"})
    with pytest.raises(Unreachable, match="Nothing was sent"):
        approve(make(), one)
    assert posts(gitlab) == []


def test_a_project_that_is_named_no_more_is_not_asked_for(gitlab: GitLab, make: Make) -> None:
    other = filed(gitlab, project="shop/other")
    assert make().fetch(other).status is Status.UNKNOWN
    request = the_one(make(projects=("shop/other",)))
    assert approve(make(), request).kind is OutcomeKind.ALREADY
    assert posts(gitlab) == []


def test_what_gitlab_does_not_know_is_unknown_only_where_its_project_is_known(
    gitlab: GitLab, client: GitLabClient
) -> None:
    assert client.fetch("deployment-1-99").status is Status.UNKNOWN
    assert client.fetch("job-1-99").status is Status.UNKNOWN
    gitlab.switch(Switches(level=0))
    with pytest.raises(NotAllowed, match="shows no project"):
        client.fetch("deployment-1-99")
    with pytest.raises(NotUnderstood):
        client.fetch("../../user")


# What cannot be read


def test_a_project_that_is_not_shown_keeps_no_other_from_being_answered(gitlab: GitLab, make: Make) -> None:
    filed(gitlab)
    one = the_one(make())
    client = make(projects=("shop/hidden", PROJECT))
    assert client.fetch(one.id).status is Status.PENDING
    assert approve(client, one).kind is OutcomeKind.TAKEN
    with pytest.raises(NotAllowed):
        client.fetch("deployment-77-1")


def test_one_project_that_cannot_be_read_hides_no_other(gitlab: GitLab, make: Make) -> None:
    one = filed(gitlab)
    client = make(projects=("shop/hidden", PROJECT))
    with pytest.raises(PartlyRead, match="shop/hidden: GitLab shows no project") as caught:
        client.list_pending()
    assert [request.id for request in caught.value.readable] == [one]


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("forbidden", NotAllowed),
        ("not_found", NotAllowed),
        ("conflict", Refused),
        ("garbage", NotUnderstood),
        ("server_error", Interrupted),
    ],
)
def test_a_list_that_fails_is_no_empty_list(
    gitlab: GitLab, client: GitLabClient, kind: str, error: type[Exception]
) -> None:
    filed(gitlab)
    gitlab.add_fault({"operation": "list", "kind": kind})
    with pytest.raises(error):
        client.list_pending()


def test_where_no_project_can_be_read_it_is_no_list_at_all(make: Make) -> None:
    with pytest.raises(NotAllowed, match=r"shop/one: .*shop/two: "):
        make(projects=("shop/one", "shop/two")).list_pending()


def test_a_project_that_was_read_and_where_nothing_waits_is_a_part(make: Make) -> None:
    with pytest.raises(PartlyRead, match="shop/hidden") as caught:
        make(projects=(PROJECT, "shop/hidden")).list_pending()
    assert caught.value.readable == ()


def test_a_deployment_that_cannot_be_read_hides_no_other(gitlab: GitLab, client: GitLabClient) -> None:
    one = filed(gitlab)
    filed(gitlab, environment="")
    with pytest.raises(PartlyRead, match=r"a deployment of shop/web that cannot be read") as caught:
        client.list_pending()
    assert [request.id for request in caught.value.readable] == [one]


@pytest.mark.parametrize(("kind", "error"), [("unauthorized", LogonRefused), ("ratelimited", Throttled)])
def test_what_concerns_every_project_ends_the_look(
    gitlab: GitLab, client: GitLabClient, kind: str, error: type[Exception]
) -> None:
    gitlab.add_fault({"operation": "list", "kind": kind})
    with pytest.raises(error):
        client.list_pending()


def test_a_deployment_that_cannot_be_asked_for_is_not_said_to_be_gone(
    gitlab: GitLab, client: GitLabClient
) -> None:
    first, second = filed(gitlab), filed(gitlab)
    gitlab.add_fault({"operation": "get", "kind": "forbidden"})
    with pytest.raises(PartlyRead, match="deployment 42: GitLab does not allow this") as caught:
        client.list_pending()
    assert [one.id for one in caught.value.readable] == [first]
    assert second.endswith("-42")


def test_a_connection_that_breaks_once_is_tried_again(gitlab: GitLab, client: GitLabClient) -> None:
    filed(gitlab)
    gitlab.add_fault({"operation": "list", "kind": "reset_before"})
    assert len(client.list_pending()) == 1


def test_a_gitlab_that_fails_is_not_asked_for_its_other_projects(gitlab: GitLab, make: Make) -> None:
    client = make(projects=(PROJECT, "shop/api"))
    gitlab.add_project("shop/api")
    gitlab.add_fault({"operation": "list", "kind": "server_error", "times": 5})
    with pytest.raises(Interrupted, match="The projects after it were not asked"):
        client.list_pending()
    assert sum("/deployments" in call for call in gitlab.calls()) == 1


def test_it_looks_at_once_and_whenever_the_interval_is_over(client: GitLabClient) -> None:
    stop = Event()
    looks: Iterator[None] = client.watch(stop)
    next(looks)
    stop.set()
    assert list(looks) == []


def test_its_name_tells_no_token(gitlab: GitLab, client: GitLabClient) -> None:
    assert gitlab.token not in repr(client)
    assert PROJECT in repr(client)


def test_a_token_without_the_scope_reads_and_does_not_approve(gitlab: GitLab, client: GitLabClient) -> None:
    filed(gitlab)
    gitlab.switch(Switches(scopes=("read_api",)))
    with pytest.raises(NotAllowed, match="higher privileges"):
        approve(client, the_one(client))


def test_a_fetch_that_fails_raises_what_it_means(gitlab: GitLab, client: GitLabClient) -> None:
    one = filed(gitlab)
    gitlab.add_fault({"operation": "get", "kind": "server_error"})
    with pytest.raises(Interrupted):
        client.fetch(one)
