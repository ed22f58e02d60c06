"""The times and limits that the gate's core goes by."""

from dataclasses import dataclass
from typing import Final

from approval_gate.server.clock import DAY, SECOND

MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Terms:
    """Seconds, but for ``retention_days`` and sizes, which are bytes.

    ``most_listed``: of a list of tickets, roughly; clients take four times as much. ``patience``: within which the
    database answers, or is taken to be away. ``key_kept``: for which an API key is taken to live after it was read.
    """

    most_pending: int = 500
    most_pending_bytes: int = 4 * MIB
    most_listed: int = 8 * MIB
    disconnect_grace: float = 30.0
    sweep: float = 1.0
    retention_days: float = 90.0
    patience: float = 5.0
    key_kept: float = 5.0

    @property
    def grace(self) -> int:
        """Microseconds for which a ticket that is cancelled without its requester waits for one."""
        return int(self.disconnect_grace * SECOND)

    @property
    def retention(self) -> int:
        """Microseconds for which a settled ticket is kept."""
        return int(self.retention_days * DAY)
