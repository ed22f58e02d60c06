"""What must hold once a run is over, however often the bot died in it."""

import json
import re
from collections import Counter
from typing import Any

from slack_bot.rows import key_of
from tests.crash.ledger_view import LedgerView
from tests.crash.plan import APPROVE, APPROVERS
from tests.crash.story import Pressed, Told
from tests.life import Life
from tests.rig import has_buttons
from tests.true_cards import DONE
from upstream_client.privilege_manager import PrivManClient

BY_BOT = {"Approved": "approved", "Denied": "denied"}
"""The upstream's word for a verdict of ours, and the ledger's."""
OUR_BOT = "B01SANDBOX"
SENDING = """
SELECT kind, request_key FROM audit WHERE kind IN ('intent', 'not_sent', 'outcome', 'request_gone') ORDER BY id
"""


def prove(told: Told) -> None:
    """Raises AssertionError with what does not hold."""
    ledger = LedgerView(told.folder)
    waiting = ledger.waiting()
    assert waiting is not None
    assert waiting.nothing, waiting
    _no_acknowledged_press_is_lost(told, ledger)
    _every_press_was_counted_or_answered(told, ledger)
    _no_verdict_was_sent_without_reason(told, ledger)
    for request in told.sandbox.control.upstream_requests():
        _the_upstream_was_told_once(request, ledger)
        _the_verdict_is_what_approvers_pressed(told, request)
        _one_card_a_channel_says_so(told, request)
    _the_audit_log_verifies(told)
    _no_defect_was_logged(told)
    assert not told.sandbox.control.state()["unknown_methods"]


def _no_acknowledged_press_is_lost(told: Told, ledger: LedgerView) -> None:
    """Each is a row of the inbox of its own, and there is none that nobody pressed."""
    payloads = [
        json.loads(row["payload"]) for row in ledger.rows("SELECT payload FROM inbox WHERE kind = 'click'")
    ]
    saved = Counter((one["user"], one["channel"], one["message_ts"], one["action_id"]) for one in payloads)
    acknowledged = Counter(map(_as_key, filter(lambda one: one.acknowledged, told.pressed)))
    pressed = Counter(map(_as_key, told.pressed))
    assert acknowledged <= saved, acknowledged - saved
    assert saved <= pressed, saved - pressed
    assert len({(one["user"], one["action_ts"]) for one in payloads}) == len(payloads)


def _as_key(one: Pressed) -> tuple[str, str, str, str]:
    return (one.user, one.channel, one.ts, one.action)


def _every_press_was_counted_or_answered(told: Told, ledger: LedgerView) -> None:
    heard = {
        user: {str(message["text"]) for message in told.sandbox.control.ephemerals(user)}
        for user in {one.user for one in told.pressed}
    }
    voted = {row["inbox_id"] for row in ledger.rows("SELECT inbox_id FROM votes")}
    for row in ledger.rows("SELECT * FROM inbox WHERE kind = 'click'"):
        assert row["handled_at"] is not None
        if row["id"] not in voted:
            assert row["answer"], dict(row)
            assert row["answer"] in heard[row["user_id"]], (row["answer"], heard[row["user_id"]])


def _the_upstream_was_told_once(request: dict[str, Any], ledger: LedgerView) -> None:
    """No verdict twice, none beside another, and the ledger says the same as the upstream."""
    (row,) = ledger.rows("SELECT * FROM requests WHERE upstream_id = ?", request["id"])
    assert request["decisions"] in (0, 1), request
    if request["decisions"] == 1:
        assert row["state"] == BY_BOT[request["status"]], (row["state"], request)
        assert request["comment"].startswith(f"[{row['decision_id']}]"), request
    else:
        assert row["state"] == "elsewhere", (row["state"], request)


def _no_verdict_was_sent_without_reason(told: Told, ledger: LedgerView) -> None:
    """Each time it is on record before, and none before it is on record what became of the one before it.

    A log-on that ran out is renewed, and what it was for repeated, within one sending.
    """
    under_way = set[str]()
    for row in ledger.rows(SENDING):
        if row["kind"] == "intent":
            assert row["request_key"] not in under_way, row["request_key"]
            under_way.add(row["request_key"])
        else:
            under_way.discard(row["request_key"])
    assert not under_way
    (intents,) = ledger.rows("SELECT count(*) AS number FROM audit WHERE kind = 'intent'")
    calls = told.sandbox.control.upstream_calls()
    repeated = sum(one.upstream_fault == "unauthorized" for one in told.plan.questions)
    assert calls.get("approve", 0) + calls.get("deny", 0) <= intents["number"] + repeated, calls


def _the_verdict_is_what_approvers_pressed(told: Told, request: dict[str, Any]) -> None:
    """An approval of ours needs as many different approvers who pressed it in one channel; a denial one."""
    if request["decisions"] == 0:
        return
    key = key_of(PrivManClient.name, request["id"])
    places = {channel: card["ts"] for channel in told.plan.channels for card in _cards(told, key, channel)}
    wanted = request["status"] == "Approved"
    who = [
        {
            one.user
            for one in told.pressed
            if one.ts == ts and one.channel == channel and (one.action == APPROVE) is wanted
        }
        & set(APPROVERS)
        for channel, ts in places.items()
    ]
    assert max(map(len, who)) >= (told.plan.needed if wanted else 1), request


def _cards(told: Told, key: str, channel: str) -> list[dict[str, Any]]:
    return [
        message
        for message in told.sandbox.control.messages(channel)
        if ((message.get("metadata") or {}).get("event_payload") or {}).get("request") == key
        and message.get("bot_id") == OUR_BOT
    ]


def _one_card_a_channel_says_so(told: Told, request: dict[str, Any]) -> None:
    """None only where it was settled before a card was due there."""
    key = key_of(PrivManClient.name, request["id"])
    cards = {channel: _cards(told, key, channel) for channel in told.plan.channels}
    assert max(map(len, cards.values())) == 1, {channel: len(found) for channel, found in cards.items()}
    for card in (card for found in cards.values() for card in found):
        assert not has_buttons(card)
        headline = card["blocks"][0]["text"]["text"]
        done = DONE.get(re.split(" by | automatically|:", headline)[0])
        assert done == (request["status"] if request["decisions"] else None), (headline, request)


def _the_audit_log_verifies(told: Told) -> None:
    said = told.folder / "verified"
    verifying = Life(["slack_bot.audit", "verify"], told.folder, told.env, said)
    code = told.sandbox.control.eventually(lambda: None if verifying.code is None else (verifying.code,), 60)
    assert code == (0,), said.read_text()


def _no_defect_was_logged(told: Told) -> None:
    """What the bot did not expect is logged with its trace."""
    defects = [line for line in (told.folder / "bot.log").read_text().splitlines() if '"exception"' in line]
    assert not defects, defects[0]
