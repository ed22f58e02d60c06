"""The sandbox's Privilege Manager, seen from outside as any program would: over HTTP."""

import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import pytest
import requests
from aiohttp import web

from sandbox.privilege_manager import BASE_PATH, PrivilegeManager, demo_requests
from sandbox.privilege_manager_control import routes
from tests.upstream_client.serving import serving

TIMEOUT = 10.0


@dataclass
class Caller:
    """Someone with a token, on one connection."""

    url: str
    session: requests.Session
    headers: dict[str, str] = field(default_factory=dict)

    def call(
        self, method: str, path: str, body: object = None, timeout: float = TIMEOUT
    ) -> requests.Response:
        return self.session.request(
            method, self.url + path, json=body, headers=self.headers, timeout=timeout, allow_redirects=False
        )

    def log_on(self, pm: PrivilegeManager) -> None:
        body = {"UserName": pm.username, "Password": pm.password}
        token = self.call("POST", "/services/api/logon/token", body).json()
        self.headers["Authorization"] = f"Bearer {token}"

    def pending(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = self.call("GET", "/services/api/v1/approval/pending").json()["Result"]
        return listed

    def approve(self, request_id: str, **more: object) -> requests.Response:
        body = {"RequestId": request_id, "Response": "Approve", "Comment": "c", "Duration": None, **more}
        return self.call("POST", "/services/api/v1/approval/approve", body)


@pytest.fixture
def clock() -> list[float]:
    """Seconds since 1970 UTC, to be moved."""
    return [1_800_000_000.0]


@pytest.fixture
def pm(clock: list[float]) -> PrivilegeManager:
    return PrivilegeManager(token_life=600, now=lambda: clock[0])


@pytest.fixture
def caller(pm: PrivilegeManager) -> Iterator[Caller]:
    with serving(pm.app()) as address, requests.Session() as session:
        session.trust_env = False
        found = Caller(address + BASE_PATH, session)
        found.log_on(pm)
        yield found


@pytest.fixture
def control(pm: PrivilegeManager) -> Iterator[Caller]:
    app = web.Application()
    app.add_routes(routes(pm))
    with serving(app) as address, requests.Session() as session:
        session.trust_env = False
        yield Caller(f"{address}/control/privilege_manager", session)


@pytest.mark.parametrize(("user", "password"), [("UserName", "Password"), ("username", "password")])
def test_a_log_on_answers_the_token_as_a_json_string(
    pm: PrivilegeManager, caller: Caller, user: str, password: str
) -> None:
    answer = caller.call("POST", "/services/api/logon/token", {user: pm.username, password: pm.password})
    assert answer.status_code == 200
    assert re.fullmatch(r'"[\w-]+"', answer.text)


@pytest.mark.parametrize(
    "body", [None, [], {}, {"UserName": "somebody", "Password": "sandbox-secret"}, {"Password": "x"}]
)
def test_a_wrong_log_on_is_a_401(caller: Caller, body: object) -> None:
    assert caller.call("POST", "/services/api/logon/token", body).status_code == 401


@pytest.mark.parametrize("header", ["", "Bearer nonsense", "Basic abc"])
def test_without_a_good_token_nothing_is_told(caller: Caller, header: str) -> None:
    caller.headers["Authorization"] = header
    answer = caller.call("GET", "/services/api/v1/approval/pending")
    assert answer.status_code == 401
    assert answer.json()["Status"] == "error"


def test_the_version_is_told_to_anybody(caller: Caller) -> None:
    caller.headers.clear()
    assert caller.call("GET", "/services/api/v1/version/Current").json()["Result"].startswith("12.")


def test_a_token_ages(caller: Caller, clock: list[float], pm: PrivilegeManager) -> None:
    clock[0] += 599
    assert caller.pending() == []
    clock[0] += 1
    assert caller.call("GET", "/services/api/v1/approval/pending").status_code == 401
    assert pm.logged_on() == 0


def test_a_token_that_is_handed_back_is_void(caller: Caller) -> None:
    assert caller.call("DELETE", "/services/api/logon/token").status_code == 200
    assert caller.call("GET", "/services/api/v1/approval/pending").status_code == 401


def test_expired_tokens_are_void_and_new_ones_are_good(pm: PrivilegeManager, caller: Caller) -> None:
    pm.add_fault({"upstream": "privilege_manager", "expire_tokens": True})
    assert caller.call("GET", "/services/api/v1/approval/pending").status_code == 401
    caller.log_on(pm)
    assert caller.pending() == []


@pytest.mark.parametrize(
    "path", ["/SERVICES/api/V1/Approval/PENDING", "//services//api/v1/approval//pending"]
)
def test_paths_match_in_any_case_and_with_doubled_slashes(caller: Caller, path: str) -> None:
    assert caller.call("GET", path).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/services/api/v1/approvals"), ("GET", "/nothing"), ("PUT", "/services/api/logon/token")],
)
def test_what_is_not_there_is_told_as_aspnet_does(
    pm: PrivilegeManager, caller: Caller, method: str, path: str
) -> None:
    answer = caller.call(method, path)
    assert answer.status_code == 404
    assert answer.json()["Message"].startswith("No HTTP resource was found")
    assert pm.calls()["other"] == 1


