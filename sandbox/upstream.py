"""An upstream of the sandbox, whichever it is: what can go wrong with it, and that it forgets."""

from typing import Protocol

from pydantic import JsonValue


class Upstream(Protocol):
    """May be used from any thread."""

    def add_fault(self, fault: dict[str, JsonValue]) -> None:
        """What goes wrong from now on. Raises ValueError for what it cannot let go wrong."""

    def faults(self) -> list[dict[str, JsonValue]]:
        """The faults in force."""

    def clear_faults(self) -> None:
        """Nothing goes wrong any more."""

    def reset(self) -> None:
        """As at the start."""
