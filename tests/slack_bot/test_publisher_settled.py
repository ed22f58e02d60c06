"""A card that shows how its request was settled is looked at no more, until the request waits again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert, select

from sandbox import Sandbox
from slack_bot import approvals
from slack_bot.clock import SECOND
from slack_bot.ledger import cards, requests
from slack_bot.publisher.board import CLOCKS_DIFFER
from slack_bot.rows import CardState, cards_of
from tests.rig import APPROVALS, APPROVER, Rig, has_buttons

MANY = 1_000


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with Rig(sandbox, tmp_path) as running:
        yield running


def state_of_card(rig: Rig) -> CardState:
    with rig.ledger.read() as connection:
        (card,) = cards_of(connection, rig.row().key)
    return card.state


def denied(rig: Rig) -> None:
    rig.press(APPROVER, "deny_request")
    rig.step("clerk")
    rig.step("applier")


def waits_again(rig: Rig) -> None:
    with rig.ledger.write() as tx:
        approvals.relist(tx, rig.clock.now(), rig.row(), rig.row().asked)


def test_a_card_is_settled_only_by_its_final_look(rig: Rig) -> None:
    rig.ask()
    rig.press(APPROVER, "deny_request")
    rig.step("clerk")
    rig.clock.advance(1)
    rig.step("publisher")
    assert "waiting for Privilege Manager" in rig.headline()
    assert state_of_card(rig) is CardState.POSTED
    rig.run()
    assert rig.headline() == "Denied by Approver"
    assert state_of_card(rig) is CardState.SETTLED


def test_a_request_that_waits_again_gets_its_buttons_back_on_the_same_card(rig: Rig) -> None:
    request = rig.ask()
    rig.control.withdraw(request)
    rig.look()
    rig.look()
    assert state_of_card(rig) is CardState.SETTLED
    waits_again(rig)
    assert state_of_card(rig) is CardState.POSTED
    rig.run()
    assert len(rig.cards()) == 1
    assert has_buttons(rig.card())
    assert "The request is waiting again." in rig.words()


def test_a_thousand_settled_cards_are_not_looked_at(rig: Rig) -> None:
    rig.ask()
    denied(rig)
    rig.run()
    copied(rig, MANY)
    asked: list[tuple[str, Any]] = []
    event.listen(rig.ledger.engine, "before_cursor_execute", lambda *execution: asked.append(execution[2:4]))
    assert rig.step("publisher") is None
    statement, parameters = next(one for one in asked if "shown_look <" in one[0])
    with rig.ledger.read() as connection:
        assert connection.exec_driver_sql(statement, parameters).all() == []
        plan = [
            row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    assert any("cards USING INDEX ix_cards_state (state=?)" in step for step in plan), plan


def copied(rig: Rig, times: int) -> None:
    """So many more requests and cards like the only ones there are."""
    with rig.ledger.write() as tx:
        row = dict(tx.execute(select(requests)).mappings().one())
        card = dict(tx.execute(select(cards)).mappings().one())
        keys = [f"copy{number:08}" for number in range(times)]
        tx.execute(insert(requests), [row | {"key": key, "upstream_id": key} for key in keys])
        tx.execute(insert(cards), [card | {"request_key": key, "ts": f"1.{key}"} for key in keys])


def test_a_lost_post_is_looked_for_only_around_the_time_of_its_claim(rig: Rig) -> None:
    rig.control.faults(method="chat.postMessage", kind="reset")
    rig.control.file_request()
    rig.step("poller")
    before = rig.clock.now() / SECOND
    rig.step("publisher")
    rig.clock.advance(7 * 86_400)
    rig.restart()
    rig.run()
    (read,) = rig.control.calls("conversations.history")
    oldest, latest = (float(read["arguments"][name]) for name in ("oldest", "latest"))
    assert latest - oldest == pytest.approx(2 * CLOCKS_DIFFER, abs=0.01)
    assert before <= latest - CLOCKS_DIFFER <= before + 5
    assert len(rig.cards(APPROVALS)) == 1
    assert state_of_card(rig) is CardState.POSTED
