"""Approve and Deny on a card."""

import json
import re
from typing import Any, Self

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from slack_bolt import Ack, App
from sqlalchemy import Connection

from slack_bot import answers, approvals, inbox
from slack_bot.approvals import KEY_LENGTH, SHOWN_DIGITS, Ballot, Counting
from slack_bot.audit import Kind
from slack_bot.blocks import APPROVE, CHOOSE_DURATION, DECISION_BLOCK, DENY, option_value
from slack_bot.clock import MINUTE
from slack_bot.desk import Desk
from slack_bot.directory import CannotTell
from slack_bot.inbox import Inbox, Item
from slack_bot.policy import Refusal, may_decide
from slack_bot.rows import CardState, RequestRow, card_at, cards_of, request_by_key
from upstream_client.models import ONE_TIME, Duration, Verdict

KIND = "click"
MALFORMED = "malformed"
COUNTS_FOR = 15 * MINUTE
"""A press that waited longer is not counted: the person may have changed their mind."""
KEPT_OF_MALFORMED = 2_000
LONGEST_ADDRESS = 2_000

_VALUE = re.compile(rf"([a-z2-7]{{{KEY_LENGTH}}})\.([0-9a-f]{{{SHOWN_DIGITS}}})")
_VERDICTS = {APPROVE: Verdict.APPROVE, DENY: Verdict.DENY}

log = structlog.get_logger(__name__)


class Click(BaseModel):
    """A press of a button, as much as is needed of Slack's block_actions payload."""

    model_config = ConfigDict(frozen=True)

    user: str = Field(pattern=r"^[A-Z0-9]{2,20}$")
    channel: str = Field(pattern=r"^[A-Z0-9]{2,20}$")
    message_ts: str = Field(pattern=r"^[0-9]{1,16}\.[0-9]{1,9}$")
    action_id: str = Field(max_length=255)
    action_ts: str = Field(max_length=40)
    value: str = Field(max_length=2_000)
    duration: str | None = Field(max_length=150)

    @classmethod
    def read(cls, body: dict[str, Any]) -> Self:
        """From Slack's payload. Raises `pydantic.ValidationError` where it lacks what a press must have."""
        action = _first(body.get("actions"))
        menus = _at(body, "state", "values", DECISION_BLOCK, CHOOSE_DURATION)
        return cls.model_validate(
            {
                "user": _at(body, "user", "id"),
                "channel": _at(body, "channel", "id"),
                "message_ts": _at(body, "container", "message_ts"),
                "action_id": action.get("action_id"),
                "action_ts": action.get("action_ts"),
                "value": action.get("value"),
                "duration": _at({"menu": menus}, "menu", "selected_option", "value"),
            }
        )

    @property
    def once_key(self) -> str:
        """The same for the same press, however often Slack delivers it."""
        return f"click:{self.user}:{self.channel}:{self.message_ts}:{self.action_id}:{self.action_ts}"


def _first(actions: object) -> dict[str, Any]:
    first = actions[0] if isinstance(actions, list) and actions else None
    return first if isinstance(first, dict) else {}


def _at(body: object, *path: str) -> object:
    for name in path:
        body = body.get(name) if isinstance(body, dict) else None
    return body


def register(app: App, box: Inbox) -> None:
    """Saves presses, then acknowledges them; a menu choice is only acknowledged: it comes with the press."""

    def receive(ack: Ack, body: dict[str, Any]) -> None:
        try:
            click = Click.read(body)
        except ValidationError:
            _save_malformed(box, body)
        else:
            payload = click.model_dump_json()
            box.save(
                KIND,
                click.once_key,
                channel=click.channel,
                user_id=click.user,
                payload=payload,
                reply_to=_reply_address(body),
            )
        ack()

    def acknowledge(ack: Ack) -> None:
        ack()

    for action_id in (APPROVE, DENY):
        app.action(action_id)(receive)
    app.action(CHOOSE_DURATION)(acknowledge)


def _save_malformed(box: Inbox, body: dict[str, Any]) -> None:
    action = _first(body.get("actions"))
    user, channel = str(_at(body, "user", "id"))[:20], str(_at(body, "channel", "id"))[:20]
    pressed = json.dumps({"actions": body.get("actions"), "container": body.get("container")}, default=str)
    kept = json.dumps({"pressed": pressed[:KEPT_OF_MALFORMED]})
    once = f"malformed:{user}:{channel}:{action.get('action_ts')}:{body.get('trigger_id')}"
    box.save(MALFORMED, once, channel=channel, user_id=user, payload=kept, reply_to=_reply_address(body))


