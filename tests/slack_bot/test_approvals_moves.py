"""Every function that changes a request, from every state: it moves as designed, or refuses."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count

import pytest
from sqlalchemy import Connection, update

from slack_bot import approvals
from slack_bot.approvals import Outdated
from slack_bot.audit import records
from slack_bot.ballots import Counting
from slack_bot.clock import SECOND
from slack_bot.ledger import Ledger, requests
from slack_bot.rows import FINAL, RequestRow, State
from tests.slack_bot.examples import APPROVER, DECISION, NOW, REQUEST, added, ballot, read
from upstream_client.models import Risk, Seen, Status

LATER = NOW + 7 * SECOND


_id = count(1)


def put(ledger: Ledger, state: State, *, sent: bool = False) -> RequestRow:
    """A request of its own in this state, however it came there."""
    row = added(ledger, replace(REQUEST, id=f"request {next(_id)}"))
    decided = {
        "verdict": "approve",
        "decided_by": APPROVER,
        "decision_id": DECISION,
        "intent_at": NOW if sent else None,
    }
    with ledger.write() as tx:
        values = {"state": state, **({} if state is State.PENDING else decided)}
        tx.execute(update(requests).where(requests.c.key == row.key).values(**values))
    return now(ledger, row)


def now(ledger: Ledger, row: RequestRow) -> RequestRow:
    """The same request as it stands."""
    return read(ledger, row.asked)


def kinds(ledger: Ledger, row: RequestRow) -> list[str]:
    """The request's audit records."""
    with ledger.read() as connection:
        return [record.kind for record in records(connection, row.key)]


Move = Callable[[Connection, RequestRow], object]


@dataclass(frozen=True)
class Function:
    """One function of the module: where it may begin, where it leads, and what it leaves in the audit log."""

    name: str
    move: Move
    leads: dict[State, State]
    record: list[str]
    sent: bool = True
    look: bool = True


def gone(status: Status) -> Move:
    """The move with this answer of the upstream's."""
    return lambda tx, row: approvals.gone(tx, LATER, row, Seen(status))


def ended(status: Status) -> Move:
    """The move with what the upstream told at last."""
    return lambda tx, row: approvals.ended(tx, LATER, row, Seen(status))


def to(state: State, *begins: State) -> dict[State, State]:
    return dict.fromkeys(begins, state)


FUNCTIONS = [
    Function(
        "refresh with the same bound facts",
        lambda tx, row: approvals.refresh(tx, LATER, row, replace(row.asked, risk=Risk.HIGH)),
        to(State.PENDING, State.PENDING),
        [],
    ),
    Function(
        "refresh with other bound facts",
        lambda tx, row: approvals.refresh(tx, LATER, row, replace(row.asked, justification="Another.")),
        to(State.PENDING, State.PENDING),
        ["request_changed"],
    ),
    Function(
        "missed",
        lambda tx, row: approvals.missed(tx, LATER, row),
        {State.PENDING: State.PENDING, State.DECIDED: State.DECIDED},
        [],
        look=False,
    ),
    Function(
        "still_there",
        lambda tx, row: approvals.still_there(tx, LATER, row),
        to(State.PENDING, State.PENDING),
        [],
        look=False,
    ),
    Function(
        "relist",
        lambda tx, row: approvals.relist(tx, LATER, row, row.asked),
        to(State.PENDING, *FINAL),
        ["request_back"],
    ),
    Function(
        "gone, expired",
        gone(Status.EXPIRED),
        to(State.EXPIRED, State.PENDING, State.DECIDED),
        ["request_gone"],
    ),
    *(
        Function(
            f"gone, {status}",
            gone(status),
            to(State.ELSEWHERE, State.PENDING, State.DECIDED),
            ["request_gone"],
        )
        for status in (Status.APPROVED, Status.DENIED, Status.WITHDRAWN, Status.UNKNOWN)
    ),
    Function(
        "gone, though seen pending",
        gone(Status.PENDING),
        {},
        [],
    ),
    Function(
        "intend",
        lambda tx, row: approvals.intend(tx, LATER, row, "this process"),
        to(State.DECIDED, State.DECIDED),
        ["intent"],
        sent=False,
        look=False,
    ),
    Function(
        "intend what is on its way",
        lambda tx, row: approvals.intend(tx, LATER, row, "this process"),
        {},
        [],
    ),
    Function(
        "not_sent before the call",
        lambda tx, row: approvals.not_sent(tx, LATER, row, "It does not answer.", LATER),
        to(State.DECIDED, State.DECIDED),
        ["not_sent"],
        sent=False,
    ),
    Function(
        "not_sent after the intent",
        lambda tx, row: approvals.not_sent(tx, LATER, row, "It does not answer.", LATER),
        to(State.DECIDED, State.DECIDED),
        ["not_sent"],
    ),
    Function(
        "not_confirmed",
        lambda tx, row: approvals.not_confirmed(tx, LATER, row, "No answer came.", LATER),
        to(State.DECIDED, State.DECIDED),
        ["not_confirmed"],
    ),
    Function(
        "not_confirmed though not sent",
        lambda tx, row: approvals.not_confirmed(tx, LATER, row, "No answer came.", LATER),
        {},
        [],
        sent=False,
    ),
    Function(
        "still_pending",
        lambda tx, row: approvals.still_pending(tx, LATER, row, LATER),
        to(State.DECIDED, State.DECIDED),
        [],
        look=False,
    ),
    Function(
        "still_pending though not sent",
        lambda tx, row: approvals.still_pending(tx, LATER, row, LATER),
        {},
        [],
        sent=False,
    ),
    Function(
        "taken",
        lambda tx, row: approvals.taken(tx, LATER, row, "Done."),
        to(State.APPROVED, State.DECIDED),
        ["outcome"],
    ),
    Function(
        "taken though not sent",
        lambda tx, row: approvals.taken(tx, LATER, row, "Done."),
        {},
        [],
        sent=False,
    ),
    Function(
        "unconfirmed",
        lambda tx, row: approvals.unconfirmed(tx, LATER, row, "Nobody can tell."),
        to(State.UNCONFIRMED, State.DECIDED),
        ["outcome"],
    ),
    Function(
        "unconfirmed though not sent",
        lambda tx, row: approvals.unconfirmed(tx, LATER, row, "Nobody can tell."),
        {},
        [],
        sent=False,
    ),
    Function(
        "reopen",
        lambda tx, row: approvals.reopen(tx, LATER, row, "It was refused.", row.asked),
        to(State.PENDING, State.DECIDED),
        ["outcome"],
    ),
    Function(
        "confirmed",
        lambda tx, row: approvals.confirmed(tx, LATER, row, "Done."),
        to(State.APPROVED, State.UNCONFIRMED),
        ["outcome"],
    ),
    Function(
        "ended, expired",
        ended(Status.EXPIRED),
        to(State.EXPIRED, State.UNCONFIRMED, State.EXPIRED, State.ELSEWHERE),
        ["request_gone"],
    ),
    *(
        Function(
            f"ended, {status}",
            ended(status),
            to(State.ELSEWHERE, State.UNCONFIRMED, State.EXPIRED, State.ELSEWHERE),
            ["request_gone"],
        )
        for status in (Status.APPROVED, Status.DENIED, Status.WITHDRAWN)
    ),
    *(Function(f"ended, {status}", ended(status), {}, []) for status in (Status.PENDING, Status.UNKNOWN)),
]


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_every_function_moves_as_designed_or_refuses(
    shared_ledger: Ledger, function: Function, state: State
) -> None:
    before = put(shared_ledger, state, sent=function.sent)

    if state not in function.leads:
        with pytest.raises(ValueError, match=before.key), shared_ledger.write() as tx:
            function.move(tx, before)
        assert now(shared_ledger, before) == before
        assert kinds(shared_ledger, before) == ["request_seen"]
        return

    with shared_ledger.write() as tx:
        function.move(tx, before)
    after = now(shared_ledger, before)
    assert after.state is function.leads[state]
    assert after.version == before.version + 1
    assert after.look == before.look + function.look
    assert after.changed_at == (before.changed_at if after.state is before.state else LATER)
    assert kinds(shared_ledger, before) == ["request_seen", *function.record]


