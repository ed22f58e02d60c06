"""Who people are, as Slack tells it: their standing, their groups, the channels they are in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from slack_sdk import WebClient

from slack_bot.policy import LookUps, Standing, Voter
from slack_bot.policy.mentions import mention_group
from slack_bot.slack_api import RateLimited, Refused, SlackFailure, call

REMEMBERED = 60.0
"""Seconds for which an answer of Slack's is used again."""
FAILURES_REMEMBERED = 5.0
"""Seconds for which a question that failed is not asked again: a crowd of presses must not wait in line."""
MOST_REMEMBERED = 2_000
"""So many answers of each kind are kept; the oldest give way."""
PAGE = 200

T = TypeVar("T")


class CannotTell(Exception):
    """Slack did not answer; the text says so to the person who waits for it, with mentions as Slack writes them.

    ``lacks_scope``: it will not, until an admin gives the app the scope.
    """

    def __init__(self, words: str, *, lacks_scope: bool = False) -> None:
        super().__init__(words)
        self.lacks_scope = lacks_scope


class Busy(Exception):
    """Slack asked us to wait ``retry_after`` seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"Slack asked us to wait {retry_after:g} seconds")
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Person:
    """One account of the workspace. ``zone`` is an IANA name; ``email`` is empty without users:read.email."""

    id: str
    name: str
    standing: Standing
    is_admin: bool = False
    zone: str = "UTC"
    email: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A user group; ``handle`` is what people write after the @."""

    id: str
    handle: str


@dataclass(frozen=True, slots=True)
class Place:
    """A conversation. ``is_shared``: with another organisation; ``is_direct``: among people, no channel."""

    is_shared: bool = False
    is_archived: bool = False
    is_direct: bool = False


class Memory(Generic[T]):
    """What was told, each for so many seconds; the oldest gives way where there is too much."""

    def __init__(self, monotonic: Callable[[], float], seconds: float, most: int = MOST_REMEMBERED) -> None:
        self._monotonic = monotonic
        self._seconds = seconds
        self._most = most
        self._kept: dict[str, tuple[float, T]] = {}

    def get(self, name: str) -> T | None:
        """What was told not too long ago."""
        found = self._kept.get(name)
        return None if found is None or found[0] < self._monotonic() else found[1]

    def keep(self, name: str, told: T) -> T:
        """Remembers it from now on."""
        self._kept.pop(name, None)
        if len(self._kept) >= self._most:
            del self._kept[next(iter(self._kept))]
        self._kept[name] = (self._monotonic() + self._seconds, told)
        return told


