"""`python -m approval_gate keys`: keys are made, listed and revoked while the gate runs."""

import re
from pathlib import Path

import pytest

from approval_gate.server.clock import now_us
from approval_gate.server.database import Database
from approval_gate.server.key_command import keys
from approval_gate.server.key_store import living_key
from approval_gate.server.keys import Scope, callback_secret, parse
from approval_gate.server.store import Filing, TicketStore, find
from approval_gate.server.ticket import Status, new_ticket_id
from tests.approval_gate.server.desks import new_key, new_ticket

SECRET = "s" * 32


@pytest.fixture
def gate(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sqlite_database: Database, sqlite_url: str
) -> Database:
    """A gate that runs and holds its database; the command is told of it by the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GATE_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("GATE_CALLBACK_SECRET", SECRET)
    return sqlite_database


def test_a_key_is_printed_once_with_the_secret_of_its_callbacks(
    gate: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [
        "create",
        "ci",
        "--scope",
        "request",
        "--scope",
        "read",
        "--channel",
        "ops",
        "--channel",
        "C0123",
    ]

    assert keys(asked) == 0

    said = capsys.readouterr()
    made = parse(said.out.removesuffix("\n"))
    assert made is not None
    with gate.read() as connection:
        kept = living_key(connection, made.id)
    assert kept is not None
    assert made.fits(kept.secret_hash)
    assert kept.key.scopes == {Scope.REQUEST, Scope.READ}
    assert kept.key.channels == ("ops", "C0123")
    assert said.err.splitlines()[-1] == f"callback secret: {callback_secret(SECRET, made.id)}"


def test_the_list_shows_every_key_and_no_secret(gate: Database, capsys: pytest.CaptureFixture[str]) -> None:
    keys(["create", "ci", "--scope", "request"])
    made = parse(capsys.readouterr().out.splitlines()[0])
    keys(["create", "bot", "--scope", "decide", "--channel", "*"])
    keys(["revoke", "ci"])
    capsys.readouterr()

    assert keys(["list"]) == 0

    shown = capsys.readouterr().out
    assert made is not None
    assert made.secret not in shown
    assert [line.split("\t")[1:4] for line in shown.splitlines()] == [
        ["ci", "request", "no channels"],
        ["bot", "decide", "*"],
    ]
    assert [bool(re.search(r"revoked \d{4}-\d\d-\d\d$", line)) for line in shown.splitlines()] == [
        True,
        False,
    ]


def test_what_cannot_be_done_is_said_with_what_to_do(
    gate: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    keys(["create", "ci", "--scope", "request"])
    capsys.readouterr()

    assert keys(["create", "ci", "--scope", "request"]) == 1
    assert "choose another name" in capsys.readouterr().err
    assert keys(["revoke", "nobody"]) == 1
    assert "nobody" in capsys.readouterr().err


@pytest.mark.parametrize(
    "asked", [["create", "ci"], ["create", "a\nb", "--scope", "read"], ["create", "ci", "--scope", "all"], []]
)
def test_what_is_asked_wrongly_is_refused(asked: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        keys(asked)

    assert ended.value.code == 2


def test_settings_that_cannot_be_used_are_named(
    gate: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GATE_DATABASE_URL", "mysql://host/db")

    assert keys(["list"]) == 2
    assert "GATE_DATABASE_URL starts neither with" in capsys.readouterr().err


def test_a_revocation_tells_how_many_tickets_it_cancelled(
    gate: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    key = new_key(gate, "ci")
    with gate.write() as tx:
        for _ in range(2):
            filing = Filing(new_ticket_id(), key, new_ticket(), "", "hash", None, 500, 10**6)
            ticket, _ = TicketStore().create(tx, filing, now_us())

    assert keys(["revoke", "ci"]) == 0

    assert "2 pending tickets of it are cancelled" in capsys.readouterr().out
    with gate.read() as connection:
        assert [one.status for one in find(connection, [ticket.id])] == [Status.CANCELLED]
