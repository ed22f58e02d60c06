"""What the API and the control API of the sandbox's Privilege Manager share."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from sandbox.ordered_faults import OrderedFaults
from sandbox.privilege_manager.alternative import ALTERNATIVE
from sandbox.privilege_manager.classic import CLASSIC
from sandbox.privilege_manager.dialect import Dialect
from sandbox.privilege_manager.elevations import Elevations
from sandbox.privilege_manager.faults import Fault
from sandbox.privilege_manager.report import REPORT
from sandbox.privilege_manager.roles import Role
from sandbox.privilege_manager.tokens import Tokens

Shape = Literal["classic", "alternative", "report"]
DIALECTS: dict[Shape, Dialect] = {"classic": CLASSIC, "alternative": ALTERNATIVE, "report": REPORT}


@dataclass
class State:
    """Everything one instance holds. Whoever reads or changes it holds ``lock``; see `changed`."""

    username: str
    password: str
    tokens: Tokens
    elevations: Elevations
    shape: Shape = "classic"
    role: Role = "administrators"
    faults: OrderedFaults[Fault] = field(default_factory=lambda: OrderedFaults(Fault))
    counts: Counter[str] = field(default_factory=Counter)
    listeners: list[Callable[[], None]] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def dialect(self) -> Dialect:
        return DIALECTS[self.shape]

    def changed(self) -> None:
        """Tell who listens that a request was filed or settled. Not under the lock."""
        for listener in self.listeners:
            listener()
