"""Cards whose requests wait: which of them anybody can be silent about, and what it costs to know."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from sqlalchemy import event, insert

from sandbox import Sandbox
from slack_bot.ledger import Ledger, cards, requests
from slack_bot.policy import ChannelPolicy, Silence, Silences, Terms
from slack_bot.rows import CardRow, CardState, RequestRow, State
from slack_bot.unanswered import unanswered, unanswered_in
from tests.audit_key import AUDIT_KEY
from tests.rig import APPROVALS, APPROVERS, SECOND_CHANNEL, Rig
from tests.slack_bot.examples import pending_row
from tests.slack_bot.test_threads import replies
from upstream_client.models import HOUR, Risk

UPSTREAM = pending_row().upstream


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", AUDIT_KEY)
    yield opened
    opened.close()


def shown(key: str, channel: str = APPROVALS, at: int | None = 7) -> CardRow:
    return CardRow(key, channel, CardState.POSTED, 5, "a process", f"1.{key}", 1, "", shown_at=at)


def keep(ledger: Ledger, key: str, card: CardRow, **more: object) -> RequestRow:
    """A request that waits, as far as ``more`` does not say otherwise, and its card."""
    row = replace(pending_row(), key=key, upstream_id=key, **more)  # type: ignore[arg-type]  # its fields
    with ledger.write() as tx:
        tx.execute(insert(requests).values(asdict(row)))
        tx.execute(insert(cards).values(asdict(card)))
    return row


def test_who_is_silent_is_told_with_the_card_and_the_question(ledger: Ledger) -> None:
    row, card = keep(ledger, "a", shown("a")), shown("a")
    with ledger.read() as connection:
        (found,) = unanswered_in(connection, [APPROVALS], [UPSTREAM])
        assert found == unanswered(connection, "a", APPROVALS)
    assert (found.card, found.row, found.waiting.shown_at) == (card, row, 7)


@pytest.mark.parametrize(
    ("card", "more"),
    [
        (shown("a", at=None), {}),
        (replace(shown("a"), shown_look=0), {}),
        (shown("a"), {"look": 2}),
        (replace(shown("a"), state=CardState.LOST), {}),
        (shown("a"), {"state": State.DENIED}),
        (shown("a"), {"body": "{}"}),
    ],
)
def test_nobody_is_silent_about_what_does_not_stand_there_or_does_not_wait(
    ledger: Ledger, card: CardRow, more: dict[str, object]
) -> None:
    keep(ledger, "a", card, **more)
    with ledger.read() as connection:
        assert unanswered_in(connection, [APPROVALS], [UPSTREAM]) == []
        assert unanswered(connection, "a", APPROVALS) is None


def test_other_channels_and_upstreams_are_left_out_and_one_query_reads_all(ledger: Ledger) -> None:
    for number in range(20):
        keep(ledger, f"r{number}", shown(f"r{number}"))
    keep(ledger, "elsewhere", shown("elsewhere", SECOND_CHANNEL))
    keep(ledger, "other", shown("other"), upstream="other")
    with ledger.read() as connection, queries(ledger) as asked:
        found = unanswered_in(connection, [APPROVALS], [UPSTREAM])
    assert {one.row.key for one in found} == {f"r{number}" for number in range(20)}
    assert len(asked) == 1


@contextmanager
def queries(ledger: Ledger) -> Iterator[list[str]]:
    """Those that read cards that wait, all of them."""
    asked: list[str] = []

    def note(*execution: object) -> None:
        statement = str(execution[2])
        if "cards.shown_question" in statement and "JOIN requests" in statement:
            asked.append(statement)

    event.listen(ledger.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(ledger.engine, "before_cursor_execute", note)


def of(silence: Silence) -> ChannelPolicy:
    return replace(APPROVERS, terms=Terms(silence=Silences(any=silence)))


@pytest.mark.parametrize(
    ("silence", "by_publisher", "by_escalator"),
    [
        (Silence(), 0, 0),
        (Silence(deadline=HOUR), 0, 1),
        (Silence(remind_after=HOUR), 1, 0),
        (Silence(backup_after=HOUR, backup_users=("U03SECOND",)), 1, 0),
    ],
)
def test_where_no_channel_has_silence_mean_anything_nothing_is_read(
    sandbox: Sandbox, tmp_path: Path, silence: Silence, by_publisher: int, by_escalator: int
) -> None:
    with Rig(sandbox, tmp_path, {APPROVALS: of(silence)}) as rig:
        rig.ask()
        for name, count in (("publisher", by_publisher), ("escalator", by_escalator)):
            with queries(rig.ledger) as asked:
                rig.step(name)
            assert len(asked) == count, name


def test_what_is_reminded_of_is_read_again_alone(sandbox: Sandbox, tmp_path: Path) -> None:
    with Rig(sandbox, tmp_path, {APPROVALS: of(Silence(remind_after=HOUR))}) as rig:
        for _ in range(3):
            rig.ask()
        rig.clock.advance(HOUR + 60)
        with queries(rig.ledger) as asked:
            rig.step("publisher")
            assert len(asked) == 1
            assert len(replies(rig)) == 1


def test_a_question_changes_with_all_that_people_are_shown_but_the_expiry() -> None:
    row = pending_row()
    asked = row.asked
    same = pending_row(replace(asked, expires_at=1))
    assert row.question == same.question
    others = {
        replace(row, revision=2).question,
        pending_row(replace(asked, risk=Risk.CRITICAL)).question,
        pending_row(replace(asked, title="Something else")).question,
    }
    assert len(others | {row.question}) == 4
