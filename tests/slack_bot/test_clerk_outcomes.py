"""Outcomes are told when nobody waits: they hold up no press, and a hiccup of Slack's loses none of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from sandbox import Sandbox
from slack_bot import clerk
from slack_bot.clock import SECOND
from slack_bot.inbox import LONGEST_WAIT
from slack_bot.ledger import inbox
from slack_bot.listeners.outcomes import NEWS_FOR, UNREAD_FOR
from slack_bot.refusal import COUNTS_FOR
from tests.rig import APPROVER, OUTSIDER, REQUESTER, Rig, at_statement
from tests.slack_bot.test_outcomes import EMAIL, told_directly
from upstream_client.models import MINUTE

LOOK_UP, PERSON, OPEN, POST = "users.lookupByEmail", "users.info", "conversations.open", "chat.postMessage"
ANSWER = "chat.postEphemeral"
SECOND_EMAIL = "outsider@example.com"
LONGEST = LONGEST_WAIT / SECOND


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with Rig(sandbox, tmp_path) as running:
        running.slack_timeout = 2
        yield running


def denied(rig: Rig, *emails: str) -> None:
    """Requests of these people were denied, and the upstream has taken it; nobody was told yet."""
    for email in emails:
        rig.ask(email=email)
    for card in rig.cards():
        rig.press(APPROVER, "deny_request", card=card)
    rig.step("clerk")
    rig.run("applier")
    assert results(rig) == [""] * len(emails)


def results(rig: Rig) -> list[str]:
    """What became of the outcomes, "" where they wait."""
    query = select(inbox.c.result).where(inbox.c.kind == "outcome").order_by(inbox.c.id)
    with rig.ledger.read() as connection:
        return list(connection.execute(query).scalars())


def look_ups(rig: Rig) -> int:
    return len(rig.control.calls(LOOK_UP))


# Holding up nobody


def test_one_outcome_is_looked_at_in_a_round(rig: Rig) -> None:
    denied(rig, EMAIL, SECOND_EMAIL)
    assert rig.step("clerk") == 0
    assert results(rig) == ["told", ""]
    rig.step("clerk")
    assert results(rig) == ["told", "told"]


def test_a_press_that_came_after_many_outcomes_is_looked_at_before_all_of_them(rig: Rig) -> None:
    denied(rig, EMAIL, SECOND_EMAIL)
    before = len(rig.control.calls())
    rig.press(OUTSIDER, "deny_request")
    rig.step("clerk")
    methods = [call["method"] for call in rig.control.calls()[before:]]
    looked_at = [one for one in methods if one in (PERSON, ANSWER, LOOK_UP)]
    assert looked_at == [PERSON, ANSWER, LOOK_UP]


def test_while_a_press_is_due_no_outcome_is_looked_at(rig: Rig) -> None:
    """Given that it came while answers were sent, then it is looked at first."""
    denied(rig, EMAIL)
    with at_statement(rig, "SELECT inbox.id", lambda: rig.press(OUTSIDER, "deny_request"), nth=2):
        rig.step("clerk")
    assert look_ups(rig) == 0
    rig.run()
    assert len(told_directly(rig, REQUESTER)) == 1


# Hiccups


@pytest.mark.parametrize("kind", ["server_error", "fatal_error", "timeout", "reset"])
def test_after_a_hiccup_of_slack_all_outcomes_wait_and_then_they_are_told(rig: Rig, kind: str) -> None:
    denied(rig, EMAIL, SECOND_EMAIL)
    rig.control.faults(method=LOOK_UP, kind=kind)
    wait = rig.step("clerk")
    rig.step("clerk")
    assert look_ups(rig) == 1
    assert wait == pytest.approx(UNREAD_FOR, abs=0.1)
    rig.run()
    assert len(told_directly(rig, REQUESTER)) == len(told_directly(rig, OUTSIDER)) == 1


def test_where_slack_does_not_tell_for_an_hour_it_is_old_news(rig: Rig) -> None:
    denied(rig, EMAIL)
    rig.control.faults(method=LOOK_UP, kind="server_error", times=9)
    rig.step("clerk")
    rig.clock.advance(NEWS_FOR / SECOND)
    assert rig.step("clerk") is None
    assert results(rig) == ["too old"]
    assert look_ups(rig) == 1


def test_where_the_app_lacks_the_scope_nobody_waits_for_it(rig: Rig) -> None:
    denied(rig, EMAIL)
    rig.control.faults(method=LOOK_UP, kind="missing_scope")
    assert rig.step("clerk") is None
    assert results(rig) == ["requester unknown"]
    assert look_ups(rig) == 1


# Limits


@pytest.mark.parametrize("minutes", [0, 14.9, 15, 20, 59.8])
def test_the_clerk_rests_while_slack_limits_the_look_up_however_old_the_outcome_is(
    rig: Rig, minutes: float
) -> None:
    denied(rig, EMAIL, SECOND_EMAIL)
    rig.clock.advance(minutes * MINUTE)
    rig.control.faults(method=LOOK_UP, kind="ratelimited", retry_after=25)
    wait = rig.step("clerk")
    assert wait is not None
    assert wait > 10
    rig.step("clerk")
    assert look_ups(rig) == 1


def test_a_limit_longer_than_anything_is_put_off_is_kept_for_as_long_as_that(rig: Rig) -> None:
    denied(rig, EMAIL)
    rig.control.faults(method=LOOK_UP, kind="ratelimited", retry_after=7200)
    assert rig.step("clerk") == pytest.approx(LONGEST, abs=0.1)


def test_a_press_that_grows_too_old_while_it_is_looked_at_does_not_keep_the_clerk_busy(rig: Rig) -> None:
    rig.ask()
    rig.press(APPROVER, "deny_request")
    rig.control.faults(method=PERSON, kind="ratelimited", retry_after=25)
    rig.clock.advance(COUNTS_FOR / SECOND - 1)
    with at_statement(rig, "FROM requests", lambda: rig.clock.advance(3)):
        assert rig.step("clerk") == pytest.approx(25, abs=0.1)


# Direct messages


def test_one_conversation_is_opened_for_many_messages(rig: Rig) -> None:
    denied(rig, EMAIL, EMAIL)
    rig.run()
    assert len(told_directly(rig, REQUESTER)) == 2
    assert len(rig.control.calls(OPEN)) == 1


def test_only_so_many_conversations_are_remembered(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clerk, "MOST_ROOMS", 1)
    denied(rig, EMAIL, SECOND_EMAIL, SECOND_EMAIL, EMAIL)
    rig.run()
    assert len(told_directly(rig, REQUESTER)) == len(told_directly(rig, OUTSIDER)) == 2
    assert len(rig.control.calls(OPEN)) == 3


def test_a_conversation_that_takes_no_message_is_opened_anew(rig: Rig) -> None:
    denied(rig, EMAIL, EMAIL)
    rig.step("clerk")
    rig.control.faults(method=POST, kind="channel_not_found", nth=2)
    rig.run("clerk")
    assert len(told_directly(rig, REQUESTER)) == 2
    assert len(rig.control.calls(OPEN)) == 2


def test_an_outcome_that_is_found_late_is_still_delivered_after_another_hiccup(rig: Rig) -> None:
    denied(rig, EMAIL)
    rig.clock.advance(50 * MINUTE)
    rig.control.faults(method=OPEN, kind="server_error", times=2)
    rig.run()
    assert len(told_directly(rig, REQUESTER)) == 1
