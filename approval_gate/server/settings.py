"""Every setting of the gate, read from the environment and ``.env``, validated before anything starts."""

import difflib
import os
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import unquote, urlsplit

import limits
from pydantic import BeforeValidator, Field, SecretStr, ValidationError, ValidationInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, DotEnvSettingsSource, NoDecode, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from approval_gate.server.terms import Terms

PREFIX: Final = "GATE_"
OF_CLIENTS: Final = frozenset({"GATE_URL", "GATE_API_KEY"})
"""What clients and the bot are told, maybe in the same file."""
LOG_FORMATS: Final = ("json", "text")
LOG_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR")
SHORTEST_SECRET: Final = 32
SWEEPS_OF_GRACE: Final = 4
"""A waiter's grace is at least so many sweeps long: those who wait are noted by sweeps."""
DAY: Final = 24 * 60 * 60

Network = IPv4Network | IPv6Network


def _unquoted(value: str) -> str:
    """Without white space around. Quotes are still there if the file was not read as a shell reads it."""
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        raise ValueError("stands in quotes, and they are taken as part of the value: remove them")
    return value


def _secret(value: str | SecretStr) -> str:
    return _unquoted(value.get_secret_value() if isinstance(value, SecretStr) else value)


def _database_url(value: str) -> str:
    value = _unquoted(value)
    if value.startswith("sqlite:"):
        if not value.startswith("sqlite:///") or value in ("sqlite:///", "sqlite:///:memory:"):
            raise ValueError("names no file: write sqlite:///state/gate.db, or sqlite:////data/gate.db")
        return value
    if not value.startswith("postgresql+psycopg://"):
        raise ValueError("starts neither with sqlite:/// nor with postgresql+psycopg://")
    try:
        url = make_url(value)
    except (ArgumentError, ValueError):
        raise ValueError(
            "is not a database's address: postgresql+psycopg://user:password@host/database"
        ) from None
    if "@" in (url.host or ""):
        raise ValueError("has an @ in its user name or password: write %40 for it")
    return value


def _host(value: str) -> str:
    value = _unquoted(value)
    if not value or any(character.isspace() or character in "/?#" for character in value):
        raise ValueError("is no address to listen at, such as 127.0.0.1 or 0.0.0.0")
    return value


def _public_url(value: str) -> str:
    value = _unquoted(value)
    if not value:
        return ""
    try:
        url = urlsplit(value)
        host, _port = url.hostname, url.port
    except ValueError as error:
        raise ValueError(f"is not an address: {error}") from error
    if url.scheme not in ("http", "https") or not host:
        raise ValueError("is not an address that starts with https://")
    if "@" in url.netloc or url.query or url.fragment or any(map(str.isspace, value)):
        raise ValueError("contains an @, a ?, a # or a space: give the plain address only")
    return value.rstrip("/")


def _redis_url(value: str | SecretStr) -> SecretStr:
    text = _secret(value)
    if text and not text.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("starts neither with redis:// nor with rediss:// or unix://")
    return SecretStr(text)


def _callback_secret(value: str | SecretStr) -> SecretStr:
    text = _secret(value)
    if text and len(text) < SHORTEST_SECRET:
        raise ValueError(f"has fewer than {SHORTEST_SECRET} characters")
    return SecretStr(text)


def _networks(value: str | tuple[Network, ...]) -> tuple[Network, ...]:
    if isinstance(value, tuple):
        return value
    words = [word.strip() for word in _unquoted(value).split(",") if word.strip()]
    try:
        return tuple(ip_network(word) for word in words)
    except ValueError as error:
        raise ValueError(f"is not a list of networks like 10.0.0.0/8,fd00::/8: {error}") from error


def _rate(value: str) -> str:
    value = _unquoted(value)
    try:
        limits.parse(value)
    except ValueError:
        raise ValueError("is no rate such as 120/minute or 2/second") from None
    return value


