"""What a person sees when the app did not acknowledge: Slack does not send a click again."""

import time
from dataclasses import asdict, dataclass, field

from sandbox.json_types import Json


@dataclass(frozen=True)
class Notice:
    """``place``: {"channel", "ts"} of the message, {"view"} of the modal, or {"channel"} of the command."""

    user: str
    text: str
    place: Json
    time: float = field(default_factory=time.time)


class Notices:
    def __init__(self) -> None:
        self._shown: list[Notice] = []

    def add(self, user: str, text: str, place: Json) -> None:
        self._shown.append(Notice(user, text, place))

    def listed(self, user: str | None = None) -> list[Json]:
        """Oldest first; of one person or of all."""
        return [asdict(notice) for notice in self._shown if user in (None, notice.user)]
