"""What the API and the control API of the sandbox's GitHub share."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.github_actions.deployments import Deployments
from sandbox.github_actions.faults import Fault
from sandbox.github_actions.meter import Meter
from sandbox.github_actions.runs import REPOSITORY, Runs
from sandbox.ordered_faults import OrderedFaults


@dataclass
class State:
    """Everything one instance holds. Whoever reads or changes it holds ``lock``.

    ``user`` is whose token it is. ``repositories``: their names, and whether they are archived. ``may_decide`` and
    ``may_read_code`` are rights of the token; ``organisation``: whether the owner is one. ``sign_on``:
    the organisation wants the token authorized for its single sign-on, and it is not.
    """

    token: str
    now: Callable[[], float] = time.time
    user: str = "slack-approver"
    may_decide: bool = True
    may_read_code: bool = True
    organisation: bool = True
    sign_on: bool = False
    repositories: dict[str, bool] = field(default_factory=lambda: {REPOSITORY: False})
    calls: list[str] = field(default_factory=list)
    faults: OrderedFaults[Fault] = field(default_factory=lambda: OrderedFaults(Fault))
    deployments: Deployments = field(default_factory=Deployments)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.runs = Runs(self.now)
        self.meter = Meter(self.now)

    def name_of(self, repository: str) -> str | None:
        """As it is written; None for none such."""
        return next((one for one in self.repositories if one.casefold() == repository.casefold()), None)

    def reset(self) -> None:
        """As at the beginning."""
        self.may_decide = self.may_read_code = self.organisation = True
        self.sign_on = False
        self.repositories = {REPOSITORY: False}
        self.runs.clear()
        self.deployments.clear()
        self.faults.clear()
        self.calls.clear()
        self.meter.reset()
