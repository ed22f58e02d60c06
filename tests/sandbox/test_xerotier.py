"""The sandbox's Xerotier, seen from outside: over HTTP, and by the webhooks that it sends."""

import hashlib
import hmac
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
from aiohttp import web

from sandbox import Sandbox
from sandbox.control_client import ControlError
from sandbox.json_types import Json
from tests.upstream_client.serving import serving

TIMEOUT = 10.0
SECRET = "what-only-the-two-of-us-know"


@dataclass
class Caller:
    """Someone with a key, on one connection."""

    url: str
    session: requests.Session
    headers: dict[str, str]

    def call(self, method: str, path: str = "", project: str = "prj_sandbox") -> requests.Response:
        return self.session.request(
            method,
            f"{self.url}/{project}/v1/exec/approvals{path}",
            headers=self.headers,
            timeout=TIMEOUT,
            allow_redirects=False,
        )

    def pending(self) -> list[str]:
        """The ids of what waits."""
        return [one["id"] for one in self.call("GET", "?status=pending").json()["data"]]


@dataclass
class Receiver:
    """Takes webhooks, and answers with each of ``statuses`` in turn, then 200."""

    statuses: list[int] = field(default_factory=list)
    taken: list[tuple[dict[str, str], bytes, Json]] = field(default_factory=list)

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/xerotier", self._take)
        return app

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.taken.append((dict(request.headers), body, await request.json()))
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)


@pytest.fixture
def caller(sandbox: Sandbox) -> Iterator[Caller]:
    with requests.Session() as session:
        session.trust_env = False
        headers = {"Authorization": f"Bearer {sandbox.xerotier.key}"}
        yield Caller(sandbox.xerotier_url, session, headers)


@pytest.fixture
def receiver(sandbox: Sandbox) -> Iterator[Receiver]:
    found = Receiver()
    with serving(found.app()) as url:
        sandbox.control.send_webhooks_to(f"{url}/xerotier", secret=SECRET, retry_after=0.01)
        yield found
        sandbox.control.send_webhooks_to("")


def delivered(sandbox: Sandbox, count: int) -> list[Json]:
    """The deliveries, once so many of them have ended."""

    def ended() -> list[Json] | None:
        found = [one for one in sandbox.control.webhook_deliveries() if one["outcome"] != "pending"]
        return found if len(found) >= count else None

    return sandbox.control.eventually(ended)


def signature(headers: dict[str, str], body: bytes) -> str:
    """As a receiver computes it."""
    signed = headers["X-Webhook-Timestamp"].encode() + b"." + body
    return hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()


def test_what_waits_is_listed_and_told_of_by_itself(sandbox: Sandbox, caller: Caller) -> None:
    waiting = sandbox.control.file_approval(risk="irreversible", arguments={"node": "n1"})
    settled = sandbox.control.file_approval()
    sandbox.control.decide_in_xerotier(settled, "reject")
    assert caller.pending() == [waiting]
    told = caller.call("GET", f"/{waiting}").json()
    assert (told["status"], told["risk"], told["arguments"]) == ("pending", "irreversible", {"node": "n1"})
    assert caller.call("GET", f"/{settled}").json()["resolved_by"] == "Dashboard Admin"
    assert {one["id"] for one in caller.call("GET").json()["data"]} == {waiting, settled}


@pytest.mark.parametrize(("verb", "status"), [("approve", "approved"), ("reject", "rejected")])
def test_a_decision_holds_and_a_second_one_is_a_conflict(
    sandbox: Sandbox, caller: Caller, verb: str, status: str
) -> None:
    approval_id = sandbox.control.file_approval()
    assert caller.call("POST", f"/{approval_id}/{verb}").json()["status"] == status
    again = caller.call("POST", f"/{approval_id}/approve")
    assert (again.status_code, "already resolved" in again.text) == (409, True)
    (record,) = sandbox.control.xerotier_approvals()
    assert (record["status"], record["by"], record["decisions"]) == (status, "svc-slack-bot", 1)


