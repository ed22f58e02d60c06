"""The contract: which paths, bodies and field names an instance of Privilege Manager speaks.

Delinea publishes no reference of the approval endpoints; each instance serves its own (OpenAPI). So what we
know is data, packaged in contract.json, and each entry says whether the vendor documents it.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import quote

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from upstream_client.models import DAY, HOUR, MINUTE, Duration, Status
from upstream_client.privilege_manager.rows import fold
from upstream_client.privilege_manager.sent import Sent, is_told_apart

Evidence = Literal["documented", "unconfirmed"]
PLACEHOLDER = re.compile(r"\{(\w*)\}")
FOR_HOW_LONG = frozenset({"duration", "one_time"})
DECISION_VALUES = frozenset({"request_id", "comment", "decision_id", "by", "reason"}) | FOR_HOW_LONG
PLAIN = {"missing": "is missing", "extra_forbidden": "there is no such entry"}
"""What pydantic says in its own words, by its type of error."""
NEW_ONE = "Correct it, or let discover write a new one (docs/privilege-manager.md)."
SECONDS_IN = {"seconds": 1, "minutes": MINUTE, "hours": HOUR, "days": DAY}


class ContractError(ValueError):
    """A contract that cannot be used; the text names each wrong entry."""


class _Omit:
    """In place of a value for a body: leave the key out."""


OMIT = _Omit()
BodyValues = Mapping[str, JsonValue | _Omit]


def _from_root(path: str) -> str:
    if not path.startswith("/") or path.startswith("//") or re.search(r"\s|\\|/\.\.?(/|$)", path):
        raise ValueError("it must begin with one / and be a plain path below PRIVMAN_BASE_URL")
    return path


RootedPath = Annotated[str, BeforeValidator(_from_root)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Names(_Entry):
    """Names to look for, in any case, with or without spaces and underscores; the first with a value wins.

    A dot leads into an object: User.Name.
    """

    names: tuple[Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)], ...]
    evidence: Evidence
    note: str = ""

    @cached_property
    def steps(self) -> tuple[tuple[str, ...], ...]:
        """Of each name the keys to follow, folded."""
        return tuple(tuple(map(fold, name.split("."))) for name in self.names)


class Operation(_Entry):
    """One HTTP call.

    A string of the body that is `{comment}` as a whole is replaced by the comment, and likewise for
    `{request_id}`, `{duration}`, `{one_time}` (true or false), `{decision_id}`, `{by}`, `{reason}`.
    ``empty_is_done``: a decision that is answered by 2xx with nothing in it was taken; otherwise nobody can tell.
    """

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: RootedPath
    body: JsonValue = None
    empty_is_done: bool = False
    evidence: Evidence
    note: str = ""

    @property
    def placeholders(self) -> frozenset[str]:
        return frozenset(PLACEHOLDER.findall(self.path)) | frozenset(_body_placeholders(self.body))

    @property
    def runs_a_report(self) -> bool:
        """By its path, as the vendor documents it: /services/api/v1/reports/ and the report's id."""
        return "/reports/" in self.path.casefold()

    def url(self, base_url: str, request_id: str = "") -> str:
        return base_url + self.path.replace("{request_id}", quote(request_id, safe=""))

    def fill(self, values: BodyValues) -> JsonValue:
        """The body with its placeholders replaced by JSON values; never by text inside text."""
        return _filled(self.body, values)


def _body_placeholders(body: JsonValue) -> Iterator[str]:
    if isinstance(body, dict):
        for value in body.values():
            yield from _body_placeholders(value)
    elif isinstance(body, list):
        for value in body:
            yield from _body_placeholders(value)
    elif isinstance(body, str) and PLACEHOLDER.search(body):
        if not PLACEHOLDER.fullmatch(body):
            raise ValueError(f"a placeholder must be the whole string, not a part of {body!r}")
        yield body[1:-1]


def _filled(body: JsonValue, values: BodyValues) -> JsonValue:
    if isinstance(body, dict):
        return {
            key: _filled(value, values) for key, value in body.items() if _value(value, values) is not OMIT
        }
    if isinstance(body, list):
        return [_filled(value, values) for value in body if _value(value, values) is not OMIT]
    value = _value(body, values)
    return None if isinstance(value, _Omit) else value


def _value(body: JsonValue, values: BodyValues) -> JsonValue | _Omit:
    return values[body[1:-1]] if isinstance(body, str) and PLACEHOLDER.fullmatch(body) else body


class Operations(_Entry):
    """What can be asked. Without ``get`` the list is searched; without ``logoff`` tokens just age."""

    logon: Operation
    logoff: Operation | None = None
    list_: Operation = Field(alias="list")
    get: Operation | None = None
    approve: Operation
    deny: Operation

    @model_validator(mode="after")
    def _placeholders_fit(self) -> Self:
        _check("logon", self.logon, needs={"username", "password"})
        _check("list", self.list_)
        _check("logoff", self.logoff)
        _check("get", self.get, needs={"request_id"})
        _check("approve", self.approve, needs={"request_id"}, knows=DECISION_VALUES)
        _check("deny", self.deny, needs={"request_id"}, knows=DECISION_VALUES - FOR_HOW_LONG)
        if not is_told_apart(_sent(self.deny), _sent(self.approve)):
            raise ValueError(
                "deny: nothing tells it from approve. At one address each value that approve always sends has to"
                " be in deny too, and one of them has to be another"
            )
        return self


def _sent(operation: Operation) -> Sent:
    """Without what differs from request to request."""
    values: BodyValues = dict.fromkeys(DECISION_VALUES, OMIT)
    return Sent(operation.method, operation.path, operation.fill(values))


