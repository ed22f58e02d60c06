"""Every fault of the sandbox on every operation, and what the client makes of it."""

import pytest

from sandbox.privilege_manager import PrivilegeManager
from tests.upstream_client.privilege_manager.conftest import DECISION, Connect
from upstream_client.exceptions import (
    Interrupted,
    LogonRefused,
    NotAllowed,
    NotUnderstood,
    Refused,
    Throttled,
    Unreachable,
    UpstreamError,
)
from upstream_client.models import ONE_TIME, ApprovalRequest, Outcome, OutcomeKind, Status
from upstream_client.privilege_manager import PrivManClient

IMPATIENT = (2.0, 0.7)
TAKEN, REFUSED, ALREADY, UNKNOWN = (
    OutcomeKind.TAKEN,
    OutcomeKind.REFUSED,
    OutcomeKind.ALREADY,
    OutcomeKind.UNKNOWN,
)


def decide(client: PrivManClient, operation: str, request: ApprovalRequest) -> Outcome:
    if operation == "approve":
        return client.approve(request, ONE_TIME, DECISION)
    return client.deny(request, "", DECISION)


@pytest.mark.parametrize("operation", ["approve", "deny"])
@pytest.mark.parametrize(
    ("kind", "expected", "applied"),
    [
        ("server_error", UNKNOWN, 0),
        ("server_error_after", UNKNOWN, 1),
        ("timeout", UNKNOWN, 1),
        ("timeout_before", UNKNOWN, 0),
        ("reset", UNKNOWN, 1),
        ("reset_before", UNKNOWN, 0),
        ("garbage", UNKNOWN, 1),
        ("empty", UNKNOWN, 1),
        ("forbidden", REFUSED, 0),
        ("error_in_200", REFUSED, 0),
        ("not_found", ALREADY, 0),
        ("conflict", ALREADY, 0),
        ("gone", ALREADY, 0),
    ],
)
def test_a_decision_is_sent_once_and_its_outcome_is_never_better_than_known(
    pm: PrivilegeManager, connect: Connect, operation: str, kind: str, expected: OutcomeKind, applied: int
) -> None:
    # given a request and a fault
    client = connect(timeout=IMPATIENT)
    pm.file_request()
    [request] = client.list_pending()
    pm.add_fault({"operation": operation, "kind": kind})
    # when it is decided, then
    outcome = decide(client, operation, request)
    assert outcome.kind is expected
    assert outcome.detail
    assert pm.calls()[operation] == 1
    assert pm.requests()[0]["decisions"] == applied


@pytest.mark.parametrize("operation", ["approve", "deny"])
def test_a_throttled_decision_was_not_taken_and_says_when_to_come_again(
    pm: PrivilegeManager, client: PrivManClient, operation: str
) -> None:
    pm.file_request()
    [request] = client.list_pending()
    pm.add_fault({"operation": "decide", "kind": "ratelimited", "retry_after": 7})
    with pytest.raises(Throttled) as caught:
        decide(client, operation, request)
    assert caught.value.retry_after == 7
    assert pm.requests()[0]["status"] == "Pending"


@pytest.mark.parametrize("operation", ["approve", "deny"])
def test_a_401_is_answered_by_one_log_on_and_one_repeat(
    pm: PrivilegeManager, client: PrivManClient, operation: str
) -> None:
    pm.file_request()
    [request] = client.list_pending()
    pm.add_fault({"operation": operation, "kind": "unauthorized"})
    assert decide(client, operation, request).kind is TAKEN
    assert pm.requests()[0]["decisions"] == 1
    assert pm.calls() == {"logon": 2, "list": 1, operation: 2}


def test_a_second_401_is_a_refused_log_on(pm: PrivilegeManager, client: PrivManClient) -> None:
    pm.file_request()
    [request] = client.list_pending()
    pm.add_fault({"operation": "decide", "kind": "unauthorized", "times": 2})
    with pytest.raises(LogonRefused, match="Give the API client a role"):
        client.approve(request, ONE_TIME, DECISION)
    assert pm.requests()[0]["decisions"] == 0


@pytest.mark.parametrize("kind", ["server_error", "timeout", "timeout_before", "reset", "reset_before"])
def test_a_log_on_that_breaks_off_means_that_the_decision_was_not_sent(
    pm: PrivilegeManager, connect: Connect, kind: str
) -> None:
    # given a client whose token has expired, and a log-on that fails
    client = connect(timeout=IMPATIENT)
    pm.file_request()
    [request] = client.list_pending()
    pm.add_fault({"expire_tokens": True})
    pm.add_fault({"operation": "logon", "kind": kind, "times": 2})
    # when it decides, then it can say for sure that nothing was done
    with pytest.raises(Unreachable):
        client.approve(request, ONE_TIME, DECISION)
    assert pm.requests()[0]["decisions"] == 0
    # and the next attempt logs on and goes through
    pm.clear_faults()
    assert client.approve(request, ONE_TIME, DECISION).kind is TAKEN