def test_who_may_not_and_what_is_not_there_are_told_apart(sandbox: Sandbox, caller: Caller) -> None:
    approval_id = sandbox.control.file_approval()
    assert caller.call("GET", project="prj_other").status_code == 404
    assert caller.call("POST", "/none/approve").status_code == 404
    assert caller.call("PUT", f"/{approval_id}").status_code == 404
    sandbox.control.switch_xerotier(has_scope=False)
    assert caller.call("POST", f"/{approval_id}/approve").status_code == 403
    caller.headers = {}
    assert caller.call("POST", f"/{approval_id}/approve").status_code == 401
    assert sandbox.control.xerotier_approvals()[0]["status"] == "pending"


def test_a_strict_list_of_what_is_pending_leaves_out_what_escalated(sandbox: Sandbox, caller: Caller) -> None:
    approval_id = sandbox.control.file_approval()
    sandbox.control.escalate_in_xerotier(approval_id)
    assert caller.pending() == [approval_id]
    sandbox.control.switch_xerotier(is_strict=True)
    assert caller.pending() == []
    assert [one["status"] for one in caller.call("GET").json()["data"]] == ["escalated"]
    sandbox.control.reset()
    sandbox.control.escalate_in_xerotier(sandbox.control.file_approval(id="apr-2"))
    assert caller.pending() == ["apr-2"]


def test_a_success_can_say_no(sandbox: Sandbox, caller: Caller) -> None:
    approval_id = sandbox.control.file_approval()
    sandbox.control.faults(upstream="xerotier", operation="approve", kind="says_no")
    answer = caller.call("POST", f"/{approval_id}/approve")
    assert (answer.status_code, answer.json()["success"]) == (200, False)
    assert sandbox.control.xerotier_approvals()[0]["status"] == "pending"


def test_what_is_asked_can_be_told_otherwise(sandbox: Sandbox, caller: Caller) -> None:
    approval_id = sandbox.control.file_approval(arguments={"node": "n1"})
    sandbox.xerotier.retell(approval_id, arguments={"node": "ALL"})
    told = caller.call("GET", f"/{approval_id}").json()
    assert (told["arguments"], told["tool_name"]) == ({"node": "ALL"}, "kubectl_drain")
    with pytest.raises(LookupError):
        sandbox.xerotier.retell("none")


def test_list_and_one_can_be_missing(sandbox: Sandbox, caller: Caller) -> None:
    approval_id = sandbox.control.file_approval()
    sandbox.control.switch_xerotier(has_list=False, tells_of_one=False)
    assert caller.call("GET", "?status=pending").status_code == 404
    assert caller.call("GET", f"/{approval_id}").status_code == 404
    assert caller.call("POST", f"/{approval_id}/approve").ok


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("unauthorized", 401),
        ("forbidden", 403),
        ("not_found", 404),
        ("conflict", 409),
        ("ratelimited", 429),
        ("server_error", 500),
        ("server_error_after", 500),
        ("garbage", 200),
        ("slow", 200),
    ],
)
def test_what_goes_wrong_does_so_once_and_before_or_after_it_was_carried_out(
    sandbox: Sandbox, caller: Caller, kind: str, status: int
) -> None:
    approval_id = sandbox.control.file_approval()
    (fault,) = sandbox.control.faults(
        upstream="xerotier", operation="decide", kind=kind, retry_after=7, delay=0.01
    )
    assert fault["upstream"] == "xerotier"
    answer = caller.call("POST", f"/{approval_id}/approve")
    assert answer.status_code == status
    assert answer.headers.get("Retry-After") == ("7" if kind == "ratelimited" else None)
    is_done = kind in ("server_error_after", "garbage", "slow")
    assert sandbox.control.xerotier_approvals()[0]["status"] == ("approved" if is_done else "pending")
    assert sandbox.control.state()["faults"] == []


