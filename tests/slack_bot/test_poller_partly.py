"""A list of which a part cannot be read: the rest is brought, and nothing is concluded from what is missing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from sandbox import Sandbox
from sandbox.privilege_manager import PrivilegeManager
from slack_bot.poller import GONE_AFTER_MASS
from slack_bot.rows import RequestRow, State, requests_in
from tests.rig import Rig
from tests.slack_bot.own_privman import rig_over
from tests.upstream_client.privilege_manager.contracts import Open, changed

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
