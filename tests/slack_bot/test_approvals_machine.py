"""Random lives of a request under two writers, of whom each may act on a row that it read long ago."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import count

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Connection, select

from slack_bot import approvals
from slack_bot.approvals import Outdated
from slack_bot.audit import Record, records
from slack_bot.ballots import Counting
from slack_bot.clock import SECOND
from slack_bot.ledger import Ledger, votes
from slack_bot.rows import RequestRow, State, VoteRow, hash_of, votes_of
from tests.slack_bot.examples import (
    APPROVER,
    CHANNEL,
    NOW,
    OTHER_CHANNEL,
    REQUEST,
    SECOND_APPROVER,
    added,
    ballot,
    read,
)
from upstream_client.models import Seen, Status, Verdict

_id = count(1)
WRITERS = st.sampled_from(["one", "one", "another"])
"""Who acts next. The one reads before it acts; the other acts on what it read when it last looked."""
FACTS = st.sampled_from(["setup.exe", "other.exe"])
TITLES = st.sampled_from(["Run it", "Run that"])
GONE = st.sampled_from([status for status in Status if status is not Status.PENDING])
TROUBLES = st.sampled_from(["It does not answer.", "No answer came."])
SETTLED = {State.APPROVED, State.DENIED, State.EXPIRED, State.ELSEWHERE, State.UNCONFIRMED}
TAKEN = {"approved", "denied"}

Step = Callable[[RequestRow, st.DataObject], None]


class Lives(RuleBasedStateMachine):
    """One request, and what two writers do with it."""

    ledger: Ledger

    @initialize()
    def appear(self) -> None:
        asked = replace(REQUEST, id=f"life {next(_id)}")
        self.row = self.read_long_ago = added(self.ledger, asked)
        self.now = NOW
        self.changes = 0
        self.recorded = Counter({"request_seen": 1})
        self.taken: set[object] = set()

    @rule()
    def look(self) -> None:
        self.read_long_ago = self.row

    @rule(writer=WRITERS, data=st.data())
    def act(self, writer: str, data: st.DataObject) -> None:
        step = data.draw(st.sampled_from(self.steps()))
        step(self.row if writer == "one" else self.read_long_ago, data)

    def steps(self) -> list[Step]:
        """What may happen now; from a row read long ago it must fail."""
        if self.row.state is State.PENDING:
            return [self.vote, self.vote, self.vote_late, self.refresh, self.miss, self.find, self.go]
        if self.row.state is not State.DECIDED:
            return [self.vote, self.come_back]
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

    def vote(self, shown: RequestRow, data: st.DataObject) -> None:
        verdict = data.draw(st.sampled_from(Verdict))
        user = data.draw(st.sampled_from([APPROVER, SECOND_APPROVER]))
        channel = data.draw(st.sampled_from([CHANNEL, OTHER_CHANNEL]))
        before = self.row
        with self.ledger.write() as tx:
            cast = ballot(tx, shown, verdict, user, channel, pressed_at=self.now)
            counting = approvals.vote(tx, self.now, before.key, cast)
        if before.state is not State.PENDING:
            assert counting is Counting.TOO_LATE
        elif shown.digest != before.digest:
            assert counting is Counting.CHANGED
        else:
            assert counting is Counting.COUNTED
            self.recorded.update(["vote", "decided"])
            self.changes += 1

    def vote_late(self, _shown: RequestRow, data: st.DataObject) -> None:
        """A press that was saved before the votes became void, and is looked at now."""
        with self.ledger.write() as tx:
            late = ballot(
                tx, self.row, data.draw(st.sampled_from(Verdict)), pressed_at=self.row.revised_at - 1
            )
            assert approvals.vote(tx, self.now, self.row.key, late) is Counting.CHANGED

    def refresh(self, row: RequestRow, data: st.DataObject) -> None:
        asked = replace(row.asked, justification=data.draw(FACTS), title=data.draw(TITLES))
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
    def one_vote_of_each_revision_decided_it(self) -> None:
        row = self.row
        with self.ledger.read() as connection:
            cast = connection.execute(
                select(votes.c.revision, votes.c.channel).where(votes.c.request_key == row.key)
            ).all()
            here = votes_of(connection, row.key, row.revision, row.decided_in)
        assert len({vote.revision for vote in cast}) == len(cast)
        if row.verdict is not None:
            self.is_the_vote_that_decided(here)

    def is_the_vote_that_decided(self, here: list[VoteRow]) -> None:
        (vote,) = here
        row = self.row
        assert (vote.verdict, vote.user_id, vote.voted_at) == (row.verdict, row.decided_by, row.decided_at)

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
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
