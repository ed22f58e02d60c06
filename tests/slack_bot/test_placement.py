"""In which channels a request is shown: where whoever asked wishes to ask, if that is registered; else in all."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from sandbox import Sandbox
from slack_bot import approvals
from slack_bot.channel_store import ChannelStore
from slack_bot.closed_channels import ClosedChannels
from slack_bot.coverage import Coverage
from slack_bot.ledger import requests
from slack_bot.placement import Placement
from slack_bot.rows import State, key_of, request_by_key
from slack_bot.wish import LONGEST, wish_of
from tests.rig import ADMIN, APPROVALS, APPROVER, APPROVERS, SECOND_CHANNEL, Rig, has_buttons
from tests.slack_bot.conversing import block_state, mention, registered
from tests.slack_bot.examples import REQUEST
from tests.slack_bot.schedules import open_at
from upstream_client.models import ApprovalRequest, Risk, Verdict

NAMES = {APPROVALS: "approvals", SECOND_CHANNEL: "second-approvals"}


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with Rig(sandbox, tmp_path, {APPROVALS: APPROVERS, SECOND_CHANNEL: APPROVERS}) as running:
        running.placement.know(NAMES)
        yield running


def wishing(channel: str, id: str = "one") -> ApprovalRequest:
    return replace(REQUEST, id=id, channel=channel)


def add(rig: Rig, asked: ApprovalRequest) -> str:
    with rig.ledger.write() as tx:
        approvals.add(tx, rig.clock.now(), asked)
    return key_of(asked.upstream, asked.id)


def tell(rig: Rig, asked: ApprovalRequest) -> None:
    """The upstream tells it differently."""
    with rig.ledger.write() as tx:
        row = request_by_key(tx, key_of(asked.upstream, asked.id), lock=True)
        assert row is not None
        approvals.refresh(tx, rig.clock.now(), row, asked)


def channels_of(rig: Rig, key: str) -> list[str]:
    """Where its card stands."""
    return [
        channel
        for channel in NAMES
        if any(card["metadata"]["event_payload"]["request"] == key for card in rig.cards(channel))
    ]


def selected(rig: Rig, placement: Placement, channel: str) -> set[str]:
    """The upstream's ids of the requests that are shown there."""
    with rig.ledger.read() as connection:
        query = select(requests.c.upstream_id).where(placement.shown_in(channel))
        return set(connection.execute(query).scalars())


@pytest.mark.parametrize(
    ("channel", "wish"),
    [
        ("", ""),
        ("  ", ""),
        ("#Ops", "ops"),
        (" ops ", "ops"),
        ("C0123ABC", "C0123ABC"),
        (" C0123ABC\0", "C0123ABC"),
        ("c0123abc", "c0123abc"),
        ("#C0123ABC", "c0123abc"),
        ("undecided", "undecided"),
        ("UNDECIDED", "undecided"),
        ("#", "#"),
        ("\0", ""),
        ("#\0", "#"),
        ("#ops\0", "ops"),
        ("x" * 300, "x" * LONGEST),
    ],
)
def test_a_wish_is_compared_without_sign_and_case(channel: str, wish: str) -> None:
    assert wish_of(channel) == wish


@given(st.text())
def test_any_wish_fits_the_ledger_and_none_is_lost(text: str) -> None:
    wish = wish_of(text)
    assert len(wish) <= LONGEST
    assert "\0" not in wish
    assert bool(wish) is any(one.isprintable() and not one.isspace() for one in text) or wish == "#"


@pytest.mark.parametrize(
    "channel", ["#second-approvals", "second-approvals", "#Second-Approvals", SECOND_CHANNEL]
)
def test_by_its_name_or_its_id_a_registered_channel_is_the_only_one(rig: Rig, channel: str) -> None:
    key = add(rig, wishing(channel))
    rig.run("publisher")
    assert channels_of(rig, key) == [SECOND_CHANNEL]
    assert "Asked for" not in rig.words(SECOND_CHANNEL)


@pytest.mark.parametrize("channel", ["#general", "C02GENERAL", "#", "second approvals"])
def test_anything_else_is_shown_in_all_and_its_cards_say_so(rig: Rig, channel: str) -> None:
    key = add(rig, wishing(channel))
    rig.run("publisher")
    assert channels_of(rig, key) == [APPROVALS, SECOND_CHANNEL]
    for there in NAMES:
        assert f"Asked for {channel}, which is not registered here." in rig.words(there)


def test_a_wish_is_no_part_of_what_is_decided() -> None:
    assert wishing("#ops").digest == wishing("").digest


