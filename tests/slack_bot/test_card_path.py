"""Cards with anything in them, on their whole way: shown, whole in the thread, looked at, answered, settled."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox
from slack_bot import approvals
from slack_bot.ballots import Grant, TimeLimit
from slack_bot.blocks import DENY, welcome
from slack_bot.command_parser import HELP
from slack_bot.policy import ChannelPolicy
from slack_bot.slack_api import call
from slack_bot.web_client import web_client
from tests.rig import ADMIN, APPROVALS, APPROVER, APPROVERS_GROUP, OUTSIDER, Rig, has_buttons, texts
from tests.slack_bot.forms import modal, modals, opened, other, words
from tests.slack_bot.schedules import open_at
from tests.slack_bot.shown import objects
from upstream_client.models import ONE_TIME, Duration, Verdict

NAMES = {
    "a mention of everybody": "<!channel> <@U04ADMIN> & <https://evil.example|https://bank.example>",
    "markup": "*bold* `code` > quote :white_check_mark:",
    "3,001 characters": "x" * 3_001,
    "40,000 characters": "n" * 40_000,
    "right to left": "\u202egnp.exe \u05e9\u05dc\u05d5\u05dd",
    "emoji": "👩\u200d👩\u200d👧🏽" * 20,
    "many lines": "one\r\ntwo\n" * 300,
}


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with Rig(sandbox, tmp_path) as running:
        yield running


def replies(rig: Rig) -> list[dict[str, Any]]:
    """The messages in the newest card's thread."""
    ts = rig.card()["ts"]
    return [
        message
        for message in rig.control.messages(APPROVALS)
        if message.get("thread_ts") == ts and message["ts"] != ts
    ]


def assert_unparsed(rig: Rig) -> None:
    """Outside words became nothing but words, in all that Slack was sent."""
    for made in rig.control.calls():
        sent = made["arguments"]
        if made["method"].startswith(("chat.", "views.")):
            kinds = {part.get("type") for part in objects(sent)}
            assert not kinds & {"mrkdwn", "broadcast", "markdown"}
            assert not {"<", ">"} & set(sent.get("text") or "")
            assert {part["user_id"] for part in objects(sent) if part.get("type") == "user"} <= {APPROVER}
            groups = {part["usergroup_id"] for part in objects(sent) if part.get("type") == "usergroup"}
            assert groups <= {APPROVERS_GROUP}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_whatever_somebody_asks_for_it_is_shown_looked_at_and_answered(rig: Rig, name: str) -> None:
    request = rig.ask(user=name, file=name, reason=name)
    assert has_buttons(rig.card())
    details = opened(rig, "details", OUTSIDER)
    assert len(words(details)) > len(name) / 2
    opened(rig, "reason")
    rig.control.close_modal(APPROVER)
    opened(rig, "comment")
    rig.control.submit(APPROVER, {"typed_duration": "25m", "reason_text": name[:1_000]})
    rig.run()
    assert rig.headline() == "Approved by Approver"
    assert rig.upstream_request(request)["duration"] == 25
    assert_unparsed(rig)


