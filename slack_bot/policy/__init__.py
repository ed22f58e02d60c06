"""Who may decide, on what terms, and what the votes add up to.

Pure: values in, a verdict and its reason in words out.
"""

from slack_bot.policy.admins import Admins, describe_admins, may_administer
from slack_bot.policy.approvers import describe, may_decide
from slack_bot.policy.channel_policy import ChannelPolicy, Said, risks_alike, takes_several
from slack_bot.policy.mentions import listed, with_short_lists
from slack_bot.policy.own import Claimed, Requester, claimed, refuse_own, refuse_own_glass
from slack_bot.policy.silence import (
    Call,
    Waiting,
    call_due,
    granted,
    has_deadline,
    on_silence,
    verdict_due,
    words_of,
)
from slack_bot.policy.standing import Account, LookUps, Refusal, Standing, Voter
from slack_bot.policy.tally import Approval, Tally, Vote, count, has_run_out
from slack_bot.policy.terms import (
    BUILT_IN_APPROVALS,
    ONE_IS_ENOUGH,
    Approvals,
    BreakGlass,
    OnSilence,
    RefusedFrom,
    Seat,
    Silence,
    Silences,
    Terms,
    UserName,
)
from slack_bot.policy.words import Part, in_words, text_of

__all__ = [
    "BUILT_IN_APPROVALS",
    "ONE_IS_ENOUGH",
    "Account",
    "Admins",
    "Approval",
    "Approvals",
    "BreakGlass",
    "Call",
    "ChannelPolicy",
    "Claimed",
    "LookUps",
    "OnSilence",
    "Part",
    "RefusedFrom",
    "Refusal",
    "Requester",
    "Said",
    "Seat",
    "Silence",
    "Silences",
    "Standing",
    "Tally",
    "Terms",
    "UserName",
    "Vote",
    "Voter",
    "Waiting",
    "call_due",
    "claimed",
    "count",
    "describe",
    "describe_admins",
    "granted",
    "has_deadline",
    "has_run_out",
    "in_words",
    "listed",
    "may_administer",
    "may_decide",
    "on_silence",
    "refuse_own",
    "refuse_own_glass",
    "risks_alike",
    "takes_several",
    "text_of",
    "verdict_due",
    "with_short_lists",
    "words_of",
]
