"""Nobody approves what they asked for themselves. Pure.

Who asked is told by the upstream: as an e-mail address, or as a user name that the channel's terms turn into a
Slack user or into an address. An address is a person in Slack only once Slack says whose it is.
"""

from dataclasses import dataclass

from slack_bot.policy.channel_policy import ChannelPolicy
from slack_bot.policy.standing import Refusal
from slack_bot.policy.terms import UserName
from upstream_client.models import ApprovalRequest, Risk


@dataclass(frozen=True, slots=True)
class Claimed:
    """Who asked, as the upstream and the terms tell it: a Slack user's id or "", and addresses in small letters."""

    user_id: str = ""
    emails: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Requester:
    """Who asked, once Slack was asked for it.

    ``user_id`` is "" where that cannot be told, and ``why`` says why in words. ``unread`` tells that Slack did not
    answer, so that a later look may tell more.
    """

    user_id: str = ""
    emails: tuple[str, ...] = ()
    why: str = ""
    unread: bool = False


def claimed(policy: ChannelPolicy, request: ApprovalRequest) -> Claimed:
    """Who asked. The map of user names comes first, then the upstream's own address, then the rules."""
    told = [name.strip().casefold() for name in (request.requester, request.requester_email) if name.strip()]
    user_id = next((user for name, user in policy.requesters if name.strip().casefold() in told), "")
    emails = [name for name in told if _is_address(name)]
    by_rule = (address_of(rule, request) for rule in policy.user_names)
    return Claimed(user_id, tuple(dict.fromkeys([*emails, *(one for one in by_rule if one)])))


def address_of(rule: UserName, request: ApprovalRequest) -> str:
    """The address that a rule makes of the requester's user name, in small letters; "" where it does not fit."""
    if rule.upstream not in ("", request.upstream):
        return ""
    before, star, after = rule.pattern.casefold().partition("*")
    name = request.requester.strip().casefold()
    fits = name.startswith(before) and name.endswith(after) and len(name) > len(before) + len(after)
    if not star or not fits:
        return ""
    found = name[len(before) : len(name) - len(after)]
    return rule.email.casefold().replace("*", found, 1) if _is_plain(found) else ""


def _is_address(text: str) -> bool:
    local, at, domain = text.rpartition("@")
    return bool(local and at and "." in domain and _is_plain(local) and _is_plain(domain))


def _is_plain(text: str) -> bool:
    """Whether it may stand on one side of an address."""
    return not any(one.isspace() or one in '@<>,;"()[]\\' for one in text)


def refuse_own(
    policy: ChannelPolicy, risk: Risk, requester: Requester, voter_id: str, voter_email: str
) -> Refusal | None:
    """None where the voter did not ask for it themselves, as far as the policy wants to know; else why not."""
    return None if policy.allows_own else refuse_own_glass(policy, risk, requester, voter_id, voter_email)


def refuse_own_glass(
    policy: ChannelPolicy, risk: Risk, requester: Requester, voter_id: str, voter_email: str
) -> Refusal | None:
    """The same where somebody breaks the glass: then own requests are never allowed."""
    own_address = bool(voter_email) and voter_email.casefold() in requester.emails
    if voter_id == requester.user_id or own_address:
        return Refusal(
            "not one's own",
            "You asked for this yourself, so somebody else has to approve it. You may deny it.",
        )
    if requester.user_id:
        return None
    if requester.unread:
        return Refusal("cannot tell who asked", f"{requester.why} Until then nobody can approve this.")
    if policy.refuses_unknown(risk):
        return Refusal("cannot tell who asked", _cannot_tell(requester))
    return None


def _cannot_tell(requester: Requester) -> str:
    why = f" {requester.why}" if requester.why else ""
    return (
        f"I cannot tell who in Slack asked for this, so it might be you.{why} "
        "An admin can say who it is, or allow it: see `policy`."
    )