def test_a_name_that_is_anothers_id_is_a_name_and_the_id_in_capitals_the_id(rig: Rig) -> None:
    rig.placement.know({APPROVALS: SECOND_CHANNEL.lower(), SECOND_CHANNEL: "second-approvals"})
    assert rig.placement.channel_of(wishing(SECOND_CHANNEL)) == SECOND_CHANNEL
    assert rig.placement.channel_of(wishing(SECOND_CHANNEL.lower())) == APPROVALS


def test_a_name_of_two_channels_means_neither_and_the_cards_say_so(rig: Rig) -> None:
    rig.placement.know(dict.fromkeys(NAMES, "ops"))
    key = add(rig, wishing("#ops"))
    rig.run("publisher")
    assert channels_of(rig, key) == list(NAMES)
    assert "Asked for #ops, which is the name of several channels here." in rig.words()


def test_while_a_name_is_unknown_what_may_mean_it_waits_and_nothing_else_does(rig: Rig) -> None:
    rig.placement.know({APPROVALS: "approvals"})
    unknown = add(rig, wishing("#second-approvals", "unknown"))
    known = add(rig, wishing("#approvals", "known"))
    by_id = add(rig, wishing(SECOND_CHANNEL, "by id"))
    by_other_id = add(rig, wishing("C02GENERAL", "by another id"))
    free = add(rig, wishing("", "free"))
    rig.run("publisher")
    assert [channels_of(rig, key) for key in (unknown, known, by_id, by_other_id, free)] == [
        [],
        [APPROVALS],
        [SECOND_CHANNEL],
        [APPROVALS, SECOND_CHANNEL],
        [APPROVALS, SECOND_CHANNEL],
    ]
    assert rig.placement.note(wishing("#nowhere")).endswith(
        "nobody can tell yet whether that is registered here."
    )
    rig.placement.know(NAMES)
    rig.run("publisher")
    assert channels_of(rig, unknown) == [SECOND_CHANNEL]


def test_where_the_channel_takes_no_message_it_is_shown_in_the_others(rig: Rig) -> None:
    """Given a wish for a channel that the bot was thrown out of, when that is found, then all others show it."""
    rig.control.change_channel(SECOND_CHANNEL, leave=["U07BOT"])
    key = add(rig, wishing("#second-approvals"))
    rig.step("publisher")
    rig.clock.advance(2)
    rig.step("publisher")
    assert channels_of(rig, key) == [APPROVALS]
    assert "Asked for #second-approvals, which takes no message of mine." in rig.words()


def test_a_channel_that_is_registered_no_more_keeps_nothing(rig: Rig) -> None:
    add(rig, wishing("#second-approvals"))
    assert selected(rig, rig.placement, APPROVALS) == set()
    registered = ChannelStore(rig.declared[:1], rig.store)
    registered.refresh()
    left = Placement(registered, ClosedChannels())
    left.know(NAMES)
    assert selected(rig, left, APPROVALS) == {"one"}


def test_what_waits_in_one_channel_is_not_told_in_another(rig: Rig) -> None:
    add(rig, wishing("#second-approvals"))
    assert mention(rig, APPROVER, "pending") == "No request is waiting."
    assert mention(rig, APPROVER, "pending", SECOND_CHANNEL).startswith("1 request is waiting.")


def test_only_the_schedule_of_the_channel_wished_for_answers(rig: Rig) -> None:
    rig.schedules.put(APPROVALS, replace(open_at(rig.clock.now()), set_by=ADMIN))
    coverage, now = Coverage(rig.state, ClosedChannels(), rig.placement), rig.clock.now()
    low = replace(wishing("#second-approvals"), risk=Risk.LOW)
    assert coverage.covering(low, now) is None
    assert coverage.covering(replace(low, channel="#approvals"), now) is not None
    assert coverage.covering(replace(low, channel="#nowhere"), now) is not None


def test_while_nobody_can_tell_where_it_belongs_no_schedule_answers(rig: Rig) -> None:
    rig.schedules.put(APPROVALS, replace(open_at(rig.clock.now()), set_by=ADMIN))
    rig.placement.know({APPROVALS: "approvals"})
    coverage, now = Coverage(rig.state, ClosedChannels(), rig.placement), rig.clock.now()
    low = replace(wishing("#second-approvals"), risk=Risk.LOW)
    assert coverage.covering(low, now) is None
    assert coverage.covering(replace(low, channel=""), now) is not None


