"""The client against the sandbox's Privilege Manager: the way through, and what stands beside it."""

import socket
import threading

import pytest
import structlog

from sandbox.privilege_manager import PrivilegeManager, demo_requests
from tests.upstream_client.privilege_manager.conftest import DECISION, Connect
from tests.upstream_client.privilege_manager.contracts import changed
from tests.upstream_client.serving import closed_port, raw_server, read_call
from upstream_client.base import Upstream
from upstream_client.exceptions import NotUnderstood, Refused, Unreachable
from upstream_client.models import (
    HOUR,
    MINUTE,
    ONE_TIME,
    STANDARD_DURATIONS,
    Duration,
    Outcome,
    OutcomeKind,
    Status,
)
from upstream_client.privilege_manager import PrivManClient


def test_a_request_is_listed_with_what_an_approver_needs(pm: PrivilegeManager, client: PrivManClient) -> None:
    # given a request with everything in it
    request_id = pm.file_request(
        user="ACME\\requester",
        computer="WKS-0421",
        policy="Elevate installers",
        file="C:\\Users\\requester\\Downloads\\setup.exe",
        command_line="setup.exe /S",
        process="setup.exe",
        sha1="da39a3ee5e6b4b0d3255bfef95601890afd80709",
        publisher="Example Corp.",
        product="Example",
        version="1.2.3",
        reputation="Good Rating",
        reason="I need it for the month-end.",
        requested="2020-11-18T12:09:00Z",
        expires_at=4102444800.0,
    )
    # when we list, then it is there, whole
    [request] = client.list_pending()
    assert request.id == request_id
    assert request.upstream == "privilege_manager"
    assert request.title == "Run setup.exe as administrator"
    assert request.requester == "ACME\\requester"
    assert request.justification == "I need it for the month-end."
    assert request.requested_at == 1605701340 * 1_000_000
    assert request.requested == ""
    assert request.expires_at == 4102444800 * 1_000_000
    assert request.durations == STANDARD_DURATIONS
    assert [(fact.key, fact.value, fact.bound) for fact in request.facts] == [
        ("user", "ACME\\requester", True),
        ("computer", "WKS-0421", True),
        ("policy", "Elevate installers", True),
        ("file", "C:\\Users\\requester\\Downloads\\setup.exe", True),
        ("command_line", "setup.exe /S", True),
        ("process", "setup.exe", True),
        ("publisher", "Example Corp.", True),
        ("product", "Example", True),
        ("version", "1.2.3", True),
        ("sha1", "da39a3ee5e6b4b0d3255bfef95601890afd80709", True),
        ("reputation", "Good Rating", False),
    ]


def test_the_link_leads_to_the_console(base_url: str, pm: PrivilegeManager, client: PrivManClient) -> None:
    pm.file_request()
    assert client.list_pending()[0].link == f"{base_url}/PrivilegeManager/#/"


def test_the_client_speaks_the_protocol(client: PrivManClient) -> None:
    upstream: Upstream = client
    assert upstream.name == "privilege_manager"
    assert upstream.title == "Privilege Manager"
    assert upstream.capabilities.comment
    assert upstream.capabilities.get_one
    assert upstream.capabilities.durations == STANDARD_DURATIONS
    assert upstream.capabilities.other_durations


@pytest.mark.parametrize(
    ("duration", "minutes"),
    [(ONE_TIME, None), (Duration(15 * MINUTE), 15), (Duration(4 * HOUR), 240), (Duration(90 * MINUTE), 90)],
)
def test_an_approval_is_taken_with_its_duration_and_comment(
    pm: PrivilegeManager, client: PrivManClient, duration: Duration, minutes: int | None
) -> None:
    pm.file_request()
    [request] = client.list_pending()
    assert client.approve(request, duration, DECISION) == Outcome(OutcomeKind.TAKEN)
    [record] = pm.requests()
    assert (record["status"], record["decisions"]) == ("Approved", 1)
    assert (record["duration"], record["comment"]) == (minutes, DECISION.comment)
    assert client.list_pending() == []


def test_a_denial_is_taken_with_its_comment(pm: PrivilegeManager, client: PrivManClient) -> None:
    pm.file_request()
    [request] = client.list_pending()
    assert client.deny(request, "No.", DECISION).kind is OutcomeKind.TAKEN
    [record] = pm.requests()
    assert (record["status"], record["comment"]) == ("Denied", DECISION.comment)


