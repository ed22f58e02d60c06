"""How a suspended step stands: whether it waits, or what became of it. Pure.

| the step | status |
|---|---|
| is running, in a workflow that goes on | pending |
| is running, and the workflow was stopped or has ended | denied, where a no is sent by stopping; else withdrawn |
| succeeded, and its message says who did it | approved |
| succeeded otherwise | approved; withdrawn where its own time was over; unknown where Argo does not tell that |
| failed, and its message begins as ours do | denied |
| failed otherwise | denied; withdrawn where the workflow was stopped, expired where its deadline was over |
| error, skipped, omitted | withdrawn |
| is not there, waits anew, or belongs to another workflow of that name | unknown |

What a step says when the controller fails it is in the vendor's workflow/controller/operator.go. The controller
itself gives a step that goes on by itself no message, and leaves one that it had before.
"""

import re

from upstream_client.argo_workflows import pauses, reading
from upstream_client.argo_workflows.reference import Reference
from upstream_client.argo_workflows.wire import Node, Workflow
from upstream_client.exceptions import NotUnderstood
from upstream_client.models import Seen, Status

STOP = "Stop"
ENDED = ("Succeeded", "Failed", "Error")
"""Phases of a workflow."""
BY_ITSELF = "It went on by itself, since its duration was over."
UNTOLD = "It went on, and Argo Workflows does not tell whether somebody let it or its own time was over."
_OURS = re.compile(r"\[[0-9a-f]{16}\] ")
"""How the comment of a decision begins: with its id. A step keeps it as its message."""
_STOPPED = re.compile(r"(?:stopped|workflow shutdown) with strategy", re.IGNORECASE)
_TOO_LATE = re.compile(r"exceeded its deadline", re.IGNORECASE)
_BY = re.compile(r"Resumed by: map\[(.*)\]", re.DOTALL)
_EMAIL = re.compile(r"Email:(\S+)")
_USER = re.compile(r"User:(.+)", re.DOTALL)
MOST_BY = 200
_UNANSWERED = {Status.WITHDRAWN: BY_ITSELF, Status.UNKNOWN: UNTOLD}
"""What is said of a step that succeeded, and that nobody is known to have let."""


def seen(told: Workflow, ref: Reference, url: str, *, stops: bool) -> Seen:
    """What this workflow says of the step. ``stops``: a no is sent by stopping the workflow.

    Raises `NotUnderstood` where it does not say.
    """
    if told.metadata.uid != ref.uid:
        return Seen(Status.UNKNOWN, comment="Another workflow has its name now.")
    if told.status.hides_nodes:
        raise NotUnderstood(reading.UNTOLD.format(name=told.metadata.name))
    node = reading.find(told, ref.node)
    if node is None or (node.started_at or 0) != ref.since:
        return Seen(Status.UNKNOWN)
    status = _status(told, node, stops=stops)
    comment = _UNANSWERED.get(status, node.message) if node.phase == "Succeeded" else node.message
    at = None if status is Status.PENDING else node.finished_at
    return Seen(status, reading.request(told, node, url), _by(node.message), at, comment)


def is_waiting(told: Workflow, node: Node) -> bool:
    """Whether an answer is still wanted. A workflow that was stopped fails its steps a moment later."""
    return node.waits and not told.spec.shutdown and told.status.phase not in ENDED


def _status(told: Workflow, node: Node, *, stops: bool) -> Status:
    if is_waiting(told, node):
        return Status.PENDING
    stopped = Status.DENIED if stops and told.spec.shutdown == STOP else Status.WITHDRAWN
    match node.phase:
        case "Running":
            return stopped
        case "Succeeded":
            return _of_success(told, node)
        case "Failed" if _OURS.match(node.message):
            return Status.DENIED
        case "Failed" if _STOPPED.search(node.message):
            return stopped
        case "Failed" if _TOO_LATE.search(node.message):
            return Status.EXPIRED
        case "Failed":
            return Status.DENIED
        case "Error" | "Skipped" | "Omitted":
            return Status.WITHDRAWN
        case _:
            raise NotUnderstood("Argo Workflows tells no phase of the step that is known here.")


def _of_success(told: Workflow, node: Node) -> Status:
    """It is an approval where the step says whose, or cannot have gone on by itself."""
    if _OURS.match(node.message) or _BY.search(node.message):
        return Status.APPROVED
    match pauses.went_on_by_itself(told, node):
        case True:
            return Status.WITHDRAWN
        case False:
            return Status.APPROVED
        case None:
            return Status.UNKNOWN


def _by(message: str) -> str:
    """Who resumed it, where the server says so: as it knows them, the address first."""
    told = _BY.search(message)
    if told is None:
        return ""
    found = _EMAIL.search(told[1]) or _USER.search(told[1])
    return found[1].strip()[:MOST_BY] if found else ""