def test_the_line_that_counts_a_backlog_counts_what_belongs_there(rig: Rig) -> None:
    for number in range(30):
        add(rig, wishing("#second-approvals", f"second {number}"))
    add(rig, wishing("", "everywhere"))
    rig.run("publisher")
    assert len(rig.cards(APPROVALS)) == 1
    assert len(rig.cards(SECOND_CHANNEL)) == 20


def test_what_the_upstream_cannot_tell_yet_is_shown_nowhere_and_no_schedule_answers_it(rig: Rig) -> None:
    rig.schedules.put(SECOND_CHANNEL, replace(open_at(rig.clock.now()), set_by=ADMIN))
    asked = replace(wishing("#second-approvals"), channel_undecided=True, risk=Risk.LOW)
    key = add(rig, asked)
    coverage, now = Coverage(rig.state, ClosedChannels(), rig.placement), rig.clock.now()
    rig.run("auto_approver", "publisher")
    assert (channels_of(rig, key), rig.row(key).state) == ([], State.PENDING)
    assert coverage.covering(asked, now) is None
    assert rig.placement.note(asked) == ""
    tell(rig, replace(asked, channel_undecided=False))
    rig.run("publisher")
    assert channels_of(rig, key) == [SECOND_CHANNEL]


def test_without_a_wish_there_is_nothing_to_wait_for(rig: Rig) -> None:
    key = add(rig, replace(wishing(""), channel_undecided=True))
    rig.run("publisher")
    assert channels_of(rig, key) == [APPROVALS, SECOND_CHANNEL]


@pytest.mark.parametrize("trouble", ["the store", "the setting"])
def test_while_there_may_be_more_channels_than_are_known_what_may_mean_one_waits(
    rig: Rig, tmp_path: Path, trouble: str
) -> None:
    if trouble == "the store":
        block_state(tmp_path, "channels")
        rig.step("refresher")
    else:
        rig.channels.awaited = "SLACK_CHANNEL: Slack does not answer"
    waits = [add(rig, wishing(channel, channel)) for channel in ("#general", "C02GENERAL")]
    known, free = add(rig, wishing("#second-approvals", "known")), add(rig, wishing("", "free"))
    rig.run("publisher")
    assert [channels_of(rig, key) for key in waits] == [[], []]
    assert (channels_of(rig, known), channels_of(rig, free)) == ([SECOND_CHANNEL], list(NAMES))
    assert rig.placement.is_undecided(wishing("C02GENERAL"))


def test_once_it_has_its_cards_a_channel_registered_later_takes_it_from_nobody(rig: Rig) -> None:
    """Given cards in all for want of the channel, when that is registered, then they stand and may be answered."""
    key = add(rig, wishing("#general"))
    rig.run("publisher")
    rig.control.change_channel("C02GENERAL", join=["U07BOT", ADMIN, APPROVER])
    registered(rig, "C02GENERAL")
    rig.placement.know(NAMES | {"C02GENERAL": "general"})
    rig.clock.advance(2)
    rig.run("publisher")
    for channel in (*NAMES, "C02GENERAL"):
        assert mention(rig, APPROVER, "pending", channel).startswith("1 request is waiting.")
        assert has_buttons(rig.card(channel))
    rig.press(APPROVER, "deny_request", card=rig.card())
    rig.run("clerk")
    assert rig.row(key).verdict is Verdict.DENY
    newer = add(rig, wishing("#general", "two"))
    rig.run("publisher")
    assert channels_of(rig, newer) == []


def test_once_it_has_its_cards_a_wish_followed_later_takes_it_from_nobody(rig: Rig) -> None:
    key = add(rig, wishing(""))
    rig.run("publisher")
    tell(rig, wishing("#second-approvals"))
    rig.run("publisher")
    assert channels_of(rig, key) == list(NAMES)
    assert selected(rig, rig.placement, APPROVALS) == {"one"}
    assert mention(rig, APPROVER, "pending").startswith("1 request is waiting.")


def test_a_card_that_stands_is_counted_while_nobody_can_tell_where_it_belongs(rig: Rig) -> None:
    key = add(rig, wishing("#second-approvals"))
    rig.run("publisher")
    tell(rig, replace(wishing("#second-approvals"), channel_undecided=True))
    rig.run("publisher")
    assert channels_of(rig, key) == [SECOND_CHANNEL]
    assert mention(rig, APPROVER, "pending", SECOND_CHANNEL).startswith("1 request is waiting.")
    assert mention(rig, APPROVER, "pending") == "No request is waiting."
