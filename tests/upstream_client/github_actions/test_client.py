"""The client against the sandbox's GitHub: what waits, what a decision does, and what became of it."""

from threading import Event

import pytest

from sandbox.github_actions import GitHubActions
from sandbox.github_actions.instance import Switches
from sandbox.github_actions.runs import REPOSITORY, commit
from tests.clock import Clock
from tests.upstream_client.github_actions.conftest import OURS, client_of
from tests.upstream_client.serving import closed_port
from upstream_client.base import Tells, Told, Upstream
from upstream_client.exceptions import (
    Interrupted,
    LogonRefused,
    NotAllowed,
    NotUnderstood,
    PartlyRead,
    Throttled,
    Unreachable,
    UpstreamError,
)
from upstream_client.github_actions import GitHubActionsClient
from upstream_client.github_actions.caller import Access
from upstream_client.models import ONE_TIME, ApprovalRequest, Decision, Outcome, OutcomeKind, Risk, Status

OTHER = Decision("fedcba9876543210", "Approver (U02APPROVER)", "[fedcba9876543210] Approved")


def only(client: GitHubActionsClient) -> ApprovalRequest:
    (request,) = client.list_pending()
    return request


def decide(client: GitHubActionsClient, request: ApprovalRequest, verdict: str = "approve") -> Outcome:
    if verdict == "approve":
        return client.approve(request, ONE_TIME, OURS)
    return client.deny(request, "Not today.", OURS)


def test_it_speaks_the_protocol(client: GitHubActionsClient) -> None:
    upstream: Upstream = client
    can = upstream.capabilities
    assert (upstream.name, upstream.title) == ("github_actions", "GitHub Actions")
    assert (can.comment, can.get_one, can.approve, can.deny) == (True, True, "Approve", "Reject")
    assert can.durations == (ONE_TIME,)
    assert not isinstance(client, Told | Tells)


def test_each_environment_of_each_waiting_run_is_one_request(
    github: GitHubActions, client: GitHubActionsClient
) -> None:
    one = github.file_run(environments=["staging", "production"])
    other = github.file_run()
    github.review(github.file_run(), "approved", "somebody")
    listed = {request.id: request for request in client.list_pending()}
    assert set(listed) == {
        github.request_id(one, "staging"),
        github.request_id(one, "production"),
        github.request_id(other),
    }
    assert listed[github.request_id(one, "staging")].risk is Risk.UNRATED
    assert listed[github.request_id(one, "production")].risk is Risk.HIGH
    assert listed[github.request_id(other)].title == f"octo-org/shop → production · {commit('new')[:12]}"


def test_what_is_listed_is_what_is_fetched(github: GitHubActions, client: GitHubActionsClient) -> None:
    github.file_run(wait_timer=30, event="release", branch="v1.4.2", actor="someone-else")
    request = only(client)
    seen = client.fetch(request.id)
    assert (seen.status, seen.request) == (Status.PENDING, request)


def test_what_waits_for_a_timer_alone_asks_nobody(github: GitHubActions, client: GitHubActionsClient) -> None:
    run = github.file_run(reviewers=[], can_approve=False, wait_timer=30)
    assert client.list_pending() == []
    assert client.fetch(github.request_id(run)).status is Status.UNKNOWN


def test_a_long_list_is_read_to_its_end(github: GitHubActions, client: GitHubActionsClient) -> None:
    for _ in range(101):
        github.file_run()
    assert len(client.list_pending()) == 101
    lists = [call for call in github.calls() if "status=waiting" in call]
    assert [call.rpartition("&")[2] for call in lists] == ["page=1", "page=2"]


def test_a_look_at_what_is_unchanged_costs_nothing_of_the_rate_limit(
    github: GitHubActions, client: GitHubActionsClient
) -> None:
    github.file_run()
    first = client.list_pending()
    before = github.cost()
    assert client.list_pending() == first
    after = github.cost()
    assert (after.calls - before.calls, after.unchanged - before.unchanged) == (3, 3)
    assert after.units == before.units
    github.file_run()
    assert len(client.list_pending()) == 2
    assert github.cost().units > after.units


