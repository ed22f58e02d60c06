"""A schedule's verdict is sent only while a schedule still covers the request; else it waits for a person."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot.applier import NOT_COVERED
from slack_bot.policy import ONE_IS_ENOUGH, RefusedFrom, Terms
from slack_bot.rows import State, key_of
from slack_bot.schedule import Hours, Window
from tests.rig import ADMIN, APPROVALS, APPROVER, APPROVERS, Rig, has_buttons
from tests.slack_bot.conversing import block_state, mention
from tests.slack_bot.schedules import open_at
from upstream_client.models import HOUR, Duration, Risk, Seen
from upstream_client.privilege_manager import PrivManClient


class Rating(PrivManClient):
    """Of an upstream that rates its requests, and rated one anew since it listed it."""

    risk = Risk.UNRATED

    def fetch(self, request_id: str) -> Seen:
        seen = super().fetch(request_id)
        return seen if seen.request is None else replace(seen, request=replace(seen.request, risk=self.risk))


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    terms = Terms(ONE_IS_ENOUGH, unknown_requester_refused_from=RefusedFrom.NEVER)
    running = Rig(sandbox, tmp_path, {APPROVALS: replace(APPROVERS, terms=terms)})
    running.client = Rating
    with running:
        yield running


def decided_at_night(rig: Rig, operation: str = "*", kind: str = "server_error") -> str:
    """A schedule approves a request, of which the upstream cannot be told for now."""
    rig.schedules.put(APPROVALS, open_at(rig.clock.now()))
    request = rig.control.file_request()
    rig.step("poller")
    rig.upstream_fails(operation, kind, times=1_000)
    rig.step("auto_approver")
    rig.step("applier")
    assert rig.row(key_of("privilege_manager", request)).state is State.DECIDED
    return request


def waits_for_a_person(rig: Rig, request: str) -> None:
    rig.control.clear_faults()
    rig.clock.advance(90)
    rig.run()
    assert rig.upstream_request(request)["status"] == "Pending"
    assert NOT_COVERED in rig.words()
    assert has_buttons(rig.card())
    rig.press(APPROVER, "approve_request")
    rig.run()
    assert rig.headline() == "Approved by Approver"
    assert rig.upstream_request(request)["decisions"] == 1


def test_while_the_schedule_covers_it_it_is_sent_once_the_upstream_is_back(rig: Rig) -> None:
    request = decided_at_night(rig)
    rig.control.clear_faults()
    rig.clock.advance(90)
    rig.run()
    assert rig.upstream_request(request)["status"] == "Approved"
    assert rig.headline() == "Approved automatically"


def test_after_the_schedule_was_turned_off_it_is_not_sent(rig: Rig) -> None:
    request = decided_at_night(rig)
    mention(rig, ADMIN, "autoapprove off")
    waits_for_a_person(rig, request)


def test_when_people_are_back_at_work_it_is_not_sent(rig: Rig) -> None:
    request = decided_at_night(rig)
    all_week = Hours((Window(tuple(range(7)), 0, 1440),), "UTC")
    rig.schedules.put(APPROVALS, replace(open_at(rig.clock.now()), hours=all_week))
    waits_for_a_person(rig, request)


def test_what_is_too_risky_by_now_is_not_approved_though_its_facts_are_the_same(rig: Rig) -> None:
    request = decided_at_night(rig)
    assert isinstance(rig.upstream, Rating)
    rig.upstream.risk = Risk.CRITICAL
    waits_for_a_person(rig, request)


def test_a_schedule_that_gives_less_by_now_gives_nothing_to_what_was_decided_before(rig: Rig) -> None:
    request = decided_at_night(rig)
    rig.schedules.put(APPROVALS, replace(open_at(rig.clock.now()), duration=Duration(HOUR // 4)))
    waits_for_a_person(rig, request)


def test_while_the_schedules_cannot_be_read_it_is_not_sent(rig: Rig, tmp_path: Path) -> None:
    request = decided_at_night(rig)
    block_state(tmp_path, "schedules")
    rig.step("refresher")
    waits_for_a_person(rig, request)


def test_what_was_sent_and_seen_waiting_twice_is_not_sent_again_unless_it_is_covered(rig: Rig) -> None:
    request = decided_at_night(rig, "approve", "reset_before")
    assert rig.row(key_of("privilege_manager", request)).unsure
    mention(rig, ADMIN, "autoapprove off")
    waits_for_a_person(rig, request)


def test_what_was_sent_and_taken_is_told_whatever_the_schedule_is_by_now(rig: Rig) -> None:
    request = decided_at_night(rig, "approve", "reset")
    mention(rig, ADMIN, "autoapprove off")
    rig.control.clear_faults()
    rig.clock.advance(90)
    rig.run()
    assert rig.headline() == "Approved automatically"
    assert rig.upstream_request(request)["decisions"] == 1


def test_an_approval_of_a_person_needs_no_schedule(rig: Rig) -> None:
    request = rig.ask()
    rig.press(APPROVER, "approve_request")
    rig.run()
    assert rig.upstream_request(request)["status"] == "Approved"
