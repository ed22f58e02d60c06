"""The sandbox's Privilege Manager in each of its shapes: the reference it serves is true, roles are minded."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, get_args

import pytest
import requests

from sandbox import Sandbox
from sandbox.control_client import ControlError
from sandbox.privilege_manager import BASE_PATH, PENDING_REPORT, PrivilegeManager, Role, Shape
from tests.sandbox.test_privilege_manager import Caller
from tests.upstream_client.serving import serving

SHAPES: tuple[Shape, ...] = get_args(Shape)
SWAGGER = "/services/swagger/docs/v1"
REPORT = f"/services/api/v1/reports/{PENDING_REPORT}?bTestMode=false"
Open = Callable[[PrivilegeManager], Caller]


@pytest.fixture
def opened() -> Iterator[Open]:
    """Serves an instance and logs on to it."""
    with ExitStack() as stack:

        def make(pm: PrivilegeManager) -> Caller:
            session = stack.enter_context(requests.Session())
            session.trust_env = False
            caller = Caller(stack.enter_context(serving(pm.app())) + BASE_PATH, session)
            caller.log_on(pm)
            return caller

        yield make


def paths(reference: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Method and path below /Tms of everything the reference tells of."""
    for path, item in reference["paths"].items():
        whole = reference["basePath"].rstrip("/") + path
        for method in item:
            yield method.upper(), re.sub("^/tms", "", whole, flags=re.IGNORECASE)


@pytest.mark.parametrize("shape", SHAPES)
def test_everything_the_reference_tells_of_is_there(opened: Open, shape: Shape) -> None:
    # given an instance with one request, and its reference
    pm = PrivilegeManager(shape=shape)
    caller, request_id = opened(pm), pm.file_request()
    reference = caller.call("GET", SWAGGER).json()
    assert reference["swagger"] == "2.0"
    # when each path is called, then none is unknown to it
    told = list(paths(reference))
    for method, path in told:
        if "logon" not in path:
            caller.call(method, re.sub(r"\{\w+\}", request_id, path))
    assert "other" not in pm.calls()
    assert {"list" if shape != "report" else "report", "approve"} <= pm.calls().keys()


@pytest.mark.parametrize("shape", SHAPES)
def test_the_models_name_what_the_list_answers(opened: Open, shape: Shape) -> None:
    pm = PrivilegeManager(shape=shape)
    caller = opened(pm)
    pm.file_request()
    definitions = caller.call("GET", SWAGGER).json()["definitions"]
    if shape == "classic":
        [item], model = caller.pending(), "ApprovalRequest"
    elif shape == "alternative":
        [item], model = caller.call("GET", "/services/api/v2/approvals").json(), "ApprovalItem"
    else:
        return  # its reference says nothing of a report's rows
    assert item.keys() - {"$type"} <= definitions[model]["properties"].keys()


def test_there_is_a_page_to_read_the_reference_with(opened: Open) -> None:
    page = opened(PrivilegeManager()).call("GET", "/services/swagger/ui/index")
    assert (page.status_code, page.headers["Content-Type"].partition(";")[0]) == (200, "text/html")
    assert "docs/v1" in page.text


ROLES: dict[Role, tuple[int, int, int, int]] = {
    "administrators": (200, 200, 200, 200),
    "users": (403, 200, 200, 200),
    "helpdesk": (403, 403, 200, 200),
    "none": (403, 403, 403, 403),
}


@pytest.mark.parametrize("role", get_args(Role))
def test_a_role_may_what_the_vendors_table_says(opened: Open, role: Role) -> None:
    pm = PrivilegeManager(role=role)
    caller, request_id = opened(pm), pm.file_request()
    answers = (
        caller.call("GET", SWAGGER),
        caller.call("GET", "/services/api/v1/policies/GetAll"),
        caller.call("GET", "/services/api/v1/approval/pending"),
        caller.approve(request_id),
    )
    assert tuple(answer.status_code for answer in answers) == ROLES[role]
    assert caller.call("GET", "/services/api/v1/version/Current").status_code == 200


def test_who_may_not_run_reports_may_not_see_what_waits_by_one(opened: Open) -> None:
    pm = PrivilegeManager(shape="report", role="helpdesk")
    caller = opened(pm)
    assert caller.call("POST", REPORT, []).status_code == 403
    pm.give_role("users")
    assert caller.call("POST", REPORT, []).status_code == 200