def _number(low: float, high: float) -> BeforeValidator:
    """A number from ``low`` to ``high``; a whole one where they are."""
    whole = isinstance(low, int)
    words = f"is not a {'whole ' if whole else ''}number from {low:g} to {high:g}"

    def check(value: str | float) -> float:
        try:
            number = int(value) if whole else float(value)
        except ValueError as error:
            raise ValueError(words) from error
        if not low <= number <= high:
            raise ValueError(words)
        return number

    return BeforeValidator(check)


def _grace(value: float, info: ValidationInfo) -> float:
    sweep = float(info.data.get("sweep", 0))
    if value < SWEEPS_OF_GRACE * sweep:
        raise ValueError(f"is less than {SWEEPS_OF_GRACE} times GATE_SWEEP, which is {sweep:g}")
    return value


def _one_of(words: tuple[str, ...], change: Callable[[str], str]) -> BeforeValidator:
    def check(value: str) -> str:
        word = change(_unquoted(value))
        if word not in words:
            raise ValueError(f"is none of {', '.join(words)}")
        return word

    return BeforeValidator(check)


class GateSettings(BaseSettings):
    """GATE_ and a field's name in capitals is the setting's; its description says what to write.

    ``sweep`` stands before ``disconnect_grace``, which is validated knowing it.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file_encoding="utf-8-sig",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=True,
    )

    database_url: Annotated[str, BeforeValidator(_database_url)] = Field(
        "sqlite:///state/gate.db",
        description="sqlite:/// and a file, or postgresql+psycopg://user:password@host/database",
        repr=False,
    )
    host: Annotated[str, BeforeValidator(_host)] = Field(
        "127.0.0.1", description="the address to listen at; 0.0.0.0 for every network of this machine"
    )
    port: Annotated[int, _number(0, 65535)] = Field(
        8080, description="the port to listen at; 0 for any free one"
    )
    public_url: Annotated[str, BeforeValidator(_public_url)] = Field(
        "", description="the address at which clients reach the gate, if it is not http://GATE_HOST:GATE_PORT"
    )
    redis_url: Annotated[SecretStr, BeforeValidator(_redis_url)] = Field(
        SecretStr(""),
        validation_alias="REDIS_URL",
        description="leave it out, or redis://host:6379 for several gates, or gateways that listen",
    )
    callback_secret: Annotated[SecretStr, BeforeValidator(_callback_secret)] = Field(
        SecretStr(""),
        description='needed for callbacks, which are signed with it; make one: python3 -c "import secrets; '
        'print(secrets.token_hex(32))"',
    )
    callback_private: Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_networks)] = Field(
        (), description="networks that callbacks may go to although they are private, separated by commas"
    )
    most_body: Annotated[int, _number(1024, 16 * 1024 * 1024)] = Field(
        65536, description="the longest body of a request, in bytes"
    )
    rate: Annotated[str, BeforeValidator(_rate)] = Field(
        "120/minute", description="how many tickets an API key may file in a time"
    )
    most_pending: Annotated[int, _number(1, 1_000_000)] = Field(
        500, description="how many tickets of one API key may be pending at once"
    )
    most_pending_bytes: Annotated[int, _number(1024, 1024 * 1024 * 1024)] = Field(
        4 * 1024 * 1024, description="how many bytes the pending tickets of one API key may hold together"
    )
    retention_days: Annotated[float, _number(0.01, 36500.0)] = Field(
        90.0, description="days after which a settled ticket is deleted"
    )
    sweep: Annotated[float, _number(0.05, 60.0)] = Field(
        1.0, description="seconds between two looks at what time has settled and what other gates did"
    )
    disconnect_grace: Annotated[float, BeforeValidator(_grace), _number(0.2, 3600.0)] = Field(
        30.0,
        description="seconds after which a ticket with cancel_on_disconnect is cancelled when nobody waits",
    )
    heartbeat: Annotated[float, _number(0.05, 60.0)] = Field(
        4.0, description="seconds between two spaces in an answer that is held"
    )
    log_format: Annotated[Literal["json", "text"], _one_of(LOG_FORMATS, str.lower)] = Field(
        "json", validation_alias="LOG_FORMAT", description="json for machines, text for people"
    )
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], _one_of(LOG_LEVELS, str.upper)] = (
        Field("INFO", validation_alias="LOG_LEVEL", description="DEBUG, INFO, WARNING or ERROR")
    )

    @property
    def terms(self) -> Terms:
        """The times and limits that the core goes by."""
        return Terms(
            most_pending=self.most_pending,
            most_pending_bytes=self.most_pending_bytes,
            disconnect_grace=self.disconnect_grace,
            sweep=self.sweep,
            retention_days=self.retention_days,
        )

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every value that must never be seen in a log, none of them empty."""
        urls = (self.database_url, self.redis_url.get_secret_value())
        passwords = [urlsplit(url).password or "" for url in urls]
        values = (self.callback_secret.get_secret_value(), *passwords, *map(unquote, passwords))
        return tuple(dict.fromkeys(value for value in values if value))

    @classmethod
    def name_of(cls, field: str) -> str:
        """The setting's name in the environment."""
        return str(cls.model_fields[field].validation_alias or PREFIX + field.upper())

    @classmethod
    def of(cls, env_file: Path) -> Self:
        """Raises `pydantic.ValidationError`, `OSError`, `UnicodeDecodeError`."""
        return cls(_env_file=env_file)


