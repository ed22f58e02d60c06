"""The gate's process: what its arguments mean, how it opens what it needs, and its exit codes."""

import asyncio
import os
import sys
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from approval_gate.server.app import build
from approval_gate.server.database import Database, DatabaseUnusable
from approval_gate.server.key_command import keys
from approval_gate.server.logs import configure_logs
from approval_gate.server.settings import GateSettings, SettingsError, load_settings, unknown_names
from approval_gate.server.web_server import WebServer, listening, raise_file_limit

STOPPED, SETTINGS_WRONG, DATABASE_UNUSABLE, ADDRESS_TAKEN, USAGE = 0, 2, 3, 4, 64
"""Exit codes."""
PRIVATE: Final = 0o077
"""The umask: the database holds who asked for what, and is nobody else's to read."""
HOW: Final = """\
python -m approval_gate        serves, as GATE_HOST, GATE_PORT and the other settings say
python -m approval_gate keys   makes, lists and revokes API keys"""

log = structlog.stdlib.get_logger("approval_gate")


def main(arguments: Sequence[str]) -> int:
    """Does what the arguments say. Returns the exit code: 0; 2 settings, 3 database, 4 address, 64 usage."""
    os.umask(PRIVATE)
    if arguments[:1] == ["keys"]:
        return keys(arguments[1:])
    if arguments:
        print(HOW, file=sys.stderr)
        return STOPPED if arguments[0] in ("-h", "--help") else USAGE
    try:
        settings = load_settings()
    except SettingsError as error:
        print(error, file=sys.stderr)
        return SETTINGS_WRONG
    configure_logs(settings.log_format, settings.log_level, settings.secrets)
    if unknown := unknown_names():
        log.warning("no setting has these names: is one of them misspelt?", names=unknown)
    try:
        database = Database(settings.database_url)
    except DatabaseUnusable as error:
        print(error, file=sys.stderr)
        return DATABASE_UNUSABLE
    except (SQLAlchemyError, OSError) as error:
        print(f"GATE_DATABASE_URL: the database cannot be opened: {error}", file=sys.stderr)
        return DATABASE_UNUSABLE
    return asyncio.run(_serve(settings, database))


async def _serve(settings: GateSettings, database: Database) -> int:
    try:
        door = listening(settings.host, settings.port)
    except OSError as error:
        database.close()
        words = f"GATE_HOST, GATE_PORT: cannot listen at {settings.host}:{settings.port}: {error.strerror}."
        print(words, file=sys.stderr)
        return ADDRESS_TAKEN
    host, port = door.getsockname()[:2]
    here = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    if not settings.public_url and ip_address(host).is_unspecified:
        log.warning(
            "tickets are told an address that leads nowhere: set GATE_PUBLIC_URL to where clients reach the gate",
            url=here,
        )
    app = build(settings, database, settings.public_url or here)
    files = raise_file_limit()

    def ready() -> None:
        log.info("ready", url=here, port=port, open_files=files)

    await WebServer(app, ready, app.state.parts.desk.stopping.set).serve([door])
    log.info("stopped")
    return STOPPED