@pytest.mark.parametrize(("verdict", "state"), [("approve", "approved"), ("deny", "rejected")])
def test_a_decision_is_taken_with_a_comment_that_names_who_and_which(
    github: GitHubActions, client: GitHubActionsClient, verdict: str, state: str
) -> None:
    run = github.file_run(environments=["production", "staging"])
    request = next(one for one in client.list_pending() if one.id == github.request_id(run))
    assert decide(client, request, verdict).kind is OutcomeKind.TAKEN
    (record,) = github.runs()
    assert record["reviews"] == [
        {
            "environment": "production",
            "state": state,
            "by": "slack-approver",
            "comment": f"(attempt 1 of run {run}) {OURS.comment}",
        }
    ]
    seen = client.fetch(request.id)
    assert (seen.status, seen.by) == (
        {"approved": Status.APPROVED, "rejected": Status.DENIED}[state],
        "slack-approver",
    )
    assert OURS.id in seen.comment


def test_what_the_tokens_user_may_not_review_is_shown_and_refused_in_words(
    github: GitHubActions, client: GitHubActionsClient
) -> None:
    github.file_run(can_approve=False)
    request = only(client)
    assert "GITHUB_TOKEN" in next(fact.value for fact in request.facts if fact.key == "can_decide")
    outcome = decide(client, request)
    assert (outcome.kind, "required reviewer" in outcome.detail) == (OutcomeKind.REFUSED, True)
    assert not any(call.startswith("POST") for call in github.calls())


def test_what_somebody_else_reviewed_is_theirs(github: GitHubActions, client: GitHubActionsClient) -> None:
    run = github.file_run()
    request = only(client)
    github.review(run, "rejected", "somebody", comment="no")
    assert decide(client, request).kind is OutcomeKind.ALREADY
    seen = client.fetch(request.id)
    assert (seen.status, seen.by, seen.comment) == (Status.DENIED, "somebody", "no")


@pytest.mark.parametrize("verdict", ["approve", "deny"])
def test_a_decision_of_one_attempt_is_never_taken_for_the_next(
    github: GitHubActions, client: GitHubActionsClient, verdict: str
) -> None:
    run = github.file_run()
    request = only(client)
    github.rerun(run, by="somebody")
    assert decide(client, request, verdict).kind is OutcomeKind.ALREADY
    assert github.runs()[0]["decisions"] == 0
    seen = client.fetch(request.id)
    assert (seen.status, "attempt 2" in seen.comment) == (Status.WITHDRAWN, True)
    again = only(client)
    assert (again.id, again.requester) == (github.request_id(run), "somebody")
    assert again.id != request.id


def test_who_was_faster_between_the_look_and_the_call_is_told(
    github: GitHubActions, client: GitHubActionsClient
) -> None:
    """Given that GitHub refuses, when the environment still waits it refused, and else somebody was faster."""
    github.file_run()
    request = only(client)
    github.add_fault({"operation": "decide", "kind": "unprocessable"})
    assert decide(client, request).kind is OutcomeKind.REFUSED
    github.add_fault({"operation": "decide", "kind": "unprocessable"})
    github.add_fault({"operation": "run", "kind": "not_found", "nth": 2})
    assert decide(client, request).kind is OutcomeKind.ALREADY


@pytest.mark.parametrize("operation", ["pending", "reviews"])
def test_that_something_of_a_run_is_out_of_sight_does_not_mean_that_it_is_gone(
    github: GitHubActions, client: GitHubActionsClient, operation: str
) -> None:
    run = github.file_run()
    request = only(client)
    if operation == "reviews":
        github.review(run, "approved", "somebody")
    github.add_fault({"operation": operation, "kind": "not_found"})
    with pytest.raises(NotAllowed, match="Actions: read"):
        client.fetch(request.id)


