"""AgentSudo's cloud contract, as its unmodified client speaks it."""

from typing import Any

import pytest

from tests.approval_gate.gate_process import Caller, GateProcess
from tests.approval_gate.held import Held

REQUEST = {
    "approval_id": "b24f5c2f",
    "agent_name": "SupportBot",
    "agent_id": "5f0c954e-3f0b-4b7e-8f57-0f6f3a3f2b61",
    "scope": "refund:large",
    "function": "refund",
    "timeout": 300,
    "channel": "#approvals",
}


@pytest.mark.parametrize("place", ["/agentsudo", "/api/slack"])
@pytest.mark.parametrize(("verdict", "status"), [("approve", "approved"), ("deny", "denied")])
def test_its_client_files_a_request_and_is_told_the_verdict(
    agent: Caller, bot: Caller, place: str, verdict: str, status: str
) -> None:
    filed = agent.post(f"{place}/approvals", REQUEST | {"approval_id": f"{place} {verdict}"})
    ticket_id = filed.json()["id"]
    with Held(agent, "GET", f"{place}/approvals/{ticket_id}") as held:
        held.wait_for_spaces(3)
        bot.decide(ticket_id, verdict)

        assert held.json() == {"status": status}
    assert filed.status_code == 201
    assert filed.json() == {"id": ticket_id}


def test_the_ticket_says_all_that_agentsudo_told(agent: Caller) -> None:
    ticket_id = agent.post("/agentsudo/approvals", REQUEST).json()["id"]

    ticket = agent.get(f"/v1/tickets/{ticket_id}").json()

    assert ticket["title"] == "SupportBot: refund:large"
    assert ticket["action"] == "refund:large"
    assert ticket["requester_claimed"] == "SupportBot"
    assert ticket["arguments"] == {
        "function": "refund",
        "agent_name": "SupportBot",
        "agent_id": REQUEST["agent_id"],
    }
    assert ticket["labels"] == {
        "Agent": "SupportBot",
        "Scope": "refund:large",
        "Function": "refund",
        "Request ID": "b24f5c2f",
    }
    assert ticket["channel"]["wished"] == "#approvals"
    assert ticket["cancel_on_disconnect"] is True


def test_the_same_request_again_is_the_same_ticket_and_any_other_is_another(
    gate: GateProcess, agent: Caller
) -> None:
    request = REQUEST | {"approval_id": "again"}
    stranger = gate.caller("stranger")

    same = [agent.post("/agentsudo/approvals", request).json()["id"] for _ in range(2)]
    others = [
        agent.post("/agentsudo/approvals", request | {"timeout": 60}).json()["id"],
        agent.post("/agentsudo/approvals", request | {"function": "other"}).json()["id"],
        agent.post("/agentsudo/approvals", request | {"approval_id": "other"}).json()["id"],
        stranger.post("/agentsudo/approvals", request).json()["id"],
    ]

    assert same[0] == same[1]
    assert len({*same, *others}) == 5


@pytest.mark.parametrize("ending", ["expired", "cancelled"])
def test_what_was_not_approved_is_denied(agent: Caller, ending: str) -> None:
    """Given a client that knows two words, when the ticket ends by itself, then it is the safe one of them."""
    timeout = 1 if ending == "expired" else 300
    ticket_id = agent.post(
        "/agentsudo/approvals", REQUEST | {"approval_id": ending, "timeout": timeout}
    ).json()["id"]
    if ending == "cancelled":
        agent.post(f"/v1/tickets/{ticket_id}/cancel")

    answer = agent.get(f"/agentsudo/approvals/{ticket_id}")

    assert answer.json() == {"status": "denied"}
    assert agent.get(f"/v1/tickets/{ticket_id}").json()["status"] == ending


def test_fields_of_a_newer_release_do_not_matter(agent: Caller) -> None:
    answer = agent.post("/agentsudo/approvals", REQUEST | {"approval_id": "newer", "mood": "good"})

    assert answer.status_code == 201


def test_a_long_name_is_cut_in_the_title_only(agent: Caller) -> None:
    name = "x" * 200

    ticket_id = agent.post("/agentsudo/approvals", REQUEST | {"approval_id": "l", "agent_name": name}).json()[
        "id"
    ]

    ticket = agent.get(f"/v1/tickets/{ticket_id}").json()
    assert len(ticket["title"]) == 150
    assert ticket["labels"]["Agent"] == name


@pytest.mark.parametrize("change", [{"approval_id": None}, {"scope": ""}, {"timeout": 0}, {"timeout": "5"}])
def test_a_request_that_cannot_be_shown_is_refused(agent: Caller, change: dict[str, Any]) -> None:
    answer = agent.post("/agentsudo/approvals", REQUEST | change)

    assert answer.status_code == 422
    assert next(iter(change)) in answer.json()["detail"]