NAMES: Final = tuple(map(GateSettings.name_of, GateSettings.model_fields))
"""Every setting, as it is written in the environment."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one setting, in words that follow its name, and what to write."""

    setting: str
    what: str
    where: str

    def __str__(self) -> str:
        return f"  {self.setting} {self.what}.\n      {self.where}"


class SettingsError(Exception):
    """The settings cannot be used. Its text is one message for the operator, with every problem in it."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        count = "one setting needs" if len(problems) == 1 else f"{len(problems)} settings need"
        first = f"The gate cannot start: {count} your attention, in .env or in the environment."
        super().__init__("\n".join(map(str, (first, *problems))))


def load_settings(env_file: Path | str = ".env") -> GateSettings:
    """The settings of the environment and of ``env_file``, where the environment wins.

    Raises `SettingsError` with everything that is malformed, and never with a secret's value.
    """
    path = Path(env_file)
    try:
        return GateSettings.of(path)
    except ValidationError as error:
        problems = tuple(map(_problem, error.errors()))
    except (OSError, UnicodeDecodeError) as error:
        what = f"cannot be read: {error.strerror if isinstance(error, OSError) else 'it is not UTF-8 text'}"
        problems = (Problem(str(path), what, "make it a text file that the gate's user may read"),)
    raise SettingsError(problems)


def _problem(details: ErrorDetails) -> Problem:
    location = str(details["loc"][0])
    field = next(name for name in GateSettings.model_fields if location in (name, GateSettings.name_of(name)))
    what = str(details.get("ctx", {}).get("error", details["msg"]))
    return Problem(GateSettings.name_of(field), what, GateSettings.model_fields[field].description or "")


def unknown_names(env_file: Path | str = ".env") -> tuple[str, ...]:
    """Names that look like ours, in the environment or the file, each with the setting that it may stand for."""
    in_file = DotEnvSettingsSource(GateSettings, env_file=env_file, env_file_encoding="utf-8-sig").env_vars
    names = {name.upper() for name in (*os.environ, *in_file)} - {*NAMES, *OF_CLIENTS}
    return tuple(_guessed(name) for name in sorted(names) if name.startswith(PREFIX))


def _guessed(name: str) -> str:
    near = difflib.get_close_matches(name, NAMES, n=1, cutoff=0.75)
    return f"{name} ({near[0]}?)" if near else name
