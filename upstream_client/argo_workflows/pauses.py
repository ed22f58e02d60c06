"""A suspended step that goes on by itself after a while: since when, and what that means. Pure.

Such a step is a pause and no barrier: where nobody answers it goes on. Argo tells the time in the step's template
only, which may name parameters for it
(argo-workflows.readthedocs.io/en/latest/walk-through/suspending, …/variables).
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from upstream_client.argo_workflows.wire import Node, Parameter, Template, Workflow

UNKNOWN = (
    "not known: Argo does not tell the template of this step. If it does, it goes on when nobody answers."
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = {"h": 3_600_000_000, "m": 60_000_000, "s": 1_000_000, "ms": 1_000}
"""In microseconds."""
_TICK = _UNITS["s"]
"""Kubernetes writes times in whole seconds, and leaves out the rest."""
_LONGEST = 100 * 366 * 24 * _UNITS["h"]
"""No calendar tells what is longer."""
_NUMBER = r"[0-9]{1,9}(?:\.[0-9]{1,9})?"
_DURATION = re.compile(rf"(?:{_NUMBER}(?:h|ms|m|s))+")
_PART = re.compile(rf"({_NUMBER})(h|ms|m|s)")
_NAMED = re.compile(r"\{\{\s*(inputs|workflow)\.parameters\.([^{}\s]+)\s*\}\}")


def words(workflow: Workflow, node: Node) -> str:
    """Until when it waits at most, for people; "" where it waits until somebody answers."""
    templates = list(_templates(workflow, node))
    if not templates:
        return UNKNOWN
    durations = dict.fromkeys(_durations(workflow, node, templates))
    return " or ".join(_at(node, duration) for duration in durations)


def went_on_by_itself(workflow: Workflow, node: Node) -> bool | None:
    """Whether a step that is done ended when its time was over; None where Argo does not tell enough to say."""
    templates = list(_templates(workflow, node))
    if not templates:
        return None
    over = [_is_over(node, duration) for duration in _durations(workflow, node, templates)]
    if any(over):
        return True
    return None if None in over else False


def _is_over(node: Node, duration: str) -> bool | None:
    """Whether so long had gone by when the step ended; None where nobody can tell."""
    span = _microseconds(duration)
    if span is None or node.started_at is None or node.finished_at is None:
        return None
    return node.finished_at > node.started_at + span - _TICK


def _templates(workflow: Workflow, node: Node) -> Iterator[Template]:
    """Those of the step's name, wherever Argo keeps them."""
    ref, status = node.template_ref, workflow.status
    name = ref.template if ref is not None and ref.template else node.template_name
    stored = status.stored_workflow_template_spec
    local = (*workflow.spec.templates, *(stored.templates if stored is not None else ()))
    everywhere = (*(local if ref is None else ()), *status.stored_templates.values())
    return (one for one in everywhere if name and one.name == name and one.suspend is not None)


def _durations(workflow: Workflow, node: Node, templates: list[Template]) -> Iterator[str]:
    """With the values of the parameters that they name; one that has none stays as it is written."""
    inputs = () if node.inputs is None else node.inputs.parameters
    known = {"inputs": _values(inputs), "workflow": _values(workflow.arguments)}
    for one in templates:
        if one.suspend is not None and one.suspend.duration:
            yield _NAMED.sub(lambda name: known[name[1]].get(name[2]) or name[0], one.suspend.duration)


def _values(parameters: tuple[Parameter, ...]) -> dict[str, str]:
    return {one.name: one.value or one.default for one in parameters}


def _at(node: Node, duration: str) -> str:
    span = _microseconds(duration)
    if span is None or node.started_at is None:
        return f"{duration} after it began, even if nobody answers: this is a pause and no barrier"
    moment = _EPOCH + timedelta(microseconds=node.started_at + span)
    return f"at {moment:%Y-%m-%d %H:%M:%S} UTC, even if nobody answers: this is a pause and no barrier"


def _microseconds(text: str) -> int | None:
    """Of "20" (seconds), "2m", "1h30m"; None for anything else, and for what is longer than a hundred years."""
    plain = text.strip()
    if re.fullmatch(r"[0-9]{1,9}", plain):
        plain += "s"
    if not _DURATION.fullmatch(plain):
        return None
    span = sum(int(float(number) * _UNITS[unit]) for number, unit in _PART.findall(plain))
    return span if span <= _LONGEST else None
