"""Connections and envelopes: hello, tickets, ten at most, one envelope to one connection, redelivery."""

import asyncio
import json
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import aiohttp
import pytest
from slack_sdk import WebClient
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from sandbox import Sandbox, Timing
from tests.sandbox.cards import APPROVER, BOT, CHANNEL, REQUESTER, post_card
from tests.sandbox.conftest import HASTY, MANIFEST, changed_manifest, client
from tests.sandbox.raw_app import RawApp, keep_silent


def test_hello_tells_the_app_and_how_many_connections_there_are(sandbox: Sandbox) -> None:
    with RawApp(sandbox) as first, RawApp(sandbox) as second:
        hello = first.wait_for("hello")
        assert hello["connection_info"] == {"app_id": "A01SANDBOX"}
        assert hello["debug_info"]["approximate_connection_time"] == 18_060
        assert hello["num_connections"] == 1
        assert second.wait_for("hello")["num_connections"] == 2
        assert sandbox.control.state()["num_connections"] == 2


def test_a_ticket_opens_one_websocket(sandbox: Sandbox) -> None:
    address = RawApp.address(sandbox)
    with connect(address, proxy=None) as opened:
        assert json.loads(opened.recv())["type"] == "hello"
    with pytest.raises(InvalidStatus), connect(address, proxy=None):
        pass


def test_a_ticket_expires(hasty: Sandbox) -> None:
    address = RawApp.address(hasty)
    time.sleep(HASTY.ticket_life + 0.05)
    with pytest.raises(InvalidStatus), connect(address, proxy=None):
        pass


def test_without_a_ticket_there_is_no_websocket(sandbox: Sandbox) -> None:
    with pytest.raises(InvalidStatus), connect(sandbox.url.replace("http", "ws") + "/link", proxy=None):
        pass


def test_the_eleventh_connection_is_sent_away(sandbox: Sandbox) -> None:
    with ExitStack() as stack:
        ten = [stack.enter_context(RawApp(sandbox)) for _ in range(10)]
        assert ten[9].wait_for("hello")["num_connections"] == 10
        eleventh = stack.enter_context(RawApp(sandbox))
        assert eleventh.wait_for("disconnect")["reason"] == "too_many_websockets"
        assert eleventh.closed.wait(5)
        assert [frame["type"] for frame in eleventh.frames] == ["disconnect"]
        assert sandbox.control.state()["num_connections"] == 10


def test_with_socket_mode_off_in_the_manifest_the_link_is_disabled(tmp_path: Path) -> None:
    manifest = changed_manifest(tmp_path, lambda found: found["settings"].update(socket_mode_enabled=False))
    with Sandbox(manifest=manifest) as sandbox, RawApp(sandbox) as app:
        assert app.wait_for("disconnect")["reason"] == "link_disabled"
        assert app.closed.wait(5)


def test_pings_are_answered(sandbox: Sandbox) -> None:
    with RawApp(sandbox) as app:
        assert app.socket.ping().wait(5)


def test_slack_pings_its_clients_too() -> None:
    async def first_frame_after_hello(address: str) -> aiohttp.WSMsgType:
        async with aiohttp.ClientSession() as session, session.ws_connect(address, autoping=False) as app:
            await app.receive(timeout=5)
            return (await app.receive(timeout=5)).type

    with Sandbox(manifest=MANIFEST, timing=Timing(ping_interval=0.05)) as sandbox:
        assert asyncio.run(first_frame_after_hello(RawApp.address(sandbox))) == aiohttp.WSMsgType.PING


def test_one_envelope_goes_to_exactly_one_connection(sandbox: Sandbox, slack: WebClient) -> None:
    ts = post_card(slack)
    with RawApp(sandbox) as first, RawApp(sandbox) as second:
        for _ in range(10):
            assert sandbox.control.click(CHANNEL, ts, APPROVER, "approve_request")["acknowledged"]
        ids = [envelope["envelope_id"] for app in (first, second) for envelope in app.envelopes]
    assert len(ids) == len(set(ids)) == 10
    assert len(first.envelopes) == len(second.envelopes) == 5


def test_an_envelope_is_acknowledged_by_its_id(sandbox: Sandbox, slack: WebClient) -> None:
    ts = post_card(slack)
    with RawApp(sandbox) as app:
        answer = sandbox.control.click(CHANNEL, ts, APPROVER, "approve_request")
        envelope = app.wait_for("interactive")
    assert envelope["envelope_id"] == answer["envelope_id"]
    assert envelope["accepts_response_payload"] is True
    assert 0 < answer["ack_ms"] < 3000
    assert sandbox.control.warnings() == []
    delivered = sandbox.control.deliveries()[-1]
    assert (delivered["envelope_id"], delivered["acknowledged"]) == (answer["envelope_id"], True)


