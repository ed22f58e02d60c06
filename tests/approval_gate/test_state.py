"""The state of values: every change of what was shown is seen, and copies are what they were."""

import asyncio
from array import array
from collections import defaultdict, deque
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from threading import Lock
from types import MappingProxyType, SimpleNamespace
from typing import Any, ClassVar

import pytest
import requests

from approval_gate.json_text import canonical
from approval_gate.state import copied, written
from tests.approval_gate.server.desks import on_a_loop


@dataclass
class Order:
    """Has a field that its repr() leaves out."""

    amount: int
    lines: list[str] = field(default_factory=list)
    note: str = field(default="", repr=False)


class Refund:
    """Tells nothing by its repr()."""

    def __init__(self, amount: int) -> None:
        self.amount = amount
        self.parts = {"x": [1]}
        self.inner = object()


class Slotted:
    """Keeps its attributes elsewhere."""

    __slots__ = ("amount",)

    def __init__(self, amount: int) -> None:
        self.amount = amount


class Named:
    """Tells by its repr() what matters."""

    def __init__(self) -> None:
        self.name, self.uses = "a", 0

    def __repr__(self) -> str:
        return f"Named({self.name})"


class Person:
    """Refers to its order, which refers to it."""

    def __init__(self, iban: str) -> None:
        self.iban = iban
        self.order = SimpleNamespace(person=self, address=SimpleNamespace(street="A"))