@pytest.mark.parametrize("kind", ["reset", "reset_before"])
def test_a_connection_can_break(sandbox: Sandbox, caller: Caller, kind: str) -> None:
    approval_id = sandbox.control.file_approval()
    sandbox.control.faults(upstream="xerotier", operation="*", kind=kind)
    with pytest.raises(requests.ConnectionError):
        caller.call("POST", f"/{approval_id}/approve")
    status = sandbox.control.xerotier_approvals()[0]["status"]
    assert status == ("approved" if kind == "reset" else "pending")


def test_each_thing_that_happens_is_an_event_in_the_documented_form(
    sandbox: Sandbox, caller: Caller, receiver: Receiver
) -> None:
    approval_id = sandbox.control.file_approval(tool_name="db_drop", risk="irreversible")
    delivered(sandbox, 1)
    sandbox.control.escalate_in_xerotier(approval_id)
    delivered(sandbox, 2)
    assert caller.pending() == [approval_id]
    assert caller.call("POST", f"/{approval_id}/approve").ok
    delivered(sandbox, 3)
    bodies = [body for _, _, body in receiver.taken]
    assert [body["type"] for body in bodies] == [
        "exec.approval_requested",
        "exec.approval_escalated",
        "exec.approved",
    ]
    assert all(body["object"] == "event" and len(body["id"]) == 28 for body in bodies)
    assert len({body["id"] for body in bodies}) == 3
    first = bodies[0]["data"]
    assert (first["approval_id"], first["tool_name"], first["risk"]) == (
        approval_id,
        "db_drop",
        "irreversible",
    )


@pytest.mark.parametrize(
    ("happens", "kind"), [("reject", "exec.rejected"), ("time_out", "exec.approval_timed_out")]
)
def test_rejections_and_time_outs_are_events_too(
    sandbox: Sandbox, receiver: Receiver, happens: str, kind: str
) -> None:
    approval_id = sandbox.control.file_approval()
    delivered(sandbox, 1)
    if happens == "reject":
        sandbox.control.decide_in_xerotier(approval_id, "reject")
    else:
        sandbox.control.time_out_in_xerotier(approval_id)
    assert delivered(sandbox, 2)[-1]["type"] == kind
    with pytest.raises(ControlError, match="does not wait"):
        sandbox.control.time_out_in_xerotier(approval_id)


@pytest.mark.parametrize("form", ["hex", "sha256", "wrong", "none"])
def test_a_delivery_is_signed_in_both_forms_or_badly(sandbox: Sandbox, receiver: Receiver, form: str) -> None:
    approval_id = sandbox.control.file_approval()
    delivered(sandbox, 1)
    sandbox.control.send_webhook(approval_id, signature=form)
    delivered(sandbox, 2)
    headers, body, _ = receiver.taken[-1]
    good = signature(headers, body)
    said = headers.get("X-Webhook-Signature")
    assert said == {"hex": good, "sha256": f"sha256={good}", "none": None}.get(form, said)
    assert form != "wrong" or said not in (None, good)
    assert abs(int(headers["X-Webhook-Timestamp"]) - time.time()) < 60


def test_the_flat_form_duplicates_and_yesterdays_can_be_sent(sandbox: Sandbox, receiver: Receiver) -> None:
    approval_id = sandbox.control.file_approval()
    delivered(sandbox, 1)
    sandbox.control.send_webhook(approval_id, shape="flat", times=2)
    sandbox.control.send_webhook(approval_id, age=86_400)
    delivered(sandbox, 4)
    flat = [body for _, _, body in receiver.taken if "event_type" in body]
    assert [body["event_type"] for body in flat] == ["exec.approval_requested"] * 2
    assert flat[0]["approval_id"] == approval_id
    ids = {body.get("id") or body["event_id"] for _, _, body in receiver.taken}
    assert len(ids) == 1
    oldest = min(
        (headers for headers, _, _ in receiver.taken), key=lambda one: int(one["X-Webhook-Timestamp"])
    )
    assert time.time() - int(oldest["X-Webhook-Timestamp"]) > 86_000
    body = next(body for headers, body, _ in receiver.taken if headers is oldest)
    assert oldest["X-Webhook-Signature"] == signature(oldest, body)