@pytest.mark.parametrize("kind", ["server_error", "server_error_after", "reset", "garbage", "slow"])
def test_after_an_answer_that_tells_nothing_the_outcome_is_unknown(
    github: GitHubActions, client: GitHubActionsClient, kind: str
) -> None:
    github.file_run()
    request = only(client)
    github.add_fault({"operation": "decide", "kind": kind, "delay": 1.5})
    assert decide(client, request).kind is OutcomeKind.UNKNOWN
    assert len([call for call in github.calls() if call.startswith("POST")]) == 1
    seen = client.fetch(request.id)
    taken = kind != "server_error"
    assert (seen.status is Status.APPROVED, OURS.id in seen.comment) == (taken, taken)


@pytest.mark.parametrize("verdict", ["approve", "deny"])
def test_a_decision_whose_answer_was_lost_is_not_taken_for_the_next_job_of_the_environment(
    github: GitHubActions, client: GitHubActionsClient, verdict: str
) -> None:
    """Given a lost answer, when another job asks for the environment again, then the same decision is not sent."""
    run = github.file_run()
    request = only(client)
    github.add_fault({"operation": "decide", "kind": "reset"})
    assert decide(client, request, verdict).kind is OutcomeKind.UNKNOWN
    github.ask_again(run)
    ended = {"approve": Status.APPROVED, "deny": Status.DENIED}[verdict]
    assert client.fetch(request.id).status is ended
    assert decide(client, request, verdict).kind is OutcomeKind.TAKEN
    assert github.runs()[0]["decisions"] == 1
    assert client.approve(request, ONE_TIME, OTHER).kind is OutcomeKind.ALREADY
    assert github.runs()[0]["decisions"] == 1


def test_a_look_before_a_decision_that_breaks_off_is_no_decision(
    github: GitHubActions, client: GitHubActionsClient
) -> None:
    github.file_run()
    request = only(client)
    github.add_fault({"operation": "run", "kind": "server_error"})
    with pytest.raises(Unreachable, match="was not sent"):
        decide(client, request)
    assert github.runs()[0]["decisions"] == 0


@pytest.mark.parametrize(
    ("kind", "error", "words"),
    [
        ("unauthorized", LogonRefused, "GITHUB_TOKEN"),
        ("forbidden", NotAllowed, "does not allow this"),
        ("not_found", NotAllowed, "may do"),
        ("moved", NotUnderstood, "renamed"),
        ("ratelimited", Throttled, "no more calls"),
        ("secondary", Throttled, "no more calls"),
        ("exhausted", Throttled, "no more calls"),
    ],
)
def test_a_decision_that_is_not_let_through_is_raised_and_nothing_was_decided(
    github: GitHubActions, client: GitHubActionsClient, kind: str, error: type[UpstreamError], words: str
) -> None:
    github.file_run()
    request = only(client)
    github.add_fault({"operation": "decide", "kind": kind})
    with pytest.raises(error, match=words):
        decide(client, request)
    assert github.runs()[0]["decisions"] == 0


def test_what_the_token_lacks_is_told_as_github_says_it(
    github: GitHubActions, client: GitHubActionsClient
) -> None:
    github.file_run()
    github.switch(Switches(may_decide=False))
    with pytest.raises(NotAllowed, match="deployments=write"):
        decide(client, only(client))


def test_while_github_wants_no_calls_none_is_made(
    github: GitHubActions, client: GitHubActionsClient, clock: Clock
) -> None:
    github.add_fault({"operation": "list", "kind": "secondary", "retry_after": 40})
    with pytest.raises(Throttled) as refused:
        client.list_pending()
    assert refused.value.retry_after == 40
    calls = len(github.calls())
    clock.advance(39)
    with pytest.raises(Throttled) as waiting:
        client.list_pending()
    assert (waiting.value.retry_after, len(github.calls())) == (1, calls)
    clock.advance(2)
    assert client.list_pending() == []


def test_a_rate_limit_that_is_used_up_is_waited_for_until_it_is_reset(
    github: GitHubActions, client: GitHubActionsClient
) -> None:
    github.switch(Switches(limit=1))
    assert client.list_pending() == []
    github.file_run()
    with pytest.raises(Throttled) as refused:
        client.list_pending()
    assert 3000 < refused.value.retry_after <= 3600


