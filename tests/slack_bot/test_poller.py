"""What waits upstream is brought into the ledger, and what no longer waits is settled by what is told of it."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import JsonValue
from sqlalchemy import event, insert, select
from structlog.testing import capture_logs

from sandbox import Sandbox
from sandbox.privilege_manager import PrivilegeManager
from slack_bot import approvals
from slack_bot.ledger import requests
from slack_bot.poller import BATCH, FETCHES_A_POLL, GONE_AFTER_MASS
from slack_bot.rows import RequestRow, State, body_of, hash_of, key_of, requests_in
from tests.rig import APPROVER, SECOND_APPROVER, Rig, has_buttons
from tests.slack_bot.own_privman import SlowPrivilegeManager, rig_over, tell_anew
from tests.upstream_client.privilege_manager.contracts import changed

MANY = 10_000
SETUP, OTHER = r"C:\setup.exe", r"C:\other.exe"


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    running = Rig(sandbox, tmp_path)
    running.upstream_timeout = (5.0, 2.0)
    with running:
        yield running


@pytest.fixture
def pm() -> SlowPrivilegeManager:
    return SlowPrivilegeManager()


@pytest.fixture
def own(pm: SlowPrivilegeManager, sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    """The bot over ``pm``."""
    with rig_over(pm, sandbox, tmp_path) as running:
        yield running


def rows(rig: Rig, *states: State) -> list[RequestRow]:
    with rig.ledger.read() as connection:
        return requests_in(connection, rig.upstream.name, *(states or tuple(State)))


def poll_twice(rig: Rig) -> None:
    """Two complete lists, and what follows from them on the cards."""
    rig.look()
    rig.look()


def taken_in_before(rig: Rig, pm: PrivilegeManager) -> None:
    """The ledger knows all that waits, as after an earlier poll; not by the poller, which takes its time."""
    (kept,) = rows(rig)
    with rig.ledger.write() as tx:
        like = dict(tx.execute(select(requests)).mappings().one())
        tx.execute(
            insert(requests),
            [
                like
                | {
                    "key": key_of(one.upstream, one.id),
                    "upstream_id": one.id,
                    "digest": one.digest,
                    "body": body_of(one),
                    "body_hash": hash_of(body_of(one)),
                }
                for one in rig.upstream.list_pending()
                if one.id != kept.upstream_id
            ],
        )


def test_ten_thousand_waiting_with_nothing_new_cost_one_list_call_and_one_query(
    own: Rig, pm: SlowPrivilegeManager
) -> None:
    pm.file_request(file=SETUP)
    own.step("poller")
    for number in range(MANY - 1):
        pm.file_request(file=rf"C:\Tools\setup-{number}.exe", reason="The printer needs its driver.")
    taken_in_before(own, pm)
    own.step("poller")

    queries: list[str] = []
    event.listen(own.ledger.engine, "before_cursor_execute", lambda *args: queries.append(args[2]))
    calls, began = pm.calls(), time.thread_time()
    own.step("poller")
    spent = time.thread_time() - began

    assert [query.split()[0] for query in queries if not query.startswith(("BEGIN", "COMMIT"))] == ["SELECT"]
    assert pm.calls()["list"] == calls["list"] + 1
    assert sum(pm.calls().values()) == sum(calls.values()) + 1
    assert spent < 5, f"{spent:.2f} CPU-seconds"
    assert len(rows(own, State.PENDING)) == MANY


def test_many_new_ones_are_taken_in_by_parts_so_that_presses_can_be_saved_between(
    own: Rig, pm: SlowPrivilegeManager
) -> None:
    for _ in range(2 * BATCH + 1):
        pm.file_request()
    writes = []
    event.listen(
        own.ledger.engine,
        "commit",
        lambda connection: writes.append(not connection.get_execution_options().get("reading")),
    )
    own.step("poller")
    assert writes.count(True) == 3
    assert len(rows(own, State.PENDING)) == 2 * BATCH + 1


def test_what_one_list_lacks_keeps_waiting_and_nobody_asks_after_it(
    own: Rig, pm: SlowPrivilegeManager
) -> None:
    request = pm.file_request(file=SETUP)
    own.look()
    pm.reset()
    own.look()
    assert rows(own)[0].state is State.PENDING
    assert has_buttons(own.card())
    pm.file_request(id=request, file=SETUP)
    own.look()
    assert (rows(own)[0].state, rows(own)[0].missing) == (State.PENDING, 0)
    pm.reset()
    own.look()
    assert rows(own)[0].state is State.PENDING
    assert pm.calls().get("get", 0) == 0


@pytest.mark.parametrize(
    ("fate", "state", "headline"),
    [
        ("withdraw", State.ELSEWHERE, "Withdrawn"),
        ("approve", State.ELSEWHERE, "Approved in Privilege Manager by Console Admin"),
        ("deny", State.ELSEWHERE, "Denied in Privilege Manager by Console Admin"),
        ("expire", State.EXPIRED, "Expired in Privilege Manager"),
        ("vanish", State.ELSEWHERE, "No longer waiting in Privilege Manager"),
    ],
)
def test_what_two_lists_lack_is_asked_after_and_the_card_says_what_became_of_it(
    rig: Rig, fate: str, state: State, headline: str
) -> None:
    request = rig.ask()
    match fate:
        case "withdraw":
            rig.control.withdraw(request)
        case "expire":
            rig.control.expire(request)
        case "vanish":
            rig.upstream_fails("get", "not_found")
            rig.control.withdraw(request)
        case verdict:
            rig.control.decide_elsewhere(request, verdict, "Console Admin")
    rig.look()
    assert has_buttons(rig.card())
    rig.look()
    assert rig.row().state is state
    assert rig.headline() == headline
    assert not has_buttons(rig.card())
    assert rig.upstream_request(request)["decisions"] == 0


def test_what_two_lists_lack_and_still_waits_when_asked_after_keeps_waiting(
    own: Rig, pm: SlowPrivilegeManager
) -> None:
    request = pm.file_request(file=SETUP)
    own.look()
    pm.reset()
    own.look()
    pm.happens = lambda: pm.file_request(id=request, file=SETUP)
    own.look()
    assert pm.calls()["get"] == 1
    assert (own.row().state, own.row().missing) == (State.PENDING, 0)
    assert has_buttons(own.card())


def test_when_most_vanish_at_once_the_operator_is_told_and_each_is_looked_at(
    own: Rig, pm: SlowPrivilegeManager
) -> None:
    for _ in range(6):
        pm.file_request()
    own.step("poller")
    pm.reset()
    pm.add_fault({"operation": "get", "kind": "forbidden", "times": 4})
    with capture_logs() as logs:
        own.step("poller")
        own.step("poller")
    errors = [entry for entry in logs if entry["log_level"] == "error"]
    assert [(entry["absent"], entry["pending"]) for entry in errors] == [(6, 6), (6, 6)]
    assert "more than half of the requests vanished from the list at once" in errors[0]["event"]
    assert pm.calls()["get"] == 6
    assert len(rows(own, State.PENDING)) == 4
    own.step("poller")
    assert rows(own, State.PENDING) == []


def test_where_only_the_list_tells_one_is_settled_after_two_lists_and_most_of_them_after_ten(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    running = Rig(sandbox, tmp_path)
    running.contract = changed(lambda contract: contract["operations"].pop("get"))
    with running as rig:
        kept = [rig.control.file_request() for _ in range(7)]
        rig.step("poller")
        rig.control.withdraw(kept.pop())
        rig.step("poller")
        rig.step("poller")
        assert len(rows(rig, State.PENDING)) == 6
        for request in kept:
            rig.control.withdraw(request)
        for _ in range(GONE_AFTER_MASS - 1):
            rig.step("poller")
        assert len(rows(rig, State.PENDING)) == 6
        rig.step("poller")
        assert rows(rig, State.PENDING) == []


@pytest.mark.parametrize(
    "kind",
    [
        "server_error",
        "timeout",
        "reset",
        "unauthorized",
        "forbidden",
        "not_found",
        "error_in_200",
        "garbage",
        "empty",
    ],
)
def test_a_list_that_cannot_be_read_settles_nothing(rig: Rig, kind: str) -> None:
    request = rig.ask()
    rig.control.withdraw(request)
    rig.look()
    rig.upstream_fails("list", kind, times=2)  # a broken connection is tried once more by the client
    with capture_logs() as logs:
        rig.look()
    warnings = [entry["event"] for entry in logs if entry["log_level"] == "warning"]
    assert warnings == ["the list could not be read"]
    assert (rig.row().state, rig.row().missing) == (State.PENDING, 1)
    assert has_buttons(rig.card())
    rig.control.clear_faults()
    rig.look()
    assert rig.headline() == "Withdrawn"


def test_an_upstream_that_asks_for_fewer_calls_is_left_alone_for_as_long(rig: Rig) -> None:
    rig.upstream_fails("list", "ratelimited", retry_after=90)
    request = rig.control.file_request()
    rig.step("poller")
    rig.clock.advance(85)
    rig.step("poller")
    assert rig.control.upstream_calls()["list"] == 1
    rig.clock.advance(6)
    rig.look()
    assert rig.row().upstream_id == request


def test_a_clock_that_is_set_back_does_not_keep_the_poller_waiting(rig: Rig) -> None:
    rig.upstream_fails("list", "ratelimited", retry_after=90)
    rig.step("poller")
    rig.clock.advance(-3600)
    rig.ask()
    assert has_buttons(rig.card())


def test_when_the_upstream_stops_answering_it_is_not_asked_after_all_the_others(
    own: Rig, pm: SlowPrivilegeManager
) -> None:
    ids = [pm.file_request() for _ in range(3)]
    own.step("poller")
    for request in ids:
        pm.withdraw(request)
    own.step("poller")
    pm.add_fault({"operation": "get", "kind": "server_error", "times": 3})
    own.step("poller")
    assert pm.calls()["get"] == 1
    pm.clear_faults()
    own.step("poller")
    assert rows(own, State.PENDING) == []


def test_those_that_could_not_be_looked_at_do_not_hold_up_one_that_vanishes_later(
    own: Rig, pm: SlowPrivilegeManager
) -> None:
    stuck = [pm.file_request() for _ in range(FETCHES_A_POLL)]
    late = pm.file_request()
    own.step("poller")
    for request in stuck:
        pm.withdraw(request)
    own.step("poller")
    pm.withdraw(late)
    pm.add_fault({"operation": "get", "kind": "forbidden", "times": FETCHES_A_POLL})
    own.step("poller")
    assert len(rows(own, State.PENDING)) == FETCHES_A_POLL + 1
    own.step("poller")
    assert len(rows(own, State.PENDING)) == 1
    assert late in {row.upstream_id for row in rows(own, State.ELSEWHERE)}


def test_a_request_that_is_listed_again_waits_again_with_its_buttons(
    own: Rig, pm: SlowPrivilegeManager
) -> None:
    request = pm.file_request(file=SETUP)
    own.look()
    pm.withdraw(request)
    poll_twice(own)
    assert own.headline() == "Withdrawn"
    tell_anew(pm, request, file=SETUP)
    own.look()
    assert (own.row().state, own.row().revision) == (State.PENDING, 2)
    assert "The request is waiting again." in own.words()
    assert len(own.cards()) == 1
    own.press(APPROVER, "approve_request")
    own.run()
    assert own.headline() == "Approved by Approver"


def test_what_is_told_differently_redraws_the_card_and_an_earlier_press_still_counts(
    own: Rig, pm: SlowPrivilegeManager
) -> None:
    request = pm.file_request(file=SETUP, reputation="Good Rating")
    own.look()
    own.press(APPROVER, "approve_request")
    tell_anew(pm, request, file=SETUP, reputation="No rating")
    own.step("poller")
    own.run("publisher")
    assert "No rating" in own.words()
    assert own.row().revision == 1
    own.run()
    assert own.headline() == "Approved by Approver"


def test_changed_facts_redraw_the_card_with_a_notice_and_an_earlier_press_is_refused(
    own: Rig, pm: SlowPrivilegeManager
) -> None:
    request = pm.file_request(file=SETUP)
    own.look()
    own.press(APPROVER, "approve_request")
    tell_anew(pm, request, file=OTHER)
    own.step("poller")
    own.run()
    assert "The request changed while it waited. This is how it stands now." in own.words()
    assert OTHER in own.words()
    assert has_buttons(own.card())
    assert own.row().revision == 2
    assert (
        "The request changed since the card you saw, so I did not count your answer" in own.told(APPROVER)[0]
    )
    assert pm.calls().get("approve", 0) == 0


def test_facts_that_change_and_change_back_between_two_lists_are_shown_as_they_are(
    own: Rig, pm: SlowPrivilegeManager
) -> None:
    asked: dict[str, JsonValue] = {"requested": "11/18/20, 12:09 PM"}
    request = pm.file_request(file=SETUP, **asked)
    own.look()
    own.look()
    tell_anew(pm, request, file=OTHER, **asked)
    own.press(APPROVER, "approve_request")
    own.run()  # only the applier sees the other facts
    assert OTHER in own.words()
    tell_anew(pm, request, file=SETUP, **asked)
    own.look()
    assert SETUP in own.words()
    assert OTHER not in own.words()


def test_a_list_from_before_a_verdict_does_not_undo_it(own: Rig, pm: SlowPrivilegeManager) -> None:
    pm.file_request(file=SETUP)
    own.look()

    def everything() -> None:
        own.press(APPROVER, "approve_request")
        own.step("clerk")
        own.step("applier")

    missed_once(own)
    pm.happens = everything
    own.look()
    assert own.row().state is State.APPROVED
    assert own.headline() == "Approved by Approver"
    assert pm.requests()[0]["decisions"] == 1


def missed_once(rig: Rig) -> None:
    """As after a list that lacked it, so that the next one brings news."""
    with rig.ledger.write() as tx:
        approvals.missed(tx, rig.clock.now(), rig.row())


def test_a_list_from_before_a_withdrawal_does_not_bring_the_request_back(
    own: Rig, pm: SlowPrivilegeManager
) -> None:
    request = pm.file_request(file=SETUP)
    own.look()
    missed_once(own)
    own.press(SECOND_APPROVER, "approve_request")
    own.step("clerk")

    def withdrawn() -> None:
        pm.withdraw(request)
        own.step("applier")

    pm.happens = withdrawn
    own.look()
    assert own.row().state is State.ELSEWHERE
    assert own.headline() == "Withdrawn"


def test_a_list_with_older_facts_does_not_overwrite_newer_ones(own: Rig, pm: SlowPrivilegeManager) -> None:
    request = pm.file_request(file=SETUP)
    own.look()
    missed_once(own)
    own.press(APPROVER, "approve_request")
    own.step("clerk")

    def changed_and_seen() -> None:
        tell_anew(pm, request, file=OTHER)
        own.step("applier")

    pm.happens = changed_and_seen
    own.look()
    assert own.row().revision == 2
    assert OTHER in own.words()


def test_a_list_from_before_a_press_does_not_count_as_absence(own: Rig, pm: SlowPrivilegeManager) -> None:
    pm.file_request(file=SETUP)
    own.look()
    missed_once(own)
    pm.reset()

    def pressed() -> None:
        own.press(APPROVER, "deny_request")
        own.step("clerk")

    pm.happens = pressed
    own.step("poller")
    assert own.row().state is State.DECIDED
    assert pm.calls().get("get", 0) == 0
