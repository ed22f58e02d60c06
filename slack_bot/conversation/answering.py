"""From what somebody said to a command, and from what the command gives to an answer."""

from collections.abc import Callable
from typing import TypeAlias

import structlog
from sqlalchemy import Connection

from slack_bot import answers, audit, inbox
from slack_bot.clock import SECOND
from slack_bot.command_parser import (
    AddRoute,
    Answer,
    Approvers,
    AutoApprove,
    Command,
    Greeting,
    Help,
    History,
    Misunderstood,
    Pending,
    Policy,
    Remove,
    RemoveRoute,
    Show,
    ShowRoutes,
    Status,
    parse,
)
from slack_bot.conversation import approvers, pending, registering, routing, scheduling, showing, status
from slack_bot.conversation.asked import Asked, Change, Handled, Reply
from slack_bot.conversation.changing import UNSETTLED, Unsettled, is_begun, look_again, mark, progress
from slack_bot.conversation.lines import announce, say_meanwhile
from slack_bot.conversation.places import not_here
from slack_bot.conversation.said import Said, Way
from slack_bot.desk import Desk
from slack_bot.directory import Busy
from slack_bot.inbox import Item
from slack_bot.refusal import No, is_too_old

OVERTAKEN_FOR = 10
"""Seconds between two looks whether another replica still goes by other channels than we do."""
LOOK_AGAIN_AFTER = 30 * SECOND
"""By then SSM shows what was written."""

Obeyed: TypeAlias = (
    Status
    | Pending
    | Show
    | History
    | Policy
    | Remove
    | Approvers
    | AutoApprove
    | ShowRoutes
    | AddRoute
    | RemoveRoute
)

log = structlog.get_logger(__name__)


def handle(item: Item, desk: Desk, now: int) -> None:
    """Does and answers what somebody said. Raises `slack_bot.directory.Busy`."""
    said = Said.model_validate_json(item.payload)
    command = parse(said.text, desk.bot_user)
    asked = Asked(item, desk, now)
    settle(asked, type(command).__name__, lambda: _reply(asked, said, command))


def settle(asked: Asked, what: str, reply_to: Callable[[], Reply]) -> None:
    """Closes the item with the reply, or with why not; or leaves it open while nobody can tell.

    Raises `slack_bot.directory.Busy`.
    """
    try:
        _take_up(asked)
        reply = reply_to()
    except Handled:
        log.info("another replica deals with it", item=asked.item.id)
    except No as no:
        log.warning("refused", what=what, rule=no.rule, security=no.security)
        _refuse(asked, no)
    except Unsettled as unsettled:
        log.warning("nobody can tell whether it is stored", what=what, why=str(unsettled))
        _leave_open(asked, str(unsettled))
    except Busy as busy:
        if not is_too_old(asked.item, asked.now):
            raise
        _put_off(asked, busy)
    else:
        _close(asked, what, reply)


def _refuse(asked: Asked, no: No) -> None:
    item, press = asked.item, asked.is_press
    asked.desk.refuse(
        item, asked.now, no.rule, no.answer, security=no.security, policy=no.policy, click=press
    )


def _take_up(asked: Asked) -> None:
    """What was begun may hold already, and nobody was told: it is looked after however old it is."""
    if is_begun(asked):
        look_again(asked)
    elif is_too_old(asked.item, asked.now):
        raise No("too old", answers.SAID_TOO_LONG_AGO)


def _leave_open(asked: Asked, why: str) -> None:
    """Says once that nobody can tell yet."""
    with asked.desk.ledger.write() as tx:
        if not inbox.is_waiting(tx, asked.item):
            return
        if progress(tx, asked) != UNSETTLED:
            say_meanwhile(tx, asked, answers.unsettled(why))
            mark(tx, asked, UNSETTLED)
        inbox.postpone(tx, asked.item, asked.now + LOOK_AGAIN_AFTER)


def _put_off(asked: Asked, busy: Busy) -> None:
    """The clerk puts off what is young enough to be done; this was begun, and is only finished."""
    with asked.desk.ledger.write() as tx:
        inbox.postpone(tx, asked.item, inbox.after(asked.now, busy.retry_after))


def _reply(asked: Asked, said: Said, command: Command | Misunderstood) -> Reply:
    if not isinstance(command, Status) and asked.desk.state.is_overtaken():
        raise Busy(OVERTAKEN_FOR)  # the other one answers by what holds; how we are only we can tell
    if said.is_cut:
        raise No("too long", answers.TOO_LONG)
    match command:
        case Greeting() if registering.is_wanted(asked, by_mention=said.way is Way.MENTION):
            return registering.register(asked, in_shared=said.in_shared)
        case Greeting():
            return status.greet(asked)
        case Help(topic=topic):
            return Reply(_with_what_is_missing(asked, answers.help_on(topic)))
        case Answer():
            raise No(
                "not an answer to a card", answers.SAY_IT_THERE
            )  # those are counted before they get here
        case Misunderstood(words=words):
            return Reply(_with_what_is_missing(asked, words))
        case _:
            return _obey(asked, command)


def _with_what_is_missing(asked: Asked, words: str) -> str:
    """In a channel that is not registered whoever says something else than our name is told what to say."""
    return words if asked.registered is not None or not asked.channel else f"{words}\n{not_here(asked)}"


def _obey(asked: Asked, command: Obeyed) -> Reply:
    match command:
        case Status():
            return status.tell(asked)
        case Pending():
            return pending.tell(asked)
        case Show(which=which):
            return showing.show(asked, which)
        case History():
            return showing.history(asked)
        case Policy():
            return approvers.tell(asked)
        case Remove(channel=channel):
            return registering.remove(asked, channel or asked.channel)
        case Approvers(users=users, groups=groups, everyone=everyone):
            return approvers.name(asked, users, groups, everyone=everyone)
        case AutoApprove(scope=scope, changes=changes):
            return scheduling.change(asked, scope, changes)
        case ShowRoutes():
            return routing.tell(asked)
        case AddRoute(route=route):
            return routing.add(asked, route)
        case RemoveRoute(number=number):
            return routing.remove(asked, number)


def _close(asked: Asked, what: str, reply: Reply) -> None:
    item, now = asked.item, asked.now
    with asked.desk.ledger.write() as tx:
        # What was changed is told and recorded even where another replica has closed the item meanwhile.
        is_waiting = inbox.is_waiting(tx, item)
        if not (is_waiting or reply.changes):
            return
        if is_waiting and asked.is_press:
            asked.desk.note_click(tx, item, now, None)
        for change in reply.changes:
            _record(tx, asked, change)
        for announcement in reply.announcements:
            announce(tx, asked, announcement)
        inbox.finish(tx, item, now, what.lower(), reply.text, blocks=reply.blocks, public=reply.public)
    log.info("answered", what=what, changes=len(reply.changes))
    if reply.changes:
        asked.desk.decided()


def _record(tx: Connection, asked: Asked, change: Change) -> None:
    audit.append(
        tx,
        asked.now,
        change.kind,
        None,
        asked.user,
        what=change.what,
        before=change.before,
        after=change.after,
        inbox_item=asked.item.id,
    )
