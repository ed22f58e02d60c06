"""The client at a real gate: asking, waiting, cancelling, deciding."""

import threading
import time

import pytest

from approval_gate import (
    ApprovalCancelled,
    ApprovalDenied,
    ApprovalTimeout,
    Gate,
    GateRefused,
    GateUnavailable,
)
from tests.approval_gate.gate_process import GateProcess
from tests.approval_gate.person import Person

NOWHERE = "http://127.0.0.1:9"


class LockLost(Exception):
    """What a lock raises."""


def test_a_question_arrives_as_it_was_asked(client: Gate, person: Person, requester: str) -> None:
    arguments = {"amount": 12.5, "note": '100% <b>&amp; "%41" é', "nested": [1, None, {"b": True}]}

    ticket = client.request(
        title="Refund",
        action="refund",
        arguments=arguments,
        requester="the shop",
        justification="asked for\ntwice",
        risk="high",
        channel="#ops",
        expires_in=60,
        labels={"Scope": "refund:large"},
    )

    seen = person.sees()
    assert (seen["id"], seen["status"], seen["requester"]) == (ticket.id, "pending", requester)
    assert seen["arguments"] == arguments
    assert seen["arguments_digest"] == ticket.arguments_digest
    assert (seen["requester_claimed"], seen["risk"], seen["labels"]) == (
        "the shop",
        "high",
        {"Scope": "refund:large"},
    )
    assert 59 < ticket.seconds_left < 64


def test_after_a_yes_the_wait_ends_with_who_said_it(client: Gate, person: Person) -> None:
    ticket = client.request(title="Refund")

    with person.answering("approve", comment="fine", seconds=60):
        answered = client.wait(ticket)

    assert answered.decision is not None
    assert (answered.status, answered.decision.by, answered.decision.comment) == ("approved", "U1", "fine")
    assert answered.decision.seconds == 60


def test_after_a_no_the_wait_ends_with_who_said_it_and_why(client: Gate, person: Person) -> None:
    ticket = client.request(title="Refund")

    with person.answering("deny", comment="not on Friday"), pytest.raises(ApprovalDenied) as caught:
        client.wait(ticket)

    assert (caught.value.who, caught.value.reason) == ("U1", "not on Friday")
    assert caught.value.ticket is not None
    assert caught.value.ticket.status == "denied"


def test_an_answer_before_the_wait_is_not_lost(client: Gate, person: Person) -> None:
    ticket = client.request(title="Refund")
    person.answers(ticket.id)

    assert client.wait(ticket).status == "approved"


def test_the_gate_itself_says_that_the_time_is_over(client: Gate, person: Person) -> None:
    ticket = client.request(title="Refund", expires_in=5)

    with pytest.raises(ApprovalTimeout) as caught:
        client.wait(ticket)

    assert caught.value.ticket is not None
    assert caught.value.ticket.status == person.ticket(ticket.id)["status"] == "expired"


@pytest.mark.parametrize("shorter", ["the question's", "the wait's"])
def test_when_nobody_waits_any_more_nobody_can_say_yes_any_more(
    client: Gate, person: Person, decider: Gate, shorter: str
) -> None:
    asked_for = 0.1 if shorter == "the question's" else 60
    ticket = client.request(title="Refund", expires_in=asked_for)

    with pytest.raises(ApprovalTimeout):
        client.wait(ticket, timeout=0.1 if shorter == "the wait's" else None)

    assert person.ticket(ticket.id)["status"] == "cancelled"
    with pytest.raises(GateRefused) as caught:
        decider.approve(ticket.id, "U1")
    assert caught.value.status == 409


def test_a_yes_at_the_last_moment_is_a_yes(client: Gate, person: Person) -> None:
    """Given an answer that is there when the time is over, when the wait would cancel, then it sees the answer."""
    ticket = client.request(title="Refund", expires_in=60)
    person.answers(ticket.id)

    assert client.wait(ticket, timeout=0.0).status == "approved"
    assert client.conclude(ticket).status == "approved"


def test_a_question_that_its_program_withdraws_ends_the_wait(client: Gate) -> None:
    ticket = client.request(title="Refund")
    timer = threading.Timer(0.1, client.cancel, [ticket])
    timer.start()

    with pytest.raises(ApprovalCancelled):
        client.wait(ticket)
    timer.join()


def test_cancelling_twice_is_harmless_and_after_a_verdict_tells_it(client: Gate, person: Person) -> None:
    ticket, other = client.request(title="Refund"), client.request(title="Refund")

    assert [client.cancel(ticket).status for _ in range(2)] == ["cancelled", "cancelled"]
    person.answers(other.id, "deny")
    assert client.cancel(other).status == "denied"


def test_whoever_withdraws_learns_what_became_of_it(client: Gate, person: Person) -> None:
    ticket, other = client.request(title="Refund"), client.request(title="Refund")
    person.answers(other.id)

    withdrawn = [client.withdraw(one) for one in (ticket, other)]

    assert [one.status for one in withdrawn if one] == ["cancelled", "approved"]


# Keepalive


def test_a_lock_is_prolonged_at_its_interval_by_the_thread_that_waits(client: Gate, person: Person) -> None:
    beats: list[tuple[float, int]] = []
    began = time.monotonic()
    ticket = client.request(title="Refund")

    def prolong() -> None:
        beats.append((time.monotonic() - began, threading.get_ident()))
        if len(beats) == 5:
            person.answers(ticket.id)

    began = time.monotonic()
    client.wait(ticket, keepalive=prolong, every=0.1)

    assert {thread for _, thread in beats} == {threading.get_ident()}
    assert all(at >= number * 0.1 for number, (at, _) in enumerate(beats, start=1))


