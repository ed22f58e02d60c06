"""What an answer to a card must pass before it counts as a vote, whether it was pressed or written in a form."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog
from sqlalchemy import Connection

from slack_bot import answers, approvals, inbox, policy
from slack_bot.audit import Kind
from slack_bot.ballots import Ballot, Counting, how_long
from slack_bot.blocks import button_value, none_is_short_enough, option_value
from slack_bot.channel_store import Channel
from slack_bot.clock import SECOND
from slack_bot.command_parser import Answer, parse
from slack_bot.conversation.asked import Asked
from slack_bot.conversation.finding import may_mean
from slack_bot.conversation.said import Said
from slack_bot.desk import Desk
from slack_bot.directory import Busy, CannotTell, Person
from slack_bot.inbox import Item
from slack_bot.lateness import too_late
from slack_bot.listeners.break_glass import (
    announce,
    refuse_unknown,
    refuse_where_not_allowed,
    refuse_where_not_needed,
)
from slack_bot.policy import (
    Approval,
    ChannelPolicy,
    Refusal,
    Requester,
    Tally,
    Vote,
    Voter,
    may_decide,
    refuse_own,
    refuse_own_glass,
    text_of,
)
from slack_bot.refusal import No, is_too_old
from slack_bot.requesters import who_asked
from slack_bot.rows import (
    KEY_LENGTH,
    SHOWN_DIGITS,
    CardState,
    RequestRow,
    State,
    card_at,
    card_of,
    cards_of,
    request_by_key,
    votes_of,
)
from upstream_client.models import ONE_TIME, Duration, Verdict

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


@dataclass(frozen=True, slots=True)
class Entitled:
    """Somebody who may answer, and the policy that says so; ``requester`` asked, where that was looked up."""

    person: Person
    voter: Voter
    policy: ChannelPolicy
    backup_called: bool
    requester: Requester = field(default_factory=Requester)


def approver(
    pressed: Pressed, desk: Desk, row: RequestRow, verdict: Verdict, now: int, *, break_glass: bool = False
) -> Entitled:
    """Whoever answered, if they may give this answer there. Raises `No`, or `slack_bot.directory.Busy`.

    By the policy as it is now: another replica may have been told of another a moment ago. That nobody approves
    what they asked for themselves comes before any list. ``break_glass``: they want to decide for the whole
    quorum.
    """
    if not desk.state.bring_up_to_date():
        raise Busy(UNREAD_FOR)
    policy, risk = channel_of(pressed, desk).policy, row.asked.risk
    backup_called, requester = is_backup_called(pressed, desk, row), Requester()
    if break_glass:
        refuse_where_not_allowed(row, desk.upstreams[row.upstream], policy)
    try:
        person = desk.directory.person(pressed.user)
        if verdict is Verdict.APPROVE and (break_glass or not policy.allows_own):
            requester = who_asked(desk.directory, desk.scopes, policy, row.asked)
            own = refuse_own_glass if break_glass else refuse_own
            _refuse(own(policy, risk, requester, person.id, person.email), policy)
            if break_glass:
                refuse_unknown(requester, policy)
        look_ups = policy.asks_of(pressed.user, risk, backup_called=backup_called, verdict=verdict)
        voter = desk.directory.voter(person, look_ups, pressed.channel)
    except CannotTell as error:
        raise No("cannot tell who may decide", str(error), policy=text_of(policy)) from error
    _refuse(may_decide(policy, voter, risk, backup_called=backup_called), policy)
    if break_glass:
        with desk.ledger.read() as connection:
            mine, there = [Approval(voter)], pressed.channel
            after = tally(connection, row, there, policy, now, backup_called=backup_called, more=mine)
        refuse_where_not_needed(after, desk.upstreams[row.upstream], policy)
    return Entitled(person, voter, policy, backup_called, requester)


def is_backup_called(pressed: Pressed, desk: Desk, row: RequestRow) -> bool:
    """Whether, by the card that was answered, the backup may decide as well."""
    with desk.ledger.read() as connection:
        card = card_of(connection, row.key, pressed.channel)
    return card is not None and card.backup_at is not None


def _refuse(refusal: Refusal | None, policy: ChannelPolicy) -> None:
    if refusal is not None:
        raise No(refusal.rule, refusal.words, policy=text_of(policy))


def refuse_too_long(duration: Duration, policy: ChannelPolicy) -> None:
    """No approval holds for longer than the channel allows. Raises `No`."""
    if policy.longest is not None and policy.is_too_long(duration):
        raise No("longer than allowed", answers.too_long(policy.longest), policy=text_of(policy))


def refuse_where_none_is_short_enough(row: RequestRow, desk: Desk, policy: ChannelPolicy) -> None:
    """What can be approved only for longer than the channel allows can only be denied. Raises `No`."""
    upstream = desk.upstreams[row.upstream]
    if policy.longest is not None and none_is_short_enough(row.asked, upstream, policy):
        words = answers.none_short_enough(policy.longest, upstream)
        raise No("nothing short enough", words, policy=text_of(policy))


def refuse_the_late(row: RequestRow, pressed: Pressed, desk: Desk) -> None:
    """Nothing can be answered where the request does not wait, or is not what the card showed. Raises `No`."""
    if row.state is not State.PENDING:
        raise No(Counting.TOO_LATE.value, too_late(row, desk.upstreams[row.upstream], pressed.user))
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


def count(
    item: Item,
    ballot: Ballot,
    row: RequestRow,
    desk: Desk,
    now: int,
    requester: Requester | None = None,
    counted: str = "",
) -> None:
    """Counts the vote, and says ``counted`` in private if anything; or why it came too late.

    Where the glass was broken everybody is told; ``requester`` is who asked, as far as it is known. Raises
    `slack_bot.directory.Busy` where the answer has to be looked at anew.
    """
    with desk.ledger.write() as tx:
        if not inbox.is_waiting(tx, item):
            return
        latest = request_by_key(tx, row.key, lock=True) or row
        if latest.state is State.PENDING:
            _look_anew(tx, item, row, latest, ballot, desk, now)
        desk.note_click(tx, item, now, row.key)
        before = tally(tx, latest, ballot.channel, ballot.rules, now, backup_called=ballot.backup_called)
        counting = approvals.vote(tx, now, row.key, ballot)
        answer = _answer(counting, latest, ballot, desk) or counted
        if counting is Counting.REPEATED:
            answer = answers.repeated(before, _chosen_before(tx, latest, ballot))
        if counting is not Counting.COUNTED:
            rules = text_of(ballot.rules)
            desk.note_refusal(tx, item, now, counting.value, Kind.REFUSAL, row.key, rules)
        elif ballot.break_glass:
            who = "" if requester is None else requester.user_id
            announce(tx, Asked(item, desk, now, is_press=True), latest, ballot, before, who)
        inbox.finish(tx, item, now, counting.value, answer)
    log.info("press handled", request=row.key, verdict=ballot.verdict.value, result=counting.value)
    desk.decided()


def _look_anew(
    tx: Connection,
    item: Item,
    row: RequestRow,
    latest: RequestRow,
    ballot: Ballot,
    desk: Desk,
    now: int,
) -> None:
    """Raises `slack_bot.directory.Busy` where it was overtaken, or came after a press that is still looked at.

    That one may be a no, and whoever pressed first is heard first.
    """
    if _is_overtaken(tx, desk, row, latest, ballot):
        raise Busy(0)
    if ballot.verdict is not Verdict.APPROVE:
        return
    until = inbox.earlier_waits(tx, item, row.key, lambda words: _may_mean(words, latest, desk))
    if until is not None:
        # A second more: where it is due already, another replica is at it.
        raise Busy(max(0, until - now) / SECOND + 1)


def _may_mean(payload: str, row: RequestRow, desk: Desk) -> bool:
    """Whether what somebody said, as it is kept, may turn out to be an answer to this request."""
    said = Said.model_validate_json(payload)
    command = parse(said.text, desk.bot_user)
    return not said.is_cut and isinstance(command, Answer) and may_mean(row, command.which)


def _is_overtaken(tx: Connection, desk: Desk, row: RequestRow, latest: RequestRow, ballot: Ballot) -> bool:
    """Whether the channel's policy, or what it goes by, changed since it was found that the answer counts."""
    channel = desk.channels.get(ballot.channel)
    if channel is None or channel.policy != ballot.rules or not desk.state.is_current(tx):
        return True
    was, now = row.asked, latest.asked
    return (was.risk, was.requester, was.requester_email) != (now.risk, now.requester, now.requester_email)


