"""What is asked of a call under AgentSudo's `@sudo`: every argument under a name of its own."""

from types import SimpleNamespace

import pytest

from approval_gate.agentsudo_call import AgentSudoCall
from approval_gate.errors import ArgumentsChanged
from approval_gate.hidden import HIDDEN
from approval_gate.ticket import Ticket

CARD = "4111-1111-1111-1111"


class Account:
    """Has a method under `@sudo`."""

    def __init__(self, token: str) -> None:
        self.token = token

    def __repr__(self) -> str:
        return f"Account({self.token})"

    def refund(self, amount: int) -> None:
        """What needs approval."""


def called(
    *args: object,
    by_keyword: dict[str, object] | None = None,
    function: str = "refund",
    hidden: tuple[str, ...] = (),
) -> AgentSudoCall:
    context = {"function": function, "args": args, "kwargs": by_keyword or {}}
    return AgentSudoCall.of(SimpleNamespace(name="Bot"), "refund:large", context, hidden)


def test_arguments_that_call_themselves_as_we_call_others_do_not_pass_for_those() -> None:
    given: dict[str, object] = {
        "function": "rm -rf /",
        "argument function": "ls",
        "argument 1": "b",
        "agent_name": "boss",
    }

    assert called("a", by_keyword=given).arguments.shown == {
        "agent_name": "Bot",
        "function": "refund",
        "argument 1": "a",
        "argument function": "rm -rf /",
        "argument argument function": "ls",
        "argument argument 1": "b",
        "argument agent_name": "boss",
    }


def test_what_we_tell_ourselves_is_not_hidden_with_an_argument_of_that_name() -> None:
    call = called(by_keyword={"function": CARD, "argument 1": 5}, hidden=("function", "argument 1"))

    shown = call.arguments.shown
    assert (shown["function"], shown["argument function"]) == ("refund", HIDDEN)
    assert shown["argument argument 1"] == HIDDEN


def test_a_methods_own_object_is_shown_by_its_class_and_must_not_change() -> None:
    account = Account("sk-1234")
    call = called(account, 5)
    assert call.arguments.shown["argument 1"] == f"<{__name__}.Account>"
    approved = Ticket("t", "approved", call.arguments.digest)
    call.arguments.check(approved)

    account.token = "sk-9999"

    with pytest.raises(ArgumentsChanged, match="argument 1 changed"):
        call.arguments.check(approved)


def test_an_argument_that_is_no_object_of_the_method_is_shown() -> None:
    assert called("text", function="replace").arguments.shown["argument 1"] == "text"
    assert called(Account("a"), function="other").arguments.shown["argument 1"] == "Account(a)"


def test_the_question_covers_what_is_hidden_and_names_what_is_not_shown_whole() -> None:
    context = {"function": "pay", "args": (), "kwargs": {"card": CARD, "note": "x" * 5000}}
    call = AgentSudoCall.of(SimpleNamespace(name=f"Bot of {CARD}"), "pay", context, ("card",))

    asked = call.question("#ops", 60)

    assert CARD not in repr(asked)
    assert asked["labels"]["Not shown whole"] == "note"
    assert asked["labels"]["Agent"] == asked["requester"] == f"Bot of {HIDDEN}"