def test_a_lock_that_is_lost_ends_the_wait_and_withdraws_the_question(client: Gate, person: Person) -> None:
    ticket = client.request(title="Refund")

    def lose() -> None:
        raise LockLost

    with pytest.raises(LockLost):
        client.wait(ticket, keepalive=lose, every=0.05)

    assert person.ticket(ticket.id)["status"] == "cancelled"


def test_a_lock_that_says_false_is_lost_too(client: Gate, person: Person) -> None:
    ticket = client.request(title="Refund")

    with pytest.raises(ApprovalCancelled, match="False"):
        client.wait(ticket, keepalive=lambda: False, every=0.05)

    assert person.ticket(ticket.id)["status"] == "cancelled"


def test_a_lock_that_is_lost_wins_over_a_yes_that_comes_at_the_same_time(
    client: Gate, person: Person
) -> None:
    ticket = client.request(title="Refund")

    def answer_and_lose() -> None:
        person.answers(ticket.id)
        raise LockLost

    with pytest.raises(LockLost):
        client.wait(ticket, keepalive=answer_and_lose, every=0.05)


# Deciding, reading


def test_a_key_that_may_decide_says_yes_and_no_for_people(client: Gate, decider: Gate) -> None:
    yes, no = client.request(title="Yes"), client.request(title="No")

    approved = decider.approve(yes.id, "U1", "fine", 60)
    denied = decider.deny(no.id, "U2", "no")

    assert approved.decision is not None
    assert (approved.status, approved.decision.by, approved.decision.seconds) == ("approved", "U1", 60)
    assert denied.status == client.get(no.id).status == "denied"


def test_the_first_verdict_wins_and_the_same_one_again_is_harmless(client: Gate, decider: Gate) -> None:
    ticket = client.request(title="Refund")
    decider.deny(ticket.id, "U1", "no")

    again = decider.deny(ticket.id, "U2", "me too")
    with pytest.raises(GateRefused) as caught:
        decider.approve(ticket.id, "U3")

    assert again.decision is not None
    assert (again.decision.by, again.decision.comment) == ("U1", "no")
    assert caught.value.status == 409
    with pytest.raises(ApprovalDenied):
        client.wait(ticket)


def test_whoever_asks_may_not_answer(client: Gate) -> None:
    ticket = client.request(title="Refund")

    with pytest.raises(GateRefused, match="decide") as caught:
        client.approve(ticket.id, "me")

    assert caught.value.status == 403
    assert client.get(ticket.id).status == "pending"


def test_an_unknown_ticket_is_an_error_and_never_a_yes(client: Gate, decider: Gate) -> None:
    with pytest.raises(GateRefused) as not_read:
        client.get("0" * 32)
    with pytest.raises(GateRefused) as not_approved:
        decider.approve("0" * 32, "U1")

    assert (not_read.value.status, not_approved.value.status) == (404, 404)


def test_the_pending_tickets_are_listed(client: Gate, decider: Gate) -> None:
    ticket = client.request(title="Refund")

    assert ticket.id in [one.id for one in decider.pending()]


# Asking that fails


@pytest.fixture
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a fresh shell."""
    for name in ("GATE_URL", "GATE_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("no_settings")
@pytest.mark.parametrize(
    ("url", "key", "words"),
    [
        (None, "k", "GATE_URL is not set"),
        ("gate.example", "k", "`url` is not the address"),
        ("ftp://gate.example", "k", "`url` is not the address"),
        ("https://user:pass@gate.example", "k", "`url` is not the address"),
        ("https://[::1", "k", "`url` is not the address"),
        ("https://gate.example:port", "k", "`url` is not the address"),
        ("https://gate.example", None, "GATE_API_KEY is not set.*keys create"),
        ("https://gate.example", "k\r\nX: y", "`api_key` holds"),
    ],
)
def test_settings_that_cannot_be_right_are_told_at_once(url: str | None, key: str | None, words: str) -> None:
    with pytest.raises(GateUnavailable, match=words):
        Gate(url, key)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("GATE_URL", "gate.example", "GATE_URL is not the address"),
        ("GATE_API_KEY", "k k", "GATE_API_KEY holds"),
    ],
)
def test_an_error_names_what_the_wrong_value_was_given_as(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv("GATE_URL", "https://gate.example")
    monkeypatch.setenv("GATE_API_KEY", "k")
    monkeypatch.setenv(name, value)

    with pytest.raises(GateUnavailable, match=words):
        Gate()


def test_settings_come_from_the_environment(
    gate: GateProcess, client_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATE_URL", f"{gate.url}/")
    monkeypatch.setenv("GATE_API_KEY", client_key)

    assert Gate().request(title="Refund").status == "pending"


def test_a_gate_that_is_not_there_is_unavailable_and_the_error_says_what_to_see_to() -> None:
    with pytest.raises(GateUnavailable, match=r"cannot be reached.*`url`"):
        Gate(NOWHERE, "k", patience=0.2).request(title="Refund")


def test_a_key_that_the_gate_does_not_know_is_told_at_once(gate: GateProcess) -> None:
    with pytest.raises(GateRefused, match="Set `api_key`") as caught:
        Gate(gate.url, "gate_0000000000_wrong").request(title="Refund")

    assert caught.value.status == 401
    assert "wrong" not in str(caught.value)


def test_a_question_that_the_gate_does_not_take_is_refused_with_the_fields_name(client: Gate) -> None:
    with pytest.raises(GateRefused, match="title"):
        client.request(title="two\nlines")
