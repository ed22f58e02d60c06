"""One environment of an attempt may wait several times, and may wait on once people have let it pass."""

import pytest

from sandbox.github_actions import GitHubActions
from tests.upstream_client.github_actions.conftest import OURS
from upstream_client.exceptions import NotUnderstood
from upstream_client.github_actions import GitHubActionsClient
from upstream_client.models import ONE_TIME, ApprovalRequest, Decision, OutcomeKind, Status

OTHER = Decision("fedcba9876543210", "Approver (U02APPROVER)", "[fedcba9876543210] Approved")


def only(client: GitHubActionsClient) -> ApprovalRequest:
    (request,) = client.list_pending()
    return request


def test_each_wait_of_an_attempt_for_one_environment_is_a_request_of_its_own(
    github: GitHubActions, client: GitHubActionsClient
) -> None:
    """Given a wait that we approved, when somebody rejects the next one, then that one is denied."""
    run = github.file_run()
    first = only(client)
    assert client.approve(first, ONE_TIME, OURS).kind is OutcomeKind.TAKEN
    github.ask_again(run)
    second = only(client)
    assert (second.id, github.request_id(run)) == (f"{first.id}/1", f"{first.id}/1")
    assert next(fact.value for fact in second.facts if fact.key == "reviewed").startswith("once in this run")
    assert client.fetch(second.id).request == second
    github.review(run, "rejected", "somebody", comment="not now")
    assert (client.fetch(first.id).status, client.fetch(second.id).status) == (
        Status.APPROVED,
        Status.DENIED,
    )
    assert client.approve(second, ONE_TIME, OTHER).kind is OutcomeKind.ALREADY


def test_the_next_wait_is_decided_with_a_mark_of_its_own(
    github: GitHubActions, client: GitHubActionsClient
) -> None:
    run = github.file_run()
    github.review(run, "approved", "somebody")
    github.ask_again(run)
    second = only(client)
    assert client.deny(second, "Not today.", OURS).kind is OutcomeKind.TAKEN
    comment = f"(attempt 1 of run {run}, review 2) {OURS.comment}"
    assert github.runs()[0]["reviews"] == [
        {"environment": "production", "state": "approved", "by": "somebody", "comment": ""},
        {"environment": "production", "state": "rejected", "by": "slack-approver", "comment": comment},
    ]
    assert client.fetch(second.id).status is Status.DENIED


def test_fewer_reviews_than_before_are_no_answer(github: GitHubActions, client: GitHubActionsClient) -> None:
    run = github.file_run()
    with pytest.raises(NotUnderstood, match="fewer reviews"):
        client.fetch(f"{github.request_id(run)}/1")


def test_what_was_approved_and_waits_for_its_timer_asks_nobody_again(
    github: GitHubActions, client: GitHubActionsClient
) -> None:
    run = github.file_run(wait_timer=30)
    request = only(client)
    assert client.approve(request, ONE_TIME, OURS).kind is OutcomeKind.TAKEN
    assert github.runs()[0]["held"] == ["production"]
    assert client.list_pending() == []
    assert client.fetch(request.id).status is Status.APPROVED
    assert client.fetch(f"{request.id}/1").status is Status.UNKNOWN
    github.let_pass(run)
    github.ask_again(run)
    assert only(client).id == f"{request.id}/1"


def test_what_was_approved_and_waits_for_another_rule_asks_nobody_again(
    github: GitHubActions, client: GitHubActionsClient
) -> None:
    """Given our approval, when GitHub still lists it and takes no other review of ours, then nobody is asked."""
    run = github.file_run(other_rule=True)
    request = only(client)
    assert client.approve(request, ONE_TIME, OURS).kind is OutcomeKind.TAKEN
    github.change(run, can_approve=False)
    assert client.list_pending() == []
    assert client.fetch(request.id).status is Status.APPROVED


def test_a_rejection_or_somebody_elses_approval_hides_no_wait(
    github: GitHubActions, client: GitHubActionsClient
) -> None:
    run = github.file_run(wait_timer=30)
    github.review(run, "approved", "somebody")
    assert only(client).id == f"{github.request_id(run)}/1"
    other = github.file_run(wait_timer=30)
    denied = next(one for one in client.list_pending() if one.id == github.request_id(other))
    assert client.deny(denied, "Not today.", OURS).kind is OutcomeKind.TAKEN
    github.ask_again(other)
    assert github.request_id(other) in {one.id for one in client.list_pending()}