def test_a_list_has_the_envelope_types_and_braces_of_the_real_one(
    pm: PrivilegeManager, caller: Caller
) -> None:
    request_id = pm.file_request(user="", computer="", reason="Because.")
    answer = caller.call("GET", "/services/api/v1/approval/pending").json()
    assert (answer["Code"], answer["Status"], answer["Messages"], answer["Total"]) == (200, "success", [], 1)
    [item] = answer["Result"]
    assert item["$type"].endswith(", Thycotic.Tms")
    assert item["RequestId"] == "{" + request_id.upper() + "}"
    assert (item["UserName"], item["ComputerName"], item["UserReason"]) == (None, None, "Because.")
    assert item["Requested"] == "2027-01-15T08:00:00.000Z"


@pytest.mark.parametrize("write", [str, str.upper, lambda text: "{" + text.upper() + "}"])
def test_an_id_is_taken_in_any_spelling(pm: PrivilegeManager, caller: Caller, write: Any) -> None:
    request_id = pm.file_request()
    one = caller.call("GET", f"/services/api/v1/approval/{write(request_id)}")
    assert one.json()["Result"]["Status"] == "Pending"
    assert caller.approve(write(request_id)).status_code == 200


def test_an_approval_is_kept_with_who_when_and_for_how_long(
    pm: PrivilegeManager, caller: Caller, clock: list[float]
) -> None:
    request_id = pm.file_request()
    clock[0] += 5
    assert caller.approve(request_id, Comment="Fine.", Duration=15).json()["Result"] == request_id
    [record] = pm.requests()
    assert record["status"] == "Approved"
    assert (record["by"], record["comment"], record["duration"]) == (pm.username, "Fine.", 15)
    assert (record["decided_at"], record["decisions"]) == (clock[0], 1)
    assert caller.pending() == []


@pytest.mark.parametrize("path", ["approve", "deny"])
def test_a_deny_is_taken_at_both_addresses_and_counted_as_a_deny(
    pm: PrivilegeManager, caller: Caller, path: str
) -> None:
    body = {"RequestId": pm.file_request(), "Response": "Deny", "Comment": "No."}
    assert caller.call("POST", f"/services/api/v1/approval/{path}", body).status_code == 200
    assert pm.requests()[0]["status"] == "Denied"
    assert (pm.calls().get("deny"), pm.calls().get("approve")) == (1, None)


@pytest.mark.parametrize(
    "more",
    [
        {"RequestId": None},
        {"Response": "Maybe"},
        {"Response": None},
        {"Comment": 7},
        {"Duration": "15"},
        {"Duration": 0},
        {"Duration": 1.5},
        {"Duration": True},
        {"Duration": 999_999},
    ],
)
def test_a_wrong_decision_changes_nothing(
    pm: PrivilegeManager, caller: Caller, more: dict[str, object]
) -> None:
    answer = caller.approve(pm.file_request(), **more)
    assert answer.status_code == 400
    assert answer.json()["Messages"]
    assert pm.requests()[0]["status"] == "Pending"


@pytest.mark.parametrize("body", [None, [], "x"])
def test_a_decision_without_a_body_is_wrong(caller: Caller, body: object) -> None:
    assert caller.call("POST", "/services/api/v1/approval/approve", body).status_code == 400


