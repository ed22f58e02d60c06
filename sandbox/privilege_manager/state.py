"""What the API and the control API of the sandbox's Privilege Manager share."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.privilege_manager.elevations import Elevations
from sandbox.privilege_manager.faults import Faults
from sandbox.privilege_manager.tokens import Tokens


@dataclass
class State:
    """Everything one instance holds. Whoever reads or changes it holds ``lock``; see `changed`."""

    username: str
    password: str
    tokens: Tokens
    elevations: Elevations
    faults: Faults = field(default_factory=Faults)
    counts: Counter[str] = field(default_factory=Counter)
    listeners: list[Callable[[], None]] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def changed(self) -> None:
        """Tell who listens that a request was filed or settled. Not under the lock."""
        for listener in self.listeners:
            listener()
