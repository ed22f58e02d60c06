"""What is pressed or chosen on a card: an answer is counted, anything else opens a modal."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from slack_bolt import Ack, App

from slack_bot import answers
from slack_bot.ballots import Ballot
from slack_bot.blocks import APPROVE, CHOOSE_DURATION, DECISION_BLOCK, DENY, MORE, Choice
from slack_bot.desk import Desk
from slack_bot.inbox import Inbox, Item
from slack_bot.listeners import modals
from slack_bot.listeners.modals import Opening
from slack_bot.listeners.payloads import at, first_action, reply_address
from slack_bot.listeners.votes import (
    Pressed,
    approver,
    count,
    offered_duration,
    refuse,
    refuse_the_old,
    refuse_too_long,
    refuse_where_none_is_short_enough,
    shown_request,
)
from slack_bot.refusal import No
from slack_bot.rows import RequestRow
from upstream_client.models import ONE_TIME, Verdict

KIND = "click"
MALFORMED = "malformed"
KEPT_OF_MALFORMED = 2_000

_VERDICTS = {APPROVE: Verdict.APPROVE, DENY: Verdict.DENY}
_CHOICES = {
    CHOOSE_DURATION: (Choice.OTHER,),
    MORE: (Choice.COMMENT, Choice.REASON, Choice.BREAK_GLASS, Choice.DETAILS),
}
_OTHER = f"{Choice.OTHER}."


class Click(BaseModel):
    """A press of a button, or a choice that opens a modal, as much as is needed of a block_actions payload.

    ``duration`` is the value that the card's menu showed, ``trigger`` the right to open one modal.
    """

    model_config = ConfigDict(frozen=True)

    user: str = Field(pattern=r"^[A-Z0-9]{2,20}$")
    channel: str = Field(pattern=r"^[A-Z0-9]{2,20}$")
    message_ts: str = Field(pattern=r"^[0-9]{1,16}\.[0-9]{1,9}$")
    action_id: str = Field(max_length=255)
    action_ts: str = Field(max_length=40)
    value: str = Field(max_length=2_000)
    duration: str | None = Field(max_length=150)
    trigger: str = Field(default="", max_length=300)

    @classmethod
    def read(cls, body: dict[str, Any]) -> Self:
        """From Slack's payload. Raises `pydantic.ValidationError` where it lacks what a press must have."""
        action = first_action(body)
        menus = at(body, "state", "values", DECISION_BLOCK, CHOOSE_DURATION)
        return cls.model_validate(
            {
                "user": at(body, "user", "id"),
                "channel": at(body, "channel", "id"),
                "message_ts": at(body, "container", "message_ts"),
                "action_id": action.get("action_id"),
                "action_ts": action.get("action_ts"),
                "value": action.get("value", at(action, "selected_option", "value")),
                "duration": at({"menu": menus}, "menu", "selected_option", "value"),
                "trigger": body.get("trigger_id", ""),
            }
        )

    @property
    def once_key(self) -> str:
        """The same for the same press, however often Slack delivers it."""
        return f"click:{self.user}:{self.channel}:{self.message_ts}:{self.action_id}:{self.action_ts}"

    @property
    def choice(self) -> Choice | None:
        """What modal it asks for, if any. Raises `No` where it is neither an answer nor a choice of ours."""
        if self.action_id in _VERDICTS:
            is_other = self.action_id == APPROVE and (self.duration or "").startswith(_OTHER)
            return Choice.OTHER if is_other else None
        word = self.value.partition(".")[0]
        chosen = next((one for one in _CHOICES.get(self.action_id, ()) if one == word), None)
        if chosen is None:
            raise No("malformed value", answers.NOT_OURS, security=True)
        return chosen

    @property
    def pressed(self) -> Pressed:
        """The card, and what the button or, after its word, the option carried."""
        value = self.value if self.action_id in _VERDICTS else self.value.partition(".")[2]
        return Pressed(self.user, self.channel, self.message_ts, value)


def register(app: App, box: Inbox) -> None:
    """Saves presses, then acknowledges them; a duration chosen is only acknowledged: it comes with the press."""

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
                reply_to=reply_address(body),
            )
        ack()

    def receive_duration(ack: Ack, body: dict[str, Any]) -> None:
        chosen = at(first_action(body), "selected_option", "value")
        if isinstance(chosen, str) and chosen.startswith(_OTHER):
            receive(ack, body)
        else:
            ack()

    for action_id in (APPROVE, DENY, MORE):
        app.action(action_id)(receive)
    app.action(CHOOSE_DURATION)(receive_duration)


def _save_malformed(box: Inbox, body: dict[str, Any]) -> None:
    action = first_action(body)
    user, channel = str(at(body, "user", "id"))[:20], str(at(body, "channel", "id"))[:20]
    pressed = json.dumps({"actions": body.get("actions"), "container": body.get("container")}, default=str)
    kept = json.dumps({"pressed": pressed[:KEPT_OF_MALFORMED]})
    once = f"malformed:{user}:{channel}:{action.get('action_ts')}:{body.get('trigger_id')}"
    box.save(MALFORMED, once, channel=channel, user_id=user, payload=kept, reply_to=reply_address(body))


def handle_malformed(item: Item, desk: Desk, now: int) -> None:
    """A press without what a press must have: told to the person and to the log."""
    desk.refuse(item, now, "malformed press", answers.NOT_OURS, security=True, click=True)


def handle(item: Item, desk: Desk, now: int) -> None:
    """Counts the press as a vote or opens the modal it asks for, or says in private why not.

    Raises `slack_bot.directory.Busy` where Slack asks to wait before it tells who the person is.
    """
    click = Click.model_validate_json(item.payload)
    key = None
    try:
        refuse_the_old(item, now)
        choice, pressed = click.choice, click.pressed
        key, shown = pressed.read_value()
        row = shown_request(pressed, key, desk)
        if choice is not None:
            opening = Opening(pressed, choice, click.duration, click.trigger)
            modals.open_for(item, desk, now, row, opening)
            return
        ballot = _ballot(item, click, shown, row, desk, now)
    except No as no:
        refuse(item, desk, now, no, key)
    else:
        count(item, ballot, row, desk, now)


def _ballot(item: Item, click: Click, shown: str, row: RequestRow, desk: Desk, now: int) -> Ballot:
    verdict = _VERDICTS[click.action_id]
    who = approver(click.pressed, desk, row, verdict, now)
    duration = ONE_TIME
    if verdict is Verdict.APPROVE:
        refuse_where_none_is_short_enough(row, desk, who.policy)
        duration = offered_duration(row, click.duration)
        refuse_too_long(duration, who.policy)
    return Ballot(
        shown,
        click.channel,
        who.voter,
        who.person.name,
        verdict,
        duration,
        item.id,
        pressed_at=item.received_at,
        rules=who.policy,
        backup_called=who.backup_called,
    )


HANDLERS: Mapping[str, Callable[[Item, Desk, int], None]] = {KIND: handle, MALFORMED: handle_malformed}
