"""The log-on: one for all threads, again when the token expires, and clear words when it is refused."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from aiohttp import web

from sandbox.privilege_manager import PrivilegeManager
from tests.upstream_client.privilege_manager.conftest import DECISION, Connect
from tests.upstream_client.serving import serving
from upstream_client.exceptions import LogonRefused, NotUnderstood, Throttled, Unreachable
from upstream_client.models import ONE_TIME, OutcomeKind
from upstream_client.privilege_manager import PrivManClient, token

THREADS = 8


def at_once(work: Callable[[], object]) -> list[object]:
    """``work`` in many threads that begin together; what each returned or raised."""
    together = threading.Barrier(THREADS)

    def run() -> object:
        together.wait(timeout=10)
        try:
            return work()
        except LogonRefused as error:
            return error

    with ThreadPoolExecutor(THREADS) as pool:
        return [future.result() for future in [pool.submit(run) for _ in range(THREADS)]]


def test_many_threads_log_on_once(pm: PrivilegeManager, client: PrivManClient) -> None:
    at_once(client.list_pending)
    assert pm.calls() == {"logon": 1, "list": THREADS}


def test_when_the_token_expires_many_threads_log_on_once_more(
    pm: PrivilegeManager, client: PrivManClient
) -> None:
    # given a client that is logged on, and then every token is void
    pm.file_request()
    client.list_pending()
    pm.add_fault({"expire_tokens": True})
    # when many threads call, then all succeed with one new log-on
    assert all(at_once(client.list_pending))
    assert pm.calls()["logon"] == 2
    # and not more than one repeat each
    assert pm.calls()["list"] <= 1 + 2 * THREADS


def test_a_token_that_ages_is_renewed_in_the_middle_of_the_work() -> None:
    # given tokens that are good for a minute
    clock = [1_000_000.0]
    pm = PrivilegeManager(token_life=60, now=lambda: clock[0])
    pm.file_request()
    with serving(pm.app()) as address:
        client = PrivManClient(address + "/Tms", pm.username, pm.password)
        [request] = client.list_pending()
        # when a decision comes two minutes later, then it is taken, once
        clock[0] += 120
        assert client.approve(request, ONE_TIME, DECISION).kind is OutcomeKind.TAKEN
        client.close()
    assert pm.requests()[0]["decisions"] == 1
    assert pm.calls()["logon"] == 2


def test_a_wrong_password_says_which_settings_to_check_and_does_not_hammer(
    pm: PrivilegeManager, connect: Connect
) -> None:
    # given a wrong password: API clients can be locked out
    client = connect(password="wrong-password")
    # when many threads try, and again right after
    answers = at_once(client.list_pending)
    with pytest.raises(LogonRefused) as caught:
        client.list_pending()
    # then there was one log-on and everybody knows what to do
    assert pm.calls() == {"logon": 1}
    assert all(isinstance(answer, LogonRefused) for answer in answers)
    for words in ("PRIVMAN_USERNAME", "PRIVMAN_PASSWORD", "locked out", "Enable API", "401"):
        assert words in str(caught.value)
    assert "wrong-password" not in str(caught.value)


def test_after_a_rest_the_log_on_is_tried_again(
    pm: PrivilegeManager, client: PrivManClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token, "REST_SECONDS", 0.0)
    pm.add_fault({"operation": "logon", "kind": "unauthorized"})
    with pytest.raises(LogonRefused):
        client.list_pending()
    assert client.list_pending() == []


def test_a_secret_that_is_reset_meanwhile_is_a_refused_log_on(
    pm: PrivilegeManager, client: PrivManClient
) -> None:
    pm.file_request()
    [request] = client.list_pending()
    pm.add_fault({"expire_tokens": True})
    pm.add_fault({"operation": "logon", "kind": "unauthorized"})
    with pytest.raises(LogonRefused, match="PRIVMAN_PASSWORD"):
        client.approve(request, ONE_TIME, DECISION)
    assert pm.requests()[0]["decisions"] == 0


def test_a_throttled_log_on_says_when_to_come_again(pm: PrivilegeManager, client: PrivManClient) -> None:
    pm.add_fault({"operation": "logon", "kind": "ratelimited", "retry_after": 9})
    with pytest.raises(Throttled) as caught:
        client.list_pending()
    assert caught.value.retry_after == 9


def test_a_server_failing_at_the_log_on_is_worth_another_try(
    pm: PrivilegeManager, client: PrivManClient
) -> None:
    pm.add_fault({"operation": "logon", "kind": "server_error"})
    with pytest.raises(Unreachable, match="failed at the log-on"):
        client.list_pending()
    assert client.list_pending() == []


def answering(body: str, status: int = 200) -> web.Application:
    """Gives ``body`` for a log-on and lists nothing for whoever comes with the token t0k.en=."""

    async def log_on(request: web.Request) -> web.Response:
        assert json.loads(await request.read()) == {"UserName": "client", "Password": "s3cret"}
        return web.Response(text=body, status=status)

    async def pending(request: web.Request) -> web.Response:
        good = request.headers.get("Authorization") == "Bearer t0k.en="
        return web.json_response([], status=200 if good else 403)

    app = web.Application()
    app.router.add_post("/Tms/services/api/logon/token", log_on)
    app.router.add_delete("/Tms/services/api/logon/token", pending)
    app.router.add_get("/Tms/services/api/v1/approval/pending", pending)
    return app


@pytest.mark.parametrize(
    "body",
    [
        '"t0k.en="',
        "t0k.en=",
        ' "t0k.en="\r\n',
        '{"token": "t0k.en="}',
        '{"access_token": "t0k.en=", "expires_in": 3600}',
        '{"Code": 200, "Status": "success", "Messages": [], "Result": "t0k.en="}',
        '{"Result": {"Token": "t0k.en="}}',
    ],
)
def test_the_token_comes_in_any_of_the_known_shapes(body: str) -> None:
    with serving(answering(body)) as address:
        client = PrivManClient(address + "/Tms", "client", "s3cret")
        assert client.list_pending() == []
        client.close()


@pytest.mark.parametrize(
    "body",
    [
        "",
        '""',
        "null",
        "{}",
        "[]",
        "7",
        "<html><title>Sign in</title></html>",
        '"two words"',
        '"a\\r\\nX-Y: z"',
    ],
)
def test_what_holds_no_token_is_not_taken_for_one(body: str) -> None:
    with serving(answering(body)) as address:
        client = PrivManClient(address + "/Tms", "client", "s3cret")
        with pytest.raises(NotUnderstood, match="holds no token"):
            client.list_pending()
        client.close()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ('{"Status": "error", "Messages": ["Password s3cret is wrong"]}', 200),
        ('{"Message": "Password s3cret is wrong"}', 401),
        ("Password s3cret is wrong", 400),
        ("<html><title>s3cret is wrong</title></html>", 403),
    ],
)
def test_a_refusal_that_repeats_the_password_does_not_spread_it(body: str, status: int) -> None:
    with serving(answering(body, status)) as address:
        client = PrivManClient(address + "/Tms", "client", "s3cret")
        with pytest.raises(LogonRefused, match=r"\*\*\* is wrong") as caught:
            client.list_pending()
        client.close()
    assert "s3cret" not in repr(caught.value)
