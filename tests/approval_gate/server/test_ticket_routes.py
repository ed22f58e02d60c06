"""Tickets over HTTP: filing, reading, listing, cancelling, and who may."""

import re
from pathlib import Path
from typing import Any

import pytest
import requests
import rfc8785

from approval_gate.server.ticket import arguments_digest
from tests.approval_gate.gate_process import Caller, GateProcess

DEPLOY = {"title": "Deploy", "action": "deploy", "arguments": {"service": "api"}}
NOWHERE = "0" * 32
MIB = 1024 * 1024


def test_a_ticket_is_filed_and_read_back_with_everything_that_was_said(
    gate: GateProcess, agent: Caller
) -> None:
    said = {
        "title": "Refund 250 €",
        "action": "refund",
        "arguments": {"amount": 250.5, "to": ["a", None, True], "deep": {"n": 2**53 - 1}},
        "requester": "Support bot",
        "justification": "Line one\nline two",
        "risk": "high",
        "expires_in": 60,
        "cancel_on_disconnect": True,
        "labels": {"Scope": "refund:large"},
    }

    filed = agent.post("/v1/tickets", said)
    read = agent.get(f"/v1/tickets/{filed.json()['id']}")

    assert (filed.status_code, read.status_code) == (201, 200)
    assert filed.json() == read.json()
    ticket = read.json()
    for name in ("title", "action", "arguments", "justification", "risk", "cancel_on_disconnect", "labels"):
        assert ticket[name] == said[name], name
    assert ticket["requester"] == "agent"
    assert ticket["requester_claimed"] == "Support bot"
    assert ticket["status"] == "pending"
    assert (ticket["channel"], ticket["card_url"], ticket["decision"]) == (None, None, None)
    assert ticket["url"] == f"{gate.url}/v1/tickets/{ticket['id']}"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", ticket["created_at"])
    assert filed.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "value",
    [
        "100%",
        "%31%30%30%25",
        "a+b&c=d",
        "<b>&amp;\"'\\",
        "\u2028 \x7f \t",
        "{{7*7}} ${x}",
        "https://x/?a=%2525#f",
    ],
)
def test_nothing_that_stands_in_an_argument_is_decoded_or_escaped_on_the_way(
    agent: Caller, value: str
) -> None:
    """Given what a careless server decodes twice, when it is filed, then it is read back as it was."""
    ticket = agent.file(arguments={"value": value, value: [value]}, justification=value)

    read = agent.get(f"/v1/tickets/{ticket['id']}").json()

    assert read["arguments"] == {"value": value, value: [value]}
    assert read["justification"] == value
    assert read["arguments_digest"] == arguments_digest(read["arguments"], read["nonce"])


def test_the_nonce_is_told_to_the_key_that_filed_the_ticket_and_to_nobody_else(
    agent: Caller, bot: Caller
) -> None:
    ticket = agent.file()

    seen = bot.get(f"/v1/tickets/{ticket['id']}").json()
    listed = bot.get("/v1/tickets").json()["tickets"]
    decided = bot.decide(ticket["id"]).json()

    assert len(ticket["nonce"]) == 32
    assert "nonce" not in seen
    assert "nonce" not in decided
    assert not any("nonce" in one for one in listed)


