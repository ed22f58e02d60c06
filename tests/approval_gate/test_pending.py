"""The client's list of pending tickets: each is in it, and none hides another."""

from typing import Any

import pytest
from aiohttp import web

from approval_gate import Gate, GateUnavailable
from tests.approval_gate.false_gate import Reply, false_gate, problem, yes

KEY = "gate_0000000000_secret"


def told(ticket_id: str, **more: Any) -> dict[str, Any]:
    return {
        "id": ticket_id,
        "status": "pending",
        "arguments_digest": "v1",
        "expires_at": "2099-01-01T00:00:00.000000Z",
        "decision": None,
        **more,
    }


def answer(value: object) -> Reply:
    return lambda _ticket: web.json_response(value)


def test_what_the_list_has_no_room_for_is_read_by_itself() -> None:
    """Given two that are left out, one of them gone meanwhile and one settled, then those that wait are told."""
    left_out = [{"id": name, "version": 1} for name in ("b", "c", "d")]
    with false_gate() as gate:
        gate.then(
            answer({"version": "1", "tickets": [told("a")], "left_out": left_out}),
            answer(told("b")),
            problem(404, "There is none."),
            lambda _ticket: yes(told("d")),
        )

        tickets = Gate(gate.url, KEY).pending()

        assert [ticket.id for ticket in tickets] == ["a", "b"]
        assert gate.calls[1:] == [f"GET /v1/tickets/{name}" for name in ("b", "c", "d")]


@pytest.mark.parametrize("odd", [{}, {"id": "b"}, told("b", status="new"), told("b", expires_at="soon"), 5])
def test_a_ticket_that_cannot_be_read_hides_no_other(odd: object, caplog: pytest.LogCaptureFixture) -> None:
    with false_gate() as gate:
        gate.then(answer({"version": "1", "tickets": [told("a"), odd, told("c")], "left_out": "none"}))

        tickets = Gate(gate.url, KEY).pending()

    assert [ticket.id for ticket in tickets] == ["a", "c"]
    assert "cannot be read" in caplog.text


def test_what_is_no_list_is_an_error() -> None:
    with false_gate() as gate:
        gate.then(answer({"version": "1", "tickets": None}))

        with pytest.raises(GateUnavailable):
            Gate(gate.url, KEY).pending()


def test_one_that_may_not_be_read_is_an_error() -> None:
    with false_gate() as gate:
        gate.then(
            answer({"version": "1", "tickets": [], "left_out": [{"id": "b", "version": 1}]}),
            problem(403, "The scope is missing."),
        )

        with pytest.raises(GateUnavailable, match="scope"):
            Gate(gate.url, KEY).pending()
