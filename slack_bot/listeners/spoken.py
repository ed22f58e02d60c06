"""What is said to the bot: an answer to a card counts as a press of its buttons does; the rest is conversation."""

from slack_bot import answers, conversation, inbox, request_list
from slack_bot.answer_text import Written, read_words
from slack_bot.ballots import Ballot
from slack_bot.blocks import LONGEST_REASON, button_value, told_duration
from slack_bot.command_parser import Answer, parse
from slack_bot.conversation import Asked, Said
from slack_bot.conversation.finding import find
from slack_bot.desk import Desk
from slack_bot.inbox import Item
from slack_bot.language.duration_text import NotADuration
from slack_bot.language.suggestion import quoted
from slack_bot.listeners.votes import (
    Entitled,
    Pressed,
    approver,
    channel_of,
    count,
    refuse,
    refuse_the_late,
    refuse_the_old,
    refuse_too_long,
    refuse_where_none_is_short_enough,
    shown_request,
)
from slack_bot.refusal import No
from slack_bot.rows import CardState, RequestRow, State, card_of, shown_digest
from upstream_client.models import ONE_TIME, Duration, Verdict

KIND = inbox.SPOKEN

NO_CARD_HERE = (
    "The card of this request does not stand in this channel, so I did nothing. Please answer where it stands; "
    "`pending` tells what waits here."
)
NOT_SHOWN_YET = (
    "The card in this channel did not show yet how the request stands, so I did not count your answer. "
    "Please read the card, and write it again."
)
TOO_MANY_WORDS = f"Please write at most {LONGEST_REASON:,} characters behind the id. I counted nothing."
ASK_AGAIN = {answers.STALE: answers.SAID_TOO_LONG_AGO}


def is_answer(said: Said) -> bool:
    """Whether it is meant as an answer to a card: it is kept with the presses, and overtakes none of them."""
    return isinstance(parse(said.text), Answer)


def handle(item: Item, desk: Desk, now: int) -> None:
    """Counts an answer, or does what else was said. Raises `slack_bot.directory.Busy`."""
    said = Said.model_validate_json(item.payload)
    command = parse(said.text, desk.bot_user)
    if isinstance(command, Answer):
        _count(Asked(item, desk, now, is_press=True), said, command)
    else:
        conversation.handle(item, desk, now)


def _count(asked: Asked, said: Said, command: Answer) -> None:
    """Through the very checks of a press, on the card that stood in the channel when this was written."""
    item, desk, now = asked.item, asked.desk, asked.now
    key = None
    try:
        refuse_the_old(item, now)
        row = _meant(asked, said, command)
        key = row.key
        pressed = _card_as_seen(asked, row)
        row = shown_request(pressed, key, desk)
        ballot = _ballot(asked, command, pressed, row)
    except No as no:
        refuse(item, desk, now, no.worded(ASK_AGAIN), key)
    else:
        count(item, ballot, row, desk, now, counted=_counted(row, command.verdict))


def _meant(asked: Asked, said: Said, command: Answer) -> RequestRow:
    if said.is_cut:
        raise No("too long", answers.TOO_LONG)
    if not asked.channel:
        raise No("no channel named", answers.SAY_IT_THERE)
    channel_of(Pressed(asked.user, asked.channel, "", ""), asked.desk)
    return find(asked, command.which)


def _card_as_seen(asked: Asked, row: RequestRow) -> Pressed:
    """As if its button had been pressed. What the card showed at that time must be what is asked. Raises `No`."""
    with asked.desk.ledger.read() as connection:
        card = card_of(connection, row.key, asked.channel)
    if card is None or card.ts is None or card.state not in (CardState.POSTED, CardState.SETTLED):
        raise No("no card here", NO_CARD_HERE)
    is_seen = card.shown_question == row.question and (card.shown_at or 0) <= asked.item.received_at
    if row.state is State.PENDING and not (is_seen and card.shown_at is not None):
        raise No("not shown yet", NOT_SHOWN_YET)
    return Pressed(asked.user, asked.channel, card.ts, button_value(row))


def _ballot(asked: Asked, command: Answer, pressed: Pressed, row: RequestRow) -> Ballot:
    item, desk = asked.item, asked.desk
    who = approver(pressed, desk, row, command.verdict, asked.now)
    refuse_the_late(row, pressed, desk)
    written = Written(ONE_TIME, None, command.words)
    if command.verdict is Verdict.APPROVE:
        written = _approval(asked, command, row, who)
    if len(written.comment) > LONGEST_REASON:
        raise No("too many words", TOO_MANY_WORDS)
    return Ballot(
        shown_digest(row.digest),
        pressed.channel,
        who.voter,
        who.person.name,
        command.verdict,
        written.duration or ONE_TIME,
        item.id,
        pressed_at=item.received_at,
        rules=who.policy,
        # PostgreSQL keeps no NUL.
        reason=written.comment.replace("\0", ""),
        until_at=written.until_at,
        backup_called=who.backup_called,
    )


def _approval(asked: Asked, command: Answer, row: RequestRow, who: Entitled) -> Written:
    """For how long, and the comment. Raises `No`."""
    desk, upstream = asked.desk, asked.desk.upstreams[row.upstream]
    refuse_where_none_is_short_enough(row, desk, who.policy)
    only = told_duration(row.asked, upstream, who.policy)
    try:
        written = read_words(command.words, asked.item.received_at, who.person.zone)
    except NotADuration as error:
        words = str(error) if only is None else _no_choice(only, command.words.split()[0])
        raise No("not a duration", words) from error
    duration = written.duration
    if duration is None:
        duration = only or _least(row)
    elif not upstream.other_durations and (
        written.until_at is not None or duration not in row.asked.durations
    ):
        time = command.words.removesuffix(written.comment)
        raise No("duration not offered", _offers(row) if only is None else _no_choice(only, time))
    refuse_too_long(duration, who.policy)
    return Written(duration, written.until_at, written.comment)


def _least(row: RequestRow) -> Duration:
    """Where no time is written: one time, the least. Raises `No` where that is not offered."""
    if ONE_TIME not in row.asked.durations:
        raise No("no duration chosen", _offers(row))
    return ONE_TIME


def _offers(row: RequestRow) -> str:
    offered = ", ".join(one.words for one in row.asked.durations)
    return f"I need a duration that is offered, so I did nothing. Please write it behind the id: {offered}."


def _no_choice(only: Duration, time: str) -> str:
    holds = only.words if only == ONE_TIME else f"for {only.words}"
    return (
        f"This is approved {holds} and not otherwise, so I did nothing. Please leave {quoted(time)} out; a comment "
        "begins with another word."
    )


def _counted(row: RequestRow, verdict: Verdict) -> str:
    """Our words come first, and then what the asker wrote: what that looks like is theirs to choose."""
    told = f"I counted your answer to {row.key}: {verdict.value}. Its card shows what becomes of it."
    return f"{told}\nThe request: {request_list.in_short(row)}"
