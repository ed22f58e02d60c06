"""Whether somebody's approval would be counted, by the bot's own rules and in its own order."""

from collections.abc import Sequence
from dataclasses import dataclass

from slack_bot.directory import CannotTell, Person
from slack_bot.explainer.people import People
from slack_bot.policy import (
    Approval,
    ChannelPolicy,
    Refusal,
    Requester,
    Tally,
    Voter,
    count,
    may_decide,
    refuse_own,
)
from upstream_client.models import ApprovalRequest, Verdict

REPEATED = "repeated"
CANNOT_TELL_WHO = "cannot tell who asked"


@dataclass(frozen=True, slots=True)
class Case:
    """Who wants to approve what, and where. ``given`` have approved it already."""

    policy: ChannelPolicy
    channel: str
    user: str
    request: ApprovalRequest
    given: tuple[str, ...] = ()
    backup_called: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """What would become of it.

    ``refusal`` is None where the approval counts. ``voter`` is None where it was refused before anybody asked who
    may decide. ``requester`` is None where the policy does not want to know. ``before`` and ``after`` are how far
    the request has come, without this approval and with it.
    """

    case: Case
    refusal: Refusal | None
    voter: Voter | None
    requester: Requester | None
    before: Tally
    after: Tally

    @property
    def is_enough_already(self) -> bool:
        """Whether the approvals that were given suffice by now: they do not decide without another press."""
        return self.before.verdict is Verdict.APPROVE


def judge(case: Case, people: People) -> Judgement:
    """Raises `slack_bot.directory.CannotTell` and `slack_bot.directory.Busy` where Slack does not tell."""
    votes = [Approval(_voter(case, people, people.person(user))) for user in case.given]
    before = _tally(case, votes)
    person = people.person(case.user)
    requester = None if case.policy.allows_own else people.requester(case.policy, case.request, person)
    refusal = None if requester is None else _refuse_own(case, requester, person)
    if refusal is not None:
        return Judgement(case, refusal, None, requester, before, before)
    voter = _voter(case, people, person)
    refusal = may_decide(case.policy, voter, case.request.risk, backup_called=case.backup_called)
    after = before if refusal else _tally(case, [*votes, Approval(voter)])
    refusal = refusal or _repeated(case, before, after)
    return Judgement(case, refusal, voter, requester, before, after)


def _refuse_own(case: Case, requester: Requester, person: Person) -> Refusal | None:
    refusal = refuse_own(case.policy, case.request.risk, requester, person.id, person.email)
    if refusal is not None and refusal.rule == CANNOT_TELL_WHO and requester.unread:
        raise CannotTell(requester.why)
    return refusal


def _voter(case: Case, people: People, person: Person) -> Voter:
    look_ups = case.policy.asks_of(person.id, case.request.risk, backup_called=case.backup_called)
    return people.voter(person, look_ups, case.channel)


def _tally(case: Case, votes: Sequence[Approval]) -> Tally:
    return count(case.policy, case.request, votes, backup_called=case.backup_called)


def _repeated(case: Case, before: Tally, after: Tally) -> Refusal | None:
    if case.user in before.given and after == before and after.verdict is None:
        return Refusal(REPEATED, "This person's approval counts already.")
    return None
