"""A ledger that is migrated already, to be copied: most tests need one, and only a few try the migrations."""

import shutil
import tempfile
from functools import cache
from pathlib import Path

from slack_bot.ledger import Ledger
from tests.audit_key import AUDIT_KEY

FILE = "ledger.db"


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """Holds the template; gone with this process."""
    folder = tempfile.TemporaryDirectory(prefix="ledger-template-")
    Ledger(f"sqlite:///{Path(folder.name) / FILE}", AUDIT_KEY).close()
    return folder


def migrated(path: Path) -> str:
    """The LEDGER_URL of this SQLite file; where there is none yet, it becomes an empty, migrated ledger."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(Path(_folder().name) / FILE, path)
    return f"sqlite:///{path}"
