"""The connection under every fault of the sandbox's, with the real Bolt on real WebSockets."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from slack_bolt import Ack
from structlog.testing import capture_logs
from structlog.typing import EventDict
from websockets.sync.client import connect

from slack_bot.connection import FINAL, Backoff
from tests.slack_bot.connect_proxy import connect_proxy
from tests.slack_bot.connected_bot import APPROVER, CHANNEL, SOON, Bot, bot_on_sandbox


@pytest.fixture
def bot() -> Iterator[Bot]:
    with bot_on_sandbox() as bot:
        yield bot


@pytest.fixture
def logged() -> Iterator[list[EventDict]]:
    with capture_logs() as events:
        yield events


def events_named(logged: list[EventDict], name: str) -> list[EventDict]:
    return [event for event in logged if event["event"] == name]


def test_it_connects_and_acknowledges(bot: Bot) -> None:
    started = time.monotonic()
    bot.start()

    assert time.monotonic() - started < SOON
    assert bot.connection.alive()
    assert bot.click()


def test_what_a_listener_answers_reaches_slack(bot: Bot) -> None:
    bot.app.action("deny_request")(lambda ack: ack("Too late."))
    bot.start()

    bot.sandbox.control.click(CHANNEL, bot.post_button("deny_request"), APPROVER, "deny_request")

    assert bot.sandbox.control.deliveries()[-1]["response"] == {"text": "Too late."}


@pytest.mark.parametrize("fault", ["close", "abort"])
def test_after_a_loss_it_is_back_at_once(bot: Bot, fault: str, logged: list[EventDict]) -> None:
    bot.start()
    before = bot.sockets()

    bot.sandbox.control.faults(socket=fault)

    assert bot.seconds_until_another_socket(before) < SOON
    assert bot.connection.wait_until_connected(SOON)
    assert bot.click()
    (over,) = events_named(logged, "connection.over")
    assert over["log_level"] == "warning"


def test_before_it_connects_it_is_deaf(bot: Bot) -> None:
    before = time.monotonic()
    assert before <= bot.connection.last_deaf() <= time.monotonic()
    bot.start()
    connected = bot.connection.last_deaf()
    assert before < connected < time.monotonic()
    time.sleep(0.05)
    assert bot.connection.last_deaf() == connected


@pytest.mark.parametrize("fault", ["close", "abort"])
def test_after_a_loss_it_was_deaf_until_the_next_hello_however_short_that_was(bot: Bot, fault: str) -> None:
    """Given that nobody looked while nothing was heard, when it is back, then the gap is still known."""
    bot.start()
    first, before, lost = bot.connection.last_deaf(), bot.sockets(), time.monotonic()

    bot.sandbox.control.faults(socket=fault)
    bot.seconds_until_another_socket(before)
    assert bot.connection.wait_until_connected(SOON)
    bot.sandbox.control.eventually(lambda: only_new(bot.sockets(), before))

    assert first < lost < bot.connection.last_deaf() < time.monotonic()


def test_a_renewal_is_no_gap(bot: Bot) -> None:
    bot.start()
    first, before = bot.connection.last_deaf(), bot.sockets()

    bot.sandbox.control.faults(socket="disconnect", reason="warning", grace=0.3)
    bot.sandbox.control.eventually(lambda: only_new(bot.sockets(), before))
    assert bot.click()

    assert bot.connection.last_deaf() == first


def test_an_old_socket_that_goes_deaf_beside_its_successor_is_a_gap(bot: Bot) -> None:
    """Given that Slack may still send through the old one, when it hears nothing, then that may be lost."""
    bot.start()
    first, before = bot.connection.last_deaf(), bot.sockets()

    bot.sandbox.control.faults(socket="disconnect", reason="warning", grace=20)
    bot.sandbox.control.faults(socket="silent", seconds=0)
    bot.seconds_until_another_socket(before)

    bot.sandbox.control.eventually(lambda: bot.connection.last_deaf() > first and bot.connection.alive(), 10)
    assert len(bot.opens()) == 2


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
def test_a_renewal_under_load_loses_nothing(bot: Bot, reason: str) -> None:
    """Given people clicking all the time, when Slack renews the connection, then every click is acknowledged."""
    bot.start()
    before = bot.sockets()

    with people_clicking(bot) as clicks:
        bot.sandbox.control.faults(socket="disconnect", reason=reason, grace=0.5)
        bot.sandbox.control.eventually(lambda: only_new(bot.sockets(), before))
        enough = len(clicks) + 20
        bot.sandbox.control.eventually(lambda: clicks[enough:])

    assert len(clicks) > 50
    assert all(clicks)


def only_new(sockets: set[str], before: set[str]) -> set[str]:
    return set() if sockets & before else sockets


@contextmanager
def people_clicking(bot: Bot) -> Iterator[list[bool]]:
    """Three people who click again and again; whether each click was acknowledged."""
    clicks, stop = list[bool](), threading.Event()

    def click_until_stopped() -> None:
        while not stop.is_set():
            clicks.append(bot.click())

    people = [threading.Thread(target=click_until_stopped) for _ in range(3)]
    for person in people:
        person.start()
    try:
        yield clicks
    finally:
        stop.set()
        for person in people:
            person.join()


def test_a_successor_is_in_service_before_the_old_socket_ends(bot: Bot) -> None:
    bot.start()
    before = bot.sockets()

    bot.sandbox.control.faults(socket="disconnect", reason="warning", grace=0.3)

    bot.sandbox.control.eventually(lambda: len(bot.sockets()) == 2 and bot.sockets())
    assert bot.sockets() > before
    bot.sandbox.control.eventually(lambda: only_new(bot.sockets(), before))
    assert bot.connection.alive()


def test_a_deaf_socket_is_replaced_within_eight_seconds_before_and_after_its_first_pong() -> None:
    with bot_on_sandbox() as early, bot_on_sandbox() as late:
        late.start()
        time.sleep(3.2)  # the first pong is in
        early.start()
        before = {bot: bot.sockets() for bot in (early, late)}

        for bot in (early, late):
            bot.sandbox.control.faults(socket="silent", seconds=0.1)

        started = time.monotonic()
        for bot in (early, late):
            bot.seconds_until_another_socket(before[bot])
            assert time.monotonic() - started < 8 + SOON
            assert bot.connection.wait_until_connected(SOON)
            assert bot.click()


def test_a_socket_that_never_says_hello_is_replaced_within_eight_seconds(bot: Bot) -> None:
    bot.sandbox.control.faults(socket="silent", seconds=1)
    started = time.monotonic()
    bot.connection.start()

    assert not bot.connection.wait_until_connected(1)
    assert bot.connection.wait_until_connected(8 + SOON)
    assert time.monotonic() - started < 8 + SOON


def test_too_many_connections_lead_to_a_few_attempts_with_growing_pauses(
    bot: Bot, logged: list[EventDict]
) -> None:
    with crowd(bot, 10) as leave:
        bot.connection.start()
        bot.sandbox.control.eventually(lambda: len(bot.opens()) == 10 + 3 and bot.opens())
        leave()
    assert bot.connection.wait_until_connected(5)

    first, second, third = bot.opens()[10:13]
    assert 0.5 <= second - first < 1 + SOON
    assert 1 <= third - second < 2 + SOON
    assert {event["reason"] for event in events_named(logged, "connection.over")} == {"too_many_websockets"}


@contextmanager
def crowd(bot: Bot, size: int) -> Iterator[Callable[[], None]]:
    """Other connections with the same token; the function ends them all."""
    sockets = []
    for _ in range(size):
        url = bot.client.apps_connections_open(app_token=bot.sandbox.app_token)["url"]
        sockets.append(connect(url, proxy=None, close_timeout=1).__enter__())

    def leave() -> None:
        for socket in sockets:
            socket.close()

    try:
        yield leave
    finally:
        leave()


def test_connections_of_others_are_pointed_out(bot: Bot, logged: list[EventDict]) -> None:
    with crowd(bot, 2):
        bot.start()

    (event,) = events_named(logged, "connection.others")
    assert (event["ours"], event["slack_counts"]) == (1, 3)


def test_our_own_connections_are_no_others(bot: Bot, logged: list[EventDict]) -> None:
    bot.start()
    bot.sandbox.control.faults(socket="disconnect", reason="warning", grace=0.3)
    bot.sandbox.control.eventually(lambda: len(bot.sockets()) == 2 and bot.sockets())
    bot.sandbox.control.eventually(lambda: len(events_named(logged, "connection.open")) == 2)

    assert events_named(logged, "connection.others") == []


def test_a_switched_off_socket_mode_is_final(bot: Bot, logged: list[EventDict]) -> None:
    bot.start()

    bot.sandbox.control.faults(socket="disconnect", reason="link_disabled", grace=0.1)
    bot.sandbox.control.eventually(lambda: bot.refusals)

    assert bot.connection.failed is bot.refusals[0]
    assert "Switch it on: api.slack.com/apps" in str(bot.refusals[0])
    assert len(events_named(logged, "connection.failed")) == 1
    assert len(bot.opens()) == 1


@pytest.mark.parametrize("code", [code for code in FINAL if code != "link_disabled"])
def test_a_token_that_slack_does_not_accept_is_final(bot: Bot, code: str) -> None:
    bot.sandbox.control.faults(method="apps.connections.open", kind=code)
    bot.connection.start()

    assert not bot.connection.wait_until_connected(5)
    bot.sandbox.control.eventually(lambda: bot.refusals)

    assert [refusal.code for refusal in bot.refusals] == [code]
    assert len(bot.opens()) == 1
    assert bot.connection.stop()


@pytest.mark.parametrize("kind", ["server_error", "timeout", "reset", "reset_before", "internal_error"])
def test_a_failing_slack_is_asked_again(bot: Bot, kind: str, logged: list[EventDict]) -> None:
    bot.sandbox.control.faults(method="apps.connections.open", kind=kind, times=2)
    bot.connection.start()

    assert bot.connection.wait_until_connected(8 + SOON)
    assert len(bot.opens()) == 3
    assert len(events_named(logged, "connection.not_opened")) == 2


def test_retry_after_is_honoured(bot: Bot) -> None:
    bot.sandbox.control.faults(method="apps.connections.open", kind="ratelimited", retry_after=2)
    bot.connection.start()

    assert bot.connection.wait_until_connected(5)
    first, second = bot.opens()
    assert 2 <= second - first < 3


def test_an_answer_whose_socket_is_gone_is_lost_and_told_of(bot: Bot, logged: list[EventDict]) -> None:
    at_work, go_on = threading.Event(), threading.Event()

    def slow(ack: Ack) -> None:
        at_work.set()
        go_on.wait(5)
        ack()

    bot.app.action("deny_request")(slow)
    bot.start()
    before = bot.sockets()
    ts = bot.post_button("deny_request")
    bot.sandbox.control.click(CHANNEL, ts, APPROVER, "deny_request", wait=False)
    assert at_work.wait(5)

    bot.sandbox.control.faults(socket="abort")
    bot.seconds_until_another_socket(before)
    go_on.set()

    bot.sandbox.control.eventually(lambda: events_named(logged, "acknowledgement.lost"))
    assert bot.sandbox.control.deliveries()[-1]["acknowledged"] is False


def fail() -> None:
    raise ValueError("broken listener")


@pytest.mark.parametrize(("listener", "status"), [(fail, 500), (None, 404)])
def test_what_no_listener_takes_is_not_acknowledged_and_told_of(
    bot: Bot, logged: list[EventDict], listener: Callable[[], None] | None, status: int
) -> None:
    if listener:
        bot.app.action("deny_request")(listener)
    bot.start()
    ts = bot.post_button("deny_request")

    bot.sandbox.control.click(CHANNEL, ts, APPROVER, "deny_request", wait=False)

    (event,) = bot.sandbox.control.eventually(lambda: events_named(logged, "envelope.not_acknowledged"))
    assert event["status"] == status
    assert bot.sandbox.control.deliveries()[-1]["acknowledged"] is False
    assert bot.click()


def test_stopping_lets_the_listener_at_work_answer_first(bot: Bot) -> None:
    at_work = threading.Event()

    def slow(ack: Ack) -> None:
        at_work.set()
        time.sleep(0.3)
        ack()

    bot.app.action("deny_request")(slow)
    bot.start()
    ts = bot.post_button("deny_request")
    bot.sandbox.control.click(CHANNEL, ts, APPROVER, "deny_request", wait=False)
    assert at_work.wait(5)

    assert bot.connection.stop()

    assert bot.sandbox.control.deliveries()[-1]["acknowledged"]
    assert not bot.connection.alive()
    assert bot.sockets() == set()


def test_stopping_does_not_wait_for_ever(bot: Bot) -> None:
    at_work, go_on = threading.Event(), threading.Event()

    def hanging() -> None:
        at_work.set()
        go_on.wait(10)

    bot.app.action("deny_request")(hanging)
    bot.start()
    ts = bot.post_button("deny_request")
    bot.sandbox.control.click(CHANNEL, ts, APPROVER, "deny_request", wait=False)
    assert at_work.wait(5)
    started = time.monotonic()

    assert not bot.connection.stop(timeout=0.5)

    assert time.monotonic() - started < SOON
    go_on.set()
    assert bot.connection.stop()


def test_stopping_is_quick_and_final_and_leaves_no_thread(bot: Bot) -> None:
    bot.start()
    assert bot.click()
    started = time.monotonic()

    assert bot.connection.stop()
    assert bot.connection.stop()

    assert time.monotonic() - started < SOON
    deadline = time.monotonic() + 2
    while threads_of_ours() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threads_of_ours() == []
    assert len(bot.opens()) == 1


def threads_of_ours() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("slack-")]


def test_stopping_before_it_ever_connected_is_quick(bot: Bot) -> None:
    bot.sandbox.control.faults(method="apps.connections.open", kind="ratelimited", retry_after=60)
    bot.connection.start()
    bot.sandbox.control.eventually(bot.opens)
    started = time.monotonic()

    assert bot.connection.stop()

    assert time.monotonic() - started < SOON


def test_the_websocket_passes_through_the_proxy_unless_no_proxy_names_its_host(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    slack = urlsplit(bot.sandbox.url)
    assert slack.hostname is not None
    assert slack.port is not None
    with connect_proxy((slack.hostname, slack.port)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        bot.start()
        assert proxy.seen == []

        monkeypatch.setenv("NO_PROXY", "example.com")
        before = bot.sockets()
        bot.sandbox.control.faults(socket="close")
        bot.seconds_until_another_socket(before)
        assert bot.connection.wait_until_connected(SOON)
        assert bot.click()
        assert f"CONNECT {slack.netloc}" in proxy.seen
        bot.connection.stop()


def test_pauses_grow_from_none_to_thirty_seconds_and_start_anew_after_a_success() -> None:
    backoff = Backoff(random.Random(1))

    pauses = [backoff.pause() for _ in range(9)]

    assert pauses[0] == 0
    for pause, longest in zip(pauses[1:], (1, 2, 4, 8, 16, 30, 30, 30), strict=True):
        assert longest / 2 <= pause <= longest
    assert len(set(pauses)) == 9
    backoff.reset()
    assert backoff.pause() == 0


def test_a_pause_is_never_shorter_than_slack_asked_for() -> None:
    backoff = Backoff(random.Random(1))

    assert backoff.pause(at_least=60) == 60
    assert 0.5 <= Backoff(random.Random(1)).pause(at_once=False) <= 1