def _reply_address(body: dict[str, Any]) -> str:
    """Where Slack takes answers to this press for half an hour; nothing where it is no address."""
    address = body.get("response_url")
    return address if isinstance(address, str) and len(address) <= LONGEST_ADDRESS else ""


def handle_malformed(item: Item, desk: Desk, now: int) -> None:
    """A press without what a press must have: told to the person and to the log."""
    desk.refuse(item, now, "malformed press", answers.NOT_OURS, security=True)


class _No(Exception):
    """Why a press is not counted."""

    def __init__(self, rule: str, answer: str, *, security: bool = False) -> None:
        super().__init__(rule)
        self.rule, self.answer, self.security = rule, answer, security


def handle(item: Item, desk: Desk, now: int) -> None:
    """Counts the press as a vote, or says in private why not.

    Raises `slack_bot.directory.Busy` where Slack asks to wait before it tells who the person is.
    """
    click = Click.model_validate_json(item.payload)
    key = None
    try:
        _refuse_the_old(item, now)
        key, shown = _read_value(click)
        row = _shown_request(click, key, desk)
        ballot = _ballot(item, click, shown, row, desk)
    except _No as no:
        log.warning("press refused", request=key, rule=no.rule, security=no.security)
        desk.refuse(item, now, no.rule, no.answer, request_key=key, security=no.security)
    else:
        _count(item, ballot, row, desk, now)


def _refuse_the_old(item: Item, now: int) -> None:
    """A press of the future is one of before the clock was set back: nobody can tell how old it is."""
    if not -MINUTE <= now - item.received_at <= COUNTS_FOR:
        raise _No("too old", answers.STALE)


def _read_value(click: Click) -> tuple[str, str]:
    parts = _VALUE.fullmatch(click.value)
    if parts is None or click.action_id not in _VERDICTS:
        raise _No("malformed value", answers.NOT_OURS, security=True)
    return parts[1], parts[2]


def _shown_request(click: Click, key: str, desk: Desk) -> RequestRow:
    """The request whose card was pressed. The value must be that of this very card."""
    if desk.channels.get(click.channel) is None:
        raise _No("channel not registered", answers.NOT_REGISTERED)
    with desk.ledger.read() as connection:
        row = request_by_key(connection, key)
        card = card_at(connection, click.channel, click.message_ts)
        claimed = any(
            one.channel == click.channel and one.state is CardState.CLAIMED
            for one in cards_of(connection, key)
        )
    if row is None:
        raise _No("unknown request", answers.NOT_OURS, security=True)
    if row.upstream not in desk.upstreams:
        raise _No("upstream not configured", answers.NOT_CONFIGURED)
    if card is not None and card.request_key != key:
        raise _No("value of another card", answers.NOT_OURS, security=True)
    if card is None and not claimed:
        raise _No("not the current card", answers.OUTDATED_CARD)
    return row


def _ballot(item: Item, click: Click, shown: str, row: RequestRow, desk: Desk) -> Ballot:
    name = _allowed(click, desk)
    verdict = _VERDICTS[click.action_id]
    duration = _duration(click, row) if verdict is Verdict.APPROVE else ONE_TIME
    return Ballot(
        shown, click.channel, click.user, name, verdict, duration, item.id, pressed_at=item.received_at
    )


def _allowed(click: Click, desk: Desk) -> str:
    """The approver's name."""
    channel = desk.channels.get(click.channel)
    if channel is None:
        raise _No("channel not registered", answers.NOT_REGISTERED)
    try:
        person = desk.directory.person(click.user)
        voter = desk.directory.voter(person, channel.policy.asks_of(click.user), click.channel)
    except CannotTell as error:
        raise _No("cannot tell who may decide", str(error)) from error
    refusal: Refusal | None = may_decide(channel.policy, voter)
    if refusal is not None:
        raise _No(refusal.rule, refusal.words)
    return person.name


def _duration(click: Click, row: RequestRow) -> Duration:
    """The chosen one. Where the press brings no choice: the only one offered, or else the least, one time."""
    offered = row.asked.durations
    if click.duration is None:
        without_choice = offered[0] if len(offered) == 1 else ONE_TIME
        if without_choice not in offered:
            raise _No("no duration chosen", answers.CHOOSE_DURATION)
        return without_choice
    chosen = next((one for one in offered if option_value(one) == click.duration), None)
    if chosen is None:
        raise _No("duration not offered", answers.CHOOSE_DURATION, security=True)
    return chosen


def _count(item: Item, ballot: Ballot, row: RequestRow, desk: Desk, now: int) -> None:
    with desk.ledger.write() as tx:
        if not inbox.is_waiting(tx, item):
            return
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
