"""Answers that need words: another duration, a comment, a reason; and the details of a request."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sandbox import Sandbox
from slack_bot import approvals
from slack_bot.clock import SECOND
from slack_bot.rows import State
from tests.rig import ADMIN, APPROVER, OUTSIDER, REQUESTER, SECOND_APPROVER, Rig, has_buttons
from tests.slack_bot.forms import choose, element, modal, modals, opened, other, words


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with Rig(sandbox, tmp_path) as running:
        yield running


def nothing_counted(rig: Rig) -> bool:
    return rig.row().state is State.PENDING and has_buttons(rig.card())


# Another duration


def test_choosing_other_opens_the_form_at_once_and_counts_nothing(rig: Rig) -> None:
    rig.ask(file=r"C:\Tools\setup.exe")
    assert rig.press(APPROVER, "choose_duration", value=other(rig))["acknowledged"]
    rig.run()
    form = modal(rig)
    assert (form["title"]["text"], form["submit"]["text"]) == ("Approve", "Approve")
    assert all(told in words(form) for told in (r"C:\Tools\setup.exe", r"ACME\requester", "not rated"))
    assert "initial_value" not in element(form, "typed_duration")
    assert nothing_counted(rig)
    assert rig.told(APPROVER) == []


def test_approving_while_other_is_chosen_opens_the_form_and_counts_nothing(rig: Rig) -> None:
    rig.ask()
    rig.press(APPROVER, "approve_request", values={"choose_duration": other(rig)})
    rig.run()
    assert modal(rig)["callback_id"] == "approve_form"
    assert nothing_counted(rig)


def test_denying_while_other_is_chosen_denies(rig: Rig) -> None:
    rig.ask()
    rig.press(APPROVER, "deny_request", values={"choose_duration": other(rig)})
    rig.run()
    assert modals(rig) == []
    assert rig.headline() == "Denied by Approver"


@pytest.mark.parametrize(
    ("typed", "said", "minutes"),
    [("90m", "90 minutes", 90), ("2 hours", "2 hours", 120), ("one time", "one time", None)],
)
def test_a_duration_that_is_not_offered_is_approved_as_it_was_typed(
    rig: Rig, typed: str, said: str, minutes: int | None
) -> None:
    request = rig.ask()
    rig.press(APPROVER, "choose_duration", value=other(rig))
    rig.step("clerk")
    rig.control.submit(APPROVER, {"typed_duration": typed})
    rig.run()
    assert modals(rig) == []
    assert rig.headline() == "Approved by Approver"
    assert f"Approved for {said} by" in rig.words()
    assert rig.upstream_request(request)["duration"] == minutes


@pytest.mark.parametrize(
    ("user", "zone"), [(APPROVER, "Europe/London"), (SECOND_APPROVER, "America/New_York")]
)
def test_until_a_time_is_read_by_the_clock_of_whoever_answers_when_they_do(
    rig: Rig, user: str, zone: str
) -> None:
    request = rig.ask()
    form = opened(rig, "comment", user)
    assert f"by the clock of {zone}" in words(form)
    noon = datetime.fromtimestamp(rig.clock.now() / SECOND, UTC).replace(hour=12, minute=0, second=0)
    noon += timedelta(days=1)
    rig.clock.advance(noon.timestamp() - rig.clock.now() / SECOND)
    rig.control.submit(user, {"typed_duration": "until 18:00"})
    rig.run()
    until = noon.astimezone(ZoneInfo(zone)).replace(hour=18)
    minutes = (until - noon) // timedelta(minutes=1)
    assert rig.upstream_request(request)["duration"] in (minutes, minutes - 1)


@pytest.mark.parametrize("typed", ["soon", "-5m", "31 days", "until", "1e3m", "<!channel>", "x" * 100])
def test_what_is_no_duration_is_said_in_the_form_and_nothing_is_saved(rig: Rig, typed: str) -> None:
    request = rig.ask()
    opened(rig, "comment")
    answer = rig.control.submit(APPROVER, {"typed_duration": typed})
    assert list(answer["errors"]) == ["duration"]
    rig.run()
    assert nothing_counted(rig)

    rig.control.submit(APPROVER, {"typed_duration": "45m"})
    rig.run()
    assert rig.upstream_request(request)["duration"] == 45


# A comment, a reason


def test_an_approval_with_a_comment_begins_with_what_the_menu_showed(rig: Rig) -> None:
    request = rig.ask()
    choose(rig, "comment", values={"choose_duration": "900"})
    rig.step("clerk")
    assert element(modal(rig), "typed_duration")["initial_value"] == "15 minutes"
    rig.control.submit(APPROVER, {"reason_text": "For the release.\n<!channel> *now*"})
    rig.run()
    assert rig.headline() == "Approved by Approver"
    assert "Approved for 15 minutes by" in rig.words()
    assert "Comment: For the release. ⏎ <!channel> *now*" in rig.words()
    taken = rig.upstream_request(request)
    assert (taken["duration"], taken["decisions"]) == (15, 1)
    assert "For the release." in taken["comment"]


def test_a_comment_may_be_left_out(rig: Rig) -> None:
    rig.ask()
    opened(rig, "comment")
    rig.control.submit(APPROVER)
    rig.run()
    assert rig.headline() == "Approved by Approver"
    assert "Approved for one time by" in rig.words()
    assert "Comment" not in rig.words()


def test_a_denial_with_a_reason_says_it_on_the_card_and_upstream(rig: Rig) -> None:
    request = rig.ask()
    form = opened(rig, "reason")
    assert (form["title"]["text"], form["submit"]["text"]) == ("Deny", "Deny")
    rig.control.submit(APPROVER, {"reason_text": "Not during the freeze."})
    rig.run()
    assert rig.headline() == "Denied by Approver"
    assert "Reason: Not during the freeze." in rig.words()
    denied = rig.upstream_request(request)
    assert denied["status"] == "Denied"
    assert "Not during the freeze." in denied["comment"]


def test_a_reason_of_nothing_but_white_space_is_none(rig: Rig) -> None:
    rig.ask()
    opened(rig, "reason")
    answer = rig.control.submit(APPROVER, {"reason_text": " \n "})
    assert answer["errors"] == {"reason": "Please write a reason."}
    rig.run()
    assert nothing_counted(rig)


@pytest.mark.parametrize("length", [1_000, 1_001])
def test_the_longest_reason_stands_whole_on_the_card_and_a_longer_one_is_not_taken(
    rig: Rig, length: int
) -> None:
    rig.ask()
    opened(rig, "reason")
    answer = rig.control.submit(APPROVER, {"reason_text": "n" * length})
    rig.run()
    if length > 1_000:
        assert answer["errors"] == {"reason": "Please write at most 1,000 characters."}
        assert nothing_counted(rig)
    else:
        assert f"Reason: {'n' * 1_000}" in rig.words()


# The details


def test_details_tell_everything_and_ask_for_nothing(rig: Rig) -> None:
    request = rig.ask(file=r"C:\Tools\setup.exe", reason="Line one\n" + "x" * 1_500)
    rig.press(OUTSIDER, "approve_request")
    rig.step("clerk")
    details = opened(rig, "details")
    assert details["submit"] is None
    assert {block["type"] for block in details["blocks"]} == {"rich_text"}
    told = words(details)
    assert "Waiting for an answer" in told
    assert r"C:\Tools\setup.exe" in told
    assert "Line one\n" + "x" * 1_500 in told
    assert request in told
    assert rig.row().key in told
    assert rig.card()["blocks"][-1]["elements"][1]["value"].partition(".")[2] in told
    assert "Seen for the first time" in told
    assert "Not counted" in told
    assert nothing_counted(rig)


def people_in(view: dict[str, Any]) -> set[str]:
    """Everybody that a modal names."""
    return set(re.findall(r"'user_id': '(\w+)'", str(view["blocks"])))


def test_details_name_the_requester_in_slack_where_the_address_is_known(rig: Rig) -> None:
    rig.ask(email="Requester@Example.com")
    assert people_in(opened(rig, "details")) == {REQUESTER}


def test_details_open_without_a_requester_where_slack_knows_no_such_address(rig: Rig) -> None:
    rig.ask(email="nobody@example.com")
    assert people_in(opened(rig, "details")) == set()


def test_details_open_without_a_requester_where_the_scope_for_addresses_is_missing(tmp_path: Path) -> None:
    with Sandbox(declined_scopes=["users:read.email"]) as sandbox, Rig(sandbox, tmp_path) as rig:
        rig.ask(email="requester@example.com")
        assert people_in(opened(rig, "details")) == set()
        assert rig.control.calls("users.lookupByEmail") == []


def test_details_open_for_everybody_who_sees_the_card_and_in_any_state(rig: Rig) -> None:
    rig.ask()
    card = rig.card()
    rig.press(APPROVER, "deny_request")
    rig.step("clerk")
    choose(rig, "details", REQUESTER, card=card)
    rig.step("clerk")
    assert "Denied by Approver, waiting for Privilege Manager" in words(modal(rig, REQUESTER))
    assert "answered deny" in words(modal(rig, REQUESTER))
    assert rig.told(REQUESTER) == []


# Who may open a form, and when


@pytest.mark.parametrize("word", ["comment", "reason"])
def test_whoever_may_not_decide_is_told_before_they_type_anything(rig: Rig, word: str) -> None:
    rig.ask()
    choose(rig, word, OUTSIDER)
    rig.run()
    assert modals(rig, OUTSIDER) == []
    assert "You are not an approver here" in rig.told(OUTSIDER)[0]
    assert [record.actor for record in rig.audit() if record.kind == "refusal"] == [OUTSIDER]


@pytest.mark.parametrize("word", ["comment", "reason"])
def test_a_form_for_a_request_that_waits_no_more_is_not_opened(rig: Rig, word: str) -> None:
    rig.ask()
    rig.press(SECOND_APPROVER, "deny_request")
    choose(rig, word)
    rig.step("clerk")
    assert modals(rig) == []
    assert "You were not the first" in rig.told(APPROVER)[0]


def test_a_form_of_a_card_whose_request_changed_is_not_opened(rig: Rig) -> None:
    rig.ask()
    choose(rig, "reason")
    with rig.ledger.write() as tx:
        asked = replace(rig.row().asked, justification="Another one.")
        approvals.refresh(tx, rig.clock.now(), rig.row(), asked)
    rig.step("clerk")
    assert modals(rig) == []
    assert "The request changed since the card you saw" in rig.told(APPROVER)[0]


@pytest.mark.parametrize("word", ["comment", "reason", "details"])
def test_a_press_that_waited_too_long_for_a_modal_is_to_be_repeated(rig: Rig, word: str) -> None:
    rig.ask()
    choose(rig, word)
    rig.clock.advance(3.1)
    rig.run()
    assert modals(rig) == []
    assert rig.told(APPROVER) == ["That took too long, and I counted nothing. Please press again."]
    assert rig.control.calls("views.open") == []
    opened(rig, word)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("expired_trigger_id", "That took too long"),
        ("ratelimited", "That took too long"),
        ("reset_before", "That took too long"),
        ("internal_error", "That took too long"),
        ("invalid_arguments", "Slack did not let me open the form"),
    ],
)
def test_a_modal_that_slack_does_not_open_is_said_in_private(rig: Rig, kind: str, said: str) -> None:
    rig.ask()
    rig.control.faults(method="views.open", kind=kind)
    choose(rig, "comment")
    rig.run()
    assert [said in told for told in rig.told(APPROVER)] == [True]
    assert nothing_counted(rig)
    opened(rig, "comment")


def test_a_press_handled_again_after_its_modal_was_opened_says_nothing(rig: Rig) -> None:
    rig.ask()
    rig.control.faults(method="views.open", kind="exchanged_trigger_id")
    choose(rig, "comment")
    rig.run()
    assert rig.told(APPROVER) == []
    assert nothing_counted(rig)


def test_a_press_that_is_delivered_twice_opens_one_modal(rig: Rig) -> None:
    rig.ask()
    rig.control.faults(socket="duplicate", times=1)
    choose(rig, "comment")
    rig.run()
    assert len(rig.control.calls("views.open")) == 1
    assert rig.told(APPROVER) == []


def test_while_slack_keeps_us_from_asking_who_somebody_is_the_modal_s_time_runs_out(rig: Rig) -> None:
    rig.ask()
    rig.control.faults(method="users.info", kind="ratelimited", retry_after=5)
    choose(rig, "comment", ADMIN)
    rig.run()
    assert "That took too long" in rig.told(ADMIN)[0]
