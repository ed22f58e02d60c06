"""A list of which a part cannot be read: the rest is brought, and nothing is concluded from what is missing."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from sandbox import Sandbox
from sandbox.privilege_manager import PrivilegeManager
from slack_bot.poller import FETCHES_A_POLL, GONE_AFTER_MASS
from slack_bot.rows import RequestRow, State, requests_in
from tests.rig import APPROVALS, APPROVERS, OUTSIDER, Rig
from tests.slack_bot.conversing import mention, talking
from tests.slack_bot.own_privman import rig_over
from tests.upstream_client.privilege_manager.contracts import Open, changed
from upstream_client.models import ApprovalRequest
from upstream_client.privilege_manager import PrivManClient

KNOWN, STRANGE = "Installers", "Nobody knows this word"


def by_policy(contract: Open) -> None:
    """The policy's name stands for the status, so that a test can file a request that cannot be read."""
    contract["operations"].pop("get")
    contract["fields"]["status"]["names"] = ["PolicyName"]
    contract["statuses"]["pending"]["names"] = [KNOWN]


@pytest.fixture
def pm() -> PrivilegeManager:
    return PrivilegeManager()


@pytest.fixture
def rig(pm: PrivilegeManager, sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with rig_over(pm, sandbox, tmp_path) as running:
        running.contract = changed(by_policy)
        running.restart()
        yield running


def rows(rig: Rig) -> dict[str, RequestRow]:
    with rig.ledger.read() as connection:
        return {row.upstream_id: row for row in requests_in(connection, rig.upstream.name, *State)}


def test_what_can_be_read_is_taken_in_beside_what_cannot(rig: Rig, pm: PrivilegeManager) -> None:
    # given one of each
    strange, known = pm.file_request(policy=STRANGE), pm.file_request(policy=KNOWN)
    # when the list is read, then the one is there and the other is told of, in one line
    with capture_logs() as logs:
        rig.step("poller")
    assert rows(rig).keys() == {known}
    [line] = [entry for entry in logs if entry["log_level"] == "error"]
    assert line["event"] == "a part of the list could not be read"
    assert strange in line["why"]
    assert line["read"] == 1


def test_status_tells_of_a_part_that_cannot_be_read_until_it_can(sandbox: Sandbox, tmp_path: Path) -> None:
    # given a list of which one cannot be read, when somebody asks how the bot is
    with talking(sandbox, tmp_path, {APPROVALS: APPROVERS}) as rig:
        rig.contract = changed(by_policy)
        rig.restart()
        strange, _ = (sandbox.control.file_request(policy=policy) for policy in (STRANGE, KNOWN))
        rig.step("poller")
        told = mention(rig, OUTSIDER, "status")
        # then the list was read, and what has no card is named, with where to answer it meanwhile
        assert "\nPrivilege Manager: as of less than a minute ago.\n" in told
        assert "⚠️ Privilege Manager: I cannot read a part of what waits" in told
        assert "Where it has no card, answer it in Privilege Manager itself" in told
        assert strange in told
        sandbox.control.withdraw(strange)
        rig.step("poller")
        assert "I cannot read" not in mention(rig, OUTSIDER, "status")


def test_status_tells_that_the_list_cannot_be_read_and_why_until_it_can(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    # given a list that was read, when the upstream fails, then whoever asks hears it at once
    with talking(sandbox, tmp_path, {APPROVALS: APPROVERS}) as rig:
        rig.step("poller")
        rig.upstream_fails("list", "server_error")
        rig.step("poller")
        told = mention(rig, OUTSIDER, "status")
        assert "\nPrivilege Manager: as of less than a minute ago.\n" in told
        assert "⚠️ Privilege Manager: I cannot read what waits there" in told
        assert "Privilege Manager failed (500" in told
        # and as soon as it can be read again, nothing of it
        rig.step("poller")
        assert "I cannot read" not in mention(rig, OUTSIDER, "status")


class Unwritable(PrivManClient):
    """Of an upstream that tells something beside what it lists that no ledger can hold."""

    def list_pending(self) -> list[ApprovalRequest]:
        return [ApprovalRequest(self.name, "half", "Run \ud83d"), *super().list_pending()]


def test_one_that_cannot_be_written_down_keeps_no_other_waiting_nor_from_being_settled(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    running = Rig(sandbox, tmp_path)
    running.client = Unwritable
    with running as rig:
        request = rig.ask()
        assert rows(rig).keys() == {request}
        rig.control.withdraw(request)
        with capture_logs() as logs:
            rig.look()
            rig.look()
        assert rows(rig)[request].state is State.ELSEWHERE
        [first, _] = [line for line in logs if line["log_level"] == "error"]
        assert (first["event"], first["id"]) == ("a request cannot be written down", "'half'")


def test_every_poll_says_so_in_one_line_and_without_a_trace(rig: Rig, pm: PrivilegeManager) -> None:
    pm.file_request(policy=STRANGE)
    pm.file_request(policy=KNOWN)
    rig.step("poller")
    with capture_logs() as logs:
        rig.step("poller")
        rig.step("poller")
    assert [entry["event"] for entry in logs] == ["a part of the list could not be read"] * 2
    assert all("exc_info" not in entry for entry in logs)


def test_no_absence_is_concluded_from_a_part_of_a_list(rig: Rig, pm: PrivilegeManager) -> None:
    # given a request that waits, and that then cannot be seen for what cannot be read
    gone, known = pm.file_request(policy=KNOWN), pm.file_request(policy=KNOWN)
    rig.step("poller")
    pm.withdraw(gone)
    strange = pm.file_request(policy=STRANGE)
    # when many such lists come, then it is neither settled nor counted as missing
    for _ in range(GONE_AFTER_MASS + 2):
        rig.step("poller")
    assert [(row.state, row.missing) for row in rows(rig).values()] == [(State.PENDING, 0)] * 2
    # and once whole lists come, it is
    pm.withdraw(strange)
    rig.look()
    rig.look()
    found = rows(rig)
    assert found[gone].state is State.ELSEWHERE
    assert found[known].state is State.PENDING


def test_what_was_missing_once_is_not_missing_any_more_when_a_part_of_a_list_has_it(
    rig: Rig, pm: PrivilegeManager
) -> None:
    # given a request that one whole list left out
    request_id = pm.file_request(policy=KNOWN)
    rig.step("poller")
    pm.reset()
    rig.step("poller")
    assert rows(rig)[request_id].missing == 1
    # when it is in a list that is read in part, then it is there
    pm.file_request(id=request_id, policy=KNOWN)
    pm.file_request(policy=STRANGE)
    rig.step("poller")
    assert (rows(rig)[request_id].state, rows(rig)[request_id].missing) == (State.PENDING, 0)


NO_ID = "an id in three words"


@pytest.fixture
def asking(pm: PrivilegeManager, sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    """With an upstream that tells of one request, and one in its list that has no id."""
    pm.file_request(id=NO_ID)
    with rig_over(pm, sandbox, tmp_path) as running:
        yield running


@pytest.mark.parametrize(
    ("settle", "state"),
    [
        (lambda pm, one: pm.decide(one, "approve", "Console Admin"), State.ELSEWHERE),
        (lambda pm, one: pm.decide(one, "deny", "Console Admin"), State.ELSEWHERE),
        (lambda pm, one: pm.withdraw(one), State.ELSEWHERE),
        (lambda pm, one: pm.expire(one), State.EXPIRED),
    ],
    ids=["approved", "denied", "withdrawn", "expired"],
)
def test_what_a_part_of_a_list_leaves_out_is_settled_by_what_the_upstream_tells_of_it(
    asking: Rig, pm: PrivilegeManager, settle: Callable[[PrivilegeManager, str], object], state: State
) -> None:
    # given two requests, and one that keeps the list from being whole for ever
    gone, waits = pm.file_request(), pm.file_request()
    asking.step("poller")
    # when one of the two is answered in the console, then it is settled
    settle(pm, gone)
    asking.step("poller")
    assert {id: row.state for id, row in rows(asking).items()} == {gone: state, waits: State.PENDING}


def test_where_only_what_cannot_be_read_is_left_the_others_are_settled_all_the_same(
    asking: Rig, pm: PrivilegeManager
) -> None:
    gone = pm.file_request()
    asking.step("poller")
    pm.decide(gone, "approve", "Console Admin")
    with capture_logs() as logs:
        asking.step("poller")
    assert rows(asking)[gone].state is State.ELSEWHERE
    assert "a part of the list could not be read" in [entry["event"] for entry in logs]


@pytest.mark.parametrize("kind", ["not_found", "no_path", "gone", "garbage", "server_error"])
def test_what_is_not_told_of_it_settles_nothing_however_often(
    asking: Rig, pm: PrivilegeManager, kind: str
) -> None:
    # given a request that vanishes from the list, and an upstream that does not know it
    gone = pm.file_request()
    asking.step("poller")
    pm.withdraw(gone)
    pm.add_fault({"operation": "get", "kind": kind, "times": 1000})
    for _ in range(GONE_AFTER_MASS + 2):
        asking.step("poller")
    row = rows(asking)[gone]
    assert (row.state, row.missing) == (State.PENDING, 0)


def test_many_that_a_part_of_a_list_leaves_out_have_their_turns(asking: Rig, pm: PrivilegeManager) -> None:
    # given more than are asked after in one poll, of which those in the first turn tell nothing
    ids = [pm.file_request() for _ in range(FETCHES_A_POLL + 5)]
    asking.step("poller")
    for one in ids:
        pm.withdraw(one)
    pm.add_fault({"operation": "get", "kind": "not_found", "times": FETCHES_A_POLL})
    asking.step("poller")
    assert pm.calls()["get"] == FETCHES_A_POLL
    # when the next poll comes, then the others are asked after, and then those again
    asking.step("poller")
    settled = [row for row in rows(asking).values() if row.state is State.ELSEWHERE]
    assert len(settled) == FETCHES_A_POLL
    asking.step("poller")
    assert all(row.state is State.ELSEWHERE for row in rows(asking).values())
