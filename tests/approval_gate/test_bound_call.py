"""Calls under the names that the function gives to its arguments."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from approval_gate.arguments import Arguments
from approval_gate.bound_call import BoundCall, receiver_of
from approval_gate.errors import ArgumentsChanged
from approval_gate.hidden import HIDDEN
from approval_gate.ticket import Ticket


def refund(order: str, amount: int = 5, *more: str, note: str = "", **options: object) -> None:
    """What is called."""


def only(order: str, /, **options: object) -> None:
    """A name that can come twice."""


class Rows:
    """Tells more than pickle would keep of it."""

    def __init__(self) -> None:
        self.loaded: list[int] = []

    def __getstate__(self) -> object:
        return {}

    def __repr__(self) -> str:
        return f"Rows({self.loaded})"


class Account:
    """Has methods."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __repr__(self) -> str:
        return f"Account({self.number})"

    def refund(self, amount: int) -> None:
        """A method."""


def bound(
    function: Callable[..., object], *args: object, hidden: tuple[str, ...] = (), **kwargs: object
) -> BoundCall:
    signature = inspect.signature(function)
    return BoundCall(signature, args, kwargs, hidden, receiver_of(function, signature))


def approved(arguments: Arguments) -> Ticket:
    return Ticket("t", "approved", arguments.digest)


def test_positional_arguments_have_names_and_defaults_are_shown() -> None:
    assert bound(refund, "o-1").arguments.shown == {
        "order": "o-1",
        "amount": 5,
        "more": [],
        "note": "",
    }
    assert bound(refund, "o-1", 9, "a", "b", note="n", fast=True).arguments.shown == {
        "order": "o-1",
        "amount": 9,
        "more": ["a", "b"],
        "note": "n",
        "fast": True,
    }


def test_a_keyword_with_the_name_of_a_parameter_does_not_hide_that_one() -> None:
    assert bound(only, "o-1", order="o-2").arguments.shown == {"order": "o-1", "options.order": "o-2"}


def test_a_keyword_that_calls_itself_as_we_call_another_does_not_pass_for_that_one() -> None:
    given: dict[str, Any] = {"order": "o-2", "options.order": "o-3", "options.options.order": "o-4"}

    assert bound(only, "o-1", **given).arguments.shown == {
        "order": "o-1",
        "options.order": "o-2",
        "options.options.order": "o-3",
        "options.options.options.order": "o-4",
    }


def test_every_keyword_is_bound_whatever_it_is_called() -> None:
    lists: dict[str, Any] = {"order": [], "options.order": []}
    for name, value in lists.items():
        call = bound(only, "o-1", **lists)
        value.append(1)
        with pytest.raises(ArgumentsChanged, match=rf"options\.{name} changed"):
            call.arguments.check(approved(call.arguments))


def test_a_name_that_the_caller_chose_is_covered_and_takes_nobodys_place() -> None:
    given: dict[str, Any] = {"4111-1111": 1, "x4111-1111": 2, "(redacted)": 3, "a\0b": 4}

    assert bound(only, "o-1", hidden=("card",), card="4111-1111", **given).arguments.shown == {
        "order": "o-1",
        "card": HIDDEN,
        "(redacted)": 1,
        "x(redacted)": 2,
        "(redacted) (2)": 3,
        "'a\\x00b'": 4,
    }


def test_what_stands_under_a_hidden_name_is_covered_elsewhere_too() -> None:
    call = bound(refund, "o-1", hidden=("card",), copy=[{"card": "4111-1111"}], seen="4111-1111")

    assert (call.arguments.shown["copy"], call.arguments.shown["seen"]) == ([{"card": HIDDEN}], HIDDEN)


def test_what_is_too_long_to_be_shown_is_named_on_the_card_and_bound_as_a_whole() -> None:
    text = ["SELECT 1", " " * 5000, "DROP TABLE x"]
    call = bound(refund, "o-1", note="".join(text), lines=text)

    assert str(call.arguments.shown["note"]).endswith("DROP TABLE x")
    assert call.arguments.labels == {"Not shown whole": "note, lines"}
    assert bound(refund, "o-1").arguments.labels == {}
    text[1] = f" {text[1][1:-1]} x"
    with pytest.raises(ArgumentsChanged, match="lines changed"):
        call.arguments.check(approved(call.arguments))


