"""The decorator: what runs is what was shown, once, and only after a yes."""

import asyncio
import inspect
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from approval_gate import (
    ApprovalCancelled,
    ApprovalDenied,
    ApprovalTimeout,
    ArgumentsChanged,
    AsyncGate,
    Gate,
    GateUnavailable,
    requires_approval,
)
from tests.approval_gate.false_gate import false_gate, pending
from tests.approval_gate.gate_process import GateProcess
from tests.approval_gate.person import Person
from tests.approval_gate.server.desks import on_a_loop

CARD = "4111-1111-1111-1111"


class Shop:
    """Runs things and remembers what."""

    def __init__(self, gate: Gate | AsyncGate | None = None, **terms: Any) -> None:
        self.done: list[tuple[Any, ...]] = []

        @requires_approval(scope="refund:large", gate=gate, **terms)
        def refund(order: str, amount: int = 5, *, card_number: str = CARD, lines: Any = ()) -> str:
            """Gives money back."""
            self.done.append((order, amount, card_number, lines))
            return f"refunded {amount}"

        @requires_approval(scope="refund:large", gate=gate, **terms)
        async def refund_later(
            order: str, amount: int = 5, *, card_number: str = CARD, lines: Any = ()
        ) -> str:
            """Gives money back later."""
            await asyncio.sleep(0)
            self.done.append((order, amount, card_number, lines))
            return f"refunded {amount}"

        self.refund, self.refund_later = refund, refund_later


def call(shop: Shop, kind: str, *args: Any, **kwargs: Any) -> Any:
    """The function of this kind, to its end."""
    if kind == "sync":
        return shop.refund(*args, **kwargs)
    return asyncio.run(as_coroutine(shop.refund_later, *args, **kwargs))


