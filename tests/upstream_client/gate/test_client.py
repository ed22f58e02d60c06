"""The client against a real gate: what is listed, decided and told there is what the gate has."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import pytest

from tests.approval_gate.gate_process import Caller, GateProcess
from tests.upstream_client.gate.conftest import OURS, THEIRS
from tests.upstream_client.serving import closed_port
from upstream_client.base import Told, Upstream
from upstream_client.exceptions import LogonRefused, NotAllowed, Unreachable
from upstream_client.gate import GateClient
from upstream_client.models import (
    MINUTE,
    ONE_TIME,
    ApprovalRequest,
    ChannelName,
    Duration,
    OutcomeKind,
    Risk,
    Status,
)

UNKNOWN = "0" * 32


@pytest.fixture(autouse=True)
def nothing_waits(agent: Caller, client: GateClient) -> Iterator[None]:
    yield
    for request in client.list_pending():
        assert agent.post(f"/v1/tickets/{request.id}/cancel").status_code == 200


def waiting(client: GateClient, ticket_id: str) -> ApprovalRequest:
    return next(request for request in client.list_pending() if request.id == ticket_id)


def test_it_speaks_both_protocols(client: GateClient) -> None:
    upstream: Upstream = client
    assert isinstance(client, Told)
    assert (upstream.name, upstream.title, upstream.capabilities.comment) == ("gate", "Approval gate", True)


def test_what_is_filed_waits_as_it_was_filed(agent: Caller, client: GateClient) -> None:
    filed = agent.file(
        title="Refund 100 €",
        action="refund",
        arguments={"order": "A-1", "note": "100% <b>&amp;", "lines": [{"sku": "x"}]},
        justification="Broken on arrival.",
        risk="high",
        requester="support bot",
        labels={"Agent": "Support"},
    )
    request = waiting(client, filed["id"])
    told = {fact.label: fact.value for fact in request.facts}
    assert (request.title, request.requester, request.risk) == ("Refund 100 €", "ci", Risk.HIGH)
    assert told["Argument note"] == "100% <b>&amp;"
    assert told["Argument lines"] == '[{"sku":"x"}]'
    assert (told["Claimed by the caller"], told["Agent (claimed)"]) == ("support bot", "Support")
    assert told["Arguments digest"] == filed["arguments_digest"]
    assert request.expires_at is not None
    assert request.requested_at is not None
    assert request.expires_at - request.requested_at > 3_500_000_000


def test_an_approval_is_taken_and_recorded_with_who_and_for_how_long(
    agent: Caller, client: GateClient
) -> None:
    filed = agent.file()
    request = waiting(client, filed["id"])
    assert client.approve(request, Duration(15 * MINUTE), OURS).kind is OutcomeKind.TAKEN
    recorded = agent.get(f"/v1/tickets/{filed['id']}").json()
    assert recorded["status"] == "approved"
    assert (recorded["decision"]["by"], recorded["decision"]["seconds"]) == (OURS.by, 900)
    seen = client.fetch(filed["id"])
    assert (seen.status, seen.by, seen.comment) == (Status.APPROVED, OURS.by, OURS.comment)
    assert OURS.id in seen.comment
    assert client.list_pending() == []


def test_a_denial_is_taken(agent: Caller, client: GateClient) -> None:
    filed = agent.file()
    assert client.deny(waiting(client, filed["id"]), "No.", OURS).kind is OutcomeKind.TAKEN
    assert client.fetch(filed["id"]).status is Status.DENIED


def test_the_same_decision_again_is_taken_and_the_same_answer_of_somebody_else_is_not(
    agent: Caller, client: GateClient
) -> None:
    request = waiting(client, agent.file()["id"])
    assert client.approve(request, ONE_TIME, OURS).kind is OutcomeKind.TAKEN
    assert client.approve(request, ONE_TIME, OURS).kind is OutcomeKind.TAKEN
    assert client.approve(request, ONE_TIME, THEIRS).kind is OutcomeKind.ALREADY
    refused = client.deny(request, "", THEIRS)
    assert refused.kind is OutcomeKind.ALREADY
    assert OURS.by in refused.detail
    assert client.fetch(request.id).comment == OURS.comment


def test_a_cancelled_ticket_is_withdrawn_and_takes_no_answer(agent: Caller, client: GateClient) -> None:
    request = waiting(client, agent.file()["id"])
    assert agent.post(f"/v1/tickets/{request.id}/cancel").status_code == 200
    assert client.approve(request, ONE_TIME, OURS).kind is OutcomeKind.ALREADY
    assert client.fetch(request.id).status is Status.WITHDRAWN


def test_a_ticket_that_the_gate_does_not_know_is_unknown(agent: Caller, client: GateClient) -> None:
    request = waiting(client, agent.file()["id"])
    assert client.fetch(UNKNOWN).status is Status.UNKNOWN
    client.tell_card(UNKNOWN, "https://example.slack.com/archives/C1/p1")
    assert client.fetch(request.id).status is Status.PENDING


def test_a_wish_is_passed_on_once_the_gate_knows_the_channels_and_where_it_is_open(
    gate: GateProcess, agent: Caller, client: GateClient
) -> None:
    stranger = Caller(gate.url, gate.key(f"stranger-{uuid.uuid4().hex}"))
    there = [ChannelName("C01OPS", "ops"), ChannelName("C02DEV", "dev")]
    client.tell_channels(there)
    followed = waiting(client, agent.file(channel="#ops")["id"])
    elsewhere = waiting(client, agent.file(channel="#dev")["id"])
    unknown = waiting(client, agent.file(channel="#nowhere")["id"])
    closed = waiting(client, stranger.file(channel="#ops")["id"])
    assert followed.channel == "#ops"
    assert [one.channel for one in (elsewhere, unknown, closed)] == ["", "", ""]
    told = [fact.value for one in (elsewhere, unknown, closed) for fact in one.facts if fact.key == "channel"]
    assert [words.partition(".")[0] for words in told] == [
        "asked for #dev",
        "asked for #nowhere",
        "asked for #ops",
    ]
    client.tell_channels([*there, ChannelName("C03WEB", "")])
    assert waiting(client, followed.id) == followed
    assert waiting(client, unknown.id).channel_undecided  # it may be what the third one is called
    client.tell_channels(there)
    assert stranger.post(f"/v1/tickets/{closed.id}/cancel").status_code == 200


def test_where_the_card_is_reaches_whoever_asked(agent: Caller, client: GateClient) -> None:
    filed = agent.file()
    client.tell_card(filed["id"], "https://example.slack.com/archives/C01OPS/p1700000000000100")
    assert agent.get(f"/v1/tickets/{filed['id']}").json()["card_url"].endswith("p1700000000000100")


def test_a_key_that_is_none_and_one_that_may_not_are_told_apart(gate: GateProcess) -> None:
    with (
        client_of(gate.url, "gate_AAAAAAAAAA_" + "x" * 43) as nobody,
        pytest.raises(LogonRefused, match="keys create bot --scope decide"),
    ):
        nobody.list_pending()
    with client_of(gate.url, gate.key("only-asks", ("request",))) as asks, pytest.raises(NotAllowed):
        asks.list_pending()


def test_a_gate_that_is_not_there_is_unreachable_and_nothing_was_decided(
    agent: Caller, client: GateClient
) -> None:
    request = waiting(client, agent.file()["id"])
    with client_of(f"http://127.0.0.1:{closed_port()}", "gate_none") as away, pytest.raises(Unreachable):
        away.approve(request, ONE_TIME, OURS)
    assert client.fetch(request.id).status is Status.PENDING


@contextmanager
def client_of(url: str, key: str) -> Iterator[GateClient]:
    made = GateClient(url, key, timeout=(2.0, 5.0))
    try:
        yield made
    finally:
        made.close()


@pytest.mark.parametrize(
    "url",
    [
        "gate.example.com",
        "http://gate.example.com",
        "https://user:pw@gate.example.com",
        "https://g?x=1",
        "https://",
    ],
)
def test_an_address_over_which_the_key_must_not_travel_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="GATE_URL"):
        GateClient(url, "gate_none")


def test_the_key_is_in_no_representation(gate: GateProcess, key: str, client: GateClient) -> None:
    assert key not in repr(client)
    assert gate.url in repr(client)


def test_a_new_ticket_is_heard_of_while_the_list_is_held_and_so_is_its_end(
    agent: Caller, client: GateClient
) -> None:
    """Given a list that is held for 25 s, when a ticket is filed or cancelled, then a look is worth it at once."""
    stop, heard = Event(), Event()

    def watch() -> None:
        for _ in client.watch(stop):
            heard.set()

    watching = Thread(target=watch)
    watching.start()
    try:
        assert heard.wait(5)
        for happens in (agent.file, lambda: agent.post(f"/v1/tickets/{client.list_pending()[0].id}/cancel")):
            while heard.wait(1.2):  # until it is silent: a second look comes a second after a change
                heard.clear()
            happens()
            assert heard.wait(1)
    finally:
        stop.set()
        watching.join(5)
    assert not watching.is_alive()