def test_an_unknown_request_is_a_404_and_a_settled_one_a_409(pm: PrivilegeManager, caller: Caller) -> None:
    request_id = pm.file_request()
    pm.decide(request_id, "deny", "Somebody in the console")
    late = caller.approve(request_id)
    assert (late.status_code, late.json()["Code"]) == (409, 409)
    assert "no longer pending" in late.json()["Messages"][0]
    assert caller.approve("85d71683-7dac-4762-8120-76a9a564fdc1").status_code == 404
    assert caller.call("GET", "/services/api/v1/approval/nothing").status_code == 404
    assert (pm.requests()[0]["by"], pm.requests()[0]["decisions"]) == ("Somebody in the console", 0)


def test_a_request_times_out_at_its_hour(pm: PrivilegeManager, caller: Caller, clock: list[float]) -> None:
    request_id = pm.file_request(expires_in=60)
    clock[0] += 59
    assert len(caller.pending()) == 1
    clock[0] += 1
    assert caller.pending() == []
    assert caller.approve(request_id).status_code == 409
    assert pm.requests()[0]["status"] == "TimedOut"


@pytest.mark.parametrize("kind", ["server_error", "forbidden", "error_in_200", "ratelimited"])
def test_a_fault_before_the_call_leaves_the_request_alone(
    pm: PrivilegeManager, caller: Caller, kind: str
) -> None:
    request_id = pm.file_request()
    pm.add_fault({"operation": "approve", "kind": kind, "retry_after": 5})
    answer = caller.approve(request_id)
    expected = {"server_error": 500, "forbidden": 403, "error_in_200": 200, "ratelimited": 429}
    assert answer.status_code == expected[kind]
    assert answer.headers.get("Retry-After") == ("5" if kind == "ratelimited" else None)
    assert pm.requests()[0]["status"] == "Pending"


@pytest.mark.parametrize("kind", ["server_error_after", "garbage", "empty", "reset", "timeout"])
def test_a_fault_after_the_call_loses_only_the_answer(
    pm: PrivilegeManager, caller: Caller, kind: str
) -> None:
    request_id = pm.file_request()
    pm.add_fault({"operation": "decide", "kind": kind})
    body = {"RequestId": request_id, "Response": "Approve"}
    if kind in ("reset", "timeout"):
        with pytest.raises((requests.ConnectionError, requests.Timeout)):
            caller.call("POST", "/services/api/v1/approval/approve", body, timeout=0.5)
    else:
        caller.call("POST", "/services/api/v1/approval/approve", body)
    assert (pm.requests()[0]["status"], pm.requests()[0]["decisions"]) == ("Approved", 1)


def test_a_slow_call_is_carried_out_at_once_and_answered_later(pm: PrivilegeManager, caller: Caller) -> None:
    request_id = pm.file_request()
    pm.add_fault({"operation": "approve", "kind": "slow", "delay": 0.3})
    decided = threading.Event()
    pm.on_change(decided.set)
    began = time.monotonic()
    answer = caller.approve(request_id)
    assert decided.is_set()
    assert time.monotonic() - began >= 0.3
    assert (answer.status_code, answer.json()["Result"]) == (200, request_id)


def test_a_fault_begins_at_the_nth_call_and_lasts_for_so_many(pm: PrivilegeManager, caller: Caller) -> None:
    pm.add_fault({"operation": "list", "kind": "server_error", "nth": 2, "times": 2})
    codes = [caller.call("GET", "/services/api/v1/approval/pending").status_code for _ in range(5)]
    assert codes == [200, 500, 500, 200, 200]


def test_a_fault_for_a_time_strikes_every_call_and_then_ends(pm: PrivilegeManager, caller: Caller) -> None:
    pm.add_fault({"operation": "*", "kind": "gone", "seconds": 60})
    assert caller.call("GET", "/services/api/v1/approval/pending").status_code == 410
    assert caller.call("GET", "/services/api/v1/version/Current").status_code == 410
    assert [fault["kind"] for fault in pm.faults()] == ["gone"]
    pm.clear_faults()
    assert caller.pending() == []
    assert pm.faults() == []


