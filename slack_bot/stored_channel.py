"""A channel that was registered in Slack, as it stands in the store. Pure."""

from typing import Literal

from pydantic import AwareDatetime, Field, StrictBool

from slack_bot.channel import Channel, GroupId, Source, Strict, UserId, microseconds, moment
from slack_bot.policy import ChannelPolicy
from slack_bot.written_terms import WrittenTerms


class _Registered(Strict):
    """Who may decide, and who registered it."""

    users: list[UserId] = Field([])
    groups: list[GroupId] = Field([])
    everyone: StrictBool = False
    registered_by: UserId | Literal[""] = ""
    registered_at: AwareDatetime | None = None


class StoredChannel(WrittenTerms, _Registered):
    """A channel as JSON that people can read: who may decide, and of the terms what is said for it alone."""

    @classmethod
    def keeping(cls, channel: Channel) -> "StoredChannel":
        """Raises pydantic's `ValidationError` where it could not be read again."""
        policy = channel.policy
        who = _Registered(
            users=list(dict.fromkeys(policy.users)),
            groups=list(dict.fromkeys(policy.groups)),
            everyone=policy.everyone,
            registered_by=channel.registered_by,
            registered_at=moment(channel.registered_at),
        )
        return cls.model_validate(who.model_dump() | WrittenTerms.of(policy.terms).said())

    def channel(self, channel_id: str) -> Channel:
        """The channel that is meant."""
        users, groups = tuple(self.users), tuple(self.groups)
        policy = ChannelPolicy(users, groups, self.everyone, self.registered_by, self.terms())
        return Channel(channel_id, policy, Source.STORE, self.registered_by, microseconds(self.registered_at))

    def text(self) -> str:
        """JSON, without what is not said."""
        return self.model_dump_json(indent=2, exclude_none=True)
