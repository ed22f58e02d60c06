"""Whether one approver is enough in a channel, where it would be more if the channel said nothing. Pure."""

from dataclasses import replace

from slack_bot.policy.channel_policy import ChannelPolicy
from slack_bot.policy.risks import LEVELS
from slack_bot.policy.terms import Approvals
from upstream_client.models import Risk


def more_than_one(policy: ChannelPolicy) -> dict[Risk, int]:
    """How many people would have to approve if the channel said nothing, for the risks with more than one.

    Seats are left out here and below: they are filled besides, whatever is said of numbers.
    """
    asked = _by_numbers(_unsaid(policy))
    return {risk: needed for risk, needed in asked.items() if needed > 1}


def is_opted_out(policy: ChannelPolicy) -> bool:
    """Whether the channel asks for fewer people than if it said nothing."""
    asked = _by_numbers(policy)
    return any(asked[risk] < needed for risk, needed in more_than_one(policy).items())


def opted(policy: ChannelPolicy, out: bool) -> ChannelPolicy:
    """The policy by which one approver is enough, or by which none is asked for fewer than if nothing was said.

    What is so already stays as it is, so that numbers of its own are not lost; opted in, no number gets lower.
    """
    if out is is_opted_out(policy):
        return policy
    return _one_is_enough(policy) if out else _lifted(policy)


def _one_is_enough(policy: ChannelPolicy) -> ChannelPolicy:
    """No risk asks for more than one then, be it that the channel alone had said so."""
    more = {**more_than_one(policy), **{risk: n for risk, n in _by_numbers(policy).items() if n > 1}}
    ones = {risk.value: 1 for risk in more}
    return replace(policy, terms=replace(policy.terms, approvals=replace(policy.terms.approvals, **ones)))


def _lifted(policy: ChannelPolicy) -> ChannelPolicy:
    """Of the channel's own numbers those are left out that are lower than what holds then."""
    own, unsaid = policy.terms.approvals, _by_numbers(_unsaid(policy))
    lower: dict[str, None] = {
        risk.value: None for risk in LEVELS if (own.of(risk) or unsaid[risk]) < unsaid[risk]
    }
    return replace(policy, terms=replace(policy.terms, approvals=replace(own, **lower)))


def _unsaid(policy: ChannelPolicy) -> ChannelPolicy:
    return replace(policy, terms=replace(policy.terms, approvals=Approvals()))


def _by_numbers(policy: ChannelPolicy) -> dict[Risk, int]:
    alone = replace(policy, terms=replace(policy.terms, seats=()))
    return {risk: alone.needed(risk) for risk in LEVELS}
