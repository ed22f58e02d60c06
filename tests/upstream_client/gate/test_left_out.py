"""Tickets that a list has no room for: they wait like the others, and cost one call each."""

from collections import Counter
from pathlib import Path

import pytest
from pydantic import JsonValue

from tests.approval_gate.gate_process import GateProcess
from tests.upstream_client.gate.tickets import listed, ticket
from upstream_client.exceptions import NotUnderstood
from upstream_client.gate import GateClient, reading
from upstream_client.gate.left_out import MOST_FAILURES, LeftOutTickets
from upstream_client.gate.wire import LeftOut
from upstream_client.models import Seen, Status

MIB = 1024 * 1024
WIDE = {"GATE_MOST_BODY": str(4 * MIB), "GATE_MOST_PENDING_BYTES": str(100 * MIB)}


def named(number: int) -> str:
    return f"{number:032x}"


class Shelf:
    """Tickets to be fetched; those in ``broken`` cannot be read, those in ``settled`` are denied."""

    def __init__(self) -> None:
        self.calls = Counter[str]()
        self.broken: set[str] = set()
        self.settled: set[str] = set()

    def fetch(self, ticket_id: str) -> Seen:
        self.calls[ticket_id] += 1
        if ticket_id in self.broken:
            raise NotUnderstood(f"{ticket_id} cannot be read.")
        request = reading.request(reading.ticket(ticket(id=ticket_id)))
        return Seen(Status.DENIED if ticket_id in self.settled else Status.PENDING, request)


def test_each_is_fetched_once_for_each_of_its_versions() -> None:
    shelf = Shelf()
    tickets = LeftOutTickets(shelf.fetch)
    one, two = LeftOut(id=named(1), version=1), LeftOut(id=named(2), version=1)

    for _ in range(3):
        waiting, wrong = tickets.waiting([one, two])
    tickets.waiting([LeftOut(id=named(1), version=2), two])

    assert ([request.id for request in waiting], wrong) == ([named(1), named(2)], [])
    assert shelf.calls == {named(1): 2, named(2): 1}


def test_what_is_settled_meanwhile_or_cannot_be_read_hides_no_other() -> None:
    shelf = Shelf()
    shelf.settled, shelf.broken = {named(1)}, {named(2)}

    waiting, wrong = LeftOutTickets(shelf.fetch).waiting(
        [LeftOut(id=named(number), version=1) for number in range(1, 5)]
    )

    assert [request.id for request in waiting] == [named(3), named(4)]
    assert wrong == [f"{named(2)} cannot be read."]


def test_a_gate_that_is_away_is_not_asked_for_each_of_hundreds() -> None:
    shelf = Shelf()
    all_of_them = [LeftOut(id=named(number), version=1) for number in range(1, 500)]
    shelf.broken = {one.id for one in all_of_them[10:]}

    waiting, wrong = LeftOutTickets(shelf.fetch).waiting(all_of_them)

    assert (len(waiting), len(wrong)) == (10, MOST_FAILURES)
    assert sum(shelf.calls.values()) == 10 + MOST_FAILURES


@pytest.mark.parametrize("left_out", [None, [{"id": named(1)}], [{"id": "x", "version": 1}], [1]])
def test_a_list_that_does_not_name_them_is_no_list(left_out: JsonValue) -> None:
    with pytest.raises(NotUnderstood):
        reading.left_out({**listed(), "left_out": left_out})


def test_a_gate_without_them_leaves_none_out() -> None:
    assert reading.left_out(listed(ticket())) == ()


def test_every_ticket_waits_however_much_they_are_together(tmp_path: Path) -> None:
    """Given a real gate with more tickets than fit into one list, then the bot still sees each."""
    with GateProcess(tmp_path, **WIDE) as gate:
        agent = gate.caller("agent")
        client = GateClient(gate.url, gate.key("bot", ("decide",)))
        filed = [agent.file(arguments={"x": "y" * 3 * MIB})["id"] for _ in range(3)]

        first, again = client.list_pending(), client.list_pending()
        agent.post(f"/v1/tickets/{filed[2]}/cancel")
        after = client.list_pending()
        client.close()

    assert sorted(request.id for request in first) == sorted(filed)
    assert again == first
    assert {request.id for request in after} == set(filed[:2])
