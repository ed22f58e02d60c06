"""What is chosen on a card and opens a modal, forged: it opens nothing and counts nothing."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot.answers import NOT_OURS
from slack_bot.blocks import button_value
from slack_bot.rows import State, key_of
from tests.rig import APPROVALS, APPROVER, Rig, has_buttons
from tests.slack_bot.forms import choose, modal, modals, option_of, other
from tests.slack_bot.verdicts import press_here

UNKNOWN = f"{key_of('privilege_manager', 'never asked')}.{'0' * 16}"


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with Rig(sandbox, tmp_path) as running:
        yield running


def nothing_happened(rig: Rig) -> None:
    assert rig.control.calls("views.open") == []
    assert rig.row().state is State.PENDING
    assert has_buttons(rig.card())


@pytest.mark.parametrize("action_id", ["more_choices", "choose_duration"])
@pytest.mark.parametrize(
    "forge",
    [
        lambda value: value,
        lambda value: f"approve.{value}",
        lambda value: f"COMMENT.{value}",
        lambda value: f"comment:{value}",
        lambda value: f"comment..{value}",
        lambda value: f"comment.{value}.x",
        lambda value: f"other.{value}\n",
        lambda value: "comment.",
        lambda value: "other",
        lambda value: "",
        lambda value: f"details.{UNKNOWN}",
        lambda value: f"other.{UNKNOWN}",
    ],
)
def test_a_forged_choice_opens_nothing(rig: Rig, action_id: str, forge: Callable[[str], str]) -> None:
    rig.ask()
    press_here(rig, APPROVER, action_id=action_id, value=forge(button_value(rig.row())))
    rig.run()
    assert rig.told(APPROVER) == [NOT_OURS]
    assert [record.kind for record in rig.audit() if record.actor == APPROVER] == ["click", "security_event"]
    nothing_happened(rig)


@pytest.mark.parametrize("word", ["comment", "reason", "details"])
def test_a_choice_of_the_overflow_menu_is_not_one_of_the_menu_of_durations(rig: Rig, word: str) -> None:
    rig.ask()
    press_here(rig, APPROVER, action_id="choose_duration", value=f"{word}.{button_value(rig.row())}")
    rig.run()
    assert rig.told(APPROVER) == [NOT_OURS]
    nothing_happened(rig)


@pytest.mark.parametrize("word", ["comment", "reason", "details"])
def test_the_choice_of_another_card_opens_nothing(rig: Rig, word: str) -> None:
    rig.ask()
    first = option_of(rig.card(), "more_choices", word)
    rig.ask()
    press_here(rig, APPROVER, action_id="more_choices", value=first)
    rig.run()
    assert rig.told(APPROVER) == [NOT_OURS]
    assert rig.control.calls("views.open") == []


def test_a_press_without_the_right_to_open_a_modal_is_to_be_repeated(rig: Rig) -> None:
    rig.ask()
    press_here(
        rig, APPROVER, action_id="more_choices", value=f"comment.{button_value(rig.row())}", trigger=""
    )
    rig.run()
    assert "Slack did not let me open the form" in rig.told(APPROVER)[0]


@pytest.mark.parametrize("chosen", ["900", "once", None])
def test_a_duration_chosen_in_the_menu_is_acknowledged_and_not_even_saved(
    rig: Rig, chosen: str | None
) -> None:
    rig.ask()
    assert rig.press(APPROVER, "choose_duration", value=chosen)["acknowledged"]
    with rig.ledger.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM inbox").scalar_one() == 0


def test_after_the_form_was_closed_the_press_of_approve_opens_it_again(rig: Rig) -> None:
    rig.ask()
    rig.press(APPROVER, "choose_duration", value=other(rig))
    rig.run()
    rig.control.close_modal(APPROVER)
    rig.press(APPROVER, "approve_request")
    rig.run()
    assert modal(rig)["callback_id"] == "approve_form"
    rig.control.close_modal(APPROVER)
    rig.press(APPROVER, "approve_request", values={"choose_duration": "900"})
    rig.run()
    assert rig.headline() == "Approved by Approver"


def test_a_modal_is_opened_while_the_cards_own_post_is_not_yet_confirmed(rig: Rig) -> None:
    rig.ask()
    with rig.ledger.write() as tx:
        tx.exec_driver_sql("UPDATE cards SET state = 'claimed', ts = NULL")
    choose(rig, "details")
    rig.step("clerk")
    assert len(modals(rig)) == 1
    with rig.ledger.write() as tx:
        tx.exec_driver_sql("UPDATE cards SET state = 'posted', ts = ?", (rig.cards(APPROVALS)[-1]["ts"],))


def test_a_choice_that_waited_for_a_quarter_of_an_hour_is_answered_as_every_press(rig: Rig) -> None:
    rig.ask()
    choose(rig, "comment")
    rig.clock.advance(15 * 60 + 1)
    rig.step("clerk")
    assert "within 15 minutes" in rig.told(APPROVER)[0]
    nothing_happened(rig)
