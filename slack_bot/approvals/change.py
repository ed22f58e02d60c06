"""The change itself: one compare-and-set of a request's row, and the values that go into it."""

from sqlalchemy import Connection, update

from slack_bot.ledger import cards, requests
from slack_bot.rows import UNDECIDED, CardState, RequestRow, State, body_of, hash_of
from slack_bot.wish import wish_in
from upstream_client.models import ApprovalRequest, Status, Verdict

TAKEN_AS = {Verdict.APPROVE: Status.APPROVED, Verdict.DENY: Status.DENIED}
"""How the upstream tells that it took a verdict."""


class Outdated(Exception):
    """The row was changed by somebody else since it was read; nothing of the transaction may stand."""


def expect(row: RequestRow, *states: State) -> None:
    """Each function works from these states alone; from any other it would undo what stands."""
    if row.state not in states:
        raise ValueError(f"request {row.key} is {row.state}, and not {' or '.join(states)}")


def expect_sent(row: RequestRow) -> None:
    """What became of a decision can be known only where it was sent, be it in an earlier try."""
    expect(row, State.DECIDED)
    if row.intent_at is None and not row.unsure:
        raise ValueError(f"the decision on request {row.key} was not sent")


def change(tx: Connection, now: int, row: RequestRow, to: State, *, look: bool, **values: object) -> None:
    """Compare and set. Raises `Outdated` where the row is not the one that was read."""
    changed = tx.execute(
        update(requests)
        .where(requests.c.key == row.key, requests.c.version == row.version)
        .values(
            state=to,
            version=row.version + 1,
            look=row.look + look,
            changed_at=now if to is not row.state else row.changed_at,
            **values,
        )
    )
    if changed.rowcount != 1:
        raise Outdated(row.key)


def as_told(request: ApprovalRequest) -> dict[str, object]:
    """Whichever route it took before, it may take another one now."""
    body = body_of(request)
    told = {"body": body, "body_hash": hash_of(body), "digest": request.digest, "wish": wish_in(request)}
    return {**told, "routed_by": ""}


def void_votes(tx: Connection, row: RequestRow) -> None:
    """What was said and reminded of so far is of another revision: the waiting begins anew.

    After the request's own row, which every writer locks first.
    """
    fresh = {"reminders": 0, "reminded_at": None, "backup_at": None}
    tx.execute(update(cards).where(cards.c.request_key == row.key).values(fresh))


def begin_anew(tx: Connection, now: int, row: RequestRow, notice: str, request: ApprovalRequest) -> None:
    """The request waits as if nobody had answered it, with a notice that says why."""
    values = UNDECIDED | as_told(request)
    revision = row.revision + 1
    change(tx, now, row, State.PENDING, look=True, **values, revision=revision, revised_at=now, notice=notice)
    void_votes(tx, row)


def show_anew(tx: Connection, row: RequestRow) -> None:
    """Its cards showed how it was settled, which is not how it stands any more."""
    settled = (cards.c.request_key == row.key, cards.c.state == CardState.SETTLED)
    tx.execute(update(cards).where(*settled).values(state=CardState.POSTED))


def settled_as(now: int, status: str, by: str, detail: str) -> dict[str, object]:
    return {
        "outcome_status": status,
        "outcome_by": by,
        "outcome_detail": detail,
        "settled_at": now,
        "trouble": "",
        "due_at": None,
    }