@pytest.mark.parametrize("length", [3_001, 40_000])
def test_a_reason_too_long_for_the_card_stands_whole_in_its_thread_once(rig: Rig, length: int) -> None:
    reason = ("because " * (length // 8 + 1))[: length - 1] + "."
    rig.ask(reason=reason)
    assert f"{length - 1_000:,} more characters, whole in the thread)" in rig.words()
    told = [
        element["elements"][0]["text"]
        for reply in replies(rig)
        for block in reply["blocks"]
        for element in block["elements"]
        if element["type"] == "rich_text_preformatted"
    ]
    assert "".join(told) == reason
    rig.press(APPROVER, "deny_request")
    rig.run()
    rig.look()
    assert len("".join(texts([reply["blocks"] for reply in replies(rig)]))) < 1.1 * length
    assert "thread" not in rig.words()


def test_what_fits_has_no_thread(rig: Rig) -> None:
    rig.ask()
    assert replies(rig) == []


def test_a_request_that_a_schedule_approves_is_settled_in_its_words_and_names_nobody(rig: Rig) -> None:
    request = rig.ask()
    rig.schedules.put(APPROVALS, open_at(rig.clock.now()))
    row = rig.row()
    with rig.ledger.write() as tx:
        hours = "outside mon-fri 09:00-17:30 Europe/Berlin"
        grant = Grant(APPROVALS, Duration(3_600), hours, ADMIN)
        assert approvals.approve_by_schedule(tx, rig.clock.now(), row.key, row.version, grant)
    rig.clock.advance(1)
    rig.run("publisher")
    assert rig.headline() == "Approved automatically, waiting for Privilege Manager"
    rig.run()
    assert rig.headline() == "Approved automatically"
    said = rig.words().replace("\n", " ")
    assert f"Approved for 1 hour by the schedule: {hours}, " in said
    assert "<@" not in str(rig.card())
    assert rig.upstream_request(request)["duration"] == 60
    assert not has_buttons(rig.card())


def test_a_press_on_a_card_that_a_schedule_settled_meanwhile_is_told_so(rig: Rig) -> None:
    rig.ask()
    row = rig.row()
    rig.press(APPROVER, "choose_duration", value=other(rig))
    with rig.ledger.write() as tx:
        grant = Grant(APPROVALS, Duration(3_600), "at night", ADMIN)
        approvals.approve_by_schedule(tx, rig.clock.now(), row.key, row.version, grant)
    rig.step("clerk")
    assert modals(rig) == []
    assert "the schedule has approved this request" in rig.told(APPROVER)[0]
    opened(rig, "details")
    assert "Approved for 1 hour by the schedule" in words(modal(rig)).replace("\n", "")


@pytest.mark.parametrize(
    ("verdict", "said", "status"),
    [
        (Verdict.DENY, "⌛ Denied: not answered in time", "Denied"),
        (Verdict.APPROVE, "⌛ Approved: nobody objected in time", "Approved"),
    ],
)
def test_a_request_that_the_time_limit_decides_is_told_apart_from_one_that_somebody_did(
    rig: Rig, verdict: Verdict, said: str, status: str
) -> None:
    """A timeout is not a denial."""
    request = rig.ask()
    row, card = rig.row(), rig.card()
    limit = TimeLimit(APPROVALS, verdict, ONE_TIME, "Nobody answered within 4 hours.", "")
    with rig.ledger.write() as tx:
        assert approvals.decide_by_time_limit(tx, rig.clock.now(), row.key, row.version, limit)
    rig.clock.advance(1)
    rig.run("publisher")
    assert rig.card()["blocks"][0]["text"]["text"].startswith("⏳ ")
    assert rig.headline().endswith(", waiting for Privilege Manager")
    rig.run()
    assert rig.card()["blocks"][0]["text"]["text"] == said
    assert "by the time limit: Nobody answered within 4 hours, " in rig.words()
    assert "<@" not in str(rig.card())
    assert rig.upstream_request(request)["status"] == status

    rig.press(APPROVER, "deny_request", card=card, value=deny_value(card), force=True)
    rig.run()
    assert rig.told(APPROVER)[0].startswith("It is too late: this request ")


def deny_value(card: dict[str, Any]) -> str:
    return next(str(one["value"]) for one in card["blocks"][-1]["elements"] if one["action_id"] == DENY)


def test_the_welcome_is_taken_by_slack_before_and_after_a_pick(rig: Rig) -> None:
    client = web_client(rig.settings(), timeout=2, retries=False)
    groups = [(f"S{number:09}", f"<!channel> group {number}") for number in range(101)]
    fresh = welcome(APPROVALS, ChannelPolicy(registered_by=ADMIN), HELP, groups, ["Read this."])
    posted = call(client, "chat.postMessage", {"channel": APPROVALS, **fresh.message()})
    picked = ChannelPolicy(users=(APPROVER,), groups=(groups[100][0],), everyone=True, registered_by=ADMIN)
    drawn = welcome(APPROVALS, picked, HELP, groups, [])
    call(client, "chat.update", {"channel": APPROVALS, "ts": posted["ts"], **drawn.message()})
    (shown,) = rig.control.messages(APPROVALS)
    people = next(block for block in shown["blocks"] if block["block_id"].startswith("people."))
    assert people["element"]["initial_users"] == [APPROVER]
