"""A ticket as a gate sends it, for tests to vary."""

from typing import Any

TICKET_ID = "9f0c2a51d1a64a3fb38c8d3f2b0e6c17"
DIGEST = "v1" + "a" * 64


def ticket(**more: Any) -> dict[str, Any]:
    """One that waits."""
    return {
        "id": TICKET_ID,
        "status": "pending",
        "url": f"https://gate.example.com/v1/tickets/{TICKET_ID}",
        "title": "Deploy api to production",
        "action": "deploy",
        "arguments": {"service": "api"},
        "arguments_digest": DIGEST,
        "requester": "ci",
        "requester_claimed": "",
        "justification": "",
        "risk": "medium",
        "channel": None,
        "labels": {},
        "created_at": "2026-03-02T09:30:00.000001Z",
        "expires_at": "2026-03-02T10:00:00.000000Z",
        "card_url": None,
        "decision": None,
        "cancel_on_disconnect": False,
        **more,
    }


def decided(verdict: str = "approved", comment: str = "", **more: Any) -> dict[str, Any]:
    """One that somebody decided."""
    decision = {"verdict": verdict, "by": "Somebody", "comment": comment, "at": "2026-03-02T09:31:00.000000Z"}
    return ticket(status=verdict, decision={**decision, "seconds": None}, **more)


def listed(*tickets: object, version: str = "one") -> dict[str, Any]:
    """A list of them."""
    return {"version": version, "tickets": list(tickets)}
