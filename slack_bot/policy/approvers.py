"""Who may decide. Pure: values in, None or why not out."""

from slack_bot.policy.channel_policy import ChannelPolicy
from slack_bot.policy.mentions import listed, mention, mention_group, mentions
from slack_bot.policy.risks import LEVELS, counted_as
from slack_bot.policy.standing import Refusal, Standing, Voter
from slack_bot.policy.terms import Silence
from upstream_client.models import Risk

_NEVER = {
    Standing.GUEST: Refusal("no guests", "Guests cannot decide here unless they are named as approvers."),
    Standing.STRANGER: Refusal(
        "no strangers", "People of another workspace cannot decide here unless they are named as approvers."
    ),
    Standing.BOT: Refusal("no bots", "Bots cannot decide."),
    Standing.DEACTIVATED: Refusal("no deactivated accounts", "Deactivated accounts cannot decide."),
}


def may_decide(
    policy: ChannelPolicy, voter: Voter, risk: Risk = Risk.CRITICAL, *, backup_called: bool = False
) -> Refusal | None:
    """None where the voter may decide what is so risky, else why not.

    Named people may, whatever their account; of all others only full members of the workspace, and of those
    the members of a named group or of one that has a seat, or everyone in the channel if that was chosen. With
    no list: nobody but the admin who registered the channel. Once the backup was called, it may as well.
    """
    backup = policy.silence(risk) if backup_called else Silence()
    if voter.user_id in (*policy.users, *backup.backup_users):
        return None
    if voter.standing is not Standing.MEMBER:
        return _NEVER[voter.standing]
    named = policy.names_somebody_for(risk)
    if not named and policy.registered_by and voter.user_id == policy.registered_by:
        return None
    seats = (seat.group for seat in policy.seats(risk))
    if voter.groups & {*policy.groups, *seats, *backup.backup_groups}:
        return None
    if policy.everyone and voter.in_channel:
        return None
    if not named:
        return Refusal("no approvers", _nobody_for(policy, risk))
    return Refusal("not an approver", f"You are not an approver here. Deciding is for {_who(policy, risk)}.")


def _who(policy: ChannelPolicy, risk: Risk) -> str:
    """Those who are named for what is so risky; there must be somebody."""
    seats = (seat.group for seat in policy.seats(risk))
    people = mentions(policy.users, dict.fromkeys((*policy.groups, *seats)))
    if policy.everyone:
        people.append("the full members of this channel")
    return listed(people)


def _nobody_for(policy: ChannelPolicy, risk: Risk) -> str:
    if not policy.names_somebody:
        return until_picked(policy)
    if policy.registered_by:
        who = mention(policy.registered_by)
        return f"Until approvers are picked, only {who} may decide here what has {counted_as(risk)} risk."
    return f"Nobody may decide here what has {counted_as(risk)} risk: an admin has to name approvers."


def until_picked(policy: ChannelPolicy) -> str:
    """Who may decide while nobody is named, in words."""
    if policy.registered_by:
        return f"Until approvers are picked, only {mention(policy.registered_by)} may decide here."
    return "Nobody may decide in this channel yet: an admin has to name its approvers."


def describe(policy: ChannelPolicy) -> str:
    """Who may decide, in words, with mentions as Slack writes them."""
    return " ".join([_described(policy), *_from_higher_risks(policy)])


def _described(policy: ChannelPolicy) -> str:
    if policy.names_somebody_for(Risk.LOW):
        return f"Deciding is for {_who(policy, Risk.LOW)}."
    what = _what_nobody_is_named_for(policy)
    if policy.registered_by:
        return f"Until approvers are picked, only {mention(policy.registered_by)} may decide here{what}."
    return f"Nobody may decide here yet{what}."


def _what_nobody_is_named_for(policy: ChannelPolicy) -> str:
    """Seats may begin at a higher risk: then it is not all."""
    risks = [risk.value for risk in LEVELS if not policy.names_somebody_for(risk)]
    return f" what has {listed(risks, 'or')} risk" if len(risks) < len(LEVELS) else ""


def _from_higher_risks(policy: ChannelPolicy) -> list[str]:
    """Those who may decide only what is risky enough, because they have a seat there."""
    known = {*policy.groups, *(seat.group for seat in policy.seats(Risk.LOW))}
    too = " too" if policy.names_somebody_for(Risk.LOW) else ""
    found = []
    for risk in LEVELS[1:]:
        more = [seat.group for seat in policy.all_seats if seat.from_risk is risk and seat.group not in known]
        known.update(more)
        if more:
            whom = listed([mention_group(group) for group in dict.fromkeys(more)])
            found.append(f"From {risk.value} risk upwards it is for {whom}{too}.")
            too = " too"
    return found
