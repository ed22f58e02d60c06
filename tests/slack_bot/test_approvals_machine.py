"""Random lives of a request under two writers, of whom each may act on a row that it read long ago."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count, permutations
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Connection

from slack_bot import approvals
from slack_bot.approvals import Cause, Outdated
from slack_bot.approvals.later import is_open
from slack_bot.audit import Record, records
from slack_bot.ballots import Ballot, Counting, TimeLimit
from slack_bot.clock import SECOND
from slack_bot.ledger import Ledger
from slack_bot.policy import (
    ChannelPolicy,
    Standing,
    Tally,
    may_decide,
)
from slack_bot.policy import count as tally_of
from slack_bot.rows import RequestRow, State, hash_of
from tests.slack_bot.any_policies import CHANNELS, GROUPS_OF, MOSTLY_HERE, POLICIES, USERS, voter
from tests.slack_bot.examples import (
    CHANNEL,
    NOW,
    OTHER_CHANNEL,
    REQUEST,
    added,
    ballot,
    read,
)
from upstream_client.models import ONE_TIME, Risk, Seen, Status, Verdict

_id = count(1)
WRITERS = st.sampled_from(["one", "one", "another"])
"""Who acts next. The one reads before it acts; the other acts on what it read when it last looked."""
FACTS = st.sampled_from(["setup.exe", "other.exe"])
TITLES = st.sampled_from(["Run it", "Run that"])
GONE = st.sampled_from([status for status in Status if status is not Status.PENDING])
TROUBLES = st.sampled_from(["It does not answer.", "No answer came."])
SETTLED = {State.APPROVED, State.DENIED, State.EXPIRED, State.ELSEWHERE, State.UNCONFIRMED}
TAKEN = {"approved", "denied"}

RISKS = st.sampled_from([Risk.LOW, Risk.UNRATED, Risk.HIGH])

Step = Callable[[RequestRow, st.DataObject], None]


class Cut(Exception):
    """The process is gone in the middle of a transaction."""


@dataclass(frozen=True)
class Given:
    """An answer that counted."""

    revision: int
    channel: str
    user_id: str
    verdict: Verdict
    groups: frozenset[str]
    standing: Standing = Standing.MEMBER
    in_channel: bool = False
    email: str = ""
    until_at: int | None = None


class Lives(RuleBasedStateMachine):
    """One request, and what two writers do with it."""

    ledger: Ledger

    @initialize(here=POLICIES, there=POLICIES)
    def appear(self, here: ChannelPolicy, there: ChannelPolicy) -> None:
        asked = replace(REQUEST, id=f"life {next(_id)}")
        self.row = self.read_long_ago = added(self.ledger, asked)
        self.now = NOW
        self.changes = 0
        self.policies = {CHANNEL: here, OTHER_CHANNEL: there}
        self.given: list[Given] = []
        self.decided_under: tuple[ChannelPolicy, Risk] | None = None
        self.recorded = Counter({"request_seen": 1})
        self.taken: set[object] = set()

    @rule()
    def look(self) -> None:
        self.read_long_ago = self.row

    @rule(channel=CHANNELS, rules=POLICIES)
    def change_the_policy(self, channel: str, rules: ChannelPolicy) -> None:
        self.policies[channel] = rules

    @rule()
    def restart(self) -> None:
        """Nothing but what was committed is left."""
        self.ledger.engine.dispose()

    @rule(user=USERS, verdict=st.sampled_from(Verdict))
    def die_before_the_end(self, user: str, verdict: Verdict) -> None:
        """What a transaction had done when it was cut off never happened."""
        with suppress(Cut), self.ledger.write() as tx:
            approvals.vote(tx, self.now, self.row.key, self.cast(tx, self.row, user, CHANNEL, verdict))
            raise Cut
        self.restart()

    @rule(writer=WRITERS, data=st.data())
    def act(self, writer: str, data: st.DataObject) -> None:
        step = data.draw(st.sampled_from(self.steps()))
        step(self.row if writer == "one" else self.read_long_ago, data)

    def steps(self) -> list[Step]:
        """What may happen now; from a row read long ago it must fail."""
        if self.row.state is State.PENDING:
            return [
                self.vote,
                self.break_glass,
                self.run_out,
                self.vote_late,
                self.refresh,
                self.miss,
                self.find,
                self.go,
            ]
        if self.row.state is not State.DECIDED:
            return [self.vote, self.come_back, self.confirm, self.end]
        if self.row.intent_at is None:
            return [self.vote, self.intend, self.intend, self.intend, self.not_send, self.miss, self.go]
        return [
            self.intend,
            self.not_send,
            self.not_confirm,
            self.stay_pending,
            self.take,
            self.leave_unconfirmed,
            self.reopen,
            self.miss,
            self.go,
        ]

    # What a writer does with the row it believes in

    def cast(
        self, tx: Connection, shown: RequestRow, user: str, channel: str, verdict: Verdict, **more: Any
    ) -> Ballot:
        rules = self.policies[channel]
        plain = ballot(tx, shown, verdict, user, channel, pressed_at=self.now, rules=rules)
        return replace(plain, voter=voter(user), **more)

    def vote(self, shown: RequestRow, data: st.DataObject) -> None:
        self.answer(shown, data.draw(USERS), data.draw(CHANNELS), data.draw(st.sampled_from(Verdict)))

    @rule(user=USERS, channel=MOSTLY_HERE)
    def approve(self, user: str, channel: str) -> None:
        """Most answers are a yes to what the card shows."""
        self.answer(self.row, user, channel, Verdict.APPROVE)

    @rule(users=st.permutations(sorted(GROUPS_OF)))
    def approve_together(self, users: list[str]) -> None:
        """One after the other until it is decided, or nobody is left."""
        for user in users:
            self.answer(self.row, user, CHANNEL, Verdict.APPROVE)
            self.row = read(self.ledger, self.row.asked)

    def answer(self, shown: RequestRow, user: str, channel: str, verdict: Verdict) -> None:
        before, rules = self.row, self.policies[channel]
        if may_decide(rules, voter(user), before.asked.risk) is not None:
            return
        earlier = self.tally(channel)
        with self.ledger.write() as tx:
            counting = approvals.vote(tx, self.now, before.key, self.cast(tx, shown, user, channel, verdict))
        if before.state is not State.PENDING:
            assert counting is Counting.TOO_LATE
        elif shown.digest != before.digest:
            assert counting is Counting.CHANGED
        elif verdict is Verdict.APPROVE and self.changes_nothing(user, channel, earlier):
            assert counting is Counting.REPEATED
        else:
            assert counting is Counting.COUNTED
            self.changes += 1
            self.remember(user, channel, verdict)
            self.conclude(channel)

    def tally(self, channel: str) -> Tally:
        """What the answers to this revision in this channel add up to, as the test remembers them."""
        where = (self.row.revision, channel)
        given = [one for one in self.given if (one.revision, one.channel) == where]
        return tally_of(self.policies[channel], self.row.asked, given)

    def changes_nothing(self, user: str, channel: str, earlier: Tally) -> bool:
        """The person's approval counts already, and neither decides nor fills a seat now."""
        return earlier.verdict is None and user in earlier.given

    def remember(self, user: str, channel: str, verdict: Verdict) -> None:
        self.given.append(Given(self.row.revision, channel, user, verdict, frozenset(GROUPS_OF[user])))
        self.recorded.update(["vote"])

    def conclude(self, channel: str) -> None:
        if self.tally(channel).verdict is not None:
            self.recorded.update(["decided"])
            self.decided_under = (self.policies[channel], self.row.asked.risk)

    def break_glass(self, shown: RequestRow, data: st.DataObject) -> None:
        user, channel = data.draw(USERS), data.draw(CHANNELS)
        before, rules = self.row, self.policies[channel]
        if may_decide(rules, voter(user), before.asked.risk) is not None or not rules.break_glass.allowed:
            return
        with self.ledger.write() as tx:
            alone = self.cast(
                tx, shown, user, channel, Verdict.APPROVE, break_glass=True, reason="It is urgent."
            )
            counting = approvals.vote(tx, self.now, before.key, alone)
        if counting is Counting.COUNTED:
            assert shown.digest == before.digest
            self.changes += 1
            self.remember(user, channel, Verdict.APPROVE)
            self.recorded.update(["break_glass", "decided"])

    def run_out(self, row: RequestRow, data: st.DataObject) -> None:
        limit = TimeLimit(CHANNEL, data.draw(st.sampled_from(Verdict)), ONE_TIME, "Nobody answered.", "")
        with self.ledger.write() as tx:
            done = approvals.decide_by_time_limit(tx, self.now, row.key, row.version, limit)
        assert done == (row.version == self.row.version and row.state is State.PENDING)
        self.changes += done
        self.recorded.update(["decided"] * done)

    def vote_late(self, _shown: RequestRow, data: st.DataObject) -> None:
        """A press that was saved before the votes became void, and is looked at now."""
        with self.ledger.write() as tx:
            late = ballot(
                tx, self.row, data.draw(st.sampled_from(Verdict)), pressed_at=self.row.revised_at - 1
            )
            assert approvals.vote(tx, self.now, self.row.key, late) is Counting.CHANGED

    def refresh(self, row: RequestRow, data: st.DataObject) -> None:
        asked = replace(
            row.asked, justification=data.draw(FACTS), title=data.draw(TITLES), risk=data.draw(RISKS)
        )
        told = ["request_changed"] if asked.digest != row.digest else []
        self.move(row, lambda tx: approvals.refresh(tx, self.now, row, asked), {State.PENDING}, told)

    def miss(self, row: RequestRow, _data: st.DataObject) -> None:
        begins = {State.PENDING, State.DECIDED}
        self.move(row, lambda tx: approvals.missed(tx, self.now, row), begins, [])

    def find(self, row: RequestRow, _data: st.DataObject) -> None:
        self.move(row, lambda tx: approvals.still_there(tx, self.now, row), {State.PENDING}, [])

    def go(self, row: RequestRow, data: st.DataObject) -> None:
        seen = Seen(data.draw(GONE), by="Somebody")
        begins = {State.PENDING, State.DECIDED}
        self.move(row, lambda tx: approvals.gone(tx, self.now, row, seen), begins, ["request_gone"])

    def come_back(self, row: RequestRow, _data: st.DataObject) -> None:
        self.move(row, lambda tx: approvals.relist(tx, self.now, row, row.asked), SETTLED, ["request_back"])

    def confirm(self, row: RequestRow, _data: st.DataObject) -> None:
        begins = {State.UNCONFIRMED}
        if self.move(row, lambda tx: approvals.confirmed(tx, self.now, row, "Done."), begins, ["outcome"]):
            self.taken.add(row.decision_id)

    def end(self, row: RequestRow, data: st.DataObject) -> None:
        seen = Seen(
            data.draw(st.sampled_from([Status.APPROVED, Status.DENIED, Status.EXPIRED])), by="Somebody"
        )
        begins = {row.state} if is_open(row) else set()
        self.move(row, lambda tx: approvals.ended(tx, self.now, row, seen), begins, ["request_gone"])

    def intend(self, row: RequestRow, _data: st.DataObject) -> None:
        begins = {State.DECIDED} if row.intent_at is None else set()
        self.move(row, lambda tx: approvals.intend(tx, self.now, row, "this process"), begins, ["intent"])

    def not_send(self, row: RequestRow, data: st.DataObject) -> None:
        trouble = data.draw(TROUBLES)
        told = ["not_sent"] if trouble != row.trouble or row.intent_at is not None else []
        begins = {State.DECIDED}
        self.move(row, lambda tx: approvals.not_sent(tx, self.now, row, trouble, self.now), begins, told)

    def not_confirm(self, row: RequestRow, data: st.DataObject) -> None:
        trouble = data.draw(TROUBLES)
        told = ["not_confirmed"] if trouble != row.trouble else []
        self.move_sent(row, lambda tx: approvals.not_confirmed(tx, self.now, row, trouble, self.now), told)

    def stay_pending(self, row: RequestRow, _data: st.DataObject) -> None:
        self.move_sent(row, lambda tx: approvals.still_pending(tx, self.now, row, self.now), [])

    def take(self, row: RequestRow, _data: st.DataObject) -> None:
        if self.move_sent(row, lambda tx: approvals.taken(tx, self.now, row, "Done."), ["outcome"]):
            self.taken.add(row.decision_id)

    def leave_unconfirmed(self, row: RequestRow, _data: st.DataObject) -> None:
        self.move_sent(row, lambda tx: approvals.unconfirmed(tx, self.now, row, ""), ["outcome"])

    def reopen(self, row: RequestRow, data: st.DataObject) -> None:
        asked = replace(row.asked, justification=data.draw(FACTS))
        begins = {State.DECIDED}
        self.move(row, lambda tx: approvals.reopen(tx, self.now, row, "No.", asked), begins, ["outcome"])

    def move_sent(self, row: RequestRow, move: Callable[[Connection], None], told: list[str]) -> bool:
        return self.move(row, move, {State.DECIDED} if row.intent_at is not None else set(), told)

    def move(
        self, row: RequestRow, move: Callable[[Connection], None], begins: set[State], told: list[str]
    ) -> bool:
        """Whether it was done. It must be, if and only if the row is the newest and in one of the states."""
        try:
            with self.ledger.write() as tx:
                move(tx)
        except ValueError:
            assert row.state not in begins
            return False
        except Outdated:
            assert row.version < self.row.version
            return False
        assert row.state in begins
        assert row.version == self.row.version
        self.recorded.update(told)
        self.changes += 1
        return True

    # What holds after each step

    @invariant()
    def the_row_counts_its_changes(self) -> None:
        before, self.row = self.row, read(self.ledger, self.row.asked)
        self.now += SECOND
        row = self.row
        assert row.version == 1 + self.changes
        assert before.version <= row.version
        assert before.look <= row.look <= row.version
        assert before.revision <= row.revision <= row.version
        assert row.digest == row.asked.digest
        assert row.digest == before.digest or row.revision > before.revision
        assert row.body_hash == hash_of(row.body)

    @invariant()
    def the_state_and_the_decision_agree(self) -> None:
        row = self.row
        decided = (row.verdict, row.decided_at, row.cause)
        assert len({value is None for value in decided}) == 1
        assert (row.due_at is not None) == (row.state is State.DECIDED)
        assert (row.settled_at is not None) == (row.state in SETTLED)
        assert bool(row.outcome_status) == (row.state in SETTLED)
        if row.state is State.PENDING:
            assert row.verdict is None
            assert (row.decision_id, row.decided_by, row.intent_at, row.attempts) == ("", "", None, 0)
        if row.state in (State.DECIDED, State.APPROVED, State.DENIED, State.UNCONFIRMED):
            assert row.decision_id
        if row.state is not State.DECIDED:
            assert row.trouble == ""

    @invariant()
    def approved_and_denied_are_said_only_of_what_was_taken(self) -> None:
        row = self.row
        if row.state in (State.APPROVED, State.DENIED):
            assert row.decision_id in self.taken
            assert row.intent_at is not None
            assert (row.verdict is Verdict.APPROVE) == (row.state is State.APPROVED)

    @invariant()
    def each_voted_once_and_together_they_are_enough(self) -> None:
        row = self.row
        assert len(row.all_who_decided) == len(set(row.all_who_decided))
        if row.cause in (Cause.SCHEDULE, Cause.TIMEOUT):
            assert (row.decided_by, row.all_who_decided) == ("", ())
        elif row.cause is not None:
            self.is_of_those_who_voted()

    def is_of_those_who_voted(self) -> None:
        """Everybody who is named gave this answer, in this channel, to this revision."""
        row = self.row
        there = (row.revision, row.decided_in, row.verdict)
        answered = {one.user_id for one in self.given if (one.revision, one.channel, one.verdict) == there}
        assert row.decided_by in row.all_who_decided
        assert set(row.all_who_decided) <= answered
        if row.cause == Cause.VOTE and row.verdict is Verdict.APPROVE:
            self.is_a_quorum(row.all_who_decided)

    def is_a_quorum(self, deciders: tuple[str, ...]) -> None:
        assert self.decided_under is not None
        rules, risk = self.decided_under
        assert len(deciders) >= rules.needed(risk)
        assert all(may_decide(rules, voter(user), risk) is None for user in deciders)
        seated = [seat.group for seat in rules.seats(risk)]
        assert any(
            all(group in GROUPS_OF[user] for group, user in zip(seated, sitting, strict=True))
            for sitting in permutations(deciders, len(seated))
        )

    @invariant()
    def every_change_is_on_record_once(self) -> None:
        with self.ledger.read() as connection:
            written = records(connection, self.row.key)
        assert Counter(record.kind for record in written) == self.recorded
        self.decisions_are_told_apart(written)

    def decisions_are_told_apart(self, written: list[Record]) -> None:
        decisions = [record.detail["decision"] for record in written if record.kind == "decided"]
        assert len(set(decisions)) == len(decisions)
        taken = {record.detail["decision"] for record in written if record.detail.get("outcome") in TAKEN}
        assert taken == self.taken
        assert [record.at for record in written] == sorted(record.at for record in written)


def test_whatever_two_writers_do_in_whatever_order_the_ledger_stays_true(shared_ledger: Ledger) -> None:
    machine = type("LivesOfTheLedger", (Lives,), {"ledger": shared_ledger})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=60,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
