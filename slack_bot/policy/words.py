"""A channel's whole policy in words, and where each part of it comes from. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from slack_bot.policy.approvers import describe
from slack_bot.policy.channel_policy import ChannelPolicy, Said, risks_alike
from slack_bot.policy.mentions import listed, mention_channel, mention_group, mentions
from slack_bot.policy.risks import LEVELS, counted_as
from slack_bot.policy.terms import OnSilence, RefusedFrom, Seat, Silence, Terms
from upstream_client.models import Duration, Risk

T = TypeVar("T")

WHO = "who"
HOW_MANY = "how many"
SEATS = "seats"
OWN_REQUESTS = "own requests"
UNKNOWN_REQUESTERS = "unknown requesters"
USER_NAMES = "user names"
SILENCE = "silence"
LONGEST = "longest"
BREAK_GLASS = "break-glass"
NOTHING_ELSE = "nothing else"
"""What is off because nobody has said anything of it, in one sentence."""


@dataclass(frozen=True, slots=True)
class Part:
    """One rule: its name, one sentence or a few with mentions as Slack writes them, and where it comes from."""

    rule: str
    words: str
    said: Said


def in_words(policy: ChannelPolicy) -> list[Part]:
    """Every part of the policy that holds in a channel; what is off and built in is told in the last one."""
    return [
        Part(WHO, describe(policy), _who_is_said(policy)),
        *_how_many(policy),
        *_seats(policy),
        *_requesters(policy),
        *_user_names(policy),
        *_silence(policy),
        *_longest(policy),
        *_break_glass(policy),
        *_nothing_else(policy),
    ]


def text_of(policy: ChannelPolicy) -> str:
    """All of it as one text, for the audit log."""
    return " ".join(part.words for part in in_words(policy))


def how_many_in_words(policy: ChannelPolicy) -> str:
    """How many people must approve, for each risk, wherever that comes from."""
    return " ".join(_must_approve(needed, risks) for risks, needed in risks_alike(policy))


def _alike(value_of: Callable[[Risk], T]) -> list[tuple[tuple[Risk, ...], T]]:
    """Neighbouring risks for which something is the same, with what it is."""
    found: list[tuple[tuple[Risk, ...], T]] = []
    for risk in LEVELS:
        value = value_of(risk)
        if found and found[-1][1] == value:
            found[-1] = ((*found[-1][0], risk), value)
        else:
            found.append(((risk,), value))
    return found


def _named(risks: Sequence[Risk]) -> str:
    return "any" if tuple(risks) == LEVELS else listed([risk.value for risk in risks], "or")


def _where(policy: ChannelPolicy, is_said: Callable[[Terms], bool]) -> Said:
    """Who says something: the channel, else the defaults, else nobody."""
    if is_said(policy.terms):
        return Said.HERE
    return Said.DEFAULTS if is_said(policy.defaults) else Said.BUILT_IN


def _who_is_said(policy: ChannelPolicy) -> Said:
    if policy.users or policy.groups or policy.everyone:
        return Said.HERE
    return _seats_are_said(policy) if policy.all_seats else Said.BUILT_IN


def how_many_is_said(policy: ChannelPolicy, risk: Risk) -> Said:
    """Where the number of people comes from: where there are more seats than that, it is theirs."""
    alone = replace(policy, terms=replace(policy.terms, seats=()))
    is_of_seats = policy.needed(risk) > alone.needed(risk)
    return _seats_are_said(policy) if is_of_seats else policy.needed_is_said(risk)


def _how_many(policy: ChannelPolicy) -> list[Part]:
    def asked(risk: Risk) -> tuple[int, Said]:
        return policy.needed(risk), how_many_is_said(policy, risk)

    return [Part(HOW_MANY, _must_approve(needed, risks), said) for risks, (needed, said) in _alike(asked)]


def _must_approve(needed: int, risks: Sequence[Risk]) -> str:
    who = "1 person" if needed == 1 else f"{needed} people"
    words = f"{who} must approve what has {_named(risks)} risk."
    return f"{words} What has no risk counts as medium." if Risk.MEDIUM in risks else words


def _seats_are_said(policy: ChannelPolicy) -> Said:
    return _where(policy, lambda terms: terms.seats is not None)


def _seats(policy: ChannelPolicy) -> list[Part]:
    seats, said = policy.all_seats, _seats_are_said(policy)
    if not seats:
        return [Part(SEATS, "They may be of any group.", said)] if said is not Said.BUILT_IN else []
    by_floor = [(risk, [seat for seat in seats if counted_as(seat.from_risk) is risk]) for risk in LEVELS]
    told = "; ".join(_of_groups(floor, there) for floor, there in by_floor if there)
    return [Part(SEATS, f"Of those who approve there must be {told}. One person fills one seat.", said)]


def _of_groups(floor: Risk, seats: Sequence[Seat]) -> str:
    words = listed([f"{seat.count} of {mention_group(seat.group)}" for seat in seats])
    return words if floor is LEVELS[0] else f"{words} {_upwards(floor)}"


def _upwards(floor: Risk) -> str:
    return f"for {floor.value} risk" if floor is LEVELS[-1] else f"from {floor.value} risk upwards"


def _requesters(policy: ChannelPolicy) -> list[Part]:
    said = _where(policy, lambda terms: terms.own_requests is not None)
    if policy.allows_own:
        return [Part(OWN_REQUESTS, "People may approve what they asked for themselves.", said)]
    return [
        Part(OWN_REQUESTS, "Nobody may approve what they asked for themselves; they may deny it.", said),
        _unknown_requesters(policy),
    ]


def _unknown_requesters(policy: ChannelPolicy) -> Part:
    said = _where(policy, lambda terms: terms.unknown_requester_refused_from is not None)
    begin = "Where I cannot tell who in Slack asked,"
    if policy.unknown_refused_from is RefusedFrom.NEVER:
        words = f"{begin} people may approve all the same: it may be their own request."
    else:
        refused = [risk for risk in LEVELS if policy.refuses_unknown(risk)]
        words = f"{begin} nobody may approve what has {_named(refused)} risk."
    return Part(UNKNOWN_REQUESTERS, words, said)


def _user_names(policy: ChannelPolicy) -> list[Part]:
    """Both hold together: those of the channel, and those of the defaults."""
    told = [(_known_names(policy.terms), Said.HERE), (_known_names(policy.defaults), Said.DEFAULTS)]
    return [Part(USER_NAMES, words, said) for words, said in told if words]


def _known_names(terms: Terms) -> str:
    names, rules = len(terms.requesters), len(terms.user_names)
    words = []
    if names:
        words.append("1 user name stands" if names == 1 else f"{names} user names stand")
        words[-1] += f" for {'a person' if names == 1 else 'people'} in Slack."
    if rules:
        made = "1 rule makes an e-mail address" if rules == 1 else f"{rules} rules make e-mail addresses"
        words.append(f"{made} of user names.")
    return " ".join(words)


def _silence_and_where(policy: ChannelPolicy, risk: Risk) -> tuple[Silence, Said]:
    return policy.silence(risk), _where(policy, lambda terms: terms.silence.of(risk) is not None)


def _silence(policy: ChannelPolicy) -> list[Part]:
    by_risk = _alike(lambda risk: _silence_and_where(policy, risk))
    return [
        Part(SILENCE, f"While nobody answers what has {_named(risks)} risk, {_happens(silence)}.", said)
        for risks, (silence, said) in by_risk
        if said is not Said.BUILT_IN
    ]


def silence_in_words(policy: ChannelPolicy, risk: Risk) -> Part:
    """What happens while nobody answers what is so risky."""
    silence, said = _silence_and_where(policy, risk)
    words = _happens(silence)
    return Part(SILENCE, f"{words[0].upper()}{words[1:]}.", said)


def _happens(silence: Silence) -> str:
    steps = []
    if silence.remind_after is not None:
        steps.append(f"I remind after {_long(silence.remind_after)}, then ever more rarely")
    if silence.backup_after is not None:
        backup = listed(mentions(silence.backup_users, silence.backup_groups) or ["nobody"])
        steps.append(f"after {_long(silence.backup_after)} I call {backup}, who may then decide as well")
    if silence.deadline is not None:
        steps.append(f"after {_long(silence.deadline)}{_at_the_deadline(silence.then)}")
    return "; ".join(steps) or "nothing happens by itself"


_OR_BEFORE = ", or shortly before it expires upstream,"


def _at_the_deadline(then: OnSilence | None) -> str:
    match then:
        case OnSilence.DENY:
            return f"{_OR_BEFORE} it is denied"
        case OnSilence.APPROVE:
            return " it is approved, unless it expires upstream before"
        case OnSilence.LEAVE:
            return " it is left to the upstream"
        case None:
            return f"{_OR_BEFORE} it is denied, or left to the upstream where that escalates by itself"


def _long(seconds: int) -> str:
    return Duration(seconds).words


def _longest(policy: ChannelPolicy) -> list[Part]:
    if policy.longest is None:
        return []
    said = _where(policy, lambda terms: terms.longest is not None)
    if policy.longest.seconds is None:
        return [Part(LONGEST, "An approval holds for one time only.", said)]
    return [Part(LONGEST, f"An approval holds for {policy.longest.words} at most.", said)]


def _break_glass(policy: ChannelPolicy) -> list[Part]:
    said = _where(policy, lambda terms: terms.break_glass is not None)
    if not policy.break_glass.allowed:
        return [] if said is Said.BUILT_IN else [Part(BREAK_GLASS, "Nobody may break the glass.", said)]
    elsewhere = policy.break_glass.announce_in
    also = f", and in {mention_channel(elsewhere)} if that is another" if elsewhere else ""
    words = (
        "One approver may break the glass, which is to decide alone where more would have to approve: with a "
        "written reason, and never what they asked for themselves. Where I cannot tell who asked, nobody may break "
        f"it. It is announced in this channel{also}."
    )
    return [Part(BREAK_GLASS, words, said)]


def _nothing_else(policy: ChannelPolicy) -> list[Part]:
    quiet = [risk for risk in LEVELS if _silence_and_where(policy, risk)[1] is Said.BUILT_IN]
    off = []
    if quiet:
        of_what = "" if tuple(quiet) == LEVELS else f" what has {_named(quiet)} risk"
        off.append(f"nothing happens by itself while nobody answers{of_what}")
    if policy.longest is None:
        off.append("an approval may be as long as the upstream takes it")
    if not policy.break_glass.allowed and _where(policy, lambda terms: terms.break_glass is not None) is (
        Said.BUILT_IN
    ):
        off.append("nobody may break the glass")
    if not off:
        return []
    words = listed(off)
    return [Part(NOTHING_ELSE, f"{words[0].upper()}{words[1:]}.", Said.BUILT_IN)]