def test_the_time_out_before_an_escalation_and_events_without_id_and_time_can_be_sent(
    sandbox: Sandbox, receiver: Receiver
) -> None:
    approval_id = sandbox.control.file_approval()
    delivered(sandbox, 1)
    sandbox.control.escalate_in_xerotier(approval_id, timed_out=True)
    kinds = {one["type"] for one in delivered(sandbox, 3)}
    assert kinds >= {"exec.approval_timed_out", "exec.approval_escalated"}
    sandbox.control.send_webhook(approval_id, shape="bare")
    delivered(sandbox, 4)
    _, _, body = receiver.taken[-1]
    assert body["event_type"] == "exec.approval_requested"
    assert not body.keys() & {"id", "event_id", "timestamp", "created_at"}


def test_a_delivery_that_is_not_taken_is_repeated_six_times_and_given_up(
    sandbox: Sandbox, receiver: Receiver
) -> None:
    receiver.statuses[:] = [500, 503]
    sandbox.control.file_approval()
    assert delivered(sandbox, 1)[0]["statuses"] == [500, 503, 200]
    receiver.statuses[:] = [401] * 6
    sandbox.control.file_approval()
    (_, given_up) = delivered(sandbox, 2)
    assert (given_up["statuses"], given_up["outcome"]) == ([401] * 6, "exhausted")
    assert len({body["id"] for _, _, body in receiver.taken}) == 2


def test_only_events_that_were_asked_for_are_sent(sandbox: Sandbox, receiver: Receiver) -> None:
    url = "http://127.0.0.1:9/"
    sandbox.control.send_webhooks_to(url, events=["exec.approved"], retry_after=0.001)
    approval_id = sandbox.control.file_approval()
    assert sandbox.control.webhook_deliveries() == []
    sandbox.control.decide_in_xerotier(approval_id, "approve")
    (sent,) = delivered(sandbox, 1)
    assert (sent["type"], sent["statuses"]) == ("exec.approved", [0] * 6)


def test_a_reset_forgets_all_of_it(sandbox: Sandbox, caller: Caller, receiver: Receiver) -> None:
    sandbox.control.file_approval()
    delivered(sandbox, 1)
    sandbox.control.switch_xerotier(has_list=False)
    sandbox.control.faults(upstream="xerotier", kind="conflict")
    sandbox.control.reset()
    assert (caller.pending(), sandbox.control.webhook_deliveries()) == ([], [])
    sandbox.control.file_approval()
    assert sandbox.control.webhook_deliveries() == []
    assert sandbox.control.state()["xerotier"] == {
        "base_url": sandbox.xerotier_url,
        "project_id": "prj_sandbox",
    }


@pytest.mark.parametrize(
    ("name", "wanted", "status"),
    [
        ("approvals", {"colour": "blue"}, 400),
        ("decide", {"id": "none", "verdict": "approve"}, 404),
        ("decide", {"id": "none", "verdict": "perhaps"}, 400),
        ("send", {"id": "none"}, 404),
        ("webhook", {"url": "x", "shape": "round"}, 400),
        ("switches", {"has_wings": True}, 400),
        ("faults", {"upstream": "xerotier", "kind": "earthquake"}, 400),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(
    sandbox: Sandbox, name: str, wanted: dict[str, Any], status: int
) -> None:
    prefix = "" if name == "faults" else "xerotier/"
    answer = requests.post(f"{sandbox.url}/control/{prefix}{name}", json=wanted, timeout=TIMEOUT)
    assert (answer.status_code, answer.json()["ok"]) == (status, False)
    assert answer.json()["error"]


def test_an_id_can_be_filed_once(sandbox: Sandbox) -> None:
    assert sandbox.control.file_approval(id="apr-1") == "apr-1"
    with pytest.raises(ControlError, match="already"):
        sandbox.control.file_approval(id="apr-1")
