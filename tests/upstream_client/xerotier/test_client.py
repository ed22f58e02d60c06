"""The client against the sandbox's Xerotier: what waits, what became of it, and what webhooks told."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from structlog.testing import capture_logs

from sandbox.xerotier import Xerotier
from sandbox.xerotier.instance import Switches
from tests.clock import Clock
from tests.upstream_client.serving import closed_port
from tests.upstream_client.xerotier.approvals import APPROVAL_ID, AT, OTHER_ID, claimed, event
from tests.upstream_client.xerotier.conftest import OURS
from upstream_client.base import Tells, Told, Upstream
from upstream_client.exceptions import (
    LogonRefused,
    NotAllowed,
    NotRead,
    NotTold,
    NotUnderstood,
    Throttled,
    Unreachable,
    UpstreamError,
)
from upstream_client.models import ONE_TIME, ApprovalRequest, OutcomeKind, Risk, Status
from upstream_client.xerotier import XerotierClient
from upstream_client.xerotier.client import LAG, LONGEST_DOUBT
from upstream_client.xerotier.reading import CLAIM, ESCALATION

NO_LIST = Switches(has_list=False)


def only(client: XerotierClient) -> ApprovalRequest:
    (request,) = client.list_pending()
    return request


def test_it_speaks_the_protocol_and_tells_what_webhooks_told(
    client: XerotierClient, asking: XerotierClient
) -> None:
    upstream: Upstream = client
    can = upstream.capabilities
    assert (upstream.name, upstream.title) == ("xerotier", "Xerotier")
    assert (can.comment, can.get_one, can.approve, can.deny, can.escalates) == (
        False,
        False,
        "Approve",
        "Reject",
        True,
    )
    assert asking.capabilities.get_one
    assert isinstance(client, Tells)
    assert not isinstance(client, Told)


def test_what_waits_is_listed_and_nothing_else(xerotier: Xerotier, client: XerotierClient) -> None:
    waiting = xerotier.file_approval(risk="irreversible", arguments={"node": "n1"})
    xerotier.decide(xerotier.file_approval(), "approve", "somebody")
    request = only(client)
    assert (request.id, request.title, request.risk) == (waiting, "Run kubectl_drain", Risk.CRITICAL)
    assert ("Argument node", "n1") in [(fact.label, fact.value) for fact in request.facts]
    assert not request.is_claim
    assert xerotier.calls() == ["GET /prj_sandbox/v1/exec/approvals?status=pending"]


@pytest.mark.parametrize(("verdict", "status"), [("approve", "approved"), ("deny", "rejected")])
def test_a_decision_is_taken_without_a_body(
    xerotier: Xerotier, client: XerotierClient, verdict: str, status: str
) -> None:
    approval_id = xerotier.file_approval()
    request = only(client)
    outcome = (
        client.approve(request, ONE_TIME, OURS) if verdict == "approve" else client.deny(request, "No.", OURS)
    )
    assert outcome.kind is OutcomeKind.TAKEN
    (record,) = xerotier.approvals()
    assert (record["status"], record["decisions"]) == (status, 1)
    verb = {"approve": "approve", "deny": "reject"}[verdict]
    assert xerotier.calls()[-1] == f"POST /prj_sandbox/v1/exec/approvals/{approval_id}/{verb}"


def test_what_somebody_else_decided_is_theirs(xerotier: Xerotier, asking: XerotierClient) -> None:
    request_id = xerotier.file_approval()
    request = only(asking)
    xerotier.decide(request_id, "reject", "Dashboard Admin")
    outcome = asking.approve(request, ONE_TIME, OURS)
    assert (outcome.kind, "already resolved" in outcome.detail) == (OutcomeKind.ALREADY, True)
    seen = asking.fetch(request_id)
    assert (seen.status, seen.by) == (Status.DENIED, "Dashboard Admin")


@pytest.mark.parametrize("wrong", ["../../../../v1/api-keys", "..", "a/b", ""])
def test_an_id_that_is_none_never_becomes_a_path(
    xerotier: Xerotier, client: XerotierClient, wrong: str
) -> None:
    request = ApprovalRequest("xerotier", wrong, "Run")
    with pytest.raises(NotUnderstood, match="not called with it"):
        client.approve(request, ONE_TIME, OURS)
    with pytest.raises(NotUnderstood, match="not called with it"):
        client.deny(request, "", OURS)
    assert xerotier.calls() == []


@pytest.mark.parametrize(
    ("kind", "error", "words"),
    [
        ("unauthorized", LogonRefused, "XEROTIER_API_KEY"),
        ("forbidden", NotAllowed, "execution scope"),
        ("ratelimited", Throttled, "fewer calls"),
    ],
)
def test_a_decision_that_is_not_let_through_is_raised_and_nothing_was_decided(
    xerotier: Xerotier, client: XerotierClient, kind: str, error: type[UpstreamError], words: str
) -> None:
    xerotier.file_approval()
    request = only(client)
    xerotier.add_fault({"operation": "decide", "kind": kind})
    with pytest.raises(error, match=words):
        client.approve(request, ONE_TIME, OURS)
    assert xerotier.approvals()[0]["status"] == "pending"


@pytest.mark.parametrize("kind", ["server_error", "server_error_after", "reset", "garbage", "slow"])
def test_after_an_answer_that_tells_nothing_the_outcome_is_unknown(
    xerotier: Xerotier, client: XerotierClient, kind: str
) -> None:
    xerotier.file_approval()
    request = only(client)
    xerotier.add_fault({"operation": "approve", "kind": kind, "delay": 2.5})
    assert client.approve(request, ONE_TIME, OURS).kind is OutcomeKind.UNKNOWN
    assert len([call for call in xerotier.calls() if call.startswith("POST")]) == 1


def test_a_wrong_project_is_told_apart_from_an_approval_that_is_gone(xerotier: Xerotier, url: str) -> None:
    request_id = xerotier.file_approval()
    with (
        client_of(url, "prj_other", xerotier.key) as stranger,
        pytest.raises(NotUnderstood, match="XEROTIER_PROJECT_ID"),
    ):
        stranger.approve(ApprovalRequest("xerotier", request_id, "Run"), ONE_TIME, OURS)
    with client_of(url, xerotier.project_id, xerotier.key) as client:
        only(client)
        gone = client.approve(ApprovalRequest("xerotier", OTHER_ID, "Run"), ONE_TIME, OURS)
    assert gone.kind is OutcomeKind.ALREADY


def test_one_that_escalated_in_xerotier_waits_and_its_card_says_so(
    xerotier: Xerotier, client: XerotierClient
) -> None:
    request_id = xerotier.file_approval()
    before = only(client)
    xerotier.escalate(request_id)
    after = only(client)
    assert (after.facts[-1], after.digest) == (ESCALATION, before.digest)


def test_where_there_is_a_list_a_webhook_is_a_hint_only(xerotier: Xerotier, client: XerotierClient) -> None:
    """Given what the list says, when a webhook says otherwise, then the list holds."""
    request_id = xerotier.file_approval()
    client.take(event(approval_id=request_id, tool_name="harmless"))
    client.take(event("exec.approved", approval_id=request_id))
    assert only(client).title == "Run kubectl_drain"
    assert client.fetch(request_id).status is Status.PENDING


def test_what_a_list_leaves_out_and_a_webhook_told_is_shown_as_a_claim_and_warned_of_once(
    xerotier: Xerotier, client: XerotierClient
) -> None:
    client.take(event())
    with capture_logs() as logs:
        for _ in range(3):
            assert CLAIM in only(client).facts
    (line,) = [entry for entry in logs if entry["log_level"] == "warning"]
    assert line["settings"] == "XEROTIER_LIST_PATH"
    with pytest.raises(NotTold):
        client.fetch(APPROVAL_ID)


def test_a_list_that_has_shown_that_it_lists_is_believed_before_long(xerotier: Xerotier, url: str) -> None:
    """Given what a webhook told and the list leaves out, when time passes, then the list is right."""
    clock = Clock()
    client = XerotierClient(url, xerotier.project_id, xerotier.key, monotonic=clock.monotonic)
    client.take(event())
    clock.advance(2 * LAG)
    assert only(client).is_claim
    listed = xerotier.file_approval()
    assert [one.id for one in client.list_pending()] == [listed]
    assert client.fetch(APPROVAL_ID).status is Status.UNKNOWN
    client.close()


def test_a_list_that_never_showed_anything_is_believed_in_the_end(xerotier: Xerotier, url: str) -> None:
    clock = Clock()
    client = XerotierClient(url, xerotier.project_id, xerotier.key, monotonic=clock.monotonic)
    client.take(event())
    assert only(client).is_claim
    clock.advance(LONGEST_DOUBT + 1)
    assert client.list_pending() == []
    client.close()


def test_once_the_list_had_it_the_list_tells_that_it_is_gone(
    xerotier: Xerotier, client: XerotierClient
) -> None:
    request_id = xerotier.file_approval()
    client.take(event(approval_id=request_id))
    assert not only(client).is_claim
    xerotier.decide(request_id, "approve", "somebody")
    assert client.list_pending() == []
    assert client.fetch(request_id).status is Status.UNKNOWN
    client.take(event("exec.approved", approval_id=request_id, resolved_by="somebody"))
    seen = client.fetch(request_id)
    assert (seen.status, seen.by) == (Status.APPROVED, "somebody")
    assert client.told(request_id) == seen


def test_one_that_escalated_and_is_listed_no_more_waits_until_its_end_is_told(
    xerotier: Xerotier, client: XerotierClient
) -> None:
    """Given a list that leaves out what escalated, then that is shown as the list told it before."""
    xerotier.switch(Switches(is_strict=True))
    request_id = xerotier.file_approval(arguments={"node": "n1"})
    client.take(event(approval_id=request_id))
    listed = only(client)
    xerotier.escalate(request_id)
    client.take(event("exec.approval_escalated", AT + 900, approval_id=request_id))
    shown = only(client)
    assert (shown.digest, shown.facts[-2:]) == (listed.digest, (CLAIM, ESCALATION))
    told = client.told(request_id)
    assert told is not None
    assert (told.status, told.comment) == (Status.PENDING, "It went on to the next stage of its escalation.")
    with pytest.raises(NotTold):
        client.fetch(request_id)
    client.take(event("exec.rejected", AT + 950, approval_id=request_id))
    assert client.list_pending() == []
    assert client.fetch(request_id).status is Status.DENIED


def test_a_list_that_has_shown_what_escalated_tells_when_that_is_over(
    xerotier: Xerotier, client: XerotierClient
) -> None:
    request_id = xerotier.file_approval()
    xerotier.escalate(request_id)
    client.take(event("exec.approval_escalated", approval_id=request_id))
    assert not only(client).is_claim
    xerotier.decide(request_id, "approve", "somebody")
    assert client.list_pending() == []
    assert (client.told(request_id), client.fetch(request_id).status) == (None, Status.UNKNOWN)


def test_before_it_is_said_that_nothing_can_be_compared_the_list_is_asked_anew(
    xerotier: Xerotier, client: XerotierClient
) -> None:
    """Given one 404 of the list after a start, then what it tells is compared all the same."""
    request_id = xerotier.file_approval()
    xerotier.add_fault({"operation": "list", "kind": "not_found"})
    assert claimed(client) == []
    assert client.fetch(request_id).status is Status.PENDING
    assert only(client).id == request_id


@pytest.mark.parametrize(("kind", "error"), [("forbidden", NotAllowed), ("garbage", NotUnderstood)])
def test_a_claim_cannot_be_compared_while_the_list_is_only_unreadable(
    xerotier: Xerotier, client: XerotierClient, kind: str, error: type[UpstreamError]
) -> None:
    client.take(event(approval_id=xerotier.file_approval()))
    xerotier.add_fault({"operation": "list", "kind": kind})
    with pytest.raises(error):
        client.fetch(APPROVAL_ID)


def test_without_a_list_what_webhooks_told_waits_until_they_tell_what_became_of_it(
    xerotier: Xerotier, client: XerotierClient
) -> None:
    xerotier.switch(NO_LIST)
    assert claimed(client) == []
    client.take(event())
    (claim,) = claimed(client)
    assert (claim.id, claim.is_claim, client.told(APPROVAL_ID)) == (APPROVAL_ID, True, None)
    with pytest.raises(NotTold):
        client.fetch(APPROVAL_ID)
    client.take(event("exec.rejected", resolved_by="somebody"))
    assert claimed(client) == []
    seen = client.fetch(APPROVAL_ID)
    assert (seen.status, seen.by) == (Status.DENIED, "somebody")


def test_without_a_list_one_of_which_nothing_was_heard_is_not_told_to_be_gone(
    xerotier: Xerotier, client: XerotierClient
) -> None:
    xerotier.switch(NO_LIST)
    assert claimed(client) == []
    assert client.told(APPROVAL_ID) is None
    with pytest.raises(NotTold):
        client.fetch(APPROVAL_ID)


def test_without_a_list_a_claim_is_not_listed_again_after_a_decision_went_out(
    xerotier: Xerotier, client: XerotierClient
) -> None:
    xerotier.switch(NO_LIST)
    request_id = xerotier.file_approval()
    client.take(event(approval_id=request_id))
    (claim,) = claimed(client)
    xerotier.add_fault({"operation": "approve", "kind": "forbidden"})
    with pytest.raises(NotAllowed):
        client.approve(claim, ONE_TIME, OURS)
    assert claimed(client) == [claim]
    assert client.approve(claim, ONE_TIME, OURS).kind is OutcomeKind.TAKEN
    assert claimed(client) == []


def test_a_list_that_the_key_may_not_read_hides_no_claim(xerotier: Xerotier, client: XerotierClient) -> None:
    xerotier.switch(Switches(has_scope=False))
    with pytest.raises(NotAllowed, match="execution scope"):
        client.list_pending()
    client.take(event())
    with pytest.raises(NotRead, match="execution scope") as unread:
        client.list_pending()
    assert [one.id for one in unread.value.readable] == [APPROVAL_ID]
    with pytest.raises(NotAllowed):
        client.fetch(OTHER_ID)


def test_one_that_is_not_there_is_unreachable(xerotier: Xerotier) -> None:
    with client_of(f"http://127.0.0.1:{closed_port()}", "prj_1", "key") as away, pytest.raises(Unreachable):
        away.list_pending()


@contextmanager
def client_of(base: str, project_id: str, key: str) -> Iterator[XerotierClient]:
    made = XerotierClient(base, project_id, key, timeout=(2.0, 2.0))
    try:
        yield made
    finally:
        made.close()


@pytest.mark.parametrize(
    ("base", "project_id", "paths", "setting"),
    [
        ("http://xerotier.ai", "prj_1", ("/a", ""), "XEROTIER_BASE uses http"),
        ("https://xerotier.ai", "a/b", ("/a", ""), "XEROTIER_PROJECT_ID is no id"),
        ("https://xerotier.ai", "prj_1", ("a", ""), "XEROTIER_LIST_PATH is no path"),
        ("https://xerotier.ai", "prj_1", ("/a", "/a"), "XEROTIER_GET_PATH is no path"),
    ],
)
def test_what_could_lead_the_key_elsewhere_is_refused_with_the_settings_name(
    base: str, project_id: str, paths: tuple[str, str], setting: str
) -> None:
    with pytest.raises(ValueError, match=setting):
        XerotierClient(base, project_id, "key", paths=paths)


def test_the_key_is_in_no_representation(xerotier: Xerotier, client: XerotierClient, url: str) -> None:
    assert xerotier.key not in repr(client)
    assert url in repr(client)
