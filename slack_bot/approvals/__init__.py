"""The one place where a request changes state.

Every function works inside the caller's transaction, writes its audit record there, and changes a row only if
it is still the version that the caller read: the first verdict wins, across threads and replicas.

    pending ──▶ decided ──▶ approved | denied | expired | elsewhere | unconfirmed
       │  ▲        └──────▶ pending      (refused upstream, or the facts changed: votes void)
       │  └── any settled state          (listed again)
       └────▶ expired | elsewhere

    unconfirmed ──▶ approved | denied | expired | elsewhere, expired | elsewhere ──▶ the same   (told at last)
"""

from slack_bot.approvals.change import TAKEN_AS, Outdated
from slack_bot.approvals.deciding import (
    THE_SCHEDULE,
    THE_TIME_LIMIT,
    Cause,
    approve_by_schedule,
    decide_by_time_limit,
    vote,
)
from slack_bot.approvals.later import confirmed, ended
from slack_bot.approvals.seeing import NEVER, add, gone, missed, refresh, relist, still_there
from slack_bot.approvals.sending import (
    intend,
    not_confirmed,
    not_sent,
    reopen,
    still_pending,
    taken,
    unconfirmed,
)
from slack_bot.approvals.telling import OUTCOME

__all__ = [
    "NEVER",
    "OUTCOME",
    "TAKEN_AS",
    "THE_SCHEDULE",
    "THE_TIME_LIMIT",
    "Cause",
    "Outdated",
    "add",
    "approve_by_schedule",
    "confirmed",
    "decide_by_time_limit",
    "ended",
    "gone",
    "intend",
    "missed",
    "not_confirmed",
    "not_sent",
    "refresh",
    "relist",
    "reopen",
    "still_pending",
    "still_there",
    "taken",
    "unconfirmed",
    "vote",
]
