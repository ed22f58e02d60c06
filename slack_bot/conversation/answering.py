"""From what somebody said to a command, and from what the command gives to an answer."""

import json
from collections.abc import Callable

import structlog
from sqlalchemy import Connection, insert

from slack_bot import answers, audit, inbox, ledger
from slack_bot.command_parser import (
    Approvers,
    AutoApprove,
    Command,
    Greeting,
    Help,
    Misunderstood,
    Pending,
    Policy,
    Remove,
    Status,
    parse,
)
from slack_bot.conversation import approvers, pending, registering, scheduling, status
from slack_bot.conversation.asked import Announcement, Asked, Handled, Reply
from slack_bot.conversation.changing import wishes_of
from slack_bot.conversation.said import Said, Way
from slack_bot.desk import Desk
from slack_bot.inbox import Item
from slack_bot.refusal import No, is_too_old

ANNOUNCEMENT = "announcement"
"""The kind of what nobody sent us: a line that waits to be said to a channel."""

log = structlog.get_logger(__name__)


def handle(item: Item, desk: Desk, now: int) -> None:
    """Does and answers what somebody said. Raises `slack_bot.directory.Busy`."""
    said = Said.model_validate_json(item.payload)
    command = parse(said.text, desk.bot_user)
    asked = Asked(item, desk, now)
    settle(asked, type(command).__name__, lambda: _reply(asked, said, command))


def settle(asked: Asked, what: str, reply_to: Callable[[], Reply]) -> None:
    """Closes the item with the reply, or with why not."""
    try:
        _refuse_the_old(asked)
        reply = reply_to()
    except Handled:
        log.info("another replica deals with it", item=asked.item.id)
    except No as no:
        log.warning("refused", what=what, rule=no.rule, security=no.security)
        asked.desk.refuse(asked.item, asked.now, no.rule, no.answer, security=no.security)
    else:
        _close(asked, what, reply)


def _refuse_the_old(asked: Asked) -> None:
    """What was begun before a crash is finished all the same: it may hold already, and nobody was told."""
    if is_too_old(asked.item, asked.now) and not wishes_of(asked):
        raise No("too old", answers.SAID_TOO_LONG_AGO)


def _reply(asked: Asked, said: Said, command: Command | Misunderstood) -> Reply:
    if said.is_cut:
        raise No("too long", answers.TOO_LONG)
    match command:
        case Greeting() | Help() | Misunderstood() if registering.is_wanted(
            asked, by_mention=said.way is Way.MENTION
        ):
            return registering.register(asked, in_shared=said.in_shared)
        case Greeting():
            return status.greet(asked)
        case Help(topic=topic):
            return Reply(answers.help_on(topic))
        case Misunderstood(words=words):
            return Reply(words)
        case _:
            return _obey(asked, command)


def _obey(asked: Asked, command: Status | Pending | Policy | Remove | Approvers | AutoApprove) -> Reply:
    match command:
        case Status():
            return status.tell(asked)
        case Pending():
            return pending.tell(asked)
        case Policy():
            return approvers.tell(asked)
        case Remove(channel=channel):
            return registering.remove(asked, channel or asked.channel)
        case Approvers(users=users, groups=groups, everyone=everyone):
            return approvers.name(asked, users, groups, everyone=everyone)
        case AutoApprove(scope=scope, changes=changes):
            return scheduling.change(asked, scope, changes)


def _close(asked: Asked, what: str, reply: Reply) -> None:
    item, now = asked.item, asked.now
    with asked.desk.ledger.write() as tx:
        # What was changed is told and recorded even where another replica has closed the item meanwhile.
        if not (inbox.is_waiting(tx, item) or reply.changes):
            return
        for change in reply.changes:
            audit.append(
                tx,
                now,
                change.kind,
                None,
                asked.user,
                what=change.what,
                before=change.before,
                after=change.after,
                inbox_item=item.id,
            )
        for announcement in reply.announcements:
            _announce(tx, asked, announcement)
        inbox.finish(tx, item, now, what.lower(), reply.text, blocks=reply.blocks, public=reply.public)
    log.info("answered", what=what, changes=len(reply.changes))
    if reply.changes:
        asked.desk.decided()


def _announce(tx: Connection, asked: Asked, announcement: Announcement) -> None:
    """Leaves a line to be said to everybody in a channel, like an answer: tried until Slack takes it."""
    tx.execute(
        insert(ledger.inbox).values(
            once_key=f"{ANNOUNCEMENT}:{asked.item.id}:{announcement.channel}",
            kind=ANNOUNCEMENT,
            channel=announcement.channel,
            user_id=asked.user,
            payload=json.dumps({"after": asked.item.id}),
            reply_to="",
            received_at=asked.now,
            handled_at=asked.now,
            result="to be said",
            answer=announcement.text,
            answer_public=True,
            answer_due_at=asked.now,
        )
    )
