"""The faults of connections: disconnect, close, abort, silence, duplicates."""

import time

import pytest
from slack_sdk import WebClient

from sandbox import ControlError, Sandbox
from tests.sandbox.cards import APPROVER, BOT, CHANNEL, REQUESTER, post_card
from tests.sandbox.conftest import client
from tests.sandbox.raw_app import RawApp, keep_silent


@pytest.mark.parametrize("reason", ["warning", "refresh_requested", "link_disabled", "too_many_websockets"])
def test_a_disconnect_is_announced_and_the_close_follows(sandbox: Sandbox, reason: str) -> None:
    with RawApp(sandbox) as app:
        app.wait_for("hello")
        sandbox.control.faults(socket="disconnect", reason=reason, grace=0.3)
        announced = time.monotonic()
        assert app.wait_for("disconnect")["reason"] == reason
        assert sandbox.control.state()["connections"][0]["leaving"] == reason
        assert app.closed.wait(5)
        assert time.monotonic() - announced >= 0.2
        assert app.close_code == 1000
    assert sandbox.control.state()["num_connections"] == 0


def test_until_its_grace_is_over_a_leaving_connection_gets_envelopes(
    sandbox: Sandbox, slack: WebClient
) -> None:
    ts = post_card(slack)
    with RawApp(sandbox) as app:
        app.wait_for("hello")
        sandbox.control.faults(socket="disconnect", grace=5.0)
        app.wait_for("disconnect")
        assert sandbox.control.click(CHANNEL, ts, APPROVER, "approve_request")["acknowledged"]


def test_before_it_closes_a_leaving_connection_waits_for_what_is_unanswered(hasty: Sandbox) -> None:
    ts = post_card(client(hasty))
    with RawApp(hasty, answer=keep_silent) as app:
        app.wait_for("hello")
        hasty.control.click(CHANNEL, ts, APPROVER, "approve_request", wait=False)
        envelope = app.wait_for("interactive")
        hasty.control.faults(socket="disconnect", grace=0.0)
        app.wait_for("disconnect")
        app.socket.send('{"envelope_id": "' + envelope["envelope_id"] + '"}')
        assert app.closed.wait(5)
    assert hasty.control.deliveries()[-1]["acknowledged"]


def test_a_close_is_a_websocket_close(sandbox: Sandbox) -> None:
    with RawApp(sandbox) as app:
        app.wait_for("hello")
        sandbox.control.faults(socket="close")
        assert app.closed.wait(5)
        assert app.close_code == 1000
        assert [frame["type"] for frame in app.frames] == ["hello"]


def test_an_abort_is_a_reset_without_a_close(sandbox: Sandbox) -> None:
    with RawApp(sandbox) as app:
        app.wait_for("hello")
        sandbox.control.faults(socket="abort")
        assert app.closed.wait(5)
        assert app.close_code == 1006
        sandbox.control.eventually(lambda: sandbox.control.state()["num_connections"] == 0)


def test_a_silent_connection_answers_no_ping_and_swallows_clicks(hasty: Sandbox) -> None:
    ts = post_card(client(hasty))
    with RawApp(hasty) as app:
        app.wait_for("hello")
        assert app.socket.ping().wait(5)
        hasty.control.faults(socket="silent")
        assert not app.socket.ping().wait(0.3)
        assert hasty.control.click(CHANNEL, ts, APPROVER, "approve_request")["acknowledged"] is False
        assert app.envelopes == []
        assert not app.closed.is_set()
        assert hasty.control.state()["num_connections"] == 1


def test_a_new_connection_works_beside_a_silent_one(hasty: Sandbox) -> None:
    with RawApp(hasty) as deaf:
        deaf.wait_for("hello")
        hasty.control.faults(socket="silent")
        with RawApp(hasty) as fresh:
            assert fresh.wait_for("hello")["num_connections"] == 2
            assert fresh.socket.ping().wait(5)


def test_connections_opened_during_the_silence_are_silent_from_the_start(sandbox: Sandbox) -> None:
    sandbox.control.faults(socket="silent", seconds=30)
    with RawApp(sandbox) as app:
        assert not app.socket.ping().wait(0.3)
        assert app.frames == []
        assert sandbox.control.state()["connections"][0]["silent"] is True


def test_a_silence_that_revives_ends(sandbox: Sandbox) -> None:
    with RawApp(sandbox) as app:
        app.wait_for("hello")
        sandbox.control.faults(socket="silent", seconds=0.3, revive=True)
        assert not app.socket.ping().wait(0.1)
        sandbox.control.eventually(lambda: app.socket.ping().wait(0.2))


def test_clearing_the_faults_ends_a_silence(sandbox: Sandbox) -> None:
    with RawApp(sandbox) as app:
        app.wait_for("hello")
        sandbox.control.faults(socket="silent", seconds=30)
        assert sandbox.control.state()["faults"][0]["socket"] == "silent"
        sandbox.control.clear_faults()
        assert app.socket.ping().wait(5)
        assert sandbox.control.state()["faults"] == []


def test_a_duplicated_click_comes_twice_with_the_same_envelope_id(sandbox: Sandbox, slack: WebClient) -> None:
    ts = post_card(slack)
    with RawApp(sandbox) as app:
        app.wait_for("hello")
        sandbox.control.faults(socket="duplicate", times=1)
        assert sandbox.control.click(CHANNEL, ts, APPROVER, "approve_request")["acknowledged"]
        app.wait_for("interactive", 2)
        assert app.envelopes[0] == app.envelopes[1]
        assert sandbox.control.click(CHANNEL, ts, APPROVER, "approve_request")["acknowledged"]
        assert len(app.envelopes) == 3


def test_a_duplicated_event_has_the_same_event_id(sandbox: Sandbox) -> None:
    with RawApp(sandbox) as app:
        app.wait_for("hello")
        sandbox.control.faults(socket="duplicate", times=1)
        sandbox.control.message(CHANNEL, REQUESTER, f"<@{BOT}> status")
        again = app.wait_for("events_api", 2)
        assert app.envelopes[0]["payload"]["event_id"] == again["payload"]["event_id"]


def test_a_duplicate_may_come_on_another_connection(sandbox: Sandbox, slack: WebClient) -> None:
    ts = post_card(slack)
    with RawApp(sandbox) as first, RawApp(sandbox) as second:
        second.wait_for("hello")
        sandbox.control.faults(socket="duplicate", times=1)
        sandbox.control.click(CHANNEL, ts, APPROVER, "approve_request")
        assert first.wait_for("interactive") == second.wait_for("interactive")


@pytest.mark.parametrize(
    "fault",
    [{"socket": "explode"}, {"socket": "disconnect", "reason": "boredom"}, {"socket": "silent", "for": 3}],
)
def test_an_unknown_fault_is_refused(sandbox: Sandbox, fault: dict[str, object]) -> None:
    with pytest.raises(ControlError) as refused:
        sandbox.control.faults(**fault)
    assert refused.value.status == 400