@pytest.mark.parametrize(
    "fault",
    [
        {},
        {"kind": "flood"},
        {"kind": "gone", "operation": "sing"},
        {"kind": "gone", "nth": 0},
        {"expire_tokens": False},
        {"kind": "gone", "upstream": "another"},
    ],
)
def test_a_fault_that_does_not_exist_is_refused(pm: PrivilegeManager, fault: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        pm.add_fault(fault)


def test_who_listens_is_told_of_every_change_and_of_nothing_else(
    pm: PrivilegeManager, caller: Caller, clock: list[float]
) -> None:
    changes: list[int] = []
    pm.on_change(lambda: changes.append(len(pm.requests())))
    first, second = pm.file_request(), pm.file_request(expires_in=10)
    caller.pending()
    caller.approve(first)
    caller.approve(first)
    clock[0] += 10
    caller.call("GET", f"/services/api/v1/approval/{second}")
    pm.reset()
    assert changes == [1, 2, 2, 2, 0]


def test_a_reset_forgets_requests_faults_and_counts_but_no_log_on(
    pm: PrivilegeManager, caller: Caller
) -> None:
    pm.file_request()
    pm.add_fault({"kind": "gone"})
    pm.reset()
    assert (pm.requests(), pm.faults(), pm.calls()) == ([], [], {})
    assert caller.pending() == []


def test_the_control_api_files_and_tells(control: Caller, caller: Caller) -> None:
    filed = control.call("POST", "/requests", {"user": "ACME\\requester", "reason": "Because."}).json()
    assert filed["ok"]
    [record] = control.call("GET", "/requests").json()
    assert (record["id"], record["status"], record["decisions"]) == (filed["id"], "Pending", 0)
    assert len(caller.pending()) == 1
    assert control.call("GET", "/calls").json() == {"logon": 1, "list": 1}


def test_the_control_api_files_a_request_that_says_nothing(control: Caller) -> None:
    assert control.call("POST", "/requests").status_code == 200


@pytest.mark.parametrize(
    ("path", "more", "status"),
    [
        ("/withdraw", {}, "Cancelled"),
        ("/expire", {}, "TimedOut"),
        ("/decide", {"verdict": "approve", "by": "Second Approver"}, "Approved"),
        ("/decide", {"verdict": "deny", "by": "Second Approver"}, "Denied"),
    ],
)
def test_the_control_api_settles(
    pm: PrivilegeManager, control: Caller, path: str, more: dict[str, str], status: str
) -> None:
    request_id = pm.file_request()
    assert control.call("POST", path, {"id": request_id, **more}).json() == {"ok": True}
    assert pm.requests()[0]["status"] == status
    assert pm.requests()[0]["by"] == more.get("by", "")
    again = control.call("POST", path, {"id": request_id, **more})
    assert again.status_code == 400
    assert f"it is {status}" in again.json()["error"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/requests", {"colour": "red"}, 400),
        ("/requests", ["x"], 400),
        ("/withdraw", {"id": "nobody"}, 404),
        ("/expire", {}, 400),
        ("/decide", {"id": "nobody", "verdict": "approve", "by": "x"}, 404),
        ("/decide", {"id": "nobody", "verdict": "perhaps"}, 400),
    ],
)
def test_the_control_api_says_what_is_wrong(control: Caller, path: str, body: object, status: int) -> None:
    answer = control.call("POST", path, body)
    assert answer.status_code == status
    assert not answer.json()["ok"]
    assert answer.json()["error"]


def test_one_id_is_filed_once(pm: PrivilegeManager) -> None:
    pm.file_request(id="{85D71683-7DAC-4762-8120-76A9A564FDC1}")
    with pytest.raises(ValueError, match="already"):
        pm.file_request(id="85d71683-7dac-4762-8120-76a9a564fdc1")


def test_the_demo_asks_the_same_for_the_same_seed_and_can_be_filed(pm: PrivilegeManager) -> None:
    asked = list(islice(demo_requests(seed=3), 200))
    assert asked == list(islice(demo_requests(seed=3), 200))
    assert asked != list(islice(demo_requests(seed=4), 200))
    for one in asked:
        pm.file_request(**one)
    assert len(pm.requests()) == 200
    # some come without a user or a computer, as they do from the real one, and most do not
    for key in ("user", "computer"):
        assert 0 < sum(not one[key] for one in asked) < 50
