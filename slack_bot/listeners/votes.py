"""What an answer to a card must pass before it counts as a vote, whether it was pressed or written in a form."""

import re
from dataclasses import dataclass, replace

import structlog
from sqlalchemy import Connection

from slack_bot import answers, approvals, inbox
from slack_bot.audit import Kind
from slack_bot.ballots import Ballot, Counting
from slack_bot.blocks import button_value, option_value
from slack_bot.channel_store import Channel
from slack_bot.desk import Desk
from slack_bot.directory import Busy, CannotTell, Person
from slack_bot.inbox import Item
from slack_bot.policy import describe, may_decide
from slack_bot.refusal import No, is_too_old
from slack_bot.rows import (
    KEY_LENGTH,
    SHOWN_DIGITS,
    CardState,
    RequestRow,
    State,
    card_at,
    cards_of,
    request_by_key,
)
from upstream_client.models import ONE_TIME, Duration

VALUE = rf"([a-z2-7]{{{KEY_LENGTH}}})\.([0-9a-f]{{{SHOWN_DIGITS}}})"
"""What a button carries, as a pattern: the request's key, and the digest's beginning."""

UNREAD_FOR = 10
"""Seconds between two tries, while nobody can tell where deciding is allowed, or to whom."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pressed:
    """The message that was answered, by whom, and what its button or option carried."""

    user: str
    channel: str
    message_ts: str
    value: str

    def read_value(self) -> tuple[str, str]:
        """The request's key and the digest that was shown. Raises `No`."""
        parts = re.fullmatch(VALUE, self.value)
        if parts is None:
            raise No("malformed value", answers.NOT_OURS, security=True)
        return parts[1], parts[2]


def refuse(item: Item, desk: Desk, now: int, no: No, key: str | None) -> None:
    """Closes the item with the words of ``no``."""
    log.warning("press refused", request=key, rule=no.rule, security=no.security)
    desk.refuse(
        item,
        now,
        no.rule,
        no.answer,
        request_key=key,
        security=no.security,
        policy=no.policy,
        click=True,
    )


def refuse_the_old(item: Item, now: int) -> None:
    """What waited too long is not counted. Raises `No`."""
    if is_too_old(item, now):
        raise No("too old", answers.STALE)


def channel_of(pressed: Pressed, desk: Desk) -> Channel:
    """The registered channel that was answered in.

    Raises `No`; `slack_bot.directory.Busy` where it may be one, and the channels cannot be read at the moment.
    """
    channel = desk.channels.get(pressed.channel)
    if channel is not None:
        return channel
    if desk.channels.trouble:
        raise Busy(UNREAD_FOR)
    raise No("channel not registered", answers.NOT_REGISTERED)


def shown_request(pressed: Pressed, key: str, desk: Desk) -> RequestRow:
    """The request whose card was answered. The value must be that of this very card.

    Raises `No`, or `slack_bot.directory.Busy`.
    """
    channel_of(pressed, desk)
    with desk.ledger.read() as connection:
        row = request_by_key(connection, key)
        card = card_at(connection, pressed.channel, pressed.message_ts)
        claimed = any(
            one.channel == pressed.channel and one.state is CardState.CLAIMED
            for one in cards_of(connection, key)
        )
    if row is None:
        raise No("unknown request", answers.NOT_OURS, security=True)
    if row.upstream not in desk.upstreams:
        raise No("upstream not configured", answers.NOT_CONFIGURED)
    if card is not None and card.request_key != key:
        raise No("value of another card", answers.NOT_OURS, security=True)
    if card is None and not claimed:
        raise No("not the current card", answers.OUTDATED_CARD)
    return row


def approver(pressed: Pressed, desk: Desk) -> Person:
    """Whoever answered, if they may decide there. Raises `No`, or `slack_bot.directory.Busy`.

    By the approvers as they are now: another replica may have been told of others a moment ago.
    """
    if not desk.state.bring_up_to_date():
        raise Busy(UNREAD_FOR)
    channel = channel_of(pressed, desk)
    try:
        person = desk.directory.person(pressed.user)
        voter = desk.directory.voter(person, channel.policy.asks_of(pressed.user), pressed.channel)
    except CannotTell as error:
        raise No("cannot tell who may decide", str(error)) from error
    refusal = may_decide(channel.policy, voter)
    if refusal is not None:
        raise No(refusal.rule, refusal.words, policy=describe(channel.policy))
    return person


def refuse_the_late(row: RequestRow, pressed: Pressed, desk: Desk) -> None:
    """Nothing can be answered where the request does not wait, or is not what the card showed. Raises `No`."""
    if row.state is not State.PENDING:
        raise No(Counting.TOO_LATE.value, answers.too_late(row, desk.upstreams[row.upstream], pressed.user))
    if pressed.value != button_value(row):
        raise No(Counting.CHANGED.value, answers.CHANGED)


def offered_duration(row: RequestRow, chosen: str | None) -> Duration:
    """The chosen one. Where no choice came, none was shown: that is one time, the least. Raises `No`."""
    offered = row.asked.durations
    if chosen is None:
        if ONE_TIME not in offered:
            raise No("no duration chosen", answers.CHOOSE_DURATION)
        return ONE_TIME
    found = next((one for one in offered if option_value(one) == chosen), None)
    if found is None:
        raise No("duration not offered", answers.CHOOSE_DURATION, security=True)
    return found


def count(item: Item, ballot: Ballot, row: RequestRow, desk: Desk, now: int) -> None:
    """Counts the vote, or says in private why it came too late."""
    channel = desk.channels.get(ballot.channel)
    ballot = replace(ballot, policy=describe(channel.policy) if channel else "")
    with desk.ledger.write() as tx:
        if not inbox.is_waiting(tx, item):
            return
        desk.note_click(tx, item, now, row.key)
        counting = approvals.vote(tx, now, row.key, ballot)
        answer = _answer(tx, counting, row, item, desk)
        if counting is not Counting.COUNTED:
            desk.note_refusal(tx, item, now, counting.value, Kind.REFUSAL, row.key)
        inbox.finish(tx, item, now, counting.value, answer)
    log.info("press handled", request=row.key, verdict=ballot.verdict.value, result=counting.value)
    desk.decided()


def _answer(tx: Connection, counting: Counting, row: RequestRow, item: Item, desk: Desk) -> str:
    """What the person is told; nothing where the card says it all."""
    match counting:
        case Counting.COUNTED:
            return ""
        case Counting.CHANGED:
            return answers.CHANGED
        case Counting.TOO_LATE:
            latest = request_by_key(tx, row.key) or row
            return answers.too_late(latest, desk.upstreams[row.upstream], item.user_id)
