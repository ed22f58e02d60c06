"""The commands of `python -m approval_gate keys`: create, list, revoke."""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy.exc import SQLAlchemyError

from approval_gate.server.clock import SECOND, now_us
from approval_gate.server.database import Database, DatabaseUnusable
from approval_gate.server.key_store import KeptKey, NameTaken, add_key, all_keys
from approval_gate.server.keys import Scope, callback_secret
from approval_gate.server.revocation import revoke
from approval_gate.server.settings import GateSettings, SettingsError, load_settings

DONE, REFUSED, CANNOT_BEGIN = 0, 1, 2
"""Exit codes."""
LONGEST_NAME = 80


def keys(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 done, 1 refused, 2 settings, arguments or database cannot be used."""
    asked = _parser().parse_args(arguments)
    try:
        settings = load_settings()
        database = Database(settings.database_url, serving=False)
    except (SettingsError, DatabaseUnusable) as error:
        return _refuse(str(error), CANNOT_BEGIN)
    except (SQLAlchemyError, OSError) as error:
        return _refuse(f"GATE_DATABASE_URL: the database cannot be opened: {error}", CANNOT_BEGIN)
    try:
        code: int = asked.do(asked, settings, database)
    except SQLAlchemyError as error:
        code = _refuse(f"GATE_DATABASE_URL: the database does not answer: {error}", CANNOT_BEGIN)
    finally:
        database.close()
    return code


def _create(asked: argparse.Namespace, settings: GateSettings, database: Database) -> int:
    try:
        with database.write() as tx:
            made = add_key(tx, asked.name, set(asked.scope), asked.channel, now_us())
    except NameTaken:
        return _refuse(
            f"A key named {asked.name} lives already: choose another name, or revoke that one first.", REFUSED
        )
    print(made)
    _tell("This is the only time that the key is shown: keep it where only its program can read it.")
    if secret := settings.callback_secret.get_secret_value():
        _tell(f"callback secret: {callback_secret(secret, made.id)}")
    return DONE


def _tell(words: str) -> None:
    """Beside stdout, which of a new key holds the key alone."""
    print(words, file=sys.stderr)


def _list(_asked: argparse.Namespace, _settings: GateSettings, database: Database) -> int:
    with database.read() as connection:
        kept = all_keys(connection)
    for one in kept:
        print("\t".join(_columns(one)))
    if not kept:
        print("There is no key yet: python -m approval_gate keys create --help", file=sys.stderr)
    return DONE


def _columns(kept: KeptKey) -> tuple[str, ...]:
    key = kept.key
    scopes, channels = ",".join(sorted(key.scopes)), ",".join(key.channels)
    life = "living" if kept.revoked_at is None else f"revoked {_day(kept.revoked_at)}"
    return key.id, key.name, scopes, channels or "no channels", f"made {_day(key.created_at)}", life


def _day(at: int) -> str:
    return f"{datetime.fromtimestamp(at // SECOND, UTC):%Y-%m-%d}"


def _revoke(asked: argparse.Namespace, _settings: GateSettings, database: Database) -> int:
    with database.write() as tx:
        revoked = revoke(tx, asked.key, now_us())
    if revoked is None:
        return _refuse(f"No living key has the id or name {asked.key}.", REFUSED)
    key, count = revoked.key, len(revoked.cancelled)
    tickets = "1 pending ticket of it is" if count == 1 else f"{count} pending tickets of it are"
    print(f"{key.name} ({key.id}) is revoked; a running gate knows it within a few seconds.")
    print(f"{tickets} cancelled, and no more callbacks are sent for it.")
    return DONE


def _refuse(words: str, code: int) -> int:
    _tell(words)
    return code


def _name(text: str) -> str:
    if not text.strip() or not text.isprintable() or len(text) > LONGEST_NAME:
        raise ValueError(text)
    return text.strip()


_name.__name__ = f"name, one line of at most {LONGEST_NAME} characters"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m approval_gate keys",
        description="Reads GATE_DATABASE_URL from the environment and from .env. Works while the gate runs.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    create = commands.add_parser("create", help="make a key and print it, this once")
    create.add_argument("name", type=_name, help="who asks with it; cards show this name as the requester")
    create.add_argument(
        "--scope",
        action="append",
        required=True,
        choices=[scope.value for scope in Scope],
        help="what it may do; may be given several times",
    )
    create.add_argument(
        "--channel",
        action="append",
        default=[],
        metavar="CHANNEL",
        help="a channel, by name or id, that its tickets may wish for; * for all; may be given several times",
    )
    create.set_defaults(do=_create)
    commands.add_parser("list", help="list all keys, without their secrets").set_defaults(do=_list)
    revoking = commands.add_parser("revoke", help="make a key useless, and cancel its pending tickets")
    revoking.add_argument("key", metavar="KEY", help="its id or its name")
    revoking.set_defaults(do=_revoke)
    return parser
