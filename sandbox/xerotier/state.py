"""What the API and the control API of the sandbox's Xerotier share."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.ordered_faults import OrderedFaults
from sandbox.xerotier.approvals import Approval, Approvals
from sandbox.xerotier.deliveries import Endpoint
from sandbox.xerotier.faults import Fault
from sandbox.xerotier.webhook import APPROVED, REJECTED

KINDS = {"approved": APPROVED, "rejected": REJECTED}


@dataclass
class State:
    """Everything one instance holds. Whoever reads or changes it holds ``lock``.

    ``user`` is whom Xerotier records for the key. ``emit`` sends an event about an approval to the endpoint.
    """

    project_id: str
    key: str
    approvals: Approvals
    emit: Callable[[Approval, str], None]
    user: str = "svc-slack-bot"
    has_scope: bool = True
    has_list: bool = True
    tells_of_one: bool = True
    is_strict: bool = False
    endpoint: Endpoint = field(default_factory=Endpoint)
    faults: OrderedFaults[Fault] = field(default_factory=lambda: OrderedFaults(Fault))
    calls: list[str] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def resolve(self, approval: Approval, status: str, by: str) -> None:
        """Approved or rejected, and everybody is told."""
        self.approvals.settle(approval, status, by)
        self.emit(approval, KINDS[status])

    def reset(self) -> None:
        """As at the beginning."""
        self.has_scope = self.has_list = self.tells_of_one = True
        self.is_strict = False
        self.endpoint = Endpoint()
        self.approvals.clear()
        self.faults.clear()
        self.calls.clear()
