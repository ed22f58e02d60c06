"""Who people are to the explainer: as Slack tells it, or as it is said on the command line."""

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from slack_sdk import WebClient

from slack_bot.directory import Directory, Person
from slack_bot.identity import Identity
from slack_bot.policy import ChannelPolicy, LookUps, Requester, Standing, Voter, claimed
from slack_bot.requesters import NOBODY_TOLD, who_asked
from upstream_client.models import ApprovalRequest

OFFLINE = "Offline nobody is looked for in Slack by their address."


class People(Protocol):
    """Raises `slack_bot.directory.CannotTell` and `slack_bot.directory.Busy` where Slack does not tell."""

    def person(self, user_id: str) -> Person: ...

    def voter(self, person: Person, look_ups: LookUps, channel: str) -> Voter: ...

    def requester(self, policy: ChannelPolicy, request: ApprovalRequest, voter: Person) -> Requester: ...


class InSlack:
    """Asked of Slack, as the bot asks it."""

    def __init__(self, client: WebClient) -> None:
        """Raises a `slack_bot.slack_api.SlackFailure` where Slack does not say who we are."""
        identity = Identity.ask(client)
        self._scopes = identity.scopes
        self._directory = Directory(client, identity.team_id, time.monotonic, identity.enterprise_id)

    def person(self, user_id: str) -> Person:
        """The account."""
        return self._directory.person(user_id, f"who {user_id} is")

    def voter(self, person: Person, look_ups: LookUps, channel: str) -> Voter:
        """What the policy needs to know of them."""
        return self._directory.voter(person, look_ups, channel)

    def requester(self, policy: ChannelPolicy, request: ApprovalRequest, voter: Person) -> Requester:
        """Who asked."""
        return who_asked(self._directory, self._scopes, policy, request)


@dataclass(frozen=True, slots=True)
class Offline:
    """One person as they are described. Of all others it is said at most in which groups they are.

    They are taken for full members who are in the channel.
    """

    user: str
    standing: Standing
    groups: frozenset[str] = frozenset()
    in_channel: bool = False
    email: str = ""
    others: Mapping[str, Collection[str]] = field(default_factory=dict)

    def person(self, user_id: str) -> Person:
        """The account, as far as it was described."""
        if user_id != self.user:
            return Person(user_id, user_id, Standing.MEMBER)
        return Person(user_id, user_id, self.standing, email=self.email)

    def voter(self, person: Person, look_ups: LookUps, channel: str) -> Voter:
        """What the policy needs to know of them."""
        is_described = person.id == self.user
        groups = self.groups if is_described else frozenset(self.others.get(person.id, ()))
        in_channel = self.in_channel or not is_described
        return Voter(
            person.id,
            person.standing,
            groups & frozenset(look_ups.groups),
            look_ups.channel_members and in_channel,
            person.email,
        )

    def requester(self, policy: ChannelPolicy, request: ApprovalRequest, voter: Person) -> Requester:
        """Who asked, by the map or by the voter's own address.

        Whose another address is only Slack knows: that is left open where it matters.
        """
        told = claimed(policy, request)
        if told.user_id:
            return Requester(told.user_id, told.emails)
        if not told.emails:
            return Requester(why=NOBODY_TOLD)
        matters = not voter.email or policy.refuses_unknown(request.risk)
        return Requester("", told.emails, OFFLINE, unread=matters)