@pytest.mark.parametrize("kind", ["garbage", "empty", "not_found"])
def test_a_log_on_that_is_no_log_on_means_that_the_decision_was_not_sent(
    pm: PrivilegeManager, client: PrivManClient, kind: str
) -> None:
    pm.file_request()
    [request] = client.list_pending()
    pm.add_fault({"expire_tokens": True})
    pm.add_fault({"operation": "logon", "kind": kind})
    with pytest.raises(NotUnderstood, match="PRIVMAN_BASE_URL ends with /Tms"):
        client.approve(request, ONE_TIME, DECISION)
    assert pm.requests()[0]["decisions"] == 0


@pytest.mark.parametrize("operation", ["list", "get"])
@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("server_error", Interrupted),
        ("server_error_after", Interrupted),
        ("timeout", Interrupted),
        ("timeout_before", Interrupted),
        ("reset", Interrupted),
        ("reset_before", Interrupted),
        ("unauthorized", LogonRefused),
        ("forbidden", NotAllowed),
        ("conflict", Refused),
        ("ratelimited", Throttled),
        ("error_in_200", Refused),
        ("garbage", NotUnderstood),
        ("empty", NotUnderstood),
    ],
)
def test_a_look_that_fails_is_an_error_and_not_an_empty_list(
    pm: PrivilegeManager, connect: Connect, operation: str, kind: str, error: type[UpstreamError]
) -> None:
    client = connect(timeout=IMPATIENT)
    request_id = pm.file_request()
    pm.add_fault({"operation": operation, "kind": kind, "times": 2})
    with pytest.raises(error) as caught:
        _ = client.list_pending() if operation == "list" else client.fetch(request_id)
    assert "Privilege Manager" in str(caught.value)


@pytest.mark.parametrize("kind", ["not_found", "gone"])
def test_a_list_that_is_not_there_means_a_wrong_address(
    pm: PrivilegeManager, client: PrivManClient, kind: str
) -> None:
    pm.add_fault({"operation": "list", "kind": kind})
    with pytest.raises(NotUnderstood, match="Correct PRIVMAN_BASE_URL or the contract"):
        client.list_pending()


@pytest.mark.parametrize("kind", ["not_found", "gone", "no_path"])
def test_one_request_that_is_not_there_is_unknown_and_what_the_list_has_is_there(
    pm: PrivilegeManager, client: PrivManClient, kind: str
) -> None:
    request_id = pm.file_request()
    pm.add_fault({"operation": "get", "kind": kind, "times": 2})
    with pytest.raises(NotUnderstood, match=r"lists request .* Take operations.get out of the contract"):
        client.fetch(request_id)
    pm.withdraw(request_id)
    assert client.fetch(request_id).status is Status.UNKNOWN


def test_that_one_request_is_not_there_is_not_believed_while_the_list_cannot_be_read(
    pm: PrivilegeManager, client: PrivManClient
) -> None:
    request_id = pm.file_request()
    for operation, kind in (("get", "not_found"), ("list", "server_error")):
        pm.add_fault({"operation": operation, "kind": kind})
    with pytest.raises(Interrupted):
        client.fetch(request_id)


@pytest.mark.parametrize("operation", ["list", "get"])
@pytest.mark.parametrize("kind", ["reset", "reset_before", "unauthorized"])
def test_a_look_is_repeated_once_where_that_helps(
    pm: PrivilegeManager, client: PrivManClient, operation: str, kind: str
) -> None:
    request_id = pm.file_request()
    pm.add_fault({"operation": operation, "kind": kind})
    found = (
        client.list_pending()[0].id if operation == "list" else client.fetch(request_id).request is not None
    )
    assert found
    assert pm.calls()[operation] == 2


def test_who_may_not_is_told_which_role_to_give(pm: PrivilegeManager, client: PrivManClient) -> None:
    pm.file_request()
    [request] = client.list_pending()
    pm.add_fault({"kind": "forbidden", "times": 2})
    with pytest.raises(NotAllowed, match="Privilege Manager Helpdesk Users"):
        client.list_pending()
    assert "Privilege Manager Helpdesk Users" in client.approve(request, ONE_TIME, DECISION).detail
