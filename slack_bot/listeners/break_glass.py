"""What it takes to decide alone for the whole quorum, and who is told that somebody did."""

from sqlalchemy import Connection

from slack_bot.ballots import Ballot
from slack_bot.blocks import UpstreamName, announced_in, broken_glass
from slack_bot.conversation.asked import Asked
from slack_bot.conversation.lines import announce_message
from slack_bot.policy import ChannelPolicy, Requester, Tally, takes_several, text_of
from slack_bot.refusal import No
from slack_bot.rows import RequestRow
from upstream_client.models import Verdict

NOT_ALLOWED = (
    "In this channel nobody may decide alone by breaking the glass, so I did nothing. "
    "Please ask somebody else to approve as well."
)
UNKNOWN_REQUESTER = (
    "Whoever breaks the glass must not have asked for it, and I cannot tell who in Slack asked for this, so I did "
    "nothing. Please ask somebody else to approve as well; an admin can say who asks: see `policy`."
)


def refuse_where_not_allowed(row: RequestRow, upstream: UpstreamName, policy: ChannelPolicy) -> None:
    """The channel must allow it, and one approval not be enough anyway. Raises `No`."""
    if not policy.break_glass.allowed:
        raise No("break-glass not allowed", NOT_ALLOWED, policy=text_of(policy))
    if not takes_several(policy, row.asked.risk):
        words = f"One approval is enough for this, so I did nothing. Please press “{upstream.approve}”."
        raise No("break-glass not needed", words, policy=text_of(policy))


def refuse_where_not_needed(after: Tally, upstream: UpstreamName, policy: ChannelPolicy) -> None:
    """``after`` is what the votes add up to with this person's approval. Raises `No`."""
    if after.verdict is Verdict.APPROVE:
        words = f"Your approval is all that is missing, so I did nothing. Please press “{upstream.approve}”."
        raise No("break-glass not needed", words, policy=text_of(policy))


def refuse_unknown(requester: Requester, policy: ChannelPolicy) -> None:
    """Nobody else looks at it, so it must be sure that it is not their own, whatever the risk. Raises `No`."""
    if not requester.user_id:
        raise No("cannot tell who asked", UNKNOWN_REQUESTER, policy=text_of(policy))


def announce(
    tx: Connection, asked: Asked, row: RequestRow, ballot: Ballot, before: Tally, requester: str
) -> None:
    """Says it in the channel and where its policy names another; see `slack_bot.blocks.broken_glass`."""
    message = broken_glass(row, asked.desk.upstreams[row.upstream], ballot, before, requester)
    for channel in announced_in(ballot.channel, ballot.rules):
        announce_message(tx, asked, channel, message, row.key)
