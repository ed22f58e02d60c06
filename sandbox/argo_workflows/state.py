"""What the API and the control API of the sandbox's Argo server share."""

import threading
from dataclasses import dataclass, field

from sandbox.argo_workflows.faults import Fault
from sandbox.argo_workflows.workflows import Workflows
from sandbox.ordered_faults import OrderedFaults

VERBS = ("get", "list", "update", "patch")
NAMESPACES = ("argo", "production")


@dataclass
class State:
    """Everything one instance holds. Whoever reads or changes it holds ``lock``.

    ``verbs`` and ``namespaces`` are what the token's service account may do, and where. ``names_user``: its server
    is one that notes who resumes a step. ``is_controlled``: a controller acts on what was changed.
    """

    token: str
    workflows: Workflows
    verbs: tuple[str, ...] = VERBS
    namespaces: tuple[str, ...] = NAMESPACES
    names_user: bool = True
    is_controlled: bool = True
    user: str = "system:serviceaccount:argo:slack-bot"
    faults: OrderedFaults[Fault] = field(default_factory=lambda: OrderedFaults(Fault))
    calls: list[str] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def reset(self) -> None:
        """As at the beginning."""
        self.verbs, self.namespaces = VERBS, NAMESPACES
        self.names_user = self.is_controlled = True
        self.workflows.clear()
        self.faults.clear()
        self.calls.clear()
