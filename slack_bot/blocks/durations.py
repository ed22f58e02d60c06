"""For how long a request may be approved in a channel. Pure."""

from slack_bot.blocks.upstream_name import UpstreamName
from slack_bot.policy import ChannelPolicy
from upstream_client.models import ONE_TIME, ApprovalRequest, Duration


def choosable(asked: ApprovalRequest, policy: ChannelPolicy | None) -> tuple[Duration, ...]:
    """The durations that the upstream offers and the channel allows; without a policy, all that are offered."""
    return tuple(one for one in asked.durations if policy is None or not policy.is_too_long(one))


def takes_others(upstream: UpstreamName, policy: ChannelPolicy | None) -> bool:
    """Whether a duration that is not offered may be written: nowhere that one time is the longest."""
    return upstream.other_durations and (policy is None or policy.longest != ONE_TIME)


def told_duration(
    asked: ApprovalRequest, upstream: UpstreamName, policy: ChannelPolicy | None
) -> Duration | None:
    """The only one that may be chosen: it is told and not asked, so a form's metadata must keep it."""
    found = choosable(asked, policy)
    return found[0] if len(found) == 1 and not takes_others(upstream, policy) else None


def none_is_short_enough(
    asked: ApprovalRequest, upstream: UpstreamName, policy: ChannelPolicy | None
) -> bool:
    """Whether everything that is offered is longer than the channel allows, and nothing else is taken."""
    return bool(asked.durations) and not choosable(asked, policy) and not takes_others(upstream, policy)