class Directory:
    """Reads people, user groups and channel members, and remembers what it read for a minute.

    Used by one thread. Every method raises `Busy` where Slack says 429, `CannotTell` on any other failure.
    """

    def __init__(
        self, client: WebClient, team_id: str, monotonic: Callable[[], float], enterprise_id: str = ""
    ) -> None:
        """``team_id`` is our workspace's, ``enterprise_id`` our organisation's if it is in one."""
        self._client = client
        self._team_id = team_id
        self._enterprise_id = enterprise_id
        self._monotonic = monotonic
        self._people = Memory[Person](monotonic, REMEMBERED)
        self._by_email = Memory[tuple[Person | None]](monotonic, REMEMBERED)
        self._members = Memory[frozenset[str]](monotonic, REMEMBERED)
        self._groups = Memory[tuple[Group, ...]](monotonic, REMEMBERED)
        self._places = Memory[Place](monotonic, REMEMBERED)
        self._failures = Memory[_Failure](monotonic, FAILURES_REMEMBERED)
        self._closed: dict[str, float] = {}

    def person(self, user_id: str, what: str = "who you are") -> Person:
        """The account with this id; ``what`` is said where that cannot be read. Needs the scope users:read."""
        known = self._people.get(user_id)
        if known is not None:
            return known
        answer = self._ask(what, "users:read", "users.info", user=user_id)
        return self._people.keep(user_id, self._read(user_id, answer["user"]))

    def by_email(self, email: str) -> Person | None:
        """The account with this address; None where there is none. Needs the scope users:read.email.

        https://docs.slack.dev/reference/methods/users.lookupByEmail
        """
        known = self._by_email.get(email.casefold())
        if known is not None:
            return known[0]
        try:
            answer = self._ask("who has this address", "users:read.email", "users.lookupByEmail", email=email)
        except CannotTell as error:
            if isinstance(error.__cause__, Refused) and error.__cause__.code == "users_not_found":
                return self._by_email.keep(email.casefold(), (None,))[0]
            raise
        user = answer["user"]
        return self._by_email.keep(email.casefold(), (self._read(str(user["id"]), user),))[0]

    def voter(self, person: Person, look_ups: LookUps, channel: str) -> Voter:
        """What a policy needs to know of somebody who pressed a button in ``channel``."""
        groups = frozenset(
            group for group in look_ups.groups if person.id in self._group(group, mention_group(group))
        )
        in_channel = look_ups.channel_members and person.id in self._channel(channel)
        return Voter(person.id, person.standing, groups, in_channel, person.email)

    def is_in_admin_group(self, user_id: str, group: str) -> bool:
        """Whether somebody is in the admins' group. Needs the scope usergroups:read."""
        return user_id in self._group(group, f"the admins' group {mention_group(group)}")

    def groups(self) -> tuple[Group, ...]:
        """The workspace's user groups, by handle. Needs the scope usergroups:read.

        https://docs.slack.dev/reference/methods/usergroups.list
        """
        known = self._groups.get("")
        if known is not None:
            return known
        answer = self._ask("which user groups there are", "usergroups:read", "usergroups.list")
        found = (Group(str(one["id"]), str(one.get("handle") or one["id"])) for one in answer["usergroups"])
        return self._groups.keep("", tuple(sorted(found, key=lambda group: group.handle)))

    def place(self, channel: str) -> Place:
        """What kind of conversation this is. Needs the scope channels:read, in a private channel groups:read.

        https://docs.slack.dev/reference/methods/conversations.info
        """
        known = self._places.get(channel)
        if known is not None:
            return known
        answer = self._ask(
            "what kind of channel this is",
            "channels:read and groups:read",
            "conversations.info",
            channel=channel,
        )
        told = answer["channel"]
        place = Place(
            is_shared=bool(told.get("is_ext_shared") or told.get("is_pending_ext_shared")),
            is_archived=bool(told.get("is_archived")),
            is_direct=bool(told.get("is_im") or told.get("is_mpim")),
        )
        return self._places.keep(channel, place)

    def _read(self, user_id: str, user: dict[str, Any]) -> Person:
        profile = user.get("profile", {})
        names = (
            profile.get("display_name"),
            profile.get("real_name"),
            user.get("real_name"),
            user.get("name"),
        )
        name = next((name for name in names if name), user_id)
        standing = self._standing(user)
        return Person(
            user_id,
            name,
            standing,
            is_admin=standing is Standing.MEMBER and bool(user.get("is_admin") or user.get("is_owner")),
            zone=str(user.get("tz") or "UTC"),
            email=str(profile.get("email") or ""),
        )

    def _standing(self, user: dict[str, Any]) -> Standing:
        if user.get("deleted"):
            return Standing.DEACTIVATED
        if user.get("is_bot") or user.get("is_workflow_bot"):
            return Standing.BOT
        if user.get("is_stranger") or not self._is_ours(user):
            return Standing.STRANGER
        if user.get("is_restricted") or user.get("is_ultra_restricted"):
            return Standing.GUEST
        return Standing.MEMBER

    def _is_ours(self, user: dict[str, Any]) -> bool:
        """Of our workspace, or of our organisation: in Enterprise Grid people have a team of their own.

        https://docs.slack.dev/reference/objects/user-object
        """
        organisation = (user.get("enterprise_user") or {}).get("enterprise_id")
        return user.get("team_id") == self._team_id or bool(
            self._enterprise_id and organisation == self._enterprise_id
        )

    def _group(self, group: str, called: str) -> frozenset[str]:
        return self._listing(f"group {group}", lambda: self._read_group(group, called))

    def _channel(self, channel: str) -> frozenset[str]:
        return self._listing(f"channel {channel}", lambda: self._read_channel(channel))

    def _listing(self, name: str, read: Callable[[], frozenset[str]]) -> frozenset[str]:
        known = self._members.get(name)
        return self._members.keep(name, read()) if known is None else known

    def _read_group(self, group: str, called: str) -> frozenset[str]:
        answer = self._ask(f"who is in {called}", "usergroups:read", "usergroups.users.list", usergroup=group)
        return frozenset(answer["users"])

    def _read_channel(self, channel: str) -> frozenset[str]:
        members: set[str] = set()
        cursor = ""
        while True:
            answer = self._ask(
                "who is in this channel",
                "channels:read and groups:read",
                "conversations.members",
                channel=channel,
                limit=PAGE,
                cursor=cursor,
            )
            members.update(answer["members"])
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return frozenset(members)

    def _ask(self, what: str, scope: str, method: str, **arguments: object) -> dict[str, Any]:
        """Raises `CannotTell` as well for a few seconds after the same question failed."""
        given = {key: value for key, value in arguments.items() if value != ""}
        question = f"{method} {sorted(given.items())}"
        failed = self._failures.get(question)
        if failed is not None:
            raise failed.told(what)
        closed_for = self._closed.get(method, 0.0) - self._monotonic()
        if closed_for > 0:
            raise Busy(closed_for)
        try:
            return call(self._client, method, given)
        except RateLimited as error:
            self._closed[method] = self._monotonic() + error.retry_after
            raise Busy(error.retry_after) from error
        except SlackFailure as error:
            raise self._failures.keep(question, _failure(error, scope)).told(what) from error


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why a question was not answered: the end of the sentence, and what to do."""

    words: str
    lacks_scope: bool = False

    def told(self, what: str) -> CannotTell:
        return CannotTell(f"I cannot read from Slack {what}{self.words}", lacks_scope=self.lacks_scope)


def _failure(failure: SlackFailure, scope: str) -> _Failure:
    if not isinstance(failure, Refused):
        return _Failure(": it does not answer. Try again.")
    if failure.code == "missing_scope":
        words = f" ({failure.code}). An admin has to give the app the scope {scope}."
        return _Failure(words, lacks_scope=True)
    return _Failure(f" ({failure.code}). Please tell an admin.")
