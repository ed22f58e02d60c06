"""The workflows that the sandbox's Argo server holds, and what its controller does with them."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, Field, JsonValue

PHASE_LABEL, COMPLETED_LABEL = "workflows.argoproj.io/phase", "workflows.argoproj.io/completed"
RUNNING, SUCCEEDED, FAILED = "Running", "Succeeded", "Failed"
TEMPLATE = "approve"
Told = dict[str, JsonValue]


class NewWorkflow(BaseModel):
    """A workflow that comes to a suspended step at once. ``steps`` are the names of several that wait together.

    ``inputs`` and ``supplied`` are the step's: a supplied value is None where it has no default. ``packed``: a list
    leaves its steps out. ``creator`` is who submitted it, logged on by SSO. ``defaults`` are the arguments of its
    ``template``, which hold where ``parameters`` do not say otherwise.
    """

    model_config = ConfigDict(extra="forbid")

    name: str = Field(default_factory=lambda: f"deploy-{uuid.uuid4().hex[:5]}", min_length=1)
    namespace: str = "argo"
    creator: str = ""
    parameters: dict[str, str] = Field(default_factory=dict)
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)
    template: str = ""
    defaults: dict[str, str] = Field(default_factory=dict)
    steps: tuple[str, ...] = ("approve",)
    inputs: dict[str, str] = Field(default_factory=dict)
    choices: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    supplied: dict[str, str | None] = Field(default_factory=dict)
    duration: str = ""
    packed: bool = False


@dataclass
class Node:
    """One suspended step. Times are seconds since 1970 UTC."""

    id: str
    name: str
    path: str
    started_at: float
    phase: str = RUNNING
    message: str = ""
    finished_at: float | None = None
    values: dict[str, str] = field(default_factory=dict)

    @property
    def waits(self) -> bool:
        return self.phase == RUNNING


@dataclass
class Workflow:
    """One workflow and its fate. ``decisions``: how many changes the API applied."""

    asked: NewWorkflow
    uid: str
    created_at: float
    nodes: dict[str, Node]
    phase: str = RUNNING
    shutdown: str = ""
    version: int = 1
    decisions: int = 0

    @property
    def key(self) -> tuple[str, str]:
        return (self.asked.namespace, self.asked.name)

    def labels(self) -> dict[str, str]:
        """Those that were given, and the controller's and the server's own."""
        own = {PHASE_LABEL: self.phase, COMPLETED_LABEL: "false" if self.phase == RUNNING else "true"}
        who = {}
        if self.asked.creator:
            who["workflows.argoproj.io/creator"] = uuid.uuid5(uuid.NAMESPACE_DNS, self.asked.creator).hex
            who["workflows.argoproj.io/creator-email"] = self.asked.creator.replace("@", ".at.")
        return {**self.asked.labels, **own, **who}

    def change(self) -> None:
        """Another version of it."""
        self.version += 1
        self.decisions += 1

    def record(self) -> Told:
        """For the control API and tests."""
        return {
            "namespace": self.asked.namespace,
            "name": self.asked.name,
            "uid": self.uid,
            "phase": self.phase,
            "shutdown": self.shutdown,
            "decisions": self.decisions,
            "nodes": {
                node.name: {
                    "id": node.id,
                    "phase": node.phase,
                    "message": node.message,
                    "values": {**node.values},
                }
                for node in self.nodes.values()
            },
        }


class Workflows:
    """All of them, in the order of submission. ``now`` tells seconds since 1970 UTC; callers bring a lock."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._held: dict[tuple[str, str], Workflow] = {}

    def submit(self, asked: NewWorkflow) -> Workflow:
        """Raises ValueError where the name is taken."""
        if (asked.namespace, asked.name) in self._held:
            raise ValueError(f'workflows.argoproj.io "{asked.name}" already exists')
        at = self._now()
        nodes = [_node(asked, step, at) for step in asked.steps]
        made = Workflow(asked, str(uuid.uuid4()), at, {node.id: node for node in nodes})
        self._held[made.key] = made
        return made

    def find(self, namespace: str, name: str) -> Workflow | None:
        return self._held.get((namespace, name))

    def delete(self, namespace: str, name: str) -> None:
        """LookupError for no workflow."""
        del self._held[namespace, name]

    def finish(self, workflow: Workflow, node: Node, phase: str, message: str = "") -> None:
        """A step ends; the message stays as it was where there is none."""
        node.phase, node.finished_at = phase, self._now()
        node.message = message or node.message
        workflow.change()

    def control(self, workflow: Workflow) -> None:
        """What the controller does a moment after a change."""
        if workflow.shutdown:
            for node in filter(lambda one: one.waits, workflow.nodes.values()):
                message = f"Stopped with strategy '{workflow.shutdown}'"
                node.phase, node.finished_at, node.message = FAILED, self._now(), message
        if not any(node.waits for node in workflow.nodes.values()):
            failed = any(node.phase != SUCCEEDED for node in workflow.nodes.values())
            workflow.phase = FAILED if failed else SUCCEEDED
        workflow.version += 1

    def retry(self, workflow: Workflow) -> None:
        """Its failed steps wait anew, under the same ids."""
        for node in filter(lambda one: one.phase == FAILED, workflow.nodes.values()):
            node.phase, node.message, node.finished_at = RUNNING, "", None
            node.started_at = max(self._now(), node.started_at + 1)
        workflow.phase, workflow.shutdown = RUNNING, ""
        workflow.version += 1

    def clear(self) -> None:
        self._held.clear()

    def __iter__(self) -> Iterator[Workflow]:
        return iter(list(self._held.values()))


def _node(asked: NewWorkflow, step: str, at: float) -> Node:
    """Its id is made of its name, as Argo does it."""
    path = f"{asked.name}[0].{step}"
    number = 2166136261
    for byte in path.encode():
        number = (number ^ byte) * 16777619 % 2**32
    return Node(f"{asked.name}-{number}", step, path, at)


def utc(at: float) -> str:
    """As Kubernetes writes times: whole seconds."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"
