"""Who people are, as Slack tells it: their standing, their groups, the channels they are in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from slack_sdk import WebClient

from slack_bot.policy import LookUps, Standing, Voter
from slack_bot.slack_api import RateLimited, Refused, SlackFailure, call

REMEMBERED = 60.0
"""Seconds for which an answer of Slack's is used again."""
PAGE = 200


class CannotTell(Exception):
    """Slack did not answer; the text says so to the person who waits for it."""


class Busy(Exception):
    """Slack asked us to wait ``retry_after`` seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"Slack asked us to wait {retry_after:g} seconds")
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Person:
    """One account of the workspace."""

    id: str
    name: str
    standing: Standing


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
        self._people: dict[str, tuple[float, Person]] = {}
        self._members: dict[str, tuple[float, frozenset[str]]] = {}
        self._closed: dict[str, float] = {}

    def person(self, user_id: str) -> Person:
        """The account with this id. Needs the scope users:read."""
        found = self._people.get(user_id)
        if found is None or found[0] < self._monotonic():
            answer = self._ask("who you are", "users:read", "users.info", user=user_id)
            found = (self._monotonic() + REMEMBERED, self._read(user_id, answer["user"]))
            self._people[user_id] = found
        return found[1]

    def voter(self, person: Person, look_ups: LookUps, channel: str) -> Voter:
        """What a policy needs to know of somebody who pressed a button in ``channel``."""
        groups = frozenset(group for group in look_ups.groups if person.id in self._group(group))
        in_channel = look_ups.channel_members and person.id in self._channel(channel)
        return Voter(person.id, person.standing, groups, in_channel)

    def _read(self, user_id: str, user: dict[str, Any]) -> Person:
        profile = user.get("profile", {})
        names = (
            profile.get("display_name"),
            profile.get("real_name"),
            user.get("real_name"),
            user.get("name"),
        )
        name = next((name for name in names if name), user_id)
        return Person(user_id, name, self._standing(user))

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

    def _group(self, group: str) -> frozenset[str]:
        return self._listing(f"group {group}", lambda: self._read_group(group))

    def _channel(self, channel: str) -> frozenset[str]:
        return self._listing(f"channel {channel}", lambda: self._read_channel(channel))

    def _listing(self, name: str, read: Callable[[], frozenset[str]]) -> frozenset[str]:
        found = self._members.get(name)
        if found is None or found[0] < self._monotonic():
            members = read()
            found = (self._monotonic() + REMEMBERED, members)
            self._members[name] = found
        return found[1]

    def _read_group(self, group: str) -> frozenset[str]:
        answer = self._ask(
            "who is in the approvers' group", "usergroups:read", "usergroups.users.list", usergroup=group
        )
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
        given = {key: value for key, value in arguments.items() if value != ""}
        closed_for = self._closed.get(method, 0.0) - self._monotonic()
        if closed_for > 0:
            raise Busy(closed_for)
        try:
            return call(self._client, method, given)
        except RateLimited as error:
            self._closed[method] = self._monotonic() + error.retry_after
            raise Busy(error.retry_after) from error
        except Refused as error:
            advice = (
                f"An admin has to give the app the scope {scope}."
                if error.code == "missing_scope"
                else "Please tell an admin."
            )
            raise CannotTell(f"I cannot read from Slack {what} ({error.code}). {advice}") from error
        except SlackFailure as error:
            raise CannotTell(f"I cannot read from Slack {what}: it does not answer. Press again.") from error
