"""What people may ask of the bot, as values; and the words that tell them so. Pure."""

from dataclasses import dataclass
from typing import TypeAlias

from slack_bot.routes import Route
from slack_bot.schedule_changes import Change
from upstream_client.models import Verdict

HERE = "here"
"""The scope of a schedule, or where a route leads: the channel it is written in."""
ALL = "all"
"""The scope of a schedule: every channel."""


@dataclass(frozen=True, slots=True)
class Greeting:
    """Nothing was asked."""


@dataclass(frozen=True, slots=True)
class Help:
    """What can I write? ``topic`` is the first word of a command of `HELP`, or ""."""

    topic: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """How does the bot stand?"""


@dataclass(frozen=True, slots=True)
class Pending:
    """What is waiting?"""


@dataclass(frozen=True, slots=True)
class Show:
    """What is asked there? ``which`` is how the request's id begins."""

    which: str


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a card: how the request's id begins, and whatever was written behind it."""

    verdict: Verdict
    which: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """What was settled lately?"""


@dataclass(frozen=True, slots=True)
class Policy:
    """Who may decide here?"""


@dataclass(frozen=True, slots=True)
class Remove:
    """Post no requests in ``channel`` any more; None for the channel it is written in."""

    channel: str | None


@dataclass(frozen=True, slots=True)
class Approvers:
    """These people, members of these user groups, or everyone of the channel may decide here; never nobody."""

    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    everyone: bool = False


@dataclass(frozen=True, slots=True)
class AutoApprove:
    """Changes to a schedule. ``scope`` is `HERE`, `ALL` or a channel's id; ``changes`` is never empty."""

    scope: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class ShowRoutes:
    """Which requests go to which channels?"""


@dataclass(frozen=True, slots=True)
class AddRoute:
    """One more route, which comes last; `HERE` may be one of its channels."""

    route: Route


@dataclass(frozen=True, slots=True)
class RemoveRoute:
    """No such route any more; ``number`` is the one that is listed with it."""

    number: int


Command: TypeAlias = (
    Greeting
    | Help
    | Status
    | Pending
    | Show
    | Answer
    | History
    | Policy
    | Remove
    | Approvers
    | AutoApprove
    | ShowRoutes
    | AddRoute
    | RemoveRoute
)


@dataclass(frozen=True, slots=True)
class Misunderstood:
    """What was wrong, and what to write instead; mrkdwn, with what was written in it escaped and cut."""

    words: str


HELP: tuple[tuple[str, str], ...] = (
    ("help", "what you can write to me"),
    ("status", "how I am, and what is off"),
    ("pending", "what waits here for an answer, with ids"),
    ("show k7m2", "one request; the beginning of its id is enough"),
    (
        "approve k7m2 Reviewed with the team",
        "answers its card in this channel; the comment may be left out, and where the card lets you choose for how "
        "long, that comes before it: `approve k7m2 1h`",
    ),
    ("deny k7m2 Not before the release", "the same for a no; `reject` is another word for it"),
    ("history", "what was settled here lately"),
    ("policy", "who may decide here, and on what terms"),
    (
        "approvers @person @group",
        "who may decide here from now on; `approvers everyone` for all full members",
    ),
    ("autoapprove status", "what I approve here without a person"),
    (
        "autoapprove on hours mon-fri 09:00-17:30 Europe/Berlin",
        "approve outside these hours; besides them `holidays DE-BE`, `duration 1h`, `max-risk medium`, "
        "`rated-only`, `until 2026-12-24`; with `all` or a #channel for elsewhere",
    ),
    ("autoapprove off", "leave everything to people again"),
    ("route list", "which requests I post in which channels"),
    (
        "route here environment prod* risk high,critical",
        "post requests like these in this channel alone, or in several: `route here #channel …`; besides them "
        "`upstream`, `repository`, `requester`, `label:team payments`; what fits no route goes to the default "
        "channel",
    ),
    ("route remove 2", "that route is no more; `route list` tells the numbers"),
    ("remove", "post no requests here any more"),
)
"""(what to write, what it does), in the order in which people need it; both are mrkdwn."""

COMMANDS = tuple(dict.fromkeys(written.split()[0] for written, _ in HELP))
"""The first words of commands."""


def example(command: str) -> str:
    """The longest thing that `HELP` shows of a command."""
    return max((written for written, _ in HELP if written.split()[0] == command), key=len)
