"""Resume, set and stop, as the sandbox's Argo server does them: what they check, and how they word their errors."""

import json
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

from sandbox.argo_workflows.selectors import matches
from sandbox.argo_workflows.state import State
from sandbox.argo_workflows.workflows import FAILED, SUCCEEDED, Node, Workflow

PHASES = (SUCCEEDED, FAILED, "Error", "")


class Body(BaseModel):
    """Of any of the three; a key that the description does not have is refused."""

    model_config = ConfigDict(extra="forbid")

    name: str = ""
    namespace: str = ""
    nodeFieldSelector: str = ""
    message: str = ""
    phase: str = ""
    outputParameters: str = ""


class Unchanged(Exception):
    """Nothing was changed; its text is the server's."""


def resume(state: State, workflow: Workflow, wanted: Body) -> None:
    """Those that wait and match go on. Raises `Unchanged`."""
    message = f"Resumed by: map[User:{state.user}]" if state.names_user else ""
    _update(state, workflow, wanted.nodeFieldSelector, SUCCEEDED, message, {})


def set_(state: State, workflow: Workflow, wanted: Body) -> None:
    """Those that wait and match get a phase, a message, values. Raises `Unchanged`."""
    if wanted.phase not in PHASES:
        raise Unchanged(f"{wanted.phase} is an invalid phase to set to")
    values = json.loads(wanted.outputParameters or "{}")
    _update(state, workflow, wanted.nodeFieldSelector, wanted.phase, wanted.message, values)


def stop(state: State, workflow: Workflow, wanted: Body) -> None:
    """The workflow ends, and keeps no message; with a selector those that match fail. Raises `Unchanged`."""
    if wanted.nodeFieldSelector:
        _update(state, workflow, wanted.nodeFieldSelector, FAILED, wanted.message, {})
    else:
        workflow.shutdown = "Stop"
        workflow.change()


def _update(
    state: State, workflow: Workflow, selector: str, phase: str, message: str, values: Mapping[str, str]
) -> None:
    found = [node for node in workflow.nodes.values() if node.waits and matches(selector, _fields(node))]
    if not found:
        raise Unchanged(
            "currently, set only targets suspend nodes: no suspend nodes matching nodeFieldSelector: "
            + selector
        )
    for node in found:
        _give(workflow, node, values)
        state.workflows.finish(workflow, node, phase or node.phase, message)


def _fields(node: Node) -> dict[str, str]:
    return {"id": node.id, "name": node.path, "displayName": node.name, "phase": node.phase}


def _give(workflow: Workflow, node: Node, values: Mapping[str, str]) -> None:
    for name, value in values.items():
        if name not in workflow.asked.supplied:
            raise Unchanged(f"node is not expecting output parameter '{name}'")
        node.values[name] = value