def tally(
    connection: Connection,
    row: RequestRow,
    channel: str,
    rules: ChannelPolicy,
    now: int,
    *,
    backup_called: bool,
    more: Sequence[Vote] = (),
) -> Tally:
    """How far it has come in the channel that was answered in, or would come with ``more``."""
    given = votes_of(connection, row.key, row.revision, channel)
    return policy.count(rules, row.asked, [*given, *more], backup_called=backup_called, now=now)


def _chosen_before(tx: Connection, row: RequestRow, ballot: Ballot) -> str:
    """For how long the approval of this person holds that counts already."""
    given = votes_of(tx, row.key, row.revision, ballot.channel)
    theirs = [one for one in given if one.user_id == ballot.user_id and one.verdict is Verdict.APPROVE]
    return how_long(Duration(theirs[-1].duration), theirs[-1].until_at)


def _answer(counting: Counting, row: RequestRow, ballot: Ballot, desk: Desk) -> str:
    """What the person is told of an answer that does not count; "" of one that does."""
    match counting:
        case Counting.CHANGED:
            return answers.CHANGED
        case Counting.TOO_LATE:
            return too_late(row, desk.upstreams[row.upstream], ballot.user_id)
        case Counting.RUN_OUT:
            return answers.RUN_OUT
        case Counting.COUNTED | Counting.REPEATED:
            return ""
