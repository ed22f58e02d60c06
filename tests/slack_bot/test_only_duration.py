"""Where only one duration may be chosen: what was shown is what is approved, though it is another by now."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import update

from sandbox import Sandbox
from slack_bot.answers import CHOOSE_DURATION
from slack_bot.channel import Channel
from slack_bot.ledger import requests
from slack_bot.rows import State, body_of
from tests.rig import APPROVALS, APPROVER, Rig, has_buttons
from tests.slack_bot.conversing import rules
from tests.slack_bot.forms import choose, modals, opened, words
from tests.slack_bot.quorums import approvals_line, of_group
from tests.upstream_client.privilege_manager.contracts import changed
from upstream_client.models import DAY, HOUR, ONE_TIME, Duration

FOR_AN_HOUR, FOR_A_DAY = Duration(HOUR), Duration(DAY)


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    """Its upstream takes the durations that it offers, and no others."""
    made = Rig(sandbox, tmp_path)
    made.contract = changed(lambda contract: contract["duration"].update(other=False))
    with made as running:
        yield running


def offer(rig: Rig, duration: Duration) -> None:
    """From now on the request may be approved for so long only; its card does not show it yet."""
    asked = replace(rig.row().asked, durations=(duration,))
    with rig.ledger.write() as tx:
        tx.execute(update(requests).values(body=body_of(asked), look=requests.c.look + 1))


def asked_for(rig: Rig, duration: Duration) -> str:
    """Somebody asks, and may be given so long; the card shows it."""
    request = rig.ask()
    offer(rig, duration)
    rig.run("publisher")
    return request


def not_approved(rig: Rig, request: str) -> None:
    rig.run()
    assert rig.told(APPROVER) == [CHOOSE_DURATION]
    assert rig.row().state is State.PENDING
    assert has_buttons(rig.card())
    assert rig.upstream_request(request)["decisions"] == 0


@pytest.mark.parametrize(("duration", "minutes"), [(FOR_AN_HOUR, 60), (ONE_TIME, None)])
@pytest.mark.parametrize("by_form", [False, True])
def test_what_is_shown_and_stays_so_is_approved(
    rig: Rig, duration: Duration, minutes: int | None, by_form: bool
) -> None:
    request = asked_for(rig, duration)
    if by_form:
        assert f"For: \n{duration.words}" in words(opened(rig, "comment"))
        rig.control.submit(APPROVER)
    else:
        rig.press(APPROVER, "approve_request")
    rig.run()
    assert rig.headline() == "Approved by Approver"
    assert rig.upstream_request(request)["duration"] == minutes


@pytest.mark.parametrize(("shown", "now"), [(FOR_AN_HOUR, FOR_A_DAY), (ONE_TIME, FOR_A_DAY)])
def test_a_press_on_a_card_that_showed_another_is_not_counted(
    rig: Rig, shown: Duration, now: Duration
) -> None:
    request = asked_for(rig, shown)
    offer(rig, now)
    rig.press(APPROVER, "approve_request")
    not_approved(rig, request)


@pytest.mark.parametrize(("shown", "now"), [(FOR_AN_HOUR, FOR_A_DAY), (ONE_TIME, FOR_A_DAY)])
def test_a_form_that_told_another_is_not_counted(rig: Rig, shown: Duration, now: Duration) -> None:
    request = asked_for(rig, shown)
    opened(rig, "comment")
    offer(rig, now)
    rig.control.submit(APPROVER)
    not_approved(rig, request)


def test_a_form_that_told_an_hour_is_for_an_hour_though_more_may_be_chosen_by_now(rig: Rig) -> None:
    request = asked_for(rig, FOR_AN_HOUR)
    opened(rig, "comment")
    asked = replace(rig.row().asked, durations=(ONE_TIME, FOR_A_DAY, FOR_AN_HOUR))
    with rig.ledger.write() as tx:
        tx.execute(update(requests).values(body=body_of(asked)))
    rig.control.submit(APPROVER)
    rig.run()
    assert rig.upstream_request(request)["duration"] == 60


@pytest.mark.parametrize("by_form", [False, True])
def test_what_is_offered_only_for_longer_than_allowed_can_only_be_denied(
    sandbox: Sandbox, tmp_path: Path, by_form: bool
) -> None:
    """Given a card of before the channel's limit, when Approve is pressed there, then that is refused."""
    made = Rig(sandbox, tmp_path)
    made.contract = changed(lambda contract: contract["duration"].update(other=False))
    with made as rig:
        request = asked_for(rig, FOR_A_DAY)
        rig.declared = [Channel(APPROVALS, of_group(longest=FOR_AN_HOUR))]
        rig.restart()
        if by_form:
            choose(rig, "comment")
        else:
            rig.press(APPROVER, "approve_request")
        rig.run()
        assert modals(rig) == []
        assert ["offers nothing so short" in told for told in rig.told(APPROVER)] == [True]
        assert rules(rig) == ["nothing short enough"]
        assert rig.row().state is State.PENDING
        assert "it can only be denied" in approvals_line(rig)
        assert [one["action_id"] for one in rig.card()["blocks"][-1]["elements"]] == [
            "deny_request",
            "more_choices",
        ]
        rig.press(APPROVER, "deny_request")
        rig.run()
        assert rig.headline() == "Denied by Approver"
        assert rig.upstream_request(request)["decisions"] == 1


def test_a_form_that_told_what_is_longer_than_allowed_by_now_is_not_counted(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    made = Rig(sandbox, tmp_path)
    made.contract = changed(lambda contract: contract["duration"].update(other=False))
    with made as rig:
        asked_for(rig, FOR_A_DAY)
        opened(rig, "comment")
        rig.declared = [replace(one, policy=of_group(longest=FOR_AN_HOUR)) for one in rig.declared]
        rig.restart()
        rig.control.submit(APPROVER)
        rig.run()
        assert rules(rig) == ["longer than allowed"]
        assert rig.row().state is State.PENDING