def test_a_comment_is_a_value_and_never_a_part_of_the_json(
    pm: PrivilegeManager, client: PrivManClient
) -> None:
    # given a comment that would change the body if it were pasted into it
    pm.file_request()
    [request] = client.list_pending()
    comment = '", "Duration": 9999, "x": "{request_id} \\ \N{SNOWMAN} \ud800 \x00'
    decision = type(DECISION)(id="D8", by="Approver", comment=comment)
    # when it is sent, then it arrives as it was
    assert client.approve(request, ONE_TIME, decision).kind is OutcomeKind.TAKEN
    assert pm.requests()[0]["comment"] == comment
    assert pm.requests()[0]["duration"] is None


def test_a_duration_that_cannot_be_said_is_refused_before_anything_is_sent(
    pm: PrivilegeManager, client: PrivManClient
) -> None:
    pm.file_request()
    [request] = client.list_pending()
    outcome = client.approve(request, Duration(90), DECISION)
    assert outcome.kind is OutcomeKind.REFUSED
    assert "90 seconds is not a whole number of minutes" in outcome.detail
    assert "approve" not in pm.calls()


def test_a_duration_that_privilege_manager_does_not_take_is_refused_in_its_words(
    pm: PrivilegeManager, client: PrivManClient
) -> None:
    pm.file_request()
    [request] = client.list_pending()
    outcome = client.approve(request, Duration(30 * 24 * HOUR), DECISION)
    assert outcome.kind is OutcomeKind.REFUSED
    assert "Duration must be null or a number of minutes" in outcome.detail


def test_the_second_of_two_decisions_learns_that_it_was_late(
    pm: PrivilegeManager, client: PrivManClient
) -> None:
    pm.file_request()
    [request] = client.list_pending()
    client.approve(request, ONE_TIME, DECISION)
    outcome = client.deny(request, "", DECISION)
    assert outcome.kind is OutcomeKind.ALREADY
    assert "no longer pending: it is Approved" in outcome.detail
    assert pm.requests()[0]["decisions"] == 1


def test_a_decision_on_a_request_that_is_gone_is_late(pm: PrivilegeManager, client: PrivManClient) -> None:
    pm.file_request()
    [request] = client.list_pending()
    pm.reset()
    assert client.approve(request, ONE_TIME, DECISION) == Outcome(
        OutcomeKind.ALREADY, "Approval request not found."
    )


@pytest.mark.parametrize(
    ("happens", "status"),
    [
        ("nothing", Status.PENDING),
        ("approve", Status.APPROVED),
        ("deny", Status.DENIED),
        ("expire", Status.EXPIRED),
        ("withdraw", Status.WITHDRAWN),
        ("reset", Status.UNKNOWN),
    ],
)
def test_fetch_tells_what_became_of_a_request(
    pm: PrivilegeManager, client: PrivManClient, happens: str, status: Status
) -> None:
    request_id = pm.file_request()
    if happens in ("approve", "deny"):
        pm.decide(request_id, "approve" if happens == "approve" else "deny", "Somebody in the console")
    elif happens == "expire":
        pm.expire(request_id)
    elif happens == "withdraw":
        pm.withdraw(request_id)
    elif happens == "reset":
        pm.reset()
    assert client.fetch(request_id).status is status


def test_fetch_gives_back_our_own_comment_and_who_decided_when(
    pm: PrivilegeManager, client: PrivManClient
) -> None:
    pm.file_request()
    [request] = client.list_pending()
    client.approve(request, ONE_TIME, DECISION)
    seen = client.fetch(request.id)
    assert (seen.status, seen.comment, seen.by) == (Status.APPROVED, DECISION.comment, pm.username)
    assert seen.at is not None


def test_a_request_has_the_same_digest_in_the_list_and_by_itself(
    pm: PrivilegeManager, client: PrivManClient
) -> None:
    pm.file_request(user="", file="\\\\\\\\server\\\\share\\\\tool.exe")
    [request] = client.list_pending()
    seen = client.fetch(request.id)
    assert seen.request is not None
    assert seen.request.digest == request.digest