def test_a_digest_that_the_client_made_is_kept_and_no_nonce_is_added(agent: Caller) -> None:
    digest = arguments_digest({"card": "4111"}, "mine")

    ticket = agent.file(arguments={"card": "(redacted)"}, arguments_digest=digest)

    assert ticket["arguments_digest"] == digest
    assert "nonce" not in ticket


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "  "}, "title"),
        ({"title": "two\nlines"}, "title"),
        ({"title": "x" * 151}, "title"),
        ({"title": None}, "title"),
        ({"title": 5}, "title"),
        ({"action": "x" * 201}, "action"),
        ({"arguments": []}, "arguments"),
        ({"arguments": "x"}, "arguments"),
        ({"arguments_digest": "v1" + "g" * 64}, "arguments_digest"),
        ({"title": "\u200b\u2060"}, "title"),
        ({"title": "\u3164"}, "title"),
        ({"action": "\u202eyolped"}, "action"),
        ({"requester": "a\u2028b"}, "requester"),
        ({"requester": "ad\u00admin"}, "requester"),
        ({"labels": {"Scope\u2066": "x"}}, "labels"),
        ({"labels": {"Scope": "\U000e0041"}}, "labels"),
        ({"justification": "x" * 2001}, "justification"),
        ({"risk": "huge"}, "risk"),
        ({"expires_in": 4}, "expires_in"),
        ({"expires_in": 604801}, "expires_in"),
        ({"expires_in": "60"}, "expires_in"),
        ({"expires_in": True}, "expires_in"),
        ({"expires_in": 60.5}, "expires_in"),
        ({"cancel_on_disconnect": 1}, "cancel_on_disconnect"),
        ({"labels": {str(n): "x" for n in range(17)}}, "labels"),
        ({"labels": {"a": 1}}, "labels"),
        ({"labels": {"": "x"}}, "labels"),
        ({"surprise": 1}, "surprise"),
        ({"wait": 1}, "wait"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_fields_name(
    agent: Caller, change: dict[str, Any], field: str
) -> None:
    answer = agent.post("/v1/tickets", DEPLOY | change)

    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert field in answer.json()["detail"]
    assert answer.json()["errors"][0]["field"].startswith(field)


def test_a_refusal_says_in_words_what_would_be_taken(agent: Caller) -> None:
    wrong = {"title": "a\nb", "callback_url": "x", "arguments_digest": "v2", "mood": 1}

    answer = agent.post("/v1/tickets", {"arguments": [], **wrong})

    assert {one["field"]: one["detail"] for one in answer.json()["errors"]} == {
        "title": "must be one line with something to be seen in it, without invisible format characters",
        "action": "is missing",
        "arguments": "must be a JSON object",
        "arguments_digest": "must be v1 and 64 hex digits in small letters",
        "callback_url": "must be an address that begins with https://, in printable ASCII",
        "mood": "is not known here",
    }
    assert answer.json()["detail"].endswith("; and 3 more.")


def test_a_refusal_does_not_repeat_what_was_sent(agent: Caller) -> None:
    answer = agent.post("/v1/tickets", DEPLOY | {"action": 4711_0815, "password": "hunter2hunter2"})

    assert answer.status_code == 422
    assert "hunter2" not in answer.text
    assert "47110815" not in answer.text


def test_the_same_idempotency_key_and_body_is_the_same_ticket(agent: Caller) -> None:
    first = agent.post("/v1/tickets", DEPLOY, Idempotency_Key="once")
    again = agent.post("/v1/tickets", DEPLOY | {"risk": "unrated"}, Idempotency_Key="once")
    held = agent.post("/v1/hold", DEPLOY | {"wait": 0, "cancel_on_disconnect": False}, Idempotency_Key="once")
    other = agent.post("/v1/tickets", DEPLOY | {"risk": "high"}, Idempotency_Key="once")

    assert (first.status_code, again.status_code, held.status_code) == (201, 200, 200)
    assert first.json() == again.json() == held.json()
    assert other.status_code == 422
    assert other.json()["type"].endswith(":key-reused")


@pytest.mark.parametrize("key", ["", "x" * 201, "two words", "caf\u00e9"])
def test_an_idempotency_key_that_cannot_be_kept_is_refused(agent: Caller, key: str) -> None:
    headers: dict[str, str | bytes] = {**agent.headers, "Idempotency-Key": key.encode("latin-1")}

    answer = requests.post(f"{agent.url}/v1/tickets", json=DEPLOY, headers=headers, timeout=10)

    assert answer.status_code == 422
    assert "Idempotency-Key" in answer.json()["detail"]


def test_without_a_living_key_nothing_is_answered(gate: GateProcess) -> None:
    key = gate.key("somebody")
    wrong = key[:-1] + ("A" if key[-1] != "A" else "B")
    for headers in (
        {},
        {"Authorization": f"Basic {key}"},
        {"Authorization": "Bearer"},
        {"Authorization": f"Bearer {wrong}"},
    ):
        for method, path in (
            ("GET", f"/v1/tickets/{NOWHERE}"),
            ("POST", "/v1/tickets"),
            ("PUT", "/v1/channels"),
        ):
            answer = requests.request(method, gate.url + path, headers=headers, data=b"{", timeout=10)

            assert answer.status_code == 401, (headers, path)
            assert answer.headers["WWW-Authenticate"] == "Bearer"
            assert answer.json()["type"].endswith(":no-key")
            assert wrong not in answer.text


@pytest.mark.parametrize(
    ("scope", "method", "path", "needs"),
    [
        ("read", "POST", "/v1/tickets", "request"),
        ("decide", "POST", "/v1/hold", "request"),
        ("decide", "POST", f"/v1/tickets/{NOWHERE}/cancel", "request"),
        ("request", "GET", "/v1/tickets", "decide or read"),
        ("read", "POST", f"/v1/tickets/{NOWHERE}/approve", "decide"),
        ("request", "POST", f"/v1/tickets/{NOWHERE}/deny", "decide"),
        ("request", "PUT", "/v1/channels", "decide"),
        ("read", "PUT", f"/v1/tickets/{NOWHERE}/card", "decide"),
        ("read", "POST", "/agentsudo/approvals", "request"),
    ],
)
def test_a_key_without_the_scope_is_told_which_one(
    gate: GateProcess, scope: str, method: str, path: str, needs: str
) -> None:
    bodies = {
        "/approve": {"by": "U1"},
        "/deny": {"by": "U1"},
        "/channels": {"channels": []},
        "/card": {"url": "https://x.example.com/"},
        "/approvals": {"approval_id": "1", "agent_name": "a", "scope": "s"},
    }
    body = next((one for end, one in bodies.items() if path.endswith(end)), DEPLOY)
    caller = _with(gate, scope)

    answer = requests.request(method, gate.url + path, json=body, headers=caller.headers, timeout=10)

    assert answer.status_code == 403
    assert f"scope {needs};" in answer.json()["detail"]


def _with(gate: GateProcess, scope: str) -> Caller:
    """A caller with this one scope."""
    return gate.caller(f"only {scope}", (scope,))


def test_a_ticket_of_somebody_else_is_not_there_for_a_key_that_only_requests(
    gate: GateProcess, agent: Caller
) -> None:
    ticket = agent.file()
    stranger, reader = _with(gate, "request"), _with(gate, "read")
    path = f"/v1/tickets/{ticket['id']}"

    answers = [
        stranger.get(path),
        stranger.get(path, wait=1),
        stranger.get(f"{path}/callbacks"),
        stranger.post(f"{path}/cancel"),
        stranger.get(f"/agentsudo/approvals/{ticket['id']}"),
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert reader.get(path).status_code == 200
    assert agent.get(path).json()["status"] == "pending"


@pytest.mark.parametrize("ticket_id", [NOWHERE, "x", "%00", "..%2f..", "%ff", "a" * 5000])
def test_an_unknown_ticket_is_404_wherever_it_is_named(agent: Caller, bot: Caller, ticket_id: str) -> None:
    path = f"/v1/tickets/{ticket_id}"

    answers = [
        agent.get(path),
        agent.get(path, wait=60),
        agent.post(f"{path}/cancel"),
        bot.decide(ticket_id),
        bot.decide(ticket_id, "deny"),
        bot.put(f"{path}/card", {"url": "https://example.slack.com/archives/C1/p1"}),
        agent.get(f"{path}/callbacks"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 7
    assert {answer.headers["Content-Type"] for answer in answers} == {"application/problem+json"}


def test_a_ticket_is_cancelled_by_its_own_key_as_often_as_it_likes(agent: Caller, bot: Caller) -> None:
    ticket = agent.file()
    path = f"/v1/tickets/{ticket['id']}/cancel"

    first, again, late = agent.post(path), agent.post(path), bot.decide(ticket["id"])

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json()["status"] == again.json()["status"] == "cancelled"
    assert first.json()["decision"] is None
    assert late.status_code == 409
    assert late.json()["ticket"]["status"] == "cancelled"


def test_what_is_decided_cannot_be_cancelled(agent: Caller, bot: Caller) -> None:
    ticket = agent.file()
    bot.decide(ticket["id"], "deny", by="U7")

    answer = agent.post(f"/v1/tickets/{ticket['id']}/cancel")

    assert answer.status_code == 409
    assert "denied by U7 at 2" in answer.json()["detail"]
    assert answer.json()["ticket"]["decision"]["by"] == "U7"


def test_all_pending_tickets_are_listed_the_oldest_first(own_gate: GateProcess) -> None:
    agent, bot = own_gate.caller("agent"), own_gate.caller("bot", ("decide",))
    empty = bot.get("/v1/tickets", status="pending").json()
    first, second, third = (agent.file(title=f"number {n}") for n in range(3))
    bot.decide(second["id"])

    listed = bot.get("/v1/tickets").json()
    same = bot.get("/v1/tickets").json()

    assert empty["tickets"] == []
    assert [one["id"] for one in listed["tickets"]] == [first["id"], third["id"]]
    assert {name: value for name, value in first.items() if name != "nonce"} == listed["tickets"][0]
    assert listed["version"] == same["version"] != empty["version"]
    assert listed["left_out"] == []


def test_what_a_list_has_no_room_for_is_named_in_it_and_read_by_itself(tmp_path: Path) -> None:
    """Given tickets of 9 MiB in all, then the list holds what fits into 8, and names the rest."""
    wide = {"GATE_MOST_BODY": str(4 * MIB), "GATE_MOST_PENDING_BYTES": str(100 * MIB)}
    with GateProcess(tmp_path, **wide) as gate:
        agent, bot = gate.caller("agent"), gate.caller("bot", ("decide",))
        sizes = (3 * MIB, 3 * MIB + 1000, 3 * MIB - 1000, 1)
        tickets = [agent.file(arguments={"x": "y" * size}) for size in sizes]
        answer = bot.get("/v1/tickets")
        listed = answer.json()

        assert [one["id"] for one in listed["tickets"]] == [
            tickets[0]["id"],
            tickets[2]["id"],
            tickets[3]["id"],
        ]
        assert listed["left_out"] == [{"id": tickets[1]["id"], "version": 1}]
        assert len(answer.content) < 8 * MIB
        left_out = bot.get(f"/v1/tickets/{tickets[1]['id']}").json()
        assert len(left_out["arguments"]["x"]) == sizes[1]


@pytest.mark.parametrize(
    "query", ["wait=-1", "wait=301", "wait=nan", "wait=inf", "wait=x", "status=done", "wiat=5"]
)
def test_a_query_that_cannot_be_used_is_refused_before_anything_is_held(bot: Caller, query: str) -> None:
    answer = requests.get(f"{bot.url}/v1/tickets?{query}", headers=bot.headers, timeout=10)

    assert answer.status_code == 422
    assert query.partition("=")[0] in answer.json()["detail"]


def test_the_digest_binds_the_arguments_as_the_gate_shows_them(agent: Caller) -> None:
    """Source: RFC 8785 over [nonce, arguments], which any client can compute again."""
    ticket = agent.file(arguments={"b": 1.0, "a": "ü"})

    assert rfc8785.dumps([ticket["nonce"], ticket["arguments"]]).endswith('{"a":"ü","b":1}]'.encode())
    assert ticket["arguments_digest"] == arguments_digest({"a": "ü", "b": 1}, ticket["nonce"])
