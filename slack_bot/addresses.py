"""Addresses in settings: of Slack, of upstreams, of databases; each checked, and written in one way. Pure."""

import ipaddress
from urllib.parse import SplitResult, urlsplit, urlunsplit

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError


def unquoted(value: str) -> str:
    """Without white space around. Quotes are still there if the file was not read as a shell reads it."""
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        raise ValueError("stands in quotes, and they are taken as part of the value: remove them")
    return value


def is_loopback(host: str) -> bool:
    """Whether a URL's host is this machine by its very name, so that nothing can listen in on the way."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def split_url(value: str) -> SplitResult:
    """The parts of an http(s) address that has no password, no query, and no plain http across a network."""
    value = unquoted(value)
    try:
        url = urlsplit(value)
        host, _port = url.hostname, url.port
    except ValueError as error:
        raise ValueError(f"is not an address: {error}") from error
    if url.scheme not in ("http", "https") or not host:
        raise ValueError("is not an address that starts with https://")
    if url.username is not None or url.password is not None:
        raise ValueError("contains a user name or password: take it out of the address")
    if any(character.isspace() for character in value) or url.query or url.fragment:
        raise ValueError("contains a space, a ? or a #: give the plain address only")
    if url.scheme == "http" and not is_loopback(host):
        raise ValueError("uses http, which sends passwords readably: use https (http only for 127.0.0.1)")
    return url


def checked_gate_url(value: str) -> str:
    """Without slashes at its end."""
    url = split_url(value)
    return urlunsplit(url._replace(path=url.path.rstrip("/")))


def checked_slack_api_url(value: str) -> str:
    """With one slash at its end."""
    url = split_url(value)
    return urlunsplit(url._replace(path=url.path.rstrip("/") + "/"))


def checked_ledger_url(value: str) -> str:
    """A file for SQLite, or a PostgreSQL."""
    value = unquoted(value)
    if value.startswith("sqlite:"):
        if not value.startswith("sqlite:///") or value in ("sqlite:///", "sqlite:///:memory:"):
            raise ValueError("names no file: write sqlite:///state/ledger.db, or sqlite:////data/ledger.db")
        return value
    if value.startswith("postgresql+psycopg://"):
        return _postgresql_url(value)
    if value.startswith(("postgres://", "postgresql://", "postgresql+")):
        raise ValueError("must start with postgresql+psycopg://, which names the driver that is installed")
    raise ValueError("starts neither with sqlite:/// nor with postgresql+psycopg://")


def _postgresql_url(value: str) -> str:
    try:
        url = make_url(value)
    except (ArgumentError, ValueError):
        raise ValueError(
            "is not a database's address: postgresql+psycopg://user:password@host/database"
        ) from None
    if "@" in (url.host or ""):
        raise ValueError("has an @ in its user name or password: write %40 for it")
    return value