@pytest.mark.parametrize(
    "noise", ["not json", "[]", '{"envelope_id": 7}', '{"envelope_id": "made up"}', "{}"]
)
def test_what_is_no_acknowledgement_is_ignored(hasty: Sandbox, noise: str) -> None:
    ts = post_card(client(hasty))
    with RawApp(hasty, answer=keep_silent) as app:
        app.wait_for("hello")
        app.socket.send(noise)
        assert hasty.control.click(CHANNEL, ts, APPROVER, "approve_request")["acknowledged"] is False
        assert hasty.control.state()["num_connections"] == 1


def test_a_click_nobody_acknowledges_is_not_sent_again_and_the_person_is_warned(hasty: Sandbox) -> None:
    ts = post_card(client(hasty))
    with RawApp(hasty, answer=keep_silent) as app:
        answer = hasty.control.click(CHANNEL, ts, APPROVER, "approve_request")
        assert (answer["acknowledged"], answer["ack_ms"]) == (False, None)
        warning = hasty.control.warnings(APPROVER)[0]
        assert warning["place"] == {"channel": CHANNEL, "ts": ts}
        assert hasty.control.warnings(REQUESTER) == []
        hasty.control.click(CHANNEL, ts, APPROVER, "deny_request")
    assert [envelope["payload"]["actions"][0]["action_id"] for envelope in app.envelopes] == [
        "approve_request",
        "deny_request",
    ]


def test_without_any_connection_the_person_is_warned_at_once(sandbox: Sandbox, slack: WebClient) -> None:
    ts = post_card(slack)
    started = time.monotonic()
    assert sandbox.control.click(CHANNEL, ts, APPROVER, "approve_request")["acknowledged"] is False
    assert time.monotonic() - started < 2.5
    assert len(sandbox.control.warnings(APPROVER)) == 1


def test_an_event_nobody_acknowledges_comes_again_with_the_same_event_id(hasty: Sandbox) -> None:
    with RawApp(hasty, answer=keep_silent) as app:
        app.wait_for("hello")
        sent = time.time()
        hasty.control.message(CHANNEL, REQUESTER, f"<@{BOT}> status")
        last = app.wait_for("events_api", 4)
    assert {envelope["payload"]["event_id"] for envelope in app.envelopes} == {last["payload"]["event_id"]}
    assert len({envelope["envelope_id"] for envelope in app.envelopes}) == 4
    assert [envelope["retry_attempt"] for envelope in app.envelopes] == [0, 1, 2, 3]
    assert [envelope["retry_reason"] for envelope in app.envelopes] == ["", "timeout", "timeout", "timeout"]
    stamps = [delivery["sent_at"] - sent for delivery in hasty.control.deliveries()]
    waits = [HASTY.acknowledge_within + pause for pause in HASTY.event_retries]
    assert all(
        later - earlier >= wait for earlier, later, wait in zip(stamps, stamps[1:], waits, strict=False)
    )


def test_an_event_acknowledged_at_the_second_attempt_does_not_come_a_third_time(hasty: Sandbox) -> None:
    def at_the_second(frame: dict[str, object]) -> dict[str, object] | None:
        return {"envelope_id": frame["envelope_id"]} if frame["retry_attempt"] else None

    with RawApp(hasty, answer=at_the_second):
        hasty.control.message(CHANNEL, REQUESTER, f"<@{BOT}> status")
        hasty.control.eventually(lambda: [one for one in hasty.control.deliveries() if one["acknowledged"]])
        time.sleep(HASTY.acknowledge_within + 0.1)
        assert len(hasty.control.deliveries()) == 2


def test_slack_gives_an_event_three_more_chances_over_six_minutes() -> None:
    assert Timing().event_retries == (0.0, 60.0, 300.0)
    assert Timing().acknowledge_within == 3.0
    assert Timing().trigger_life == 3.0


def test_connections_take_turns_under_load(sandbox: Sandbox, slack: WebClient) -> None:
    ts = post_card(slack)
    with ExitStack() as stack:
        apps = [stack.enter_context(RawApp(sandbox)) for _ in range(3)]
        for _ in range(30):
            sandbox.control.click(CHANNEL, ts, APPROVER, "approve_request", wait=False)
        sandbox.control.eventually(
            lambda: [one for one in sandbox.control.deliveries() if one["acknowledged"]][29:]
        )
        used = Counter(delivery["connection"] for delivery in sandbox.control.deliveries())
    assert sorted(used.values()) == [10, 10, 10]
    assert sum(len(app.envelopes) for app in apps) == 30


def test_an_old_connection_is_renewed(sandbox: Sandbox) -> None:
    with Sandbox(manifest=MANIFEST, timing=Timing(connection_life=0.4)) as aging, RawApp(aging) as app:
        assert app.wait_for("disconnect")["reason"] == "warning"
        assert app.closed.wait(5)