def _check(
    name: str, operation: Operation | None, needs: set[str] | None = None, knows: frozenset[str] = frozenset()
) -> None:
    if operation is None:
        return
    needs = needs or set()
    in_path = set(PLACEHOLDER.findall(operation.path))
    if missing := needs - operation.placeholders:
        raise ValueError(f"{name} does not say where {{{sorted(missing)[0]}}} goes")
    if unknown := operation.placeholders - needs - knows:
        raise ValueError(f"{name} has no value for {{{sorted(unknown)[0]}}}")
    if "#" in operation.path:
        raise ValueError(f"{name}: a path has no #")
    if wrong := in_path - {"request_id"}:
        raise ValueError(f"{name}: {{{sorted(wrong)[0]}}} belongs into the body, not into the path")


class DurationCoding(_Entry):
    """How a duration is written: a whole number of ``unit``; or ``one_time``, left out if ``omit_one_time``.

    ``choices``: what approvers are offered, in seconds; None is one time. ``other``: besides these it takes any
    whole number of minutes. `timespan` is .NET's `[d.]hh:mm:ss`.
    """

    unit: Literal["seconds", "minutes", "hours", "days", "timespan"]
    one_time: JsonValue = None
    omit_one_time: bool = False
    choices: Annotated[tuple[Annotated[int, Field(gt=0)] | None, ...], Field(min_length=1)]
    other: bool = False
    evidence: Evidence
    note: str = ""

    @model_validator(mode="after")
    def _choices_fit(self) -> Self:
        for duration in self.durations:
            self.encode(duration)
        if self.other and SECONDS_IN.get(self.unit, 1) > MINUTE:
            raise ValueError(f"other: in {self.unit} not every whole number of minutes can be said")
        return self

    @cached_property
    def durations(self) -> tuple[Duration, ...]:
        return tuple(Duration(seconds) for seconds in self.choices)

    @property
    def is_offered(self) -> bool:
        """Whether anything but one time is."""
        return self.other or any(self.choices)

    def encode(self, duration: Duration) -> JsonValue | _Omit:
        """The JSON value. Raises ValueError where ``unit`` cannot express the duration exactly."""
        if duration.seconds is None:
            return OMIT if self.omit_one_time else self.one_time
        if self.unit == "timespan":
            return _timespan(duration.seconds)
        count, rest = divmod(duration.seconds, SECONDS_IN[self.unit])
        if rest:
            raise ValueError(f"{duration.words} is not a whole number of {self.unit}")
        return count


def _wrong_entry(error: ErrorDetails) -> str:
    place = ".".join(str(part) for part in error["loc"] if part != "[key]")
    words = PLAIN.get(error["type"]) or error["msg"].removeprefix("Value error, ")
    return f"  {place or 'as a whole'}: {words}"


def _timespan(seconds: int) -> str:
    days, seconds = divmod(seconds, DAY)
    clock = f"{seconds // HOUR:02}:{seconds % HOUR // MINUTE:02}:{seconds % MINUTE:02}"
    return f"{days}.{clock}" if days else clock


class Fields(_Entry):
    """Where the parts of a request stand in JSON. All but ``id`` may be missing from an answer."""

    id: Names
    status: Names
    user: Names
    email: Names
    computer: Names
    policy: Names
    reason: Names
    requested: Names
    expires: Names
    file: Names
    command_line: Names
    process: Names
    sha1: Names
    publisher: Names
    product: Names
    version: Names
    reputation: Names
    decided_by: Names
    decided_at: Names
    comment: Names


class Words(_Entry):
    """Parts of error messages: ``already``, the request no longer waits; ``gone``, there is none such."""

    already: Names
    gone: Names


class Contract(_Entry):
    """Everything that could differ between instances. ``link``: where the console shows a request."""

    about: str = ""
    operations: Operations
    duration: DurationCoding
    fields: Fields
    statuses: dict[Status, Names]
    words: Words
    link: RootedPath = "/PrivilegeManager/#/"

    @classmethod
    def packaged(cls) -> Self:
        """The contract that comes with the program."""
        text = (resources.files(__package__) / "contract.json").read_text(encoding="utf-8")
        return cls.parse(text, "contract.json")

    @classmethod
    def load(cls, path: Path) -> Self:
        """A contract of the operator's own, whole, as any editor saves it. Raises `ContractError`."""
        try:
            return cls.parse(path.read_text(encoding="utf-8-sig"), str(path))
        except (OSError, UnicodeDecodeError) as error:
            raise ContractError(f"The contract {path} cannot be read: {error}") from error
        except ContractError as error:
            raise ContractError(f"{error}\n{NEW_ONE}") from error

    @classmethod
    def parse(cls, text: str, name: str) -> Self:
        """From JSON text; ``name`` is for the errors. Raises `ContractError` that lists each wrong entry."""
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            lines = [f"The contract {name} is wrong:", *map(_wrong_entry, error.errors())]
            raise ContractError("\n".join(lines)) from error

    @cached_property
    def status_words(self) -> Mapping[str, Status]:
        """Each word for a status, in casefolded form."""
        return {word.casefold(): status for status, names in self.statuses.items() for word in names.names}

    @model_validator(mode="after")
    def _is_unambiguous(self) -> Self:
        words = [word.casefold() for names in self.statuses.values() for word in names.names]
        if twice := {word for word in words if words.count(word) > 1}:
            raise ValueError(f"statuses: {sorted(twice)[0]!r} stands for more than one status")
        if self.duration.is_offered and "duration" not in self.operations.approve.placeholders:
            raise ValueError(
                "approve does not say where {duration} goes: without a place for it duration.choices is [null]"
            )
        if set(PLACEHOLDER.findall(self.link)) - {"request_id"}:
            raise ValueError("link: the only placeholder it may have is {request_id}")
        return self
