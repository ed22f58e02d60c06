"""What the bot's ledger holds, read beside the bot, which neither knows of it nor is kept waiting by it."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

READ_WITHIN = 5.0
WAITING = """
SELECT (SELECT count(*) FROM requests WHERE state IN ('pending', 'decided')),
       (SELECT count(*) FROM cards WHERE state <> 'settled'),
       (SELECT count(*) FROM inbox WHERE due_at IS NOT NULL),
       (SELECT count(*) FROM inbox WHERE answer_due_at IS NOT NULL)
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits: requests, cards that do not show the end, presses, and private answers."""

    requests: int
    cards: int
    presses: int
    answers: int

    @property
    def only_answers(self) -> bool:
        return self.answers > 0 and not (self.requests or self.cards or self.presses)

    @property
    def nothing(self) -> bool:
        return not (self.requests or self.cards or self.presses or self.answers)


class LedgerView:
    """The ledger in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "ledger.db"

    def rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        """What a query finds; nothing before the bot has made its tables."""
        if not self._path.exists():
            return []
        uri = f"{self._path.as_uri()}?mode=rw"  # what a killed bot left half written can only be undone so
        with closing(sqlite3.connect(uri, uri=True, timeout=READ_WITHIN)) as connection:
            connection.row_factory = sqlite3.Row
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'audit_head'").fetchall():
                return []
            return connection.execute(query, values).fetchall()

    def waiting(self) -> Waiting | None:
        """None before there are any tables."""
        found = self.rows(WAITING)
        return Waiting(*found[0]) if found else None

    def state(self, upstream_id: str) -> str:
        """Of a request; "" where the bot does not know it."""
        found = self.rows("SELECT state FROM requests WHERE upstream_id = ?", upstream_id)
        return str(found[0]["state"]) if found else ""

    def digest(self, upstream_id: str) -> str:
        """Of a request that the bot knows."""
        (row,) = self.rows("SELECT digest FROM requests WHERE upstream_id = ?", upstream_id)
        return str(row["digest"])

    def has_card(self, key: str, channel: str) -> bool:
        """Whether the request has a card there, or somebody set out to post one."""
        return bool(self.rows("SELECT 1 FROM cards WHERE request_key = ? AND channel = ?", key, channel))
