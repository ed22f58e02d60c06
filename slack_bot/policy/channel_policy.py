"""How a channel decides: who may, and on what terms. Pure."""

from dataclasses import dataclass, field
from enum import StrEnum

from slack_bot.policy.risks import LEVELS, counted_as, is_at_least
from slack_bot.policy.standing import LookUps
from slack_bot.policy.terms import (
    BUILT_IN_APPROVALS,
    BreakGlass,
    RefusedFrom,
    Seat,
    Silence,
    Terms,
    UserName,
)
from upstream_client.models import Duration, Risk, Verdict


class Said(StrEnum):
    """Where a part of a policy comes from."""

    HERE = "this channel"
    DEFAULTS = "the defaults of channels.json"
    BUILT_IN = "built in"


@dataclass(frozen=True, slots=True)
class ChannelPolicy:
    """Who may decide in a channel, and how: named people, members of user groups, or all its full members.

    Until somebody is named, only ``registered_by``: the admin who registered the channel. ``terms`` are the
    channel's own, ``defaults`` those that hold where the channel says nothing; see `Terms`.
    """

    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    everyone: bool = False
    registered_by: str = ""
    terms: Terms = field(default_factory=Terms)
    defaults: Terms = field(default_factory=Terms)

    @property
    def names_somebody(self) -> bool:
        """Whether approvers were named at all, be it for seats."""
        return bool(self.users or self.groups or self.everyone or self.all_seats)

    def names_somebody_for(self, risk: Risk) -> bool:
        """Whether approvers were named for what is so risky: a seat may begin at a higher risk."""
        return bool(self.users or self.groups or self.everyone or self.seats(risk))

    def needed(self, risk: Risk) -> int:
        """How many people must approve what is so risky."""
        said = self.terms.approvals.of(risk) or self.defaults.approvals.of(risk)
        alone = said or BUILT_IN_APPROVALS.of(risk) or 1
        return max(alone, sum(seat.count for seat in self.seats(risk)))

    def needed_is_said(self, risk: Risk) -> Said:
        """Where the number comes from."""
        if self.terms.approvals.of(risk) is not None:
            return Said.HERE
        return Said.BUILT_IN if self.defaults.approvals.of(risk) is None else Said.DEFAULTS

    @property
    def all_seats(self) -> tuple[Seat, ...]:
        """The seats, for whatever risk."""
        said = self.defaults.seats if self.terms.seats is None else self.terms.seats
        return said or ()

    def seats(self, risk: Risk) -> tuple[Seat, ...]:
        """The seats to be filled for what is so risky."""
        return tuple(seat for seat in self.all_seats if is_at_least(risk, seat.from_risk))

    @property
    def allows_own(self) -> bool:
        """Whether people may approve what they asked for themselves."""
        here = self.terms.own_requests
        return bool(self.defaults.own_requests if here is None else here)

    def refuses_unknown(self, risk: Risk) -> bool:
        """Whether nobody may approve it where it cannot be told who asked."""
        refused_from = self.unknown_refused_from
        return refused_from is not RefusedFrom.NEVER and is_at_least(risk, Risk(refused_from.value))

    @property
    def unknown_refused_from(self) -> RefusedFrom:
        """From high upwards, unless something else is said."""
        said = self.terms.unknown_requester_refused_from or self.defaults.unknown_requester_refused_from
        return said or RefusedFrom.HIGH

    @property
    def requesters(self) -> tuple[tuple[str, str], ...]:
        """Upstream's user names and their Slack user ids; the first that fits holds."""
        return self.terms.requesters + self.defaults.requesters

    @property
    def user_names(self) -> tuple[UserName, ...]:
        """How upstreams' user names become addresses."""
        return self.terms.user_names + self.defaults.user_names

    def silence(self, risk: Risk) -> Silence:
        """What happens while nobody answers: nothing, unless something is said."""
        return self.terms.silence.of(risk) or self.defaults.silence.of(risk) or Silence()

    @property
    def longest(self) -> Duration | None:
        """The longest approval; None for as long as the upstream takes."""
        return self.terms.longest or self.defaults.longest

    def is_too_long(self, duration: Duration) -> bool:
        """Whether an approval must not hold for so long. One time is the least there is."""
        return self.longest is not None and duration.exceeds(self.longest)

    @property
    def break_glass(self) -> BreakGlass:
        """Not allowed, unless something else is said."""
        return self.terms.break_glass or self.defaults.break_glass or BreakGlass(allowed=False)

    def asks_of(
        self,
        user_id: str,
        risk: Risk = Risk.CRITICAL,
        *,
        backup_called: bool = False,
        verdict: Verdict = Verdict.APPROVE,
    ) -> LookUps:
        """What must be known of somebody before `may_decide` and the count can tell.

        Of those who are named only which seats they may fill, and nothing where they deny: one deny is enough.
        """
        seats = tuple(seat.group for seat in self.seats(risk))
        backup = self.silence(risk) if backup_called else Silence()
        if user_id in (*self.users, *backup.backup_users):
            return LookUps(_once(seats) if verdict is Verdict.APPROVE else (), channel_members=False)
        return LookUps(
            groups=_once((*self.groups, *seats, *backup.backup_groups)), channel_members=self.everyone
        )


def _once(groups: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(groups))


def takes_several(policy: ChannelPolicy, risk: Risk) -> bool:
    """Whether not just any approval is enough for what is so risky: more than one, or one of a certain group."""
    return policy.needed(risk) > 1 or bool(policy.seats(risk))


def risks_alike(policy: ChannelPolicy) -> list[tuple[tuple[Risk, ...], int]]:
    """How many people must approve: neighbouring risks for which it is the same number, with that number."""
    found: list[tuple[tuple[Risk, ...], int]] = []
    for risk in LEVELS:
        needed = policy.needed(counted_as(risk))
        if found and found[-1][1] == needed:
            found[-1] = ((*found[-1][0], risk), needed)
        else:
            found.append(((risk,), needed))
    return found