def test_without_an_operation_for_one_request_the_list_is_searched(
    pm: PrivilegeManager, connect: Connect
) -> None:
    # given a contract without "get"
    client = connect(contract=changed(lambda json: json["operations"].pop("get")))
    waiting, decided = pm.file_request(), pm.file_request()
    pm.decide(decided, "approve", "Somebody")
    # when we ask for one, then what is on the list waits and about the rest we know nothing
    assert not client.capabilities.get_one
    assert client.fetch(waiting.upper()).status is Status.PENDING
    assert client.fetch(decided).status is Status.UNKNOWN
    assert "get" not in pm.calls()


def test_a_deny_may_go_to_the_address_of_approve_where_the_contract_says_so(
    pm: PrivilegeManager, connect: Connect
) -> None:
    client = connect(
        contract=changed(
            lambda json: json["operations"]["deny"].update(path="/services/api/v1/approval/approve")
        )
    )
    pm.file_request()
    [request] = client.list_pending()
    assert client.deny(request, "", DECISION).kind is OutcomeKind.TAKEN
    assert pm.requests()[0]["status"] == "Denied"


def test_a_wrong_path_in_the_contract_is_not_taken_for_a_request_that_is_gone(
    pm: PrivilegeManager, connect: Connect
) -> None:
    def mislead(json: dict[str, dict[str, dict[str, str]]]) -> None:
        json["operations"]["get"]["path"] = "/services/api/v1/approval/one/{request_id}"
        json["operations"]["approve"]["path"] = "/services/api/v1/approval/yes"

    client = connect(contract=changed(mislead))
    pm.file_request()
    [request] = client.list_pending()
    with pytest.raises(NotUnderstood, match="Correct PRIVMAN_BASE_URL or the contract"):
        client.fetch(request.id)
    outcome = client.approve(request, ONE_TIME, DECISION)
    assert outcome.kind is OutcomeKind.REFUSED
    assert "Correct the contract" in outcome.detail


def test_an_id_with_odd_characters_stays_one_step_of_the_path(
    pm: PrivilegeManager, client: PrivManClient
) -> None:
    odd = "a&b?c=d#e%2f:é"
    pm.file_request(id=odd)
    [request] = client.list_pending()
    assert request.id == odd
    assert client.fetch(odd).status is Status.PENDING
    assert client.approve(request, ONE_TIME, DECISION).kind is OutcomeKind.TAKEN


def test_four_hundred_pending_requests_come_in_one_call(pm: PrivilegeManager, client: PrivManClient) -> None:
    asked = demo_requests(seed=7)
    ids = [pm.file_request(**next(asked)) for _ in range(400)]
    requests = client.list_pending()
    assert [request.id for request in requests] == ids
    assert pm.calls() == {"logon": 1, "list": 1}
    assert len({request.digest for request in requests}) == 400


def test_nothing_pending_is_an_empty_list(client: PrivManClient) -> None:
    assert client.list_pending() == []