class Guarded:
    """Holds something that nobody can write down."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.lock = Lock()


class Proxy:
    """Would ask somebody else for whatever it lacks."""

    asked: ClassVar[list[str]] = []

    def __init__(self) -> None:
        self.number = 1

    def __getattribute__(self, name: str) -> object:
        if name != "__class__":  # isinstance() asks for it
            Proxy.asked.append(name)
        return object.__getattribute__(self, name)


class Marked(deque[int]):
    """A collection that answers anything, too."""

    def __getattribute__(self, name: str) -> object:
        return super().__getattribute__(name)


class Single:
    """Pickle keeps its name alone."""

    def __reduce__(self) -> str:
        return "SINGLE"


class Client:
    """What pickle keeps of it is not all there is."""

    def __init__(self) -> None:
        self.account, self.pool = "a", [1]

    def __getstate__(self) -> object:
        return {"account": self.account}


class Tagged(list[int]):
    """A list that knows more."""

    tag = "a"


class Part:
    """What is bound with a lock in it."""

    def __init__(self, inner: object) -> None:
        self.inner = inner


@dataclass
class Locked:
    """A dataclass counts by its fields wherever it stands."""

    iban: str
    lock: object = field(default_factory=Lock)


@dataclass
class Line(deque[int]):
    """A dataclass that holds more than its fields."""

    note: str = ""


def evil() -> None:
    """Stands in for what was approved."""


def set_to(name: str, value: object) -> Any:
    return lambda one: setattr(one, name, value)


STORE: dict[str, list[int]] = {"a": []}


@pytest.mark.parametrize(
    ("value", "change"),
    [
        ([1, 2], lambda one: one.append(3)),
        ({"a": {"b": [1]}}, lambda one: one["a"]["b"].append(2)),
        ({"a": 1}, lambda one: one.update(a=True)),
        ({1, 2}, lambda one: one.add(3)),
        (bytearray(b"x"), lambda one: one.append(1)),
        (([1],), lambda one: one[0].append(2)),
        (Order(5), set_to("amount", 6)),
        (Order(5), lambda one: one.lines.append("x")),
        (Order(5), set_to("note", "x")),
        (Refund(5), set_to("amount", 5000)),
        (Refund(5), lambda one: one.parts["x"].append(2)),
        (Slotted(5), set_to("amount", 6)),
        (Named(), set_to("name", "b")),
        (Named(), set_to("uses", 1)),
        (Client(), set_to("account", "b")),
        (Proxy(), set_to("number", 2)),
        (Guarded(1), set_to("number", 2)),
        (Guarded(1), set_to("lock", Lock())),
        ([Guarded(1)], lambda one: set_to("number", 2)(one[0])),
        (Order(Guarded(1)), lambda one: set_to("number", 2)(one.amount)),  # type: ignore[arg-type]  # any will do
        (Person("a"), set_to("iban", "b")),
        (Person("a"), lambda one: set_to("street", "B")(one.order.address)),
        (Person("a"), lambda one: set_to("address", None)(one.order)),
        (Part(Person("a")), lambda one: set_to("iban", "b")(one.inner)),
        (Part(Guarded(1)), set_to("inner", Guarded(1))),
        (Part(Order(Guarded(1))), set_to("inner", Order(Guarded(1)))),  # type: ignore[arg-type]  # any will do
        (Line(), lambda one: one.append(2)),
        (Part(Locked("a")), lambda one: set_to("iban", "b")(one.inner)),
        (Part(Slotted(5)), lambda one: set_to("amount", 6)(one.inner)),
        (Part(Single()), set_to("inner", Single())),
        (Part(evil), set_to("inner", lambda: None)),
        (Part({"x": [Named()]}), lambda one: set_to("name", "b")(one.inner["x"][0])),
        (Part(Client()), lambda one: set_to("account", "b")(one.inner)),
        (partial(print, [1]), lambda one: one.args[0].append(2)),
        (Tagged([1]), set_to("tag", "b")),
        (Tagged([1]), lambda one: one.append(2)),
        (deque([1]), lambda one: one.append(2)),
        (Marked([1]), lambda one: one.append(2)),
        (Part(Marked([1])), lambda one: one.inner.append(2)),
        (array("i", range(2000)), lambda one: one.__setitem__(1000, 7)),
        (defaultdict(list, a=[1]), lambda one: one["a"].append(2)),
        (MappingProxyType(STORE), lambda _one: STORE["a"].append(2)),
        (STORE.values(), lambda _one: STORE["a"].append(2)),
        (iter([1, 2]), next),
        (SimpleNamespace(a=evil), set_to("a", set_to)),
        ({"big": 2**60}, lambda one: one.update(big=2**60 + 1)),
        ({"text": "\ud800"}, lambda one: one.update(text="\ud801")),
        ({"money": Decimal("1.5")}, lambda one: one.update(money="Decimal('1.5')")),
    ],
    ids=lambda one: type(one).__name__,
)
def test_a_change_is_seen(value: object, change: Any) -> None:
    kept: list[object] = []
    before = canonical(written(value, kept))
    assert canonical(written(value)) == before

    change(value)

    assert canonical(written(value)) != before


@pytest.mark.parametrize(
    ("value", "change"),
    [
        (Client(), lambda one: one.pool.append(2)),
        (Part(Client()), lambda one: one.inner.pool.append(2)),
        (Part(Guarded(1)), lambda one: set_to("number", 2)(one.inner)),
        (Part(Part(Guarded(1))), lambda one: set_to("number", 2)(one.inner.inner)),
        (Guarded(1), lambda one: one.lock.acquire()),
        (Part(requests.Session()), lambda one: one.inner.cookies.set("a", "b")),
        (requests.Session(), lambda one: one.cookies.set("a", "b")),
    ],
    ids=lambda one: type(one).__name__,
)
def test_what_lives_in_an_object_may_go_on_living(value: object, change: Any) -> None:
    kept: list[object] = []
    before = written(value, kept)

    change(value)

    assert written(value) == before


def test_an_object_is_known_though_another_that_refers_to_it_is_alive() -> None:
    """Given one that was first met inside something alive, when it changes, then that is seen all the same."""
    shared = Slotted(1)
    value = [SimpleNamespace(a=SimpleNamespace(shared=shared, lock=Lock()), b=SimpleNamespace(shared=shared))]
    kept: list[object] = []
    before = written(value, kept)

    shared.amount = 2

    assert written(value) != before


def test_nobody_far_away_is_asked_for_anything() -> None:
    """Given an object that asks others for what it lacks, when its state is written, then it asks nobody."""
    proxy = Proxy()
    Proxy.asked.clear()

    written([proxy, Part(proxy), Part({"a": [proxy]})])

    assert Proxy.asked == []


def test_what_is_known_by_itself_is_kept_so_that_no_other_comes_to_have_its_identity() -> None:
    one = Part(Lock())
    kept: list[object] = []
    before = written(one, kept)

    for _ in range(100):
        one.inner = None
        one.inner = Lock()
        assert written(one) != before


@on_a_loop
async def test_an_object_that_holds_an_event_loop_stays_the_same_while_that_runs() -> None:
    session = SimpleNamespace(account="a", connector=SimpleNamespace(loop=asyncio.get_running_loop()))
    kept: list[object] = []
    before = written(session, kept)

    await asyncio.sleep(0.01)

    assert written(session) == before
    session.account = "b"
    assert written(session) != before


def test_a_long_chain_of_objects_is_known_to_its_end() -> None:
    last = one = SimpleNamespace(next=None)
    for _ in range(2000):
        one = SimpleNamespace(next=one)
    before = written(one)

    last.next = 1

    assert written(one) != before


def test_what_has_no_end_is_refused() -> None:
    endless: list[object] = []
    endless.append(endless)

    with pytest.raises(TypeError, match="levels"):
        written(endless)


def test_copies_are_equal_and_share_nothing_that_can_change() -> None:
    value: dict[str, Any] = {
        "list": [1, [2]],
        "tuple": (1, [2]),
        "set": {1},
        "bytes": bytearray(b"x"),
        "frozen": frozenset({1}),
    }

    copy = copied(value)

    assert copy == value
    assert canonical(written(copy)) == canonical(written(value))
    value["list"].append(3)
    value["tuple"][1].append(3)
    assert copy != value


def test_objects_are_not_copied() -> None:
    order = Order(1)

    copy = copied([order])

    assert isinstance(copy, list)
    assert copy[0] is order
