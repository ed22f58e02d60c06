"""A judgement in plain text: the answer, the rule and where it comes from, why, and what would satisfy it. Pure."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from slack_bot.channel import Channel, Source
from slack_bot.explainer.judgement import CANNOT_TELL_WHO, REPEATED, Case, Judgement
from slack_bot.plain_text import one_line
from slack_bot.policy import (
    Part,
    Refusal,
    Requester,
    Said,
    Silence,
    Standing,
    Tally,
    Voter,
    in_words,
    listed,
)
from slack_bot.policy.words import (
    OWN_REQUESTS,
    SEATS,
    UNKNOWN_REQUESTERS,
    WHO,
    how_many_is_said,
    silence_in_words,
)
from upstream_client.models import Risk, Verdict

BUILT_IN_RULES = ("no guests", "no strangers", "no bots", "no deactivated accounts", REPEATED)
PART_OF = {"not one's own": OWN_REQUESTS, CANNOT_TELL_WHO: UNKNOWN_REQUESTERS}
"""The part of the policy by which something is refused; it is `WHO` for all others."""
REMEDIES = {
    "not one's own": "Somebody else approves it; or own_requests says allow.",
    CANNOT_TELL_WHO: (
        "requesters or user_names tell who asked; or unknown_requester_refused_from says a higher risk, or never."
    ),
    "no guests": "They are named as an approver: no group makes one of a guest.",
    "no strangers": "They are named as an approver: no group makes one of somebody of another workspace.",
    "no bots": "A person approves it.",
    "no deactivated accounts": "Somebody else approves it.",
    "no approvers": "An admin names approvers.",
    "not an approver": "One of those approves it; or this person is named as well, or put into a group that is.",
    REPEATED: "Somebody else approves it.",
}
SOURCES = {
    Source.FILE: "declared in channels.json",
    Source.ENVIRONMENT: "declared by SLACK_CHANNEL",
    Source.STORE: "registered in Slack",
}
_MENTION = re.compile(r"<(?:[@#]|!subteam\^)(\w+)>")


def explanation(judged: Judgement, channel: Channel, rated_by: str) -> Iterator[str]:
    """Lines. ``rated_by`` says where the risk comes from."""
    yield from map(plain, _lines(judged, channel, rated_by))


def plain(line: str) -> str:
    """With ids where Slack would draw names."""
    return _MENTION.sub(r"\1", line)


def _lines(judged: Judgement, channel: Channel, rated_by: str) -> Iterator[str]:
    case, refusal = judged.case, judged.refusal
    title = one_line(case.request.title)
    what = f"approve “{title}” in {case.channel}"
    if refusal is not None:
        yield f"Not allowed: {case.user} may not {what}."
    elif judged.is_enough_already:
        yield f"Allowed: the approvals given are enough by now; this press decides. {case.user} may {what}."
    else:
        yield f"Allowed: {case.user} may {what}."
    yield from _why(judged)
    yield f"Risk: {case.request.risk.value}, {rated_by}."
    if judged.requester is not None:
        yield f"Asked by: {_asked_by(judged.requester)}"
    yield f"Approvals: {_approvals(judged)}"
    silence = silence_in_words(case.policy, case.request.risk)
    yield f"While nobody answers: {silence.words} ({silence.said.value})"
    yield f"The policy of {case.channel}, which is {SOURCES[channel.source]}:"
    yield from (f"  {part.rule}: {part.words} ({part.said.value})" for part in in_words(case.policy))


def _why(judged: Judgement) -> Iterator[str]:
    refusal = judged.refusal
    if refusal is None:
        source = _entitled(judged.case, judged.voter)
        yield f"Rule: {source.rule} ({source.said.value})"
        yield f"Why: {source.words}."
        return
    yield f"Rule: {refusal.rule} ({_where(judged.case, refusal).value})"
    yield f"Why: {refusal.words}" if refusal.rule == REPEATED else f"Why: the bot would say: {refusal.words}"
    yield f"What would satisfy it: {REMEDIES[refusal.rule]}"


def _where(case: Case, refusal: Refusal) -> Said:
    if refusal.rule in BUILT_IN_RULES:
        return Said.BUILT_IN
    return _said(case, PART_OF.get(refusal.rule, WHO))


def _said(case: Case, rule: str) -> Said:
    return next(part.said for part in in_words(case.policy) if part.rule == rule)


def _entitled(case: Case, voter: Voter | None) -> Part:
    """By what somebody may decide who may: the rule, why, and where it comes from."""
    policy, risk = case.policy, case.request.risk
    member = voter if voter is not None and voter.standing is Standing.MEMBER else None
    groups = member.groups if member else frozenset[str]()
    named = groups & set(policy.groups)
    seated = groups & {seat.group for seat in policy.seats(risk)}
    backup = policy.silence(risk) if case.backup_called else Silence()
    if case.user in policy.users:
        return _by(case, WHO, "named as an approver")
    if named:
        return _by(case, WHO, f"in {listed(sorted(named))}")
    if seated:
        return _by(case, SEATS, f"in {listed(sorted(seated))}, of which somebody must approve")
    if policy.everyone and member is not None and member.in_channel:
        return _by(case, WHO, "in the channel, where all full members may decide")
    if case.user in backup.backup_users or groups & set(backup.backup_groups):
        return replace(silence_in_words(policy, risk), words="of the backup, which was called")
    return _by(case, WHO, "registered the channel, and nobody is named yet")


def _by(case: Case, rule: str, words: str) -> Part:
    return Part(rule, words, _said(case, rule))


def _asked_by(requester: Requester) -> str:
    return requester.user_id or f"somebody I do not know in Slack. {requester.why}"


def _approvals(judged: Judgement) -> str:
    """How far it has come, and what is missing then."""
    after, given = judged.after, judged.case.given
    void = [user for user in given if user not in after.given]
    besides = f" That of {listed(void)} does not count." if void else ""
    by = f", by {listed(after.given)}" if after.given else ""
    with_this = "" if judged.refusal else " with this one"
    return f"{len(after.given)} of {after.asked_in_all}{with_this}{by}; {_missing(judged, after)}{besides}"


def _missing(judged: Judgement, tally: Tally) -> str:
    if tally.verdict is Verdict.APPROVE:
        return "that is enough."
    said = _said(judged.case, SEATS) if tally.open_seats else how_many_is_said(judged.case.policy, tally.risk)
    return f"still needed: {tally.missing}, by the rule “{tally.rule}” ({said.value})."


def told_by(risk: Risk, place: int | None) -> str:
    """Where a risk comes from; ``place`` is that of the rule in channels.json which gives it, from 0 on."""
    if place is not None:
        return f"by risk_rules.{place} of channels.json"
    return "which counts as medium" if risk is Risk.UNRATED else "as the request says"


def unregistered(channel: str) -> Iterable[str]:
    """Lines, where no request is posted at all."""
    yield f"Not allowed: {channel} is not registered, so nothing is decided there."
    yield "Rule: channel not registered (built in)"
    yield "What would satisfy it: An admin registers the channel, or channels.json declares it."