def test_the_table_names_every_function_that_changes_a_row() -> None:
    changing = {
        name
        for name, value in vars(approvals).items()
        if callable(value)
        and getattr(value, "__module__", "").startswith(approvals.__name__)
        and "row" in getattr(value, "__annotations__", {})
        and not name.startswith("_")
    }
    assert changing == {function.name.split(" ")[0].rstrip(",") for function in FUNCTIONS}


@pytest.mark.parametrize("state", [state for state in State if state is not State.PENDING])
def test_a_vote_on_what_no_longer_waits_is_too_late_and_changes_nothing(
    shared_ledger: Ledger, state: State
) -> None:
    before = put(shared_ledger, state)
    with shared_ledger.write() as tx:
        counting = approvals.vote(tx, LATER, before.key, ballot(tx, before))
    assert counting is Counting.TOO_LATE
    assert now(shared_ledger, before) == before
    assert kinds(shared_ledger, before) == ["request_seen"]


@pytest.mark.parametrize(
    "function", [one for one in FUNCTIONS if one.leads], ids=lambda function: function.name
)
def test_what_is_undone_leaves_neither_the_change_nor_its_record(
    shared_ledger: Ledger, function: Function
) -> None:
    begin = next(iter(function.leads))
    before = put(shared_ledger, begin, sent=function.sent)

    def fail_after_the_move() -> None:
        with shared_ledger.write() as tx:
            function.move(tx, before)
            raise LookupError

    with pytest.raises(LookupError):
        fail_after_the_move()
    assert now(shared_ledger, before) == before
    assert kinds(shared_ledger, before) == ["request_seen"]


@pytest.mark.parametrize(
    "function", [one for one in FUNCTIONS if one.leads], ids=lambda function: function.name
)
def test_whoever_read_an_older_row_changes_nothing(shared_ledger: Ledger, function: Function) -> None:
    begin = next(iter(function.leads))
    before = put(shared_ledger, begin, sent=function.sent)
    with shared_ledger.write() as tx:
        tx.execute(update(requests).where(requests.c.key == before.key).values(version=before.version + 1))
    since = now(shared_ledger, before)

    with pytest.raises(Outdated, match=before.key), shared_ledger.write() as tx:
        function.move(tx, before)
    assert now(shared_ledger, before) == since
    assert kinds(shared_ledger, before) == ["request_seen"]