def test_slashes_and_case_of_the_base_url_do_not_matter(
    pm: PrivilegeManager, base_url: str, connect: Connect
) -> None:
    pm.file_request()
    assert len(connect(base_url=base_url.replace("/Tms", "//TMS//")).list_pending()) == 1


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "is no address such as"),
        ("privman.example/Tms", "is no address such as"),
        ("ftp://privman.example/Tms", "is no address such as"),
        ("https:///Tms", "is no address such as"),
        ("https://privman.example:abc/Tms", "is no address such as"),
        ("https://[::1/Tms", "is no address such as"),
        ("https://privman example/Tms", "is no address such as"),
        ("http://privman.example/Tms", "uses http"),
        ("https://privman.example", "must end with /Tms"),
        ("https://privman.example/Tms?x=1", "holds a user name"),
        ("https://privman.example/#/Tms", "holds a user name"),
        ("https://someone:secret@privman.example/Tms", "holds a user name"),
    ],
)
def test_a_base_url_that_cannot_be_right_is_refused_at_once(url: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        PrivManClient(url, "client", "secret")


def test_the_password_is_neither_in_repr_nor_in_the_log(connect: Connect, pm: PrivilegeManager) -> None:
    pm.file_request()
    with structlog.testing.capture_logs() as logs:
        client = connect()
        [request] = client.list_pending()
        pm.add_fault({"expire_tokens": True})
        client.approve(request, ONE_TIME, DECISION)
        client.close()
    assert pm.password not in repr(client) + repr(logs)
    assert [entry["event"] for entry in logs] == [
        "logged on",
        "logged on",
        "decision sent",
    ]


def test_close_hands_the_token_back(pm: PrivilegeManager, client: PrivManClient) -> None:
    client.list_pending()
    assert pm.logged_on() == 1
    client.close()
    assert pm.logged_on() == 0


def test_other_durations_are_offered_where_the_contract_says_so(connect: Connect) -> None:
    client = connect(contract=changed(lambda json: json["duration"].update(other=False)))
    assert not client.capabilities.other_durations


def test_a_time_without_a_zone_is_known_by_the_zone_that_was_named_and_an_expiry_is_not(
    pm: PrivilegeManager, connect: Connect, base_url: str
) -> None:
    # given an instance that names no zone, for both times
    contract = changed(lambda json: json["fields"]["expires"].update(names=["Requested"]))
    pm.file_request(requested="2020-11-18T13:09:00")
    here, nowhere = connect(contract=contract, zone="Europe/Berlin"), connect(contract=contract)
    # when it is listed with a zone, then the time of asking is known and the expiry is text
    [request] = here.list_pending()
    assert (request.requested_at, request.requested) == (1_605_701_340_000_000, "")
    assert request.expires_at is None
    assert [fact.value for fact in request.facts if fact.key == "expires"] == ["2020-11-18T13:09:00"]
    # and without one neither is known, and what is decided is the same
    [told] = nowhere.list_pending()
    assert (told.requested_at, told.requested) == (None, "2020-11-18T13:09:00")
    assert told.digest == request.digest


def test_a_zone_that_there_is_not_is_refused_at_once(connect: Connect) -> None:
    with pytest.raises(ValueError, match="PRIVMAN_TIMEZONE is 'Berlin'"):
        connect(zone="Berlin")


@pytest.mark.parametrize("kind", ["server_error", "reset", "forbidden"])
def test_close_never_raises(pm: PrivilegeManager, client: PrivManClient, kind: str) -> None:
    client.list_pending()
    pm.add_fault({"operation": "logoff", "kind": kind})
    with structlog.testing.capture_logs() as logs:
        client.close()
    assert [entry["event"] for entry in logs] == ["not logged off: the token ages by itself"]


def test_close_without_a_log_on_says_nothing(pm: PrivilegeManager, client: PrivManClient) -> None:
    client.close()
    assert pm.calls() == {}


def test_nobody_there_is_unreachable_for_decisions_too(
    connect: Connect, pm: PrivilegeManager, client: PrivManClient
) -> None:
    pm.file_request()
    [request] = client.list_pending()
    nobody = connect(base_url=f"http://127.0.0.1:{closed_port()}/Tms")
    with pytest.raises(Unreachable):
        nobody.list_pending()
    with pytest.raises(Unreachable):
        nobody.approve(request, ONE_TIME, DECISION)


def test_a_server_that_stops_between_log_on_and_decision_is_unreachable(
    connect: Connect, pm: PrivilegeManager, client: PrivManClient
) -> None:
    # given a client that is logged on at a server that then closes its port
    pm.file_request()
    [request] = client.list_pending()

    def talk(connection: socket.socket) -> None:
        read_call(connection)
        connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\n"token"')

    with raw_server(talk) as port:
        lone = connect(base_url=f"http://127.0.0.1:{port}/Tms")
        with pytest.raises(NotUnderstood, match="no list"):
            lone.list_pending()
    # when a decision goes out, then we know that it never arrived
    with pytest.raises(Unreachable):
        lone.approve(request, ONE_TIME, DECISION)


def test_an_error_inside_a_success_is_an_error(pm: PrivilegeManager, client: PrivManClient) -> None:
    pm.add_fault({"operation": "list", "kind": "error_in_200"})
    with pytest.raises(Refused, match=r"The operation could not be completed\."):
        client.list_pending()


def test_watch_yields_at_once_and_ends_when_told(client: PrivManClient) -> None:
    stop = threading.Event()
    looks = client.watch(stop)
    next(looks)
    stop.set()
    assert list(looks) == []
