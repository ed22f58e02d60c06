"""The picker of the welcome: who may decide in a channel."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Self

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from slack_bolt import Ack, App

from slack_bot import answers
from slack_bot.blocks import (
    EVERYONE,
    EVERYONE_BLOCK,
    GROUPS_BLOCK,
    PEOPLE_BLOCK,
    PICK_EVERYONE,
    PICK_GROUPS,
    PICK_PEOPLE,
    SAVE_APPROVERS,
    SAVE_BLOCK,
)
from slack_bot.blocks.welcome import PICK_QUORUM, QUORUM, QUORUM_BLOCK
from slack_bot.channel import GroupId, UserId
from slack_bot.conversation import PICK, Asked, No, Reply, approvers, settle
from slack_bot.desk import Desk
from slack_bot.inbox import Inbox, Item
from slack_bot.listeners.payloads import at, first_action, reply_address

KIND = PICK
MALFORMED = "malformed pick"
MOST_PICKED = 200
"""More than this nobody picks by hand; what is too many to store is refused in words."""
KEPT_OF_MALFORMED = 2_000

log = structlog.get_logger(__name__)


class Pick(BaseModel):
    """A press of Save, with what was picked beside it, as much as is needed of Slack's payload.

    ``groups`` is None where the message has no menu of them, ``quorum`` where it has no such checkbox.
    ``is_welcome`` tells that the message has a picker, ``mark`` which policy it showed, ``author`` who wrote it.
    """

    model_config = ConfigDict(frozen=True)

    user: str = Field(pattern=r"^[A-Z0-9]{2,20}$")
    channel: str = Field(pattern=r"^[A-Z0-9]{2,20}$")
    message_ts: str = Field(pattern=r"^[0-9]{1,16}\.[0-9]{1,9}$")
    action_ts: str = Field(max_length=40)
    users: tuple[UserId, ...] = Field(max_length=MOST_PICKED)
    groups: tuple[GroupId, ...] | None = Field(max_length=MOST_PICKED)
    everyone: bool
    quorum: bool | None = None
    action_id: str = SAVE_APPROVERS
    is_welcome: bool
    mark: str = Field(max_length=20)
    author: str = Field(max_length=20)

    @classmethod
    def read(cls, body: dict[str, Any]) -> Self:
        """From Slack's payload. Raises `pydantic.ValidationError` where it lacks what a press must have."""
        message = at(body, "message")
        mark = _mark(message)
        people, groups, everyone, quorum = (
            at(body, "state", "values", f"{block}.{mark}", menu)
            for block, menu in (
                (PEOPLE_BLOCK, PICK_PEOPLE),
                (GROUPS_BLOCK, PICK_GROUPS),
                (EVERYONE_BLOCK, PICK_EVERYONE),
                (QUORUM_BLOCK, PICK_QUORUM),
            )
        )
        return cls.model_validate(
            {
                "user": at(body, "user", "id"),
                "channel": at(body, "channel", "id"),
                "message_ts": at(body, "container", "message_ts"),
                "action_ts": first_action(body).get("action_ts"),
                "users": at(people, "selected_users"),
                "groups": None if groups is None else _values(at(groups, "selected_options")),
                "everyone": EVERYONE in _values(at(everyone, "selected_options")),
                "quorum": _ticked(at(quorum, "selected_options")),
                "is_welcome": mark is not None,
                "mark": mark or "",
                "author": at(message, "user") or "",
            }
        )

    @property
    def once_key(self) -> str:
        """The same for the same press, however often Slack delivers it."""
        return f"pick:{self.user}:{self.channel}:{self.message_ts}:{SAVE_APPROVERS}:{self.action_ts}"


def _values(options: object) -> list[object]:
    return [at(option, "value") for option in options] if isinstance(options, list) else []


def _ticked(options: object) -> bool | None:
    """None where nothing tells: fewer approvers are asked for only where somebody took the tick away."""
    return QUORUM in _values(options) if isinstance(options, list) else None


def _mark(message: object) -> str | None:
    """Which policy the message showed; None where it has no button to save another."""
    blocks = at(message, "blocks")
    ids = [str(at(block, "block_id")) for block in blocks] if isinstance(blocks, list) else []
    return next((id.partition(".")[2] for id in ids if id.startswith(f"{SAVE_BLOCK}.")), None)


def register(app: App, box: Inbox) -> None:
    """Saves presses of Save, then acknowledges them; a choice is only acknowledged: it comes with the press."""

    def receive(ack: Ack, body: dict[str, Any]) -> None:
        try:
            pick = Pick.read(body)
        except ValidationError:
            _save_malformed(box, body)
        else:
            box.save(
                KIND,
                pick.once_key,
                channel=pick.channel,
                user_id=pick.user,
                payload=pick.model_dump_json(),
                reply_to=reply_address(body),
            )
        ack()

    def acknowledge(ack: Ack) -> None:
        ack()

    app.action(SAVE_APPROVERS)(receive)
    for choice in (PICK_PEOPLE, PICK_GROUPS, PICK_EVERYONE, PICK_QUORUM):
        app.action(choice)(acknowledge)


def _save_malformed(box: Inbox, body: dict[str, Any]) -> None:
    user, channel = str(at(body, "user", "id"))[:20], str(at(body, "channel", "id"))[:20]
    pressed = json.dumps({"state": body.get("state"), "container": body.get("container")}, default=str)
    once = f"malformed pick:{user}:{channel}:{body.get('trigger_id')}"
    box.save(
        MALFORMED,
        once,
        channel=channel,
        user_id=user,
        payload=json.dumps({"pressed": pressed[:KEPT_OF_MALFORMED]}),
        reply_to=reply_address(body),
    )


def handle(item: Item, desk: Desk, now: int) -> None:
    """Lets those decide who were picked, or says in private why not. Raises `slack_bot.directory.Busy`."""
    pick = Pick.model_validate_json(item.payload)
    asked = Asked(item, desk, now, is_press=True)

    def reply() -> Reply:
        if not pick.is_welcome or pick.author != desk.bot_user:
            raise No("not a welcome of ours", answers.NOT_OUR_MENU, security=True)
        return approvers.pick(asked, _picked(pick))

    settle(asked, "Pick", reply)


def _picked(pick: Pick) -> approvers.Picked:
    return approvers.Picked(
        pick.message_ts, pick.mark, pick.users, pick.groups, everyone=pick.everyone, quorum=pick.quorum
    )


def handle_malformed(item: Item, desk: Desk, now: int) -> None:
    """A press without what a press must have: told to the person and to the log."""
    desk.refuse(item, now, "malformed pick", answers.NOT_OUR_MENU, security=True, click=True)


HANDLERS: Mapping[str, Callable[[Item, Desk, int], None]] = {KIND: handle, MALFORMED: handle_malformed}
