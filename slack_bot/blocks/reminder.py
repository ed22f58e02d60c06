"""What is said in a card's thread while nobody answers. Pure; all words are our own.

Nobody is mentioned who was not named: of "everyone here" the words say that they may decide, and no more.
"""

from collections.abc import Sequence

from slack_bot.blocks.message import Message
from slack_bot.policy import ChannelPolicy, Silence, Tally, claimed, listed
from slack_bot.policy.mentions import mentions
from upstream_client.models import DAY, HOUR, MINUTE, ApprovalRequest

MOST_MENTIONED = 50
"""A section takes 3,000 characters (docs.slack.dev/reference/block-kit/blocks/section-block)."""
_EVERYONE = "Full members of this channel may decide."


def reminder(
    policy: ChannelPolicy, asked: ApprovalRequest, tally: Tally, seconds: int, *, backup_called: bool
) -> Message:
    """For those who may decide and have not: it has waited for so many seconds, and this is missing."""
    risk, requester = asked.risk, _requester(policy, asked)
    backup = policy.silence(risk) if backup_called else Silence()
    users = dict.fromkeys((*_people(policy), *backup.backup_users))
    seats = (seat.group for seat in policy.seats(risk))
    groups = dict.fromkeys((*policy.groups, *seats, *backup.backup_groups))
    whom = mentions([user for user in users if user not in (requester, *tally.given)], groups)
    everyone = _EVERYONE if policy.everyone else ""
    return _reply(_addressed(whom, f"this has waited for {_how_long(seconds)}."), _so_far(tally), everyone)


def backup_call(policy: ChannelPolicy, asked: ApprovalRequest, tally: Tally, seconds: int) -> Message:
    """For the backup: from now on they may decide."""
    silence, requester = policy.silence(asked.risk), _requester(policy, asked)
    whom = mentions([user for user in silence.backup_users if user != requester], silence.backup_groups)
    waited = f"this has waited for {_how_long(seconds)}."
    called = "You are the backup: you may decide" if whom else "The backup may decide"
    return _reply(_addressed(whom, waited), _so_far(tally), f"{called} now as well.")


def _requester(policy: ChannelPolicy, asked: ApprovalRequest) -> str:
    """The id in Slack of who asked, where it is known and they must not approve it: nobody waits for them."""
    return "" if policy.allows_own else claimed(policy, asked).user_id


def _people(policy: ChannelPolicy) -> Sequence[str]:
    """Until somebody is named, whoever registered the channel decides."""
    alone = (policy.registered_by,) if policy.registered_by else ()
    return policy.users if policy.names_somebody else alone


def _addressed(whom: Sequence[str], words: str) -> str:
    if not whom:
        return words[0].upper() + words[1:]
    others = len(whom) - MOST_MENTIONED
    named = [*whom[:MOST_MENTIONED], f"{others} others"] if others > 0 else whom
    return f"{listed(named)}: {words}"


def _so_far(tally: Tally) -> str:
    """What is missing; nothing where the votes suffice, and only have to be counted again."""
    if not tally.missing:
        return ""
    if not tally.given and tally.missing == "1 more":
        return "Nobody has answered yet."
    return f"{len(tally.given)} of {tally.asked_in_all} have approved. Still needs {tally.missing}."


def _how_long(seconds: int) -> str:
    for size, noun in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")):
        if seconds >= 2 * size:
            return f"{seconds // size} {noun}s"
    return "1 minute" if seconds >= MINUTE else "less than a minute"


def _reply(*sentences: str) -> Message:
    words = " ".join(one for one in sentences if one)
    section = {"type": "section", "block_id": "reminder", "text": {"type": "mrkdwn", "text": words}}
    return Message(words, [section])
