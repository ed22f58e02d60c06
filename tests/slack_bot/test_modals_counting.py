"""Submitted forms that must not count: late, doubled, forged, or of a request that changed meanwhile."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from sandbox import Sandbox
from slack_bot import approvals
from slack_bot.answers import CHANGED, CHOOSE_DURATION, NOT_REGISTERED, STALE
from slack_bot.blocks import button_value
from slack_bot.inbox import Inbox
from slack_bot.ledger import requests
from slack_bot.listeners.modals import KIND, NOT_OUR_FORM, Form, Submission
from slack_bot.policy import ChannelPolicy
from slack_bot.rows import State, body_of, cards_of, key_of
from tests.rig import (
    APPROVALS,
    APPROVER,
    APPROVERS,
    APPROVERS_GROUP,
    SECOND_APPROVER,
    SECOND_CHANNEL,
    Rig,
    has_buttons,
)
from tests.slack_bot.forms import choose, modal, modals, opened, other, rewrite, words
from tests.upstream_client.privilege_manager.contracts import changed
from upstream_client.models import ONE_TIME, Duration


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with Rig(sandbox, tmp_path) as running:
        yield running


@pytest.fixture
def strict_rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    """Its upstream takes the durations that it offers, and no others."""
    rig = Rig(sandbox, tmp_path)
    rig.contract = changed(lambda contract: contract["duration"].update(other=False))
    with rig:
        yield rig


def refused(rig: Rig, user: str, said: str, kind: str) -> None:
    """One private answer, a record of why, nothing decided, and the card as it was."""
    rig.run()
    assert [said in told for told in rig.told(user)] == [True]
    records = [record for record in rig.audit() if record.kind in ("refusal", "security_event")]
    assert [(record.kind, record.actor) for record in records] == [(kind, user)]
    assert rig.row().state is State.PENDING
    assert has_buttons(rig.card())
    assert all(request["decisions"] == 0 for request in rig.control.upstream_requests())


def submit_here(rig: Rig, **fields: object) -> None:
    """A form that is saved as the listener saves it: an approval of the newest card, unless told otherwise."""
    row = rig.row()
    with rig.ledger.read() as connection:
        shown = next(card for card in cards_of(connection, row.key) if card.channel == APPROVALS)
    form = Form(
        channel=APPROVALS,
        message_ts=str(shown.ts),
        value=button_value(row),
        zone="Europe/London",
        opened_at=rig.clock.now(),
    )
    sent = {
        "user": APPROVER,
        "view_id": "V0123456789",
        "callback_id": "approve_form",
        "form": form,
        "typed": None,
        "chosen": None,
        "reason": "",
    }
    payload = Submission.model_validate(sent | fields).model_dump_json()
    box = Inbox(rig.ledger, rig.clock.now, lambda: None)
    assert box.save(KIND, "view:here", channel=APPROVALS, user_id=APPROVER, payload=payload)


# Too late, twice


def test_a_form_submitted_after_somebody_else_decided_is_told_who_did(rig: Rig) -> None:
    request = rig.ask()
    opened(rig, "comment")
    rig.press(SECOND_APPROVER, "deny_request")
    rig.run()
    rig.control.submit(APPROVER, {"reason_text": "Yes."})
    rig.run()
    assert "You were not the first" in rig.told(APPROVER)[0]
    assert f"<@{SECOND_APPROVER}>" in rig.told(APPROVER)[0]
    assert rig.headline() == "Denied by Second Approver"
    assert rig.upstream_request(request)["decisions"] == 1


def test_a_form_that_slack_delivers_twice_counts_once(rig: Rig) -> None:
    request = rig.ask()
    opened(rig, "reason")
    rig.control.faults(socket="duplicate", times=1)
    rig.control.submit(APPROVER, {"reason_text": "No."})
    rig.run()
    assert rig.headline() == "Denied by Approver"
    assert rig.told(APPROVER) == []
    assert [record.kind for record in rig.audit(rig.row().key)].count("vote") == 1
    assert rig.upstream_request(request)["decisions"] == 1


def test_two_people_with_the_form_open_decide_once(rig: Rig) -> None:
    request = rig.ask()
    opened(rig, "comment")
    opened(rig, "reason", SECOND_APPROVER)
    rig.control.submit(SECOND_APPROVER, {"reason_text": "No."})
    rig.control.submit(APPROVER)
    rig.run()
    assert rig.headline() == "Denied by Second Approver"
    assert "You were not the first" in rig.told(APPROVER)[0]
    assert rig.upstream_request(request)["decisions"] == 1


def test_a_form_that_waited_for_a_quarter_of_an_hour_in_the_inbox_is_not_counted(rig: Rig) -> None:
    rig.ask()
    opened(rig, "comment")
    rig.control.submit(APPROVER)
    rig.clock.advance(15 * 60 + 1)
    refused(rig, APPROVER, STALE, "refusal")


def test_a_form_may_stay_open_for_hours_while_the_request_stays_the_same(rig: Rig) -> None:
    rig.ask()
    opened(rig, "comment")
    rig.clock.advance(5 * 3_600)
    rig.control.submit(APPROVER)
    rig.run()
    assert rig.headline() == "Approved by Approver"


# Meanwhile


def test_a_form_that_shows_other_facts_than_there_are_by_now_is_not_counted(rig: Rig) -> None:
    rig.ask()
    opened(rig, "comment")
    with rig.ledger.write() as tx:
        asked = replace(rig.row().asked, justification="Another one.")
        approvals.refresh(tx, rig.clock.now(), rig.row(), asked)
    rig.control.submit(APPROVER)
    refused(rig, APPROVER, CHANGED, "refusal")


def test_a_form_of_before_the_votes_became_void_is_not_counted_though_the_facts_are_the_same(
    rig: Rig,
) -> None:
    rig.ask()
    opened(rig, "comment")
    rig.press(SECOND_APPROVER, "approve_request")
    rig.upstream_fails("approve", "forbidden")
    rig.run()
    assert rig.row().state is State.PENDING
    rig.control.submit(APPROVER)
    rig.run()
    assert rig.told(APPROVER) == [CHANGED]
    assert rig.row().state is State.PENDING

    opened(rig, "comment")
    rig.control.submit(APPROVER)
    rig.run()
    assert rig.headline() == "Approved by Approver"


def test_somebody_who_is_no_approver_any_more_when_they_submit_is_refused(rig: Rig) -> None:
    rig.ask()
    opened(rig, "comment")
    rig.control.change_usergroup(APPROVERS_GROUP, users=[SECOND_APPROVER])
    rig.clock.advance(61)
    rig.control.submit(APPROVER)
    refused(rig, APPROVER, "You are not an approver here", "refusal")


def test_a_form_of_a_channel_that_is_registered_no_more_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    with Rig(sandbox, tmp_path) as rig:
        rig.ask()
        opened(rig, "comment")
        rig.declared = [one for one in rig.declared if one.id != APPROVALS]
        rig.restart()
        rig.control.submit(APPROVER)
        rig.step("clerk")
        assert rig.told(APPROVER) == [NOT_REGISTERED]
        assert rig.row().state is State.PENDING


def test_a_reason_loses_the_characters_that_no_database_keeps(rig: Rig) -> None:
    rig.ask()
    submit_here(rig, callback_id="deny_form", reason=" Not\0 now. ")
    rig.run()
    assert rig.row().reason == "Not now."


# Durations


def test_where_no_others_are_taken_the_form_offers_what_the_menu_does(strict_rig: Rig) -> None:
    request = strict_rig.ask()
    assert "Other…" not in strict_rig.words()
    choose(strict_rig, "comment", values={"choose_duration": "3600"})
    strict_rig.step("clerk")
    menu = next(
        block["element"] for block in modal(strict_rig)["blocks"] if block.get("block_id") == "duration"
    )
    assert menu["initial_option"]["value"] == "3600"
    strict_rig.control.submit(APPROVER, {"chosen_duration": "900"})
    strict_rig.run()
    assert strict_rig.upstream_request(request)["duration"] == 15


@pytest.mark.parametrize(
    "fields",
    [{"typed": "17m"}, {"typed": "900"}, {"chosen": "901"}, {"chosen": "other"}, {"chosen": ""}],
)
def test_a_duration_that_is_neither_offered_nor_taken_is_refused(
    strict_rig: Rig, fields: dict[str, object]
) -> None:
    strict_rig.ask()
    submit_here(strict_rig, **fields)
    kind = "refusal" if fields == {"typed": "900"} else "security_event"
    words_said = "Is that minutes, hours or days?" if kind == "refusal" else CHOOSE_DURATION
    refused(strict_rig, APPROVER, words_said, kind)


def test_a_typed_duration_that_is_offered_is_taken_though_no_others_are(strict_rig: Rig) -> None:
    request = strict_rig.ask()
    submit_here(strict_rig, typed="15 minutes")
    strict_rig.run()
    assert strict_rig.upstream_request(request)["duration"] == 15


@pytest.mark.parametrize(("offered", "counted"), [((Duration(3_600),), 60), ((ONE_TIME,), None)])
def test_a_form_without_a_choice_is_for_the_only_duration_there_is(
    strict_rig: Rig, offered: tuple[Duration, ...], counted: int | None
) -> None:
    request = strict_rig.ask()
    asked = replace(strict_rig.row().asked, durations=offered)
    with strict_rig.ledger.write() as tx:
        tx.execute(update(requests).values(body=body_of(asked), look=requests.c.look + 1))
    strict_rig.run("publisher")
    form = opened(strict_rig, "comment")
    assert f"For: \n{offered[0].words}" in words(form)
    strict_rig.control.submit(APPROVER)
    strict_rig.run()
    assert strict_rig.upstream_request(request)["duration"] == counted


def test_a_request_without_any_duration_cannot_be_approved_by_a_form(strict_rig: Rig) -> None:
    strict_rig.ask()
    with strict_rig.ledger.write() as tx:
        asked = replace(strict_rig.row().asked, durations=())
        tx.execute(update(requests).values(body=body_of(asked)))
    opened(strict_rig, "comment")
    strict_rig.control.submit(APPROVER)
    refused(strict_rig, APPROVER, CHOOSE_DURATION, "refusal")


# Forged


def forged(rig: Rig, change: Callable[[dict[str, Any]], object]) -> None:
    """Submits a form whose metadata somebody changed."""
    form = opened(rig, "comment")
    metadata = json.loads(form["private_metadata"])
    rewrite(rig, form, private_metadata=str(change(metadata) or json.dumps(metadata)))
    assert rig.control.submit(APPROVER)["acknowledged"]


@pytest.mark.parametrize(
    "change",
    [
        lambda metadata: " ",
        lambda metadata: "[]",
        lambda metadata: "{",
        lambda metadata: "[" * 3_000,
        lambda metadata: json.dumps(json.dumps(metadata)),
        lambda metadata: metadata.pop("opened_at") and None,
        lambda metadata: metadata.update(more="x"),
        lambda metadata: metadata.update(opened_at="0"),
        lambda metadata: metadata.update(opened_at=-1),
        lambda metadata: metadata.update(opened_at=2**70),
        lambda metadata: metadata.update(opened_at=1.5),
        lambda metadata: metadata.update(value=metadata["value"] + "\n"),
        lambda metadata: metadata.update(value=metadata["value"].upper()),
        lambda metadata: metadata.update(value="<!channel>"),
        lambda metadata: metadata.update(message_ts="../1.2"),
        lambda metadata: metadata.update(channel=["C01APPROVALS"]),
        lambda metadata: metadata.update(zone="x" * 65),
        lambda metadata: metadata.update(value=f"{key_of('privilege_manager', 'never')}.{'0' * 16}"),
    ],
)
def test_a_form_with_forged_metadata_reaches_nothing(
    rig: Rig, change: Callable[[dict[str, Any]], object]
) -> None:
    rig.ask()
    forged(rig, change)
    rig.run()
    records = [record for record in rig.audit() if record.kind == "security_event"]
    assert [record.actor for record in records] == [APPROVER]
    assert rig.row().state is State.PENDING
    said = rig.told(APPROVER) or [str(one["text"]) for one in rig.control.messages("D02APPROVER")]
    assert said == [NOT_OUR_FORM]


def test_a_form_cannot_be_turned_to_another_request(rig: Rig) -> None:
    rig.ask()
    first = button_value(rig.row())
    rig.ask()
    forged(rig, lambda metadata: metadata.update(value=first))
    refused(rig, APPROVER, NOT_OUR_FORM, "security_event")


def test_a_form_cannot_be_turned_to_facts_that_nobody_showed(rig: Rig) -> None:
    rig.ask()
    key = rig.row().key
    forged(rig, lambda metadata: metadata.update(value=f"{key}.{'f' * 16}"))
    refused(rig, APPROVER, CHANGED, "refusal")


def test_a_form_cannot_be_turned_to_a_channel_where_somebody_else_decides(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    policies = {APPROVALS: APPROVERS, SECOND_CHANNEL: ChannelPolicy(users=(SECOND_APPROVER,))}
    with Rig(sandbox, tmp_path, policies) as rig:
        rig.ask()
        there = rig.card(SECOND_CHANNEL)["ts"]
        forged(rig, lambda metadata: metadata.update(channel=SECOND_CHANNEL, message_ts=there))
        refused(rig, APPROVER, "You are not an approver here", "refusal")


@pytest.mark.parametrize("seconds", [61, 10**9])
def test_a_form_that_says_it_was_opened_after_it_was_submitted_is_not_counted(rig: Rig, seconds: int) -> None:
    rig.ask()
    later = rig.clock.now() + seconds * 1_000_000
    forged(rig, lambda metadata: metadata.update(opened_at=later + 10_000_000))
    refused(rig, APPROVER, STALE, "refusal")


def test_a_form_opened_by_a_replica_whose_clock_is_ahead_counts(rig: Rig) -> None:
    rig.ask()
    later = rig.clock.now() + 30_000_000
    forged(rig, lambda metadata: metadata.update(opened_at=later))
    rig.run()
    assert rig.headline() == "Approved by Approver"


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../../etc/passwd", "/etc/localtime", "\x00", "x" * 64])
def test_a_form_in_an_unknown_time_zone_still_takes_a_length_of_time(rig: Rig, zone: str) -> None:
    request = rig.ask()
    form = opened(rig, "comment")
    elsewhere = json.loads(form["private_metadata"]) | {"zone": zone}
    rewrite(rig, form, private_metadata=json.dumps(elsewhere))
    answer = rig.control.submit(APPROVER, {"typed_duration": "until 18:00"})
    assert "time zone" in answer["errors"]["duration"]
    rig.control.submit(APPROVER, {"typed_duration": "2h"})
    rig.run()
    assert rig.upstream_request(request)["duration"] == 120


def test_nobody_listens_to_modals_that_are_not_forms_of_ours(rig: Rig) -> None:
    rig.ask()
    rig.press(APPROVER, "choose_duration", value=other(rig))
    rig.step("clerk")
    rewrite(rig, modal(rig), callback_id="other_form")
    assert rig.control.submit(APPROVER, {"typed_duration": "1h"})["acknowledged"]
    rig.run()
    assert modals(rig) == []
    assert rig.row().state is State.PENDING
