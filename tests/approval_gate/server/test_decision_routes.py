"""What the bot tells the gate: verdicts, channels, cards."""

from typing import Any

import pytest

from tests.approval_gate.gate_process import Caller, GateProcess


@pytest.mark.parametrize(("verdict", "status"), [("approve", "approved"), ("deny", "denied")])
def test_a_verdict_is_recorded_with_who_and_when(
    agent: Caller, bot: Caller, verdict: str, status: str
) -> None:
    ticket = agent.file()

    answer = bot.decide(ticket["id"], verdict, by="U1", comment="<b>ok</b>")

    decision = answer.json()["decision"]
    assert (answer.status_code, answer.json()["status"]) == (200, status)
    assert decision["at"] > ticket["created_at"]
    assert decision == {
        "verdict": status,
        "by": "U1",
        "comment": "<b>ok</b>",
        "at": decision["at"],
        "seconds": None,
    }


def test_the_same_verdict_again_is_answered_with_the_recorded_one(agent: Caller, bot: Caller) -> None:
    ticket = agent.file()
    first = bot.decide(ticket["id"], by="U1", comment="first", seconds=60)

    again = bot.decide(ticket["id"], by="U2", comment="second", seconds=3600)

    assert again.status_code == 200
    assert again.json() == first.json()


@pytest.mark.parametrize(("first", "second"), [("approve", "deny"), ("deny", "approve")])
def test_the_opposite_verdict_is_refused_with_who_and_when(
    agent: Caller, bot: Caller, first: str, second: str
) -> None:
    ticket = agent.file()
    recorded = bot.decide(ticket["id"], first, by="U1").json()

    late = bot.decide(ticket["id"], second, by="U2")

    assert late.status_code == 409
    assert late.json()["ticket"] == recorded
    assert f"by U1 at {recorded['decision']['at']}" in late.json()["detail"]
    assert late.json()["type"] == "urn:approval-gate:problem:settled-otherwise"


def test_an_expired_ticket_cannot_be_approved(agent: Caller, bot: Caller) -> None:
    body = {"approval_id": "late", "agent_name": "Bot", "scope": "s", "timeout": 1}
    ticket_id = agent.post("/agentsudo/approvals", body).json()["id"]
    agent.get(f"/v1/tickets/{ticket_id}", wait=60)

    late = bot.decide(ticket_id)

    assert late.status_code == 409
    assert late.json()["ticket"]["status"] == "expired"
    assert late.json()["title"] == "The ticket is expired"


@pytest.mark.parametrize(
    ("verdict", "body", "field"),
    [
        ("approve", {}, "by"),
        ("approve", {"by": ""}, "by"),
        ("approve", {"by": "a\nb"}, "by"),
        ("approve", {"by": "U1", "seconds": 0}, "seconds"),
        ("approve", {"by": "U1", "seconds": 1.5}, "seconds"),
        ("approve", {"by": "U1", "comment": "x" * 2001}, "comment"),
        ("deny", {"by": "U1", "seconds": 60}, "seconds"),
        ("deny", {"by": "U1", "approved": True}, "approved"),
    ],
)
def test_a_verdict_that_cannot_be_used_changes_nothing(
    agent: Caller, bot: Caller, verdict: str, body: dict[str, Any], field: str
) -> None:
    ticket = agent.file()

    answer = bot.post(f"/v1/tickets/{ticket['id']}/{verdict}", body)

    assert answer.status_code == 422
    assert field in answer.json()["detail"]
    assert agent.get(f"/v1/tickets/{ticket['id']}").json()["status"] == "pending"


def test_a_wish_for_a_channel_is_judged_by_what_the_bot_told(own_gate: GateProcess) -> None:
    bot = own_gate.caller("bot", ("decide",))
    opened = Caller(own_gate.url, own_gate.key("ci", ("request",), ("ops",)))
    closed = Caller(own_gate.url, own_gate.key("other", ("request",)))
    early = opened.file(channel="#ops")

    told = bot.put("/v1/channels", {"channels": [{"id": "C1", "name": "ops"}, {"id": "C2", "name": ""}]})
    followed, refused = opened.file(channel="#ops"), closed.file(channel="#ops")

    assert told.status_code == 204
    assert early["channel"]["followed"] is None
    assert opened.get(f"/v1/tickets/{early['id']}").json()["channel"]["followed"] is True
    assert (followed["channel"]["wished"], followed["channel"]["followed"]) == ("#ops", True)
    assert refused["channel"]["followed"] is False
    assert refused["channel"]["note"]


def test_where_the_card_is_shows_on_the_ticket_and_changes_nothing_else(agent: Caller, bot: Caller) -> None:
    ticket = agent.file()
    version = bot.get("/v1/tickets").json()["version"]
    url = "https://example.slack.com/archives/C1/p1700000000000000?a=%2525&b=<>".replace("<>", "%3C")

    told = bot.put(f"/v1/tickets/{ticket['id']}/card", {"url": url})

    assert told.status_code == 204
    assert agent.get(f"/v1/tickets/{ticket['id']}").json() == ticket | {"card_url": url}
    assert bot.get("/v1/tickets").json()["version"] == version


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://", "https://a b", "", "x"])
def test_a_cards_address_that_is_none_is_refused(agent: Caller, bot: Caller, url: str) -> None:
    ticket = agent.file()

    answer = bot.put(f"/v1/tickets/{ticket['id']}/card", {"url": url})

    assert answer.status_code == 422
    assert "url" in answer.json()["detail"]
