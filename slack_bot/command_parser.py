"""What people write to the bot, read as commands. Pure; whatever is written, it gives a command or words."""

import re
from collections.abc import Callable, Sequence

from slack_bot.answer_text import after
from slack_bot.autoapprove_text import KEYWORDS, NotUnderstood, read_autoapprove
from slack_bot.commands import (
    ALL,
    COMMANDS,
    HELP,
    HERE,
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
    example,
)
from slack_bot.language.suggestion import did_you_mean, nearest, quoted
from slack_bot.language.typed_text import Kind, Token, asks, tokens
from slack_bot.route_text import read_route
from slack_bot.schedule_changes import (
    Change,
    NotApplicable,
    SetDuration,
    SetHolidays,
    SetHours,
    SetMaxRisk,
    SetRatedOnly,
    SetUntil,
    ShowStatus,
    TurnOff,
    TurnOn,
    apply,
)
from upstream_client.models import Verdict

__all__ = [
    "parse",
    "apply",
    "HELP",
    "HERE",
    "ALL",
    "Command",
    "Greeting",
    "Help",
    "Status",
    "Pending",
    "Show",
    "Answer",
    "History",
    "Policy",
    "Remove",
    "Approvers",
    "AutoApprove",
    "ShowRoutes",
    "AddRoute",
    "RemoveRoute",
    "Misunderstood",
    "NotApplicable",
    "Change",
    "TurnOn",
    "TurnOff",
    "ShowStatus",
    "SetHours",
    "SetHolidays",
    "SetDuration",
    "SetMaxRisk",
    "SetRatedOnly",
    "SetUntil",
]

LONGEST = 4_000
"""Characters. A message may have 40,000; no command comes near."""
_OUR_NAMES = frozenset({"approvals", "approval", "/approvals", "/approval", "agentsudo", "/agentsudo"})
_GREETINGS = frozenset({"hello", "hi", "hey"})
_AUTOAPPROVE = frozenset({"auto-approve", "auto_approve", "auto-approval", "autoapproval"})
_FILLERS = frozenset({"and", "&"})
_VERDICTS = {"approve": Verdict.APPROVE, "deny": Verdict.DENY, "reject": Verdict.DENY}
_SAME = {"approve": "approve", "deny": "deny", "reject": "deny", "show": "show"}
"""The word under which `HELP` tells of it."""
_AN_ID = re.compile(r"[!-~]{1,300}")
_SEE_HELP = " Write `help` for all I understand."
_ONLY_ASKED = "Was that a question? I changed nothing. Write it without the question mark, and I do it."


def parse(text: str, our_user_id: str = "") -> Command | Misunderstood:
    """The command in ``text``, which is as Slack sends it: with its markup, and a mention of us or not."""
    if len(text) > LONGEST:
        return Misunderstood(f"That is too long for a command, so I did not read it.{_SEE_HELP}")
    said = _for_us(tokens(text), our_user_id)
    said = [token for token in said if token.key != "?"] or said[:1]
    if not said:
        return Greeting()
    head, rest = _head(said)
    if head.key in _GREETINGS and not rest:
        return Greeting()
    try:
        command = _read(head, rest, text)
    except NotUnderstood as error:
        return Misunderstood(str(error))
    if _changes_something(command) and asks(text):
        return Misunderstood(_ONLY_ASKED)
    return command


def _changes_something(command: Command) -> bool:
    if isinstance(command, AutoApprove):
        return command.changes != (ShowStatus(),)
    if isinstance(command, Answer):
        return not command.words.strip("? ")  # words may ask what they like
    return isinstance(command, Remove | Approvers)


def _for_us(said: list[Token], our_user_id: str) -> list[Token]:
    """Without the mention of us, whoever else is mentioned, and without our own name in front."""
    if our_user_id:
        said = [token for token in said if token != Token(Kind.USER, our_user_id)]
    elif said and said[0].kind is Kind.USER:
        said = said[1:]
    while said and (said[0].kind is Kind.COMMA or said[0].key in _OUR_NAMES):
        said = said[1:]
    return said


def _head(said: Sequence[Token]) -> tuple[Token, Sequence[Token]]:
    """The command's word and what stands behind it; "auto approve" is one word."""
    first = said[0]
    if first.key == "auto" and len(said) > 1 and said[1].key in ("approve", "approval"):
        return Token(Kind.WORD, "autoapprove"), said[2:]
    if first.key in _AUTOAPPROVE:
        return Token(Kind.WORD, "autoapprove"), said[1:]
    return first, said[1:]