def test_one_repository_that_cannot_be_read_hides_no_other(github: GitHubActions, access: Access) -> None:
    run = github.file_run()
    with client_of(access, REPOSITORY, "octo-org/typo") as client:
        with pytest.raises(PartlyRead, match="octo-org/typo") as partly:
            client.list_pending()
        assert [one.id for one in partly.value.readable] == [github.request_id(run)]


def test_one_run_that_cannot_be_read_hides_no_other(
    github: GitHubActions, client: GitHubActionsClient
) -> None:
    github.file_run()
    github.file_run()
    github.add_fault({"operation": "pending", "kind": "garbage"})
    with pytest.raises(PartlyRead, match="web page") as partly:
        client.list_pending()
    assert len(partly.value.readable) == 1


def test_a_run_that_is_counted_and_not_listed_hides_no_other_and_is_told(
    github: GitHubActions, client: GitHubActionsClient
) -> None:
    run = github.file_run()
    github.file_run(unlisted=True)
    with pytest.raises(PartlyRead, match="2 entries, and lists 1") as partly:
        client.list_pending()
    assert [one.id for one in partly.value.readable] == [github.request_id(run)]


def test_where_nothing_can_be_read_it_is_told_why(github: GitHubActions, access: Access) -> None:
    with client_of(access, "octo-org/typo") as client, pytest.raises(NotAllowed, match="octo-org/typo"):
        client.list_pending()
    stranger = Access("github_pat_of_nobody", access.api_url)
    with client_of(stranger, REPOSITORY) as client, pytest.raises(LogonRefused):
        client.list_pending()
    nowhere = Access(access.token, f"http://127.0.0.1:{closed_port()}")
    with client_of(nowhere, REPOSITORY) as client, pytest.raises(Unreachable):
        client.list_pending()


def test_after_some_failures_the_others_wait_for_the_next_look(github: GitHubActions, access: Access) -> None:
    names = [f"octo-org/r{number}" for number in range(10)]
    for name in names:
        github.add_repository(name)
    github.add_fault({"operation": "list", "kind": "server_error", "times": 10})
    with client_of(access, *names) as client, pytest.raises((PartlyRead, Interrupted)):
        client.list_pending()
    assert len(github.calls()) == 3


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "octo-org/shop/1/1",
        "octo-org/shop/1/1/1/0",
        "octo-org/shop/1/1/1/1/1",
        "octo-org/../1/1/1",
        "../shop/1/1/1",
        "octo-org/shop/0/1/1",
        "octo-org/shop/1/1/\uff11",
        "octo-org/shop/1/1/1?x=",
        "octo-org/sh%6fp/1/1/1",
    ],
)
def test_an_id_that_is_none_never_becomes_a_path(
    github: GitHubActions, client: GitHubActionsClient, wrong: str
) -> None:
    with pytest.raises((NotUnderstood, NotAllowed)):
        client.fetch(wrong)
    with pytest.raises((NotUnderstood, NotAllowed)):
        decide(client, ApprovalRequest("github_actions", wrong, "Deploy"))
    assert github.calls() == []


def test_a_run_that_was_deleted_is_not_known_any_more(
    github: GitHubActions, client: GitHubActionsClient
) -> None:
    run = github.file_run()
    request = only(client)
    github.delete(run)
    assert client.fetch(request.id).status is Status.UNKNOWN
    assert decide(client, request).kind is OutcomeKind.ALREADY
    assert client.list_pending() == []


def test_a_repository_that_is_out_of_sight_is_no_run_that_is_gone(
    github: GitHubActions, access: Access
) -> None:
    github.file_run()
    with client_of(access, "octo-org/typo") as client, pytest.raises(NotAllowed, match="octo-org/typo"):
        client.fetch("octo-org/typo/1/1/1")


def test_the_watch_looks_at_once_and_then_by_the_clock(client: GitHubActionsClient) -> None:
    stop = Event()
    for _ in client.watch(stop):
        stop.set()
    assert stop.is_set()


def test_nothing_of_the_token_is_in_what_it_says_of_itself(client: GitHubActionsClient) -> None:
    assert "token" not in repr(client)