def test_nobody_reads_the_reference_without_a_token(opened: Open) -> None:
    caller = opened(PrivilegeManager())
    caller.headers.clear()
    assert caller.call("GET", SWAGGER).status_code == 401


def test_a_report_has_rows_by_position_and_no_envelope(opened: Open) -> None:
    pm = PrivilegeManager(shape="report", now=lambda: 1_800_000_000.0)
    caller, request_id = opened(pm), pm.file_request(user="", reason="Because.")
    answer = caller.call("POST", REPORT, []).json()
    assert answer.keys() == {"$type", "Columns", "Data"}
    titles = [column["title"] for column in answer["Columns"]]
    [row] = answer["Data"]
    told = dict(zip(titles, row, strict=True))
    assert told["Approval Request Id"] == "{" + request_id.upper() + "}"
    assert (told["User Name"], told["User Reason"]) == ("", "Because.")
    assert told["Requested"] == "2027-01-15T08:00:00"
    assert pm.calls()["list"] == 1


def test_a_report_that_there_is_not_is_an_error(opened: Open) -> None:
    caller = opened(PrivilegeManager(shape="report"))
    answer = caller.call("POST", "/services/api/v1/reports/another", [])
    assert (answer.status_code, answer.json()["Status"]) == (404, "error")


@pytest.mark.parametrize(
    ("decision", "status", "counted"), [("Approve", "Approved", "approve"), ("Reject", "Denied", "deny")]
)
def test_one_address_may_take_both_verdicts(opened: Open, decision: str, status: str, counted: str) -> None:
    pm = PrivilegeManager(shape="alternative")
    caller, request_id = opened(pm), pm.file_request()
    body = {"decision": decision, "notes": "Fine.", "period": "00:15:00"}
    answer = caller.call("POST", f"/services/api/v2/approvals/{request_id}/decision", body)
    assert answer.json() is True
    [record] = pm.requests()
    assert (record["status"], record["comment"], record["duration"]) == (status, "Fine.", "00:15:00")
    assert pm.calls()[counted] == 1


@pytest.mark.parametrize(
    "body",
    [{}, {"decision": "Perhaps"}, {"decision": "Approve", "period": 15}, {"decision": "Approve", "notes": 7}],
)
def test_a_wrong_decision_changes_nothing_in_the_other_shape_either(
    opened: Open, body: dict[str, object]
) -> None:
    pm = PrivilegeManager(shape="alternative")
    caller, request_id = opened(pm), pm.file_request()
    path = f"/services/api/v2/approvals/{request_id}/decision"
    assert caller.call("POST", path, body).status_code == 400
    assert pm.requests()[0]["status"] == "Pending"


def test_the_paths_of_one_shape_are_unknown_to_another(opened: Open) -> None:
    pm = PrivilegeManager(shape="alternative")
    caller = opened(pm)
    assert caller.call("GET", "/services/api/v1/approval/pending").status_code == 404
    pm.speak("classic")
    assert caller.call("GET", "/services/api/v1/approval/pending").status_code == 200
    pm.reset()
    assert caller.call("GET", "/services/api/v1/approval/pending").status_code == 404


def test_four_hundred_wait_after_one_call(sandbox: Sandbox) -> None:
    sandbox.control.file_requests(400)
    waiting = sandbox.control.upstream_requests()
    assert len({one["id"] for one in waiting}) == 400
    assert {one["status"] for one in waiting} == {"Pending"}


def test_shape_and_role_are_chosen_by_the_control_api(sandbox: Sandbox, opened: Open) -> None:
    caller = opened(sandbox.privilege_manager)
    sandbox.control.shape_upstream("alternative")
    assert caller.call("GET", "/services/api/v2/approvals").json() == []
    url = f"{sandbox.control.url}/control/privilege_manager/role"
    assert caller.session.post(url, json={"role": "none"}, timeout=10).json() == {"ok": True}
    assert caller.call("GET", "/services/api/v2/approvals").status_code == 403


def test_a_shape_that_there_is_not_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(ControlError, match="shape"):
        sandbox.control.shape_upstream("round")
    with pytest.raises(ControlError, match="count"):
        sandbox.control.file_requests(0)
