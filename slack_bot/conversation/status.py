"""How the bot is, and what it does where it is asked."""

from slack_bot import answers, rows
from slack_bot.command_parser import ALL
from slack_bot.conversation import routing, scheduling, scopes
from slack_bot.conversation.admins import is_member
from slack_bot.conversation.asked import Asked, Reply
from slack_bot.conversation.pending import waiting_requests
from slack_bot.conversation.places import not_here


def greet(asked: Asked) -> Reply:
    """What the bot does here, and what can be written."""
    channel = asked.registered
    if channel is not None:
        with asked.desk.ledger.read() as connection:
            waiting = rows.count_waiting(connection, channel.id)
        return Reply(f"{answers.about(channel, waiting)}\n{answers.help_on()}")
    if asked.channel:
        return Reply(f"{not_here(asked)}\n{answers.help_on()}")
    return Reply(answers.help_on())


def tell(asked: Asked) -> Reply:
    """How things stand here; to full members also how they stand in all. Raises `slack_bot.directory.Busy`."""
    lines = _here(asked) if asked.channel else []
    if is_member(asked):
        lines += [*_everywhere(asked), *_what_is_wrong(asked)]
    return Reply("\n".join(lines) or answers.FOR_MEMBERS)


def _here(asked: Asked) -> list[str]:
    desk, channel = asked.desk, asked.registered
    if channel is None:
        return [not_here(asked)]
    with desk.ledger.read() as connection:
        waiting = rows.count_waiting(connection, channel.id)
    return [
        f"{answers.where_from(channel)} {answers.who_decides(channel)}",
        f"{answers.how_many(waiting)} waiting on cards here.",
        scheduling.standing(asked, channel.id),
    ]


def _everywhere(asked: Asked) -> list[str]:
    desk = asked.desk
    waiting = len(waiting_requests(asked))
    lines = [
        f"In all: {answers.how_many(waiting).lower()} waiting.",
        *(
            answers.as_of(upstream.title, desk.last_read.get(name), asked.now)
            for name, upstream in desk.upstreams.items()
        ),
    ]
    if not asked.channel:
        channels = desk.channels.all()
        lines += [answers.channels(channels)] if channels or not desk.channels.trouble else []
        lines += [
            scheduling.told(asked, scope, schedule)
            for scope, schedule in sorted(
                desk.schedules.all().items(), key=lambda one: (one[0] != ALL, one[0])
            )
        ]
        lines += routing.in_short(asked)
    return lines


def _what_is_wrong(asked: Asked) -> list[str]:
    desk = asked.desk
    trouble = desk.channels.trouble or desk.schedules.trouble
    off = scopes.missing(desk.scopes) if desk.scopes else []
    return [
        *([answers.STANDING_BY] if desk.state.is_overtaken() else []),
        *([answers.state_unread(trouble)] if trouble else []),
        *routing.what_is_wrong(asked),
        *([answers.scopes_missing(off)] if off else []),
        *(answers.note(one) for one in desk.notes),
    ]
