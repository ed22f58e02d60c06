"""The decorator: a function runs once a person has approved this very call of it."""

import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, Literal, ParamSpec, TypeVar, cast

from approval_gate.async_client import AsyncGate
from approval_gate.bound_call import BoundCall, receiver_of
from approval_gate.client import Gate
from approval_gate.errors import ApprovalTimeout
from approval_gate.event_loop import must_not_run
from approval_gate.terms import Terms, Words

P = ParamSpec("P")
R = TypeVar("R")


def requires_approval(
    *,
    scope: str,
    risk: str = "unrated",
    timeout: float = 300,
    on_timeout: Literal["deny", "raise"] = "deny",
    redact: tuple[str, ...] = (),
    title: Words = "",
    justification: Words = "",
    channel: str = "",
    gate: Gate | AsyncGate | None = None,
    show_self: bool = False,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Makes each call of a function wait until somebody approves it, for at most ``timeout`` seconds.

    People see the arguments by their names, with defaults; of those named in ``redact`` only that they are there;
    of a method's own object its class, or with ``show_self`` its repr(). What runs is what was shown: with copies
    of lists and dicts as they were when it was asked. Where an argument, or a method's object, changed since,
    nothing runs (`ArgumentsChanged`). A denial raises `ApprovalDenied`; a time-out does too, or
    `ApprovalTimeout` with ``on_timeout="raise"``; a gate that cannot be asked `GateUnavailable`. ``title`` and
    ``justification`` may be functions of the arguments as they are shown. Without ``gate`` it is that of GATE_URL
    and GATE_API_KEY. Raises TypeError or ValueError at once for
    a function that cannot be guarded, and for terms that no gate takes.
    """
    terms = Terms(
        scope=scope,
        risk=risk,
        timeout=timeout,
        on_timeout=on_timeout,
        redact=redact,
        title=title,
        justification=justification,
        channel=channel,
        gate=gate,
        show_self=show_self,
    )

    def guard(function: Callable[P, R]) -> Callable[P, R]:
        return cast("Callable[P, R]", _Guard(terms, function).guarded())

    return guard


class _Guard:
    """One function, and the terms on which it may run."""

    def __init__(self, terms: Terms, function: Callable[..., Any]) -> None:
        _must_be_a_function(function)
        self._terms = terms
        self._function = function
        self.name = getattr(function, "__qualname__", type(function).__qualname__).rpartition("<locals>.")[2]
        self._signature = inspect.signature(function)
        self._receiver = receiver_of(function, self._signature)
        self._must_have(terms.redact)

    def guarded(self) -> Callable[..., Any]:
        """The function that asks first, as async as the one behind it."""

        @functools.wraps(self._function)
        def blocking(*args: object, **kwargs: object) -> object:
            return self.run(args, kwargs)

        @functools.wraps(self._function)
        async def waiting(*args: object, **kwargs: object) -> object:
            return await self.run_async(args, kwargs)

        return waiting if _is_async(self._function) else blocking

    def run(self, args: tuple[object, ...], kwargs: dict[str, object]) -> object:
        """What the function returns, once somebody said yes."""
        must_not_run(self.name, f"Make it `async def`, or call `await asyncio.to_thread({self.name}, …)`.")
        call = self._bound(args, kwargs)
        gate = self._terms.blocking_gate()
        try:
            ticket = gate.wait(gate.request(**self._terms.question(self.name, call)))
        except ApprovalTimeout as timeout:
            raise self._terms.as_wanted(timeout) from timeout
        call.arguments.check(ticket)
        return self._function(*call.args, **call.kwargs)

    async def run_async(self, args: tuple[object, ...], kwargs: dict[str, object]) -> object:
        """As `run`, and no other task waits for it."""
        call = self._bound(args, kwargs)
        gate = self._terms.async_gate()
        try:
            ticket = await gate.wait(await gate.request(**self._terms.question(self.name, call)))
        except ApprovalTimeout as timeout:
            raise self._terms.as_wanted(timeout) from timeout
        call.arguments.check(ticket)
        return await cast("Awaitable[object]", self._function(*call.args, **call.kwargs))

    def _bound(self, args: tuple[object, ...], kwargs: dict[str, object]) -> BoundCall:
        terms = self._terms
        return BoundCall(self._signature, args, kwargs, terms.redact, self._receiver, terms.show_self)

    def _must_have(self, names: tuple[str, ...]) -> None:
        """A name misspelt in redact would show what was to be hidden."""
        parameters = self._signature.parameters
        kinds = {parameter.kind for parameter in parameters.values()}
        unknown = [name for name in names if name not in parameters]
        if unknown and inspect.Parameter.VAR_KEYWORD not in kinds:
            raise TypeError(f"redact names {', '.join(unknown)}, and {self.name}() has no such parameter")


def _is_async(function: Callable[..., Any]) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004 - whether it is a coroutine function, not whether it is there
    )


def _must_be_a_function(function: object) -> None:
    if isinstance(function, staticmethod | classmethod | property):
        kind = type(function).__name__
        raise TypeError(f"write @requires_approval(…) below @{kind}, next to the function")
    if isinstance(function, type) or not callable(function):
        raise TypeError(f"{function!r} is no function: @requires_approval(…) guards functions and methods")
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise TypeError(
            f"{getattr(function, '__qualname__', function)} is a generator, of which nobody can tell when it runs:"
            " guard the function that does the work"
        )
