"""A decision that is answered by a 404 without a word: is the request gone, or is the contract's path wrong?"""

import pytest

from sandbox.privilege_manager import PrivilegeManager
from tests.upstream_client.privilege_manager.conftest import DECISION, Connect
from tests.upstream_client.privilege_manager.contracts import changed
from upstream_client.models import ONE_TIME, ApprovalRequest, Outcome, OutcomeKind
from upstream_client.privilege_manager import PrivManClient


@pytest.mark.parametrize("get", ["", "no_path", "server_error"])
@pytest.mark.parametrize("verdict", ["approve", "deny"])
def test_a_404_with_nothing_in_it_about_a_request_that_waits_is_a_wrong_path(
    pm: PrivilegeManager, client: PrivManClient, verdict: str, get: str
) -> None:
    # given a server that knows no path for the decision, and perhaps none for one request
    pm.file_request()
    [request] = client.list_pending()
    pm.add_fault({"operation": verdict, "kind": "no_path"})
    if get:
        pm.add_fault({"operation": "get", "kind": get, "times": 2})
    # when it is decided, then the contract is blamed and nothing is sent again
    outcome = decided(client, verdict, request)
    assert outcome.kind is OutcomeKind.REFUSED
    assert f"has no POST /services/api/v1/approval/{verdict}. Correct the contract" in outcome.detail
    assert pm.calls()[verdict] == 1
    assert pm.requests()[0]["decisions"] == 0


@pytest.mark.parametrize("by_list", [True, False])
def test_a_404_with_nothing_in_it_about_a_request_that_does_not_wait_is_late(
    pm: PrivilegeManager, connect: Connect, by_list: bool
) -> None:
    # given a request that is answered in the console meanwhile, and a client that may ask for one
    client = connect(contract=changed(lambda json: json["operations"].pop("get") if by_list else None))
    request_id = pm.file_request()
    [request] = client.list_pending()
    pm.decide(request_id, "approve", "Console Admin")
    pm.add_fault({"operation": "deny", "kind": "no_path"})
    # when it is denied, then nobody blames the path
    assert decided(client, "deny", request).kind is OutcomeKind.ALREADY
    assert pm.calls()["list"] == (2 if by_list else 1)


def test_where_nobody_can_tell_whether_it_waits_a_404_is_late(
    pm: PrivilegeManager, client: PrivManClient
) -> None:
    pm.file_request()
    [request] = client.list_pending()
    pm.add_fault({"operation": "deny", "kind": "no_path"})
    for operation in ("get", "list"):
        pm.add_fault({"operation": operation, "kind": "server_error", "times": 2})
    assert decided(client, "deny", request).kind is OutcomeKind.ALREADY


def decided(client: PrivManClient, verdict: str, request: ApprovalRequest) -> Outcome:
    if verdict == "approve":
        return client.approve(request, ONE_TIME, DECISION)
    return client.deny(request, "", DECISION)
