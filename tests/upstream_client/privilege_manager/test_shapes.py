"""Three instances that speak differently: discover finds its way in each, and the bot's client with it."""

import pytest

from sandbox.privilege_manager import PENDING_REPORT, PrivilegeManager, Shape
from tests.upstream_client.privilege_manager.commands import Desk
from upstream_client.models import HOUR, MINUTE, ONE_TIME, Decision, Duration, OutcomeKind, Status
from upstream_client.privilege_manager import Contract, PrivManClient

SHAPES: dict[Shape, tuple[str, ...]] = {
    "classic": (),
    "alternative": (),
    "report": ("--report", PENDING_REPORT),
}
DECISION = Decision("dec-41c7", "Approver", "Approved by Approver in Slack (U02APPROVER), decision dec-41c7")


def discovered(desk: Desk, shape: Shape) -> Contract:
    """The contract that discover wrote for this instance."""
    assert desk.run("discover", "--write", "mine.json", *SHAPES[shape]) == 0, desk.said
    return Contract.load(desk.folder / "mine.json")


@pytest.mark.parametrize("shape", SHAPES)
def test_with_what_discover_wrote_the_doctor_finds_nothing_that_fails(desk: Desk, shape: Shape) -> None:
    pm = PrivilegeManager(shape=shape)
    pm.file_requests(3)
    with desk.at(pm):
        discovered(desk, shape)
        desk.set(privman_contract="mine.json", privman_timezone="Europe/Berlin")
        assert desk.run("doctor") == 0
    assert "failed" not in desk.said.lower().replace("nothing failed", "")
    assert "ok       list       3 waiting" in desk.said
    assert pm.logged_on() == 0
    assert {"approve", "deny"}.isdisjoint(pm.calls())


@pytest.mark.parametrize("shape", SHAPES)
def test_with_what_discover_wrote_requests_are_listed_whole(desk: Desk, shape: Shape) -> None:
    # given a request with what every shape tells
    pm = PrivilegeManager(shape=shape)
    request_id = pm.file_request(
        user="ACME\\requester",
        computer="WKS-0421",
        policy="Installers",
        file="C:\\setup.exe",
        command_line="setup.exe /S",
        reason="For the month-end.",
        requested="2020-11-18T12:09:00Z",
    )
    # when the client lists with the contract that was written
    with desk.at(pm) as url:
        client = PrivManClient(url, pm.username, pm.password, discovered(desk, shape))
        [request] = client.list_pending()
        client.close()
    # then all of it is there
    assert (request.id, request.requester) == (request_id, "ACME\\requester")
    assert request.justification == "For the month-end."
    assert request.requested_at == 1_605_701_340_000_000
    told = {fact.key: fact.value for fact in request.facts}
    assert (told["computer"], told["policy"]) == ("WKS-0421", "Installers")
    assert (told["file"], told["command_line"]) == ("C:\\setup.exe", "setup.exe /S")


@pytest.mark.parametrize(
    ("shape", "duration", "coded"),
    [
        ("classic", Duration(90 * MINUTE), 90),
        ("classic", ONE_TIME, None),
        ("alternative", Duration(90 * MINUTE), "01:30:00"),
        ("alternative", Duration(25 * HOUR), "1.01:00:00"),
        ("alternative", ONE_TIME, None),
        ("report", Duration(90 * MINUTE), 90),
        ("report", ONE_TIME, None),
    ],
)
def test_with_what_discover_wrote_approvals_arrive_with_duration_and_comment(
    desk: Desk, shape: Shape, duration: Duration, coded: object
) -> None:
    pm = PrivilegeManager(shape=shape)
    pm.file_request()
    with desk.at(pm) as url:
        client = PrivManClient(url, pm.username, pm.password, discovered(desk, shape))
        [request] = client.list_pending()
        assert client.approve(request, duration, DECISION).kind is OutcomeKind.TAKEN
        assert client.approve(request, duration, DECISION).kind is OutcomeKind.ALREADY
        client.close()
    [record] = pm.requests()
    assert (record["status"], record["decisions"], record["duration"]) == ("Approved", 1, coded)
    assert record["comment"] == DECISION.comment


@pytest.mark.parametrize("shape", SHAPES)
def test_with_what_discover_wrote_a_denial_denies_and_says_who(desk: Desk, shape: Shape) -> None:
    pm = PrivilegeManager(shape=shape)
    pm.file_request()
    with desk.at(pm) as url:
        client = PrivManClient(url, pm.username, pm.password, discovered(desk, shape))
        [request] = client.list_pending()
        assert client.deny(request, "Not now.", DECISION).kind is OutcomeKind.TAKEN
        seen = client.fetch(request.id)
        client.close()
    [record] = pm.requests()
    assert (record["status"], record["decisions"], record["duration"]) == ("Denied", 1, None)
    assert record["comment"] == DECISION.comment
    assert client.capabilities.comment
    # a report tells only what waits
    assert seen.status is (Status.UNKNOWN if shape == "report" else Status.DENIED)
    assert seen.comment == ("" if shape == "report" else DECISION.comment)


@pytest.mark.parametrize("shape", SHAPES)
def test_four_hundred_pending_requests_come_in_one_call_of_each_shape(desk: Desk, shape: Shape) -> None:
    pm = PrivilegeManager(shape=shape)
    ids = pm.file_requests(400)
    with desk.at(pm) as url:
        contract = discovered(desk, shape)
        before = pm.calls()["list"]
        client = PrivManClient(url, pm.username, pm.password, contract)
        requests = client.list_pending()
        client.close()
    assert [request.id for request in requests] == ids
    assert pm.calls()["list"] == before + 1


@pytest.mark.parametrize("shape", SHAPES)
def test_any_duration_may_be_offered_where_minutes_can_be_said(desk: Desk, shape: Shape) -> None:
    with desk.at(PrivilegeManager(shape=shape)):
        assert discovered(desk, shape).duration.other
