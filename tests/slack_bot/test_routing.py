"""Requests are shown where their route leads, and nowhere else; where it leads nowhere the operator is told."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select, update
from structlog.testing import capture_logs

from sandbox import Sandbox
from slack_bot import approvals
from slack_bot.closed_channels import ClosedChannels
from slack_bot.coverage import Coverage
from slack_bot.ledger import requests
from slack_bot.publisher.routing import BATCH, BATCHES
from slack_bot.publisher.unplaced import CLOSED, NO_DEFAULT, NOT_REGISTERED
from slack_bot.route_store import NumberedRoute
from slack_bot.routes import Route
from slack_bot.rows import State, key_of, request_by_key
from tests.rig import ADMIN, APPROVALS, APPROVER, APPROVERS, SECOND_CHANNEL, Rig
from tests.slack_bot.conversing import block_state, mention, recorded, unblock_state
from tests.slack_bot.examples import REQUEST
from tests.slack_bot.schedules import open_at
from upstream_client.models import ApprovalRequest, Fact, Risk, Verdict

GENERAL = "C02GENERAL"
BOTH = (APPROVALS, SECOND_CHANNEL)
PROD = Route((SECOND_CHANNEL,), facts=(("environment", "prod*"),))


@contextmanager
def routed(sandbox: Sandbox, folder: Path, *routes: Route, default: str = APPROVALS) -> Iterator[Rig]:
    """A bot with two channels."""
    channels = dict.fromkeys(BOTH, APPROVERS)
    with Rig(sandbox, folder, channels, routes=routes, default=default) as running:
        running.placement.know({APPROVALS: "approvals", SECOND_CHANNEL: "second-approvals"})
        yield running


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with routed(sandbox, tmp_path, PROD) as running:
        yield running


def asking(environment: str, id: str = "one", **more: Any) -> ApprovalRequest:
    return replace(REQUEST, id=id, facts=(Fact("environment", "Environment", environment),), **more)


def add(rig: Rig, asked: ApprovalRequest) -> str:
    with rig.ledger.write() as tx:
        approvals.add(tx, rig.clock.now(), asked)
    return key_of(asked.upstream, asked.id)


def tell(rig: Rig, asked: ApprovalRequest) -> None:
    """The upstream tells it differently."""
    with rig.ledger.write() as tx:
        row = request_by_key(tx, key_of(asked.upstream, asked.id), lock=True)
        assert row is not None
        approvals.refresh(tx, rig.clock.now(), row, asked)


def channels_of(rig: Rig, key: str) -> list[str]:
    """Where its card stands."""
    return [
        channel
        for channel in BOTH
        if any(card["metadata"]["event_payload"]["request"] == key for card in rig.cards(channel))
    ]


def kept(rig: Rig, *routes: Route) -> None:
    """These were set in Slack."""
    after = tuple(NumberedRoute(number, route, ADMIN) for number, route in enumerate(routes, 1))
    rig.routes.put(rig.routes.numbered, after)


def covering(rig: Rig, asked: ApprovalRequest) -> str:
    """The scope of the schedule that covers it, "" for none."""
    rule = Coverage(rig.state, ClosedChannels(), rig.placement).covering(asked, rig.clock.now())
    return "" if rule is None else rule.scope


def test_a_request_is_shown_where_its_route_leads_and_what_fits_none_in_the_default_channel(rig: Rig) -> None:
    prod, test = add(rig, asking("production", "prod")), add(rig, asking("test", "test"))
    rig.run("publisher")
    assert channels_of(rig, prod) == [SECOND_CHANNEL]
    assert channels_of(rig, test) == [APPROVALS]
    assert rig.notes == []


def test_without_a_route_every_channel_shows_every_request(sandbox: Sandbox, tmp_path: Path) -> None:
    with routed(sandbox, tmp_path) as rig:
        key = add(rig, asking("production"))
        rig.run("publisher")
        assert channels_of(rig, key) == list(BOTH)
        with rig.ledger.read() as connection:
            assert connection.execute(select(requests.c.routed_by)).scalars().all() == [""]


def test_a_route_may_lead_to_several_channels_and_one_that_is_not_registered_is_left_out(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with routed(sandbox, tmp_path, Route((GENERAL, *BOTH), risks=(Risk.MEDIUM,))) as rig:
        key = add(rig, asking("production"))
        rig.run("publisher")
        assert channels_of(rig, key) == list(BOTH)
        assert rig.notes == []


def test_declared_routes_come_before_those_that_were_set_in_slack(rig: Rig) -> None:
    kept(rig, Route((APPROVALS,), facts=(("environment", "*"),)))
    prod = add(rig, asking("production"))
    rig.run("publisher")
    assert channels_of(rig, prod) == [SECOND_CHANNEL]


def test_a_wish_that_is_followed_wins_over_a_route_and_one_that_is_not_goes_by_it(rig: Rig) -> None:
    followed = add(rig, asking("production", "followed", channel="#approvals"))
    not_followed = add(rig, asking("production", "not followed", channel="#nowhere"))
    rig.run("publisher")
    assert channels_of(rig, followed) == [APPROVALS]
    assert channels_of(rig, not_followed) == [SECOND_CHANNEL]
    assert "Asked for #nowhere, which is not registered here." in rig.words(SECOND_CHANNEL)


def test_while_nobody_can_tell_what_a_wish_means_its_request_goes_nowhere(rig: Rig) -> None:
    asked = asking("production", channel="#approvals", channel_undecided=True)
    key = add(rig, asked)
    rig.run("publisher")
    assert channels_of(rig, key) == []
    assert (rig.placement.is_undecided(asked), rig.placement.takes(asked, APPROVALS)) == (True, False)
    assert rig.notes == []


# Where nobody is asked


@pytest.mark.parametrize(
    ("route", "default", "words"),
    [
        (Route((SECOND_CHANNEL,), upstream="gate"), "", NO_DEFAULT.format(waiting="1 request waits")),
        (
            Route((SECOND_CHANNEL,), upstream="gate"),
            GENERAL,
            NOT_REGISTERED.format(waiting="1 request waits", none=f"{GENERAL} is not"),
        ),
        (
            Route((GENERAL, "C09NOWHERE")),
            APPROVALS,
            NOT_REGISTERED.format(waiting="1 request waits", none=f"none of {GENERAL}, C09NOWHERE is"),
        ),
    ],
)
def test_where_a_request_leads_nowhere_the_operator_is_told_and_nobody_else_is_asked(
    sandbox: Sandbox, tmp_path: Path, route: Route, default: str, words: str
) -> None:
    with routed(sandbox, tmp_path, route, default=default) as rig:
        for channel in BOTH:
            rig.schedules.put(channel, replace(open_at(rig.clock.now()), set_by=ADMIN))
        asked = asking("production", risk=Risk.LOW)
        key = add(rig, asked)
        with capture_logs() as told:
            rig.run("auto_approver", "publisher")
            rig.run("auto_approver", "publisher")
        assert (channels_of(rig, key), rig.row(key).state) == ([], State.PENDING)
        assert covering(rig, asked) == ""
        assert rig.notes == [words]
        assert [one["why"] for one in told if one["log_level"] == "error"] == [words]
        assert words in mention(rig, APPROVER, "status")
        assert mention(rig, APPROVER, "pending") == "No request is waiting."


def test_once_it_leads_somewhere_the_request_is_shown_and_the_operator_hears_no_more_of_it(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with routed(sandbox, tmp_path, PROD, default="") as rig:
        keys = [add(rig, asking("test", str(number))) for number in range(2)]
        rig.run("publisher")
        assert rig.notes == [NO_DEFAULT.format(waiting="2 requests wait")]
        kept(rig, Route((APPROVALS,), facts=(("environment", "test"),)))
        with capture_logs() as told:
            rig.run("publisher")
        assert [channels_of(rig, key) for key in keys] == [[APPROVALS], [APPROVALS]]
        assert rig.notes == []
        assert "no request is left that is shown nowhere" in [one["event"] for one in told]


def test_a_channel_that_takes_no_message_is_told_of_and_tried_again(rig: Rig) -> None:
    rig.control.change_channel(SECOND_CHANNEL, leave=["U07BOT"])
    key = add(rig, asking("production"))
    rig.step("publisher")
    rig.clock.advance(2)
    rig.step("publisher")
    assert channels_of(rig, key) == []
    assert CLOSED.format(waiting="1 request waits", named=SECOND_CHANNEL) in rig.notes
    rig.control.change_channel(SECOND_CHANNEL, join=["U07BOT"])
    rig.run("publisher")
    assert channels_of(rig, key) == [SECOND_CHANNEL]
    rig.step("publisher")
    assert rig.notes == []


def test_a_card_in_a_channel_that_is_registered_no_more_asks_nobody(sandbox: Sandbox, tmp_path: Path) -> None:
    route = Route((SECOND_CHANNEL,), facts=(("environment", "prod*"),))
    with Rig(sandbox, tmp_path, {APPROVALS: APPROVERS}, routes=(route,), default=APPROVALS) as rig:
        mention(rig, ADMIN, "", SECOND_CHANNEL)
        add(rig, asking("production"))
        rig.run("publisher")
        assert (len(rig.cards(SECOND_CHANNEL)), rig.notes) == (1, [])
        mention(rig, ADMIN, "remove", SECOND_CHANNEL)
        rig.run("publisher")
        told = NOT_REGISTERED.format(waiting="1 request waits", none=f"{SECOND_CHANNEL} is not")
        assert rig.notes == [told]


def test_a_request_that_is_shown_nowhere_and_then_withdrawn_is_told_of_no_more(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with routed(sandbox, tmp_path, PROD, default="") as rig:
        key = add(rig, asking("test"))
        rig.run("publisher")
        with rig.ledger.write() as tx:
            tx.execute(update(requests).where(requests.c.key == key).values(state=State.EXPIRED))
        rig.run("publisher")
        assert rig.notes == []


# What changes


def test_a_request_that_is_told_differently_takes_another_route_and_its_card_stays(rig: Rig) -> None:
    key = add(rig, asking("test"))
    rig.run("publisher")
    tell(rig, asking("production"))
    rig.run("publisher")
    assert channels_of(rig, key) == list(BOTH)
    for channel in BOTH:
        assert mention(rig, APPROVER, "pending", channel).startswith("1 request is waiting.")
    rig.press(APPROVER, "deny_request", card=rig.card())
    rig.run("clerk")
    assert rig.row(key).verdict is Verdict.DENY


def test_when_routes_come_and_go_cards_stay_and_what_is_new_goes_by_those_of_now(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with routed(sandbox, tmp_path) as rig:
        before = add(rig, asking("production", "before"))
        rig.run("publisher")
        kept(rig, PROD)
        during = add(rig, asking("production", "during"))
        rig.run("publisher")
        assert [channels_of(rig, key) for key in (before, during)] == [list(BOTH), [SECOND_CHANNEL]]
        assert mention(rig, APPROVER, "pending").startswith("1 request is waiting.")
        kept(rig)
        rig.run("publisher")
        assert channels_of(rig, during) == list(BOTH)


def test_what_was_found_by_other_routes_counts_for_nothing(rig: Rig) -> None:
    """Given a request with a route, when the routes change, then it is shown nowhere until that is found anew."""
    key = add(rig, asking("production"))
    query = select(requests.c.key).where(rig.placement.shown_in(SECOND_CHANNEL))
    with rig.ledger.write() as tx:
        tx.execute(update(requests).values(routed_by="0123456789abcdef", routed_to=f" {SECOND_CHANNEL} "))
        assert tx.execute(query).all() == []
    rig.run("publisher")
    assert channels_of(rig, key) == [SECOND_CHANNEL]


def test_after_a_restart_and_with_another_process_each_card_stands_once(rig: Rig) -> None:
    keys = [add(rig, asking("production", str(number))) for number in range(3)]
    rig.step("publisher")
    rig.restart()
    rig.run("publisher")
    assert [channels_of(rig, key) for key in keys] == [[SECOND_CHANNEL]] * 3
    assert len(rig.cards(SECOND_CHANNEL)) == 3


def test_only_schedules_of_channels_where_it_is_shown_answer_a_request(rig: Rig) -> None:
    rig.schedules.put(APPROVALS, replace(open_at(rig.clock.now()), set_by=ADMIN))
    assert covering(rig, asking("production", risk=Risk.LOW)) == ""
    assert covering(rig, asking("test", risk=Risk.LOW)) == APPROVALS


def test_where_a_route_leads_to_an_open_schedule_later_it_is_looked_at_again(rig: Rig) -> None:
    rig.schedules.put(APPROVALS, replace(open_at(rig.clock.now()), set_by=ADMIN))
    kept(rig, Route((SECOND_CHANNEL,), facts=(("environment", "test"),)))
    key = add(rig, asking("test", risk=Risk.LOW))
    rig.run("auto_approver", "publisher")
    assert rig.row(key).state is State.PENDING
    kept(rig, Route((APPROVALS,), facts=(("environment", "test"),)))
    rig.run("auto_approver", "publisher")
    assert (rig.row(key).state, rig.row(key).decided_in) == (State.DECIDED, APPROVALS)


def test_what_a_schedule_answered_at_once_is_shown_by_its_route_for_the_record(rig: Rig) -> None:
    rig.schedules.put(SECOND_CHANNEL, replace(open_at(rig.clock.now()), set_by=ADMIN))
    key = add(rig, asking("production", risk=Risk.LOW))
    rig.step("auto_approver")
    assert rig.row(key).state is State.DECIDED
    rig.run("publisher")
    assert channels_of(rig, key) == [SECOND_CHANNEL]


# What cannot be read


def test_while_the_routes_cannot_be_read_nothing_is_shown_anew_and_what_stands_can_be_answered(
    rig: Rig, tmp_path: Path
) -> None:
    kept(rig, Route((APPROVALS,), upstream="gate"))
    old = add(rig, asking("production", "old"))
    rig.run("publisher")
    block_state(tmp_path, "routes")
    rig.step("refresher")
    asked = asking("production", "new", risk=Risk.LOW)
    rig.schedules.put(SECOND_CHANNEL, replace(open_at(rig.clock.now()), set_by=ADMIN))
    new, wished = add(rig, asked), add(rig, asking("test", "wished", channel=APPROVALS))
    with capture_logs() as told:
        rig.run("publisher")
    assert [channels_of(rig, key) for key in (old, new, wished)] == [[SECOND_CHANNEL], [], [APPROVALS]]
    assert "nobody can tell which request goes where: no new cards" in [one["event"] for one in told]
    assert (rig.placement.is_undecided(asked), covering(rig, asked)) == (True, "")
    assert "I cannot read the routes that are stored" in mention(rig, APPROVER, "status")
    rig.press(APPROVER, "deny_request", card=rig.card(SECOND_CHANNEL), channel=SECOND_CHANNEL)
    rig.run("clerk")
    assert rig.row(old).verdict is Verdict.DENY


@pytest.mark.parametrize(("routes", "shown"), [((), list(BOTH)), ((PROD,), [SECOND_CHANNEL])])
@pytest.mark.parametrize("when", ["before the start", "later"])
def test_where_no_route_was_set_in_slack_an_outage_holds_up_no_card(
    sandbox: Sandbox, tmp_path: Path, routes: tuple[Route, ...], shown: list[str], when: str
) -> None:
    if when == "before the start":
        block_state(tmp_path, "routes")
    with routed(sandbox, tmp_path, *routes) as rig:
        if when == "later":
            block_state(tmp_path, "routes")
            rig.step("refresher")
        key = add(rig, asking("production"))
        rig.run("publisher")
        assert channels_of(rig, key) == shown
        rig.schedules.put(APPROVALS, replace(open_at(rig.clock.now()), set_by=ADMIN))
        assert covering(rig, asking("test", risk=Risk.LOW)) == ""


def test_a_start_without_the_routes_that_were_set_in_slack_shows_nothing_new(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with routed(sandbox, tmp_path) as rig:
        mention(rig, ADMIN, "route here environment prod*", SECOND_CHANNEL)
        block_state(tmp_path, "routes")
        rig.restart()
        key = add(rig, asking("test"))
        rig.run("publisher")
        assert channels_of(rig, key) == []
        unblock_state(tmp_path, "routes")
        (tmp_path / "state" / "routes").mkdir()
        rig.step("refresher")
        rig.run("publisher")
        assert channels_of(rig, key) == list(BOTH)


@pytest.mark.parametrize("default", ["", GENERAL])
def test_while_there_may_be_more_channels_than_are_known_nobody_is_told_that_one_is_missing(
    sandbox: Sandbox, tmp_path: Path, default: str
) -> None:
    with routed(sandbox, tmp_path, Route((SECOND_CHANNEL,), upstream="gate"), default=default) as rig:
        rig.channels.awaited = "SLACK_CHANNEL: Slack does not answer"
        add(rig, asked := asking("test"))
        rig.run("publisher")
        assert rig.notes == []
        assert rig.placement.is_undecided(asked)
        rig.channels.awaited = ""
        rig.step("publisher")
        assert len(rig.notes) == 1
        assert not rig.placement.is_undecided(asked)


def test_a_request_that_cannot_be_read_keeps_no_other_one_waiting(rig: Rig) -> None:
    broken, whole = add(rig, asking("production", "broken")), add(rig, asking("production", "whole"))
    with rig.ledger.write() as tx:
        tx.execute(update(requests).where(requests.c.key == broken).values(body="{}"))
    with capture_logs() as told:
        rig.step("publisher")
    assert channels_of(rig, whole) == [SECOND_CHANNEL]
    assert [one["request"] for one in told if one["log_level"] == "error"] == [broken]


def test_changed_outside_is_on_record(rig: Rig, tmp_path: Path) -> None:
    route = {"number": 1, "facts": {"environment": "test"}, "channels": [SECOND_CHANNEL]}
    (tmp_path / "state" / "routes" / "list.json").write_text(json.dumps({"routes": [route]}))
    rig.step("refresher")
    (record,) = recorded(rig, "changed_outside")
    assert (record.detail["what"], record.detail["name"]) == ("route", "list")
    key = add(rig, asking("test"))
    rig.run("publisher")
    assert channels_of(rig, key) == [SECOND_CHANNEL]


# What it costs


def test_each_request_is_read_once_for_its_route_in_parts_between_which_presses_can_be_saved(
    rig: Rig,
) -> None:
    with rig.ledger.write() as tx:
        for number in range(BATCH * BATCHES + 1):
            approvals.add(
                tx, rig.clock.now() + number, asking("test", f"test {number}", channel=SECOND_CHANNEL)
            )
    said: list[str] = []
    event.listen(rig.ledger.engine, "before_cursor_execute", lambda *sent: said.append(sent[2]))
    assert rig.step("publisher") == 0.0
    assert len([one for one in said if one.startswith("UPDATE requests SET routed_by")]) == BATCHES
    rig.step("publisher")
    said.clear()
    rig.step("publisher")
    assert not any(one.startswith("UPDATE requests SET routed_by") for one in said)
    with rig.ledger.read() as connection:
        marks = connection.execute(select(requests.c.routed_by).distinct()).scalars().all()
    assert marks == [rig.routes.routes.mark]