def test_a_call_that_the_function_would_not_take_is_not_asked_for() -> None:
    with pytest.raises(TypeError, match="order"):
        bound(refund)


@pytest.mark.parametrize(
    ("hidden", "shown"),
    [
        (("order",), {"order": HIDDEN, "options.order": HIDDEN, "pin": 4321}),
        (("pin",), {"order": "o-1", "options.order": "o-2", "pin": HIDDEN}),
        (("options",), {"order": "o-1", "options.order": HIDDEN, "pin": HIDDEN}),
    ],
)
def test_hidden_arguments_are_covered_however_they_come(
    hidden: tuple[str, ...], shown: dict[str, object]
) -> None:
    assert bound(only, "o-1", hidden=hidden, order="o-2", pin=4321).arguments.shown == shown


def test_what_is_hidden_stands_in_no_other_argument_either() -> None:
    call = bound(refund, "card 4111-1111", note="x", hidden=("card",), card="4111-1111", copy=["4111-1111"])

    assert call.arguments.shown["order"] == f"card {HIDDEN}"
    assert call.arguments.shown["copy"] == [HIDDEN]
    assert call.arguments.covered("refund to 4111-1111") == f"refund to {HIDDEN}"


def test_the_digest_tells_nothing_of_what_is_hidden() -> None:
    one, other = (bound(refund, "o-1", hidden=("order",)).arguments for _ in range(2))

    assert one.shown == other.shown
    assert one.digest != other.digest


def test_what_is_run_is_a_copy_made_when_it_was_asked() -> None:
    lines = ["a"]
    call = bound(refund, "o-1", lines=lines)

    lines.append("b")

    assert call.kwargs == {"note": "", "lines": ["a"]}
    with pytest.raises(ArgumentsChanged, match="lines changed") as caught:
        call.arguments.check(approved(call.arguments))
    assert caught.value.names == ("lines",)


def test_what_was_shown_must_not_change_either() -> None:
    rows = Rows()
    call, hidden = bound(refund, "o-1", rows=rows), bound(refund, "o-1", rows=rows, hidden=("note",))
    assert call.arguments.shown["rows"] == "Rows([])"

    rows.loaded.append(1)

    with pytest.raises(ArgumentsChanged, match="rows changed"):
        call.arguments.check(approved(call.arguments))
    hidden.arguments.check(approved(hidden.arguments))


def test_arguments_that_stayed_as_they_were_pass() -> None:
    call = bound(refund, "o-1", lines=["a"])

    call.arguments.check(approved(call.arguments))

    assert call.args == ("o-1", 5)


def test_an_approval_of_other_arguments_does_not_pass() -> None:
    asked, other = bound(refund, "o-1").arguments, bound(refund, "o-1").arguments

    with pytest.raises(ArgumentsChanged):
        asked.check(approved(other))


def test_the_object_of_a_method_is_passed_as_it_is_and_must_not_change() -> None:
    account = Account(1)
    call = bound(Account.refund, account, 5)
    call.arguments.check(approved(call.arguments))

    account.number = 2

    assert call.arguments.shown == {"self": f"<{__name__}.Account>", "amount": 5}
    assert call.args[0] is account
    with pytest.raises(ArgumentsChanged, match="self changed"):
        call.arguments.check(approved(call.arguments))


def test_the_object_of_a_method_is_shown_where_that_is_asked_for_and_nothing_is_hidden() -> None:
    signature = inspect.signature(Account.refund)

    def shown(hidden: tuple[str, ...]) -> object:
        return BoundCall(signature, (Account(1), 5), {}, hidden, "self", True).arguments.shown["self"]

    assert shown(()) == "Account(1)"
    assert shown(("amount",)) == f"<{__name__}.Account>"


def test_a_function_with_a_parameter_called_self_is_no_method() -> None:
    def free(self: list[int]) -> None:
        """Not in a class."""

    assert receiver_of(free, inspect.signature(free)) == ""
    assert receiver_of(Account.refund, inspect.signature(Account.refund)) == "self"


def test_an_argument_that_cannot_be_shown_is_named() -> None:
    endless: list[object] = []
    endless.append(endless)

    with pytest.raises(TypeError, match="the argument order cannot be shown"):
        bound(refund, endless)
