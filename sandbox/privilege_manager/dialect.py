"""How one kind of instance speaks: its paths, its bodies, its answers, and what its reference says of them."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from aiohttp import web
from pydantic import JsonValue

from sandbox.privilege_manager.elevations import Elevation, Verdict
from sandbox.privilege_manager.faults import Operation
from sandbox.privilege_manager.schemas import Schema

ROOT = "/services/api"
Method = Literal["GET", "POST", "DELETE"]
Body = Mapping[str, JsonValue]


class WrongDecision(ValueError):
    """A decision that this instance does not take; the text says why."""


@dataclass(frozen=True)
class Order:
    """A decision, understood. ``duration`` is as it was sent."""

    request_id: str
    verdict: Verdict
    comment: str
    duration: JsonValue = None


@dataclass(frozen=True)
class Endpoint:
    """One path below ``/services/api``; its parameters stand in braces, and one of them is the id.

    ``takes`` and ``gives`` are what the reference says of body and answer.
    """

    method: Method
    path: str
    operation: Operation
    summary: str
    takes: Schema | None = None
    gives: Schema | None = None
    query: tuple[Schema, ...] = ()

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Matches the path in lower case, below the root; its only group is the id, where there is one."""
        steps = re.sub(r"\\\{\w+\\\}", "([^/]+)", re.escape(self.path.lower()))
        return re.compile(steps)


@dataclass(frozen=True)
class Dialect:
    """``pending``, ``one`` and ``done`` answer the list, one request, a decision that was taken.

    ``understand`` tells what a decision's call asks for (the operation it came by, the id in its path, its body)
    or raises `WrongDecision`; ``base_path`` and ``definitions`` are for the reference.
    """

    endpoints: tuple[Endpoint, ...]
    pending: Callable[[Sequence[Elevation]], web.Response]
    one: Callable[[Elevation], web.Response]
    done: Callable[[Elevation], web.Response]
    understand: Callable[[Operation, str, Body], Order]
    is_denial: Callable[[Body], bool]
    base_path: str
    definitions: Mapping[str, Schema]


def optional_text(body: Body, name: str) -> str:
    """The text at ``name``, "" where there is none. Raises `WrongDecision` for anything else."""
    value = body.get(name)
    if not isinstance(value, str | None):
        raise WrongDecision(f"{name} must be a string.")
    return value or ""


def needed_text(body: Body, name: str) -> str:
    """The text at ``name``. Raises `WrongDecision` where there is none."""
    value = body.get(name)
    if not isinstance(value, str):
        raise WrongDecision(f"{name} is required.")
    return value


MOST_MINUTES = 7 * 24 * 60


def minutes(body: Body, name: str) -> int | None:
    """A number of minutes, or None for one time. Raises `WrongDecision`."""
    value = body.get(name)
    if value is None:
        return None
    if type(value) is not int or not 1 <= value <= MOST_MINUTES:
        raise WrongDecision(f"{name} must be null or a number of minutes up to {MOST_MINUTES}.")
    return value
