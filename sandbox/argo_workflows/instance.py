"""One Argo server in the sandbox: its API, and what tests and the control API do to its workflows."""

import asyncio
import time
from collections.abc import Callable

from pydantic import BaseModel, ConfigDict, JsonValue

from sandbox.argo_workflows.api import Api
from sandbox.argo_workflows.state import State
from sandbox.argo_workflows.workflows import SUCCEEDED, NewWorkflow, Node, Workflow, Workflows
from sandbox.upstream import Answer, Upstream


class Switches(BaseModel):
    """What its token may do and where, whether it notes who resumes, whether a controller acts; None: as before."""

    model_config = ConfigDict(extra="forbid")

    verbs: tuple[str, ...] | None = None
    namespaces: tuple[str, ...] | None = None
    names_user: bool | None = None
    is_controlled: bool | None = None


class ArgoWorkflows(Upstream):
    """With one token. The methods may be called from any thread. ``now``: seconds since 1970 UTC."""

    def __init__(self, token: str = "sandbox-argo-token", now: Callable[[], float] = time.time) -> None:
        self.token = token
        self._state = State(token, Workflows(now))
        super().__init__(self._state.faults, self._state.lock)

    def submit(self, **fields: JsonValue) -> str:
        """A workflow comes to a suspended step, see `NewWorkflow`; its name. Raises ValueError for what is none."""
        with self._state.lock:
            return self._state.workflows.submit(NewWorkflow.model_validate(fields)).asked.name

    def request_id(self, name: str, step: str = "approve", namespace: str = "argo") -> str:
        """The id under which the bot knows a step, since when it waits now. LookupError for no workflow."""
        with self._state.lock:
            workflow = self._workflow(namespace, name)
            node = next(one for one in workflow.nodes.values() if one.name == step)
            return f"{namespace}/{name}/{workflow.uid}/{node.id}/{int(node.started_at)}000000"

    def finish(
        self, name: str, phase: str, message: str = "", namespace: str = "argo", step: str = ""
    ) -> None:
        """A step ends otherwise: somebody does it in the web interface, or the controller, by its message.

        LookupError or ValueError with words, as from the next ones.
        """
        with self._state.lock:
            workflow = self._workflow(namespace, name)
            self._state.workflows.finish(workflow, _waiting(workflow, step), phase, message)
            self._state.workflows.control(workflow)

    def resume(self, name: str, by: str = "", namespace: str = "argo") -> None:
        """Somebody resumes it in the web interface; ``by`` is their address, where the server notes it."""
        self.finish(name, SUCCEEDED, f"Resumed by: map[Email:{by} User:{by}]" if by else "", namespace)

    def end(self, name: str, strategy: str, namespace: str = "argo") -> None:
        """Somebody stops it: ``strategy`` is Stop or Terminate."""
        with self._state.lock:
            workflow = self._workflow(namespace, name)
            workflow.shutdown = strategy
            if self._state.is_controlled:
                self._state.workflows.control(workflow)

    def retry(self, name: str, namespace: str = "argo") -> None:
        """Somebody lets its failed steps run anew."""
        with self._state.lock:
            self._state.workflows.retry(self._workflow(namespace, name))

    def delete(self, name: str, namespace: str = "argo") -> None:
        """It is there no more."""
        with self._state.lock:
            self._state.workflows.delete(*self._workflow(namespace, name).key)

    def switch(self, switches: Switches) -> None:
        """From now on it is so."""
        with self._state.lock:
            for name, value in switches.model_dump(exclude_none=True).items():
                setattr(self._state, name, value)

    def workflows(self) -> list[dict[str, JsonValue]]:
        """Every workflow with its fate, oldest first; see `Workflow.record`."""
        with self._state.lock:
            return [workflow.record() for workflow in self._state.workflows]

    def calls(self) -> list[str]:
        """Every call: its method and path, oldest first."""
        with self._state.lock:
            return list(self._state.calls)

    def reset(self) -> None:
        """As at the beginning: no workflows, faults, calls; everything is allowed."""
        with self._state.lock:
            self._state.reset()

    def _answers(self, stopping: asyncio.Event) -> Answer:
        return Api(self._state, stopping).answer

    def _workflow(self, namespace: str, name: str) -> Workflow:
        found = self._state.workflows.find(namespace, name)
        if found is None:
            raise LookupError(f"there is no workflow {namespace}/{name}")
        return found


def _waiting(workflow: Workflow, step: str) -> Node:
    found = next((node for node in workflow.nodes.values() if node.waits and step in ("", node.name)), None)
    if found is None:
        raise ValueError(f"no step of {workflow.asked.name} waits")
    return found
