"""Workflows and steps as an Argo server tells them, for tests to vary."""

from typing import Any

from upstream_client.argo_workflows import reading
from upstream_client.argo_workflows.wire import Node, Workflow

UID = "86dcf00d-218d-43fa-a287-2b9940589fa5"
NAME = "deploy-x7k2p"
NODE = f"{NAME}-3226667428"
BEGAN = "2026-11-20T12:00:00Z"
AT = 1_795_176_000_000_000
"""The same in microseconds since 1970 UTC."""
ID = f"argo/{NAME}/{UID}/{NODE}/{AT}"
URL = "https://argo.example.com"


def node_told(**more: Any) -> dict[str, Any]:
    """A step that waits."""
    return {
        "id": NODE,
        "name": f"{NAME}[0].approve",
        "displayName": "approve",
        "type": "Suspend",
        "templateName": "approve",
        "phase": "Running",
        "startedAt": BEGAN,
        "finishedAt": None,
        **more,
    }


def workflow_told(
    *nodes: dict[str, Any], meta: Any = None, spec: Any = None, status: Any = None
) -> dict[str, Any]:
    """A workflow with these steps, else with one that waits; what is given besides wins."""
    steps = nodes or (node_told(),)
    return {
        "metadata": {"name": NAME, "namespace": "argo", "uid": UID, **(meta or {})},
        "spec": {"templates": [{"name": "approve", "suspend": {}}], **(spec or {})},
        "status": {"phase": "Running", "nodes": {one["id"]: one for one in steps}, **(status or {})},
    }


def both(told: dict[str, Any]) -> tuple[Workflow, Node]:
    """The workflow and its first suspended step, read."""
    workflow = reading.workflow(told)
    return workflow, next(reading.pauses_of(workflow))


def parameters(**values: str) -> dict[str, Any]:
    """As a workflow's arguments or a step's inputs have them."""
    return {"parameters": [{"name": name, "value": value} for name, value in values.items()]}


def supplied(**defaults: str | None) -> dict[str, Any]:
    """A step's outputs that somebody has to give; None: without a default."""
    return {
        "parameters": [
            {"name": name, "valueFrom": {"supplied": {}} | ({} if value is None else {"default": value})}
            for name, value in defaults.items()
        ]
    }
