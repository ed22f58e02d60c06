"""Who somebody is to a policy: their account, and what was looked up of them. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Standing(StrEnum):
    """What kind of account somebody has."""

    MEMBER = "member"
    GUEST = "guest"
    STRANGER = "stranger"
    BOT = "bot"
    DEACTIVATED = "deactivated"


@dataclass(frozen=True, slots=True)
class LookUps:
    """What to read from Slack about one voter."""

    groups: tuple[str, ...]
    channel_members: bool


@dataclass(frozen=True, slots=True)
class Voter:
    """Somebody who pressed a button, and what the look-ups told. ``email`` is "" where Slack does not tell."""

    user_id: str
    standing: Standing
    groups: frozenset[str] = frozenset()
    in_channel: bool = False
    email: str = ""


class Account(Protocol):
    """What must be known of somebody who wants to change something."""

    @property
    def id(self) -> str: ...

    @property
    def standing(self) -> Standing: ...

    @property
    def is_admin(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not: the rule's name, and a sentence that says what would satisfy it."""

    rule: str
    words: str
