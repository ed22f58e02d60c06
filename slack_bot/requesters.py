"""Who in Slack asked for a request, as far as that can be told."""

from collections.abc import Collection

from slack_bot.directory import CannotTell, Directory
from slack_bot.policy import ChannelPolicy, Requester, claimed
from upstream_client.models import ApprovalRequest

EMAILS = "users:read.email"
"""The scope with which people are found by their address."""
NOBODY_TOLD = "The request names nobody whom I know."
NO_SCOPE = f"I may not look for people by their address: that takes the scope {EMAILS}."
NO_ACCOUNT = "Nobody in Slack has the address of whoever asked."


def who_asked(
    directory: Directory, scopes: Collection[str], policy: ChannelPolicy, request: ApprovalRequest
) -> Requester:
    """By the channel's map of user names, else by the address. ``scopes`` are what the app was given.

    Where a scope is missing a later look tells no more, whether that was known before or Slack says so now.

    Raises `slack_bot.directory.Busy` where Slack asks to wait.
    """
    told = claimed(policy, request)
    if told.user_id:
        return Requester(told.user_id, told.emails)
    if not told.emails:
        return Requester(why=NOBODY_TOLD)
    if EMAILS not in scopes:
        return Requester("", told.emails, NO_SCOPE)
    try:
        found = [directory.by_email(email) for email in told.emails]
    except CannotTell as error:
        return Requester("", told.emails, str(error), unread=not error.lacks_scope)
    known = [person.id for person in found if person is not None]
    return Requester(known[0], told.emails) if known else Requester("", told.emails, NO_ACCOUNT)