def _read(head: Token, rest: Sequence[Token], text: str) -> Command:
    if head.key in _VERDICTS:
        which, words = after(text, head.key)
        return Answer(_VERDICTS[head.key], _id(which, head.key), words)
    if head.key == "show":
        return Show(_id(after(text, head.key)[0], head.key))
    if head.key in ("route", "routes"):
        return read_route(text)
    reader = _READERS.get(head.key)
    if reader is None:
        raise NotUnderstood(_unknown(head, rest))
    return reader(rest)


def _id(written: str, verb: str) -> str:
    """The beginning of an id."""
    if not _AN_ID.fullmatch(written):
        raise NotUnderstood(
            f"Which request? Write `{verb}` and how its id begins, which `pending` tells, for example "
            f"`{example(_SAME[verb])}`."
        )
    return written


def _unknown(head: Token, rest: Sequence[Token]) -> str:
    if head.kind is not Kind.WORD:
        return f"I expected a command first, such as `status`.{_SEE_HELP}"
    if head.key in KEYWORDS:
        return f"Is that about schedules? Then write `autoapprove` first: `autoapprove {head.key}`."
    likely = nearest(head.text, COMMANDS, likeness=0.6)
    shown = f" For example `{example(likely)}`." if likely and example(likely) != likely else ""
    return f"I do not know {quoted(head.text)}.{did_you_mean(likely)}{shown}{_SEE_HELP}"


def _alone(command: Command, name: str) -> Callable[[Sequence[Token]], Command]:
    """Reads a command that has nothing behind it."""

    def read(rest: Sequence[Token]) -> Command:
        if rest:
            raise NotUnderstood(f"I expected nothing behind `{name}`. Please write it alone.{_SEE_HELP}")
        return command

    return read


def _help(rest: Sequence[Token]) -> Command:
    topic = rest[0].key if rest else ""
    if topic in KEYWORDS or topic in _AUTOAPPROVE or topic == "auto":
        topic = topic if topic in COMMANDS else "autoapprove"
    if topic in COMMANDS:
        return Help(topic)
    if likely := nearest(topic, COMMANDS):
        raise NotUnderstood(f"I have no help on {quoted(topic)}.{did_you_mean(f'help {likely}')}")
    return Help()


def _remove(rest: Sequence[Token]) -> Command:
    if not rest or [token.key for token in rest] == ["here"]:
        return Remove(None)
    if len(rest) == 1 and rest[0].kind is Kind.CHANNEL:
        return Remove(rest[0].text)
    raise NotUnderstood(
        "Which channel? Write `remove` in the channel itself, or `remove` and one #channel from Slack's list."
    )


def _approvers(rest: Sequence[Token]) -> Command:
    named = [token for token in rest if token.kind is not Kind.COMMA and token.key not in _FILLERS]
    if not named:
        raise NotUnderstood("Who? Write `approvers @person @group`, or `approvers everyone`.")
    for token in named:
        _refuse_stranger(token)
    return Approvers(
        users=_ids(named, Kind.USER),
        groups=_ids(named, Kind.GROUP),
        everyone=any(token.key == "everyone" for token in named),
    )


def _ids(named: Sequence[Token], kind: Kind) -> tuple[str, ...]:
    return tuple(dict.fromkeys(token.text for token in named if token.kind is kind))


def _refuse_stranger(token: Token) -> None:
    if token.kind in (Kind.USER, Kind.GROUP) or token.key == "everyone":
        return
    if token.kind is Kind.BROADCAST or nearest(token.text, ["everyone", "everybody", "all"]):
        raise NotUnderstood("May all full members of the channel decide? Then write `approvers everyone`.")
    if token.kind is Kind.CHANNEL:
        raise NotUnderstood(
            "A channel cannot decide. Write `approvers @person @group`, or `approvers everyone`."
        )
    raise NotUnderstood(
        f"I cannot tell who {quoted(token.text)} is. Choose people and groups from Slack's list as you type."
    )


_READERS: dict[str, Callable[[Sequence[Token]], Command]] = {
    "help": _help,
    "?": _help,
    "status": _alone(Status(), "status"),
    "pending": _alone(Pending(), "pending"),
    "history": _alone(History(), "history"),
    "policy": _alone(Policy(), "policy"),
    "remove": _remove,
    "approvers": _approvers,
    "autoapprove": read_autoapprove,
}
