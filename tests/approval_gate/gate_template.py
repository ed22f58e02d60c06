"""A gate's database that is migrated already, to be copied: only a few tests try the migration."""

import tempfile
from functools import cache
from pathlib import Path

from approval_gate.server.database import Database


@cache
def _template() -> bytes:
    with tempfile.TemporaryDirectory(prefix="gate-template-") as folder:
        path = Path(folder) / "gate.db"
        Database(f"sqlite:///{path}").close()
        return path.read_bytes()


def migrated(path: Path) -> str:
    """The GATE_DATABASE_URL of this SQLite file; where there is none yet, it becomes an empty one."""
    if not path.exists():
        path.write_bytes(_template())
    return f"sqlite:///{path}"