async def as_coroutine(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return await function(*args, **kwargs)


KINDS = pytest.mark.parametrize("kind", ["sync", "async"])


@KINDS
def test_after_a_yes_the_function_runs_once_and_its_result_comes_back(
    client: Gate, person: Person, kind: str
) -> None:
    shop = Shop(client)

    with person.answering("approve") as seen:
        result = call(shop, kind, "o-1", 7)

    assert result == "refunded 7"
    assert shop.done == [("o-1", 7, CARD, ())]
    assert seen.result()["arguments"] == {"order": "o-1", "amount": 7, "card_number": CARD, "lines": []}


@KINDS
def test_each_call_is_asked_for_anew(client: Gate, person: Person, kind: str) -> None:
    shop = Shop(client)
    with person.answering("approve"):
        call(shop, kind, "o-1")

    with person.answering("deny"), pytest.raises(ApprovalDenied):
        call(shop, kind, "o-1")

    assert len(shop.done) == 1


@KINDS
def test_after_a_no_nothing_runs_and_the_error_says_who_and_why(
    client: Gate, person: Person, kind: str
) -> None:
    shop = Shop(client)

    with person.answering("deny", comment="too much"), pytest.raises(ApprovalDenied) as caught:
        call(shop, kind, "o-1")

    assert (caught.value.who, caught.value.reason, shop.done) == ("U1", "too much", [])


@KINDS
@pytest.mark.parametrize(("on_timeout", "error"), [("deny", ApprovalDenied), ("raise", ApprovalTimeout)])
def test_after_the_time_nothing_runs_and_the_error_is_the_one_that_was_wished(
    client: Gate, person: Person, kind: str, on_timeout: str, error: type[ApprovalDenied]
) -> None:
    shop = Shop(client, timeout=0.1, on_timeout=on_timeout)

    with pytest.raises(error) as caught:
        call(shop, kind, "o-1")

    assert (type(caught.value), shop.done, person.pending()) == (error, [], [])


@KINDS
def test_where_nobody_can_be_asked_nothing_runs(kind: str) -> None:
    shop = Shop(Gate("http://127.0.0.1:9", "k", patience=0.1))

    with pytest.raises(GateUnavailable):
        call(shop, kind, "o-1")

    assert shop.done == []


def test_a_question_that_was_withdrawn_runs_nothing(client: Gate, person: Person) -> None:
    shop = Shop(client)
    withdrawing = threading.Thread(target=lambda: client.cancel(client.get(person.sees()["id"])))
    withdrawing.start()

    with pytest.raises(ApprovalCancelled):
        shop.refund("o-1")

    withdrawing.join()
    assert shop.done == []


# What is shown


def test_the_card_gets_everything_that_was_said(client: Gate, person: Person) -> None:
    shop = Shop(
        client,
        risk="high",
        timeout=60,
        channel="#ops",
        title=lambda shown: f"Refund {shown['amount']} for {shown['order']}\nat once",
        justification="asked for",
    )

    with person.answering() as answered:
        shop.refund("o-1")

    seen = answered.result()
    assert (seen["title"], seen["action"]) == ("Refund 5 for o-1 at once", "refund:large")
    assert (seen["risk"], seen["justification"], seen["channel"]["wished"]) == ("high", "asked for", "#ops")
    assert seen["labels"] == {"Function": "refund", "Scope": "refund:large"}
    assert seen["cancel_on_disconnect"]


@KINDS
def test_what_is_redacted_never_leaves_the_process(kind: str) -> None:
    """Not as an argument, not in a dict, not in another argument or the title; but it reaches the function."""
    with false_gate() as gate:
        shop = Shop(
            Gate(gate.url, "k"),
            redact=("card_number",),
            title=lambda shown: f"Refund to {shown['card_number']} {CARD}",
            justification=f"for {CARD}",
        )

        call(shop, kind, f"order of {CARD}", lines=[{"card_number": "1"}, CARD])

    assert CARD not in repr(gate.filed)
    assert gate.filed["arguments"]["card_number"] == "(redacted)"
    assert gate.filed["arguments"]["lines"] == [{"card_number": "(redacted)"}, "(redacted)"]
    assert gate.filed["title"] == "Refund to (redacted) (redacted)"
    assert shop.done == [(f"order of {CARD}", 5, CARD, [{"card_number": "1"}, CARD])]


def test_two_approvals_of_the_same_hidden_value_have_different_digests() -> None:
    with false_gate() as gate:
        shop = Shop(Gate(gate.url, "k"), redact=("card_number",))
        shop.refund("o-1")
        first = gate.filed["arguments_digest"]
        shop.refund("o-1")

        assert gate.filed["arguments_digest"] != first


@KINDS
def test_an_argument_that_changes_between_asking_and_approval_is_not_run(
    client: Gate, person: Person, kind: str
) -> None:
    shop, lines = Shop(client), ["one"]

    def change_and_answer() -> None:
        ticket = person.sees()
        lines.append("another")
        person.answers(ticket["id"])

    answering = threading.Thread(target=change_and_answer)
    answering.start()
    with pytest.raises(ArgumentsChanged, match="lines changed between asking and approval"):
        call(shop, kind, "o-1", lines=lines)

    answering.join()
    assert shop.done == []


def test_what_runs_shares_no_list_with_whoever_called(client: Gate, person: Person) -> None:
    shop, lines = Shop(client), ["one"]
    with person.answering():
        shop.refund("o-1", lines=lines)

    lines.append("another")

    assert shop.done == [("o-1", 5, CARD, ["one"])]


def test_a_yes_to_another_question_runs_nothing() -> None:
    """Given a gate that files what it was not asked, when it says yes to that, then nothing runs."""
    with false_gate() as gate:
        gate.then(lambda ticket: pending(ticket, arguments_digest=f"v1{'0' * 64}"))
        shop = Shop(Gate(gate.url, "k"))

        with pytest.raises(GateUnavailable):
            shop.refund("o-1")

    assert shop.done == []


# Functions of every kind


def test_methods_show_whose_they_are(client: Gate, person: Person) -> None:
    class Account:
        def __repr__(self) -> str:
            return "Account(7)"

        @requires_approval(scope="close", gate=client, show_self=True)
        def close(self, why: str) -> str:
            return f"{self!r} closed: {why}"

        @classmethod
        @requires_approval(scope="open", gate=client)
        def open(cls, number: int) -> str:
            return f"{cls.__name__} {number}"

        @staticmethod
        @requires_approval(scope="count", gate=client)
        def count(number: int) -> int:
            return number

    with person.answering() as seen:
        assert Account().close("old") == "Account(7) closed: old"
    assert seen.result()["arguments"] == {"self": "Account(7)", "why": "old"}
    assert seen.result()["labels"]["Function"] == "Account.close"
    with person.answering():
        assert Account.open(3) == "Account 3"
    with person.answering():
        assert Account.count(4) == 4


@KINDS
def test_a_method_whose_object_changes_between_asking_and_approval_is_not_run(
    client: Gate, person: Person, kind: str
) -> None:
    paid: list[str] = []

    @dataclass
    class Account:
        iban: str

        @requires_approval(scope="pay", gate=client)
        def pay(self) -> None:
            paid.append(self.iban)

        @requires_approval(scope="pay", gate=client)
        async def pay_later(self) -> None:
            paid.append(self.iban)

    account = Account("GOOD-IBAN")
    seen: list[dict[str, Any]] = []

    def change_and_answer() -> None:
        seen.append(person.sees())
        account.iban = "EVIL-IBAN"
        person.answers(seen[0]["id"])

    answering = threading.Thread(target=change_and_answer)
    answering.start()
    with pytest.raises(ArgumentsChanged, match="self changed"):
        account.pay() if kind == "sync" else asyncio.run(as_coroutine(account.pay_later))

    answering.join()
    assert paid == []
    assert "GOOD" not in repr(seen)


def test_a_method_runs_whose_object_holds_the_gate_itself(client: Gate, person: Person) -> None:
    """Given an object whose connections are used while it waits, then that is no change of it."""

    class Shop:
        def __init__(self) -> None:
            self.gate = client

        @requires_approval(scope="close", gate=client)
        def close(self, *gates: Gate) -> str:
            return "closed"

    with person.answering():
        assert Shop().close(client) == "closed"


def test_what_is_not_shown_whole_says_so_on_the_card(client: Gate, person: Person) -> None:
    with person.answering() as answered:
        Shop(client).refund(f"SELECT 1;{' ' * 5000}DROP TABLE x")

    seen = answered.result()
    assert seen["labels"]["Not shown whole"] == "order"
    assert seen["arguments"]["order"].endswith("DROP TABLE x")
    assert "[3,021 characters not shown]" in seen["arguments"]["order"]


@pytest.mark.parametrize("number", [1e15, 2.0**53, 1e16, -1e20, 1e21, 1e300, 0.1])
def test_every_number_is_asked_for_and_comes_as_it_is(client: Gate, person: Person, number: float) -> None:
    shop = Shop(client)

    with person.answering() as answered:
        shop.refund("o-1", lines=[number])

    assert shop.done == [("o-1", 5, CARD, [number])]
    assert answered.result()["arguments"]["lines"] == [number]


def test_the_function_keeps_its_name_its_words_and_its_kind(client: Gate) -> None:
    shop = Shop(client)

    assert (shop.refund.__name__, shop.refund.__doc__) == ("refund", "Gives money back.")
    assert inspect.iscoroutinefunction(shop.refund_later)
    assert not inspect.iscoroutinefunction(shop.refund)


def test_a_call_that_the_function_would_refuse_is_not_asked_for(client: Gate, person: Person) -> None:
    with pytest.raises(TypeError, match="order"):
        Shop(client).refund()  # type: ignore[call-arg]  # on purpose

    assert person.pending() == []


# The event loop


@on_a_loop
async def test_the_loop_goes_on_while_a_person_thinks(client: Gate, person: Person) -> None:
    """Given one loop for the function and for the answer, when it waits, then the answer is still given."""
    shop = Shop(AsyncGate(gate=client))
    running = asyncio.create_task(as_coroutine(shop.refund_later, "o-1"))
    ticket = await asyncio.to_thread(person.sees)

    await asyncio.to_thread(person.answers, ticket["id"])

    assert await running == "refunded 5"


@on_a_loop
async def test_a_function_that_would_stop_the_loop_is_not_asked_for_and_told_so(
    client: Gate, person: Person
) -> None:
    shop = Shop(client)

    with pytest.raises(GateUnavailable, match=r"asyncio\.to_thread"):
        shop.refund("o-1")

    assert (shop.done, person.pending()) == ([], [])
    with person.answering():
        assert await asyncio.to_thread(shop.refund, "o-1") == "refunded 5"


@on_a_loop
async def test_a_cancelled_task_runs_nothing_and_withdraws_its_question(client: Gate, person: Person) -> None:
    shop = Shop(client)
    running = asyncio.create_task(as_coroutine(shop.refund_later, "o-1"))
    ticket = await asyncio.to_thread(person.sees)

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert person.ticket(ticket["id"])["status"] == "cancelled"
    assert shop.done == []


def test_without_a_gate_it_is_the_one_of_the_environment(
    gate: GateProcess, client_key: str, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop()
    monkeypatch.delenv("GATE_URL", raising=False)
    with pytest.raises(GateUnavailable, match="GATE_URL"):
        shop.refund("o-1")

    monkeypatch.setenv("GATE_URL", gate.url)
    monkeypatch.setenv("GATE_API_KEY", client_key)
    with person.answering():
        assert shop.refund("o-1") == "refunded 5"
