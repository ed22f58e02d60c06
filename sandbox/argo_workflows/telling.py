"""How the sandbox's Argo server tells of its workflows: as in the vendor's description of its API. Pure."""

from pydantic import JsonValue

from sandbox.argo_workflows.workflows import RUNNING, TEMPLATE, Node, Told, Workflow, utc


def listed(workflow: Workflow) -> Told:
    """As it stands in a list: a large one without its steps."""
    told = one(workflow)
    if workflow.asked.packed:
        return {**told, "status": {**_status(workflow, {}), "compressedNodes": "H4sIAAAAAAAA/w=="}}
    return told


def one(workflow: Workflow) -> Told:
    """By itself."""
    asked = workflow.asked
    nodes: Told = {node.id: _node(workflow, node) for node in workflow.nodes.values()}
    root: Told = {
        "id": asked.name,
        "name": asked.name,
        "displayName": asked.name,
        "type": "Steps",
        "templateName": "main",
        "phase": workflow.phase,
        "startedAt": utc(workflow.created_at),
        "finishedAt": None if workflow.phase == RUNNING else utc(workflow.created_at),
    }
    return {
        "metadata": _metadata(workflow),
        "spec": _spec(workflow),
        "status": _status(workflow, {asked.name: root, **nodes}),
    }


def _metadata(workflow: Workflow) -> Told:
    told: Told = {
        "name": workflow.asked.name,
        "namespace": workflow.asked.namespace,
        "uid": workflow.uid,
        "resourceVersion": str(workflow.version),
        "creationTimestamp": utc(workflow.created_at),
        "labels": {**workflow.labels()},
    }
    return told | ({"annotations": {**workflow.asked.annotations}} if workflow.asked.annotations else {})


def _spec(workflow: Workflow) -> Told:
    asked = workflow.asked
    told: Told = {"arguments": {"parameters": _parameters(asked.parameters)} if asked.parameters else {}}
    if asked.template:
        told["workflowTemplateRef"] = {"name": asked.template}
    else:
        told |= {"entrypoint": "main", "templates": _templates(workflow)}
    return told | ({"shutdown": workflow.shutdown} if workflow.shutdown else {})


def _templates(workflow: Workflow) -> list[JsonValue]:
    suspend: Told = {"duration": workflow.asked.duration} if workflow.asked.duration else {}
    return [{"name": "main", "steps": []}, {"name": TEMPLATE, "suspend": suspend}]


def _status(workflow: Workflow, nodes: Told) -> Told:
    told: Told = {"phase": workflow.phase, "startedAt": utc(workflow.created_at)}
    if workflow.asked.template:
        told["storedWorkflowTemplateSpec"] = _stored(workflow)
    return told | ({"nodes": nodes} if nodes else {})


def _stored(workflow: Workflow) -> Told:
    """The template's spec as Argo keeps it: what the workflow itself gives stands in it as well."""
    given = {**workflow.asked.defaults, **workflow.asked.parameters}
    arguments: Told = {"arguments": {"parameters": _parameters(given)}} if given else {}
    return {**arguments, "entrypoint": "main", "templates": _templates(workflow)}


def _node(workflow: Workflow, node: Node) -> Told:
    asked = workflow.asked
    told: Told = {
        "id": node.id,
        "name": node.path,
        "displayName": node.name,
        "type": "Suspend",
        "templateName": TEMPLATE,
        "phase": node.phase,
        "startedAt": utc(node.started_at),
        "finishedAt": None if node.finished_at is None else utc(node.finished_at),
    }
    if node.message:
        told["message"] = node.message
    if asked.inputs or asked.choices:
        told["inputs"] = {
            "parameters": [_input(workflow, name) for name in {**asked.inputs, **asked.choices}]
        }
    if asked.supplied:
        told["outputs"] = {"parameters": [_output(workflow, node, name) for name in asked.supplied]}
    return told


def _input(workflow: Workflow, name: str) -> Told:
    asked = workflow.asked
    told: Told = {"name": name}
    if name in asked.inputs:
        told["value"] = asked.inputs[name]
    return told | ({"enum": [*asked.choices[name]]} if name in asked.choices else {})


def _output(workflow: Workflow, node: Node, name: str) -> Told:
    """Once it has a value it does not say any more where that came from."""
    if name in node.values:
        return {"name": name, "value": node.values[name]}
    default = workflow.asked.supplied[name]
    supplied: Told = {"supplied": {}}
    return {"name": name, "valueFrom": supplied | ({} if default is None else {"default": default})}


def _parameters(values: dict[str, str]) -> list[JsonValue]:
    return [{"name": name, "value": value} for name, value in values.items()]
