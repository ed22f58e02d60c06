"""From Argo's JSON to `ApprovalRequest`: any JSON gives one or an `UpstreamError`.

The platform's own are the namespace, the workflow and its template, the step, and who submitted it: the server
writes that down where people log on to it (argo-workflows.readthedocs.io/en/latest/workflow-creator). All else is
what the workflow says.
"""

from collections.abc import Iterator

from pydantic import JsonValue, ValidationError

from upstream_client.argo_workflows import address, claims, pauses, supplied
from upstream_client.argo_workflows.claims import values_of
from upstream_client.argo_workflows.reference import Reference
from upstream_client.argo_workflows.wire import SUSPEND, Node, Workflow, WorkflowList
from upstream_client.exceptions import NotUnderstood
from upstream_client.models import ApprovalRequest, Fact, Risk
from upstream_client.pipeline import Named, Step, facts, risk_of

NAME = "argo_workflows"
_CREATOR = "workflows.argoproj.io/creator"
_AT = ".at."
"""What Argo writes for the @ of an address in a label."""
LONGEST_LABEL = 63
"""Characters: of what is longer Argo keeps the end."""
UNTOLD = (
    "Argo Workflows does not tell the steps of workflow {name}: its server cannot read where they are kept. Give it"
    " the same persistence settings as the controller."
)


def page(body: JsonValue) -> WorkflowList:
    """One page of a list. Raises `NotUnderstood`."""
    try:
        return WorkflowList.model_validate(body)
    except ValidationError as error:
        raise NotUnderstood("Argo Workflows answered with something that is no list of workflows.") from error


def workflow(body: JsonValue) -> Workflow:
    """One workflow. Raises `NotUnderstood`, naming what is wrong and repeating none of it."""
    try:
        return Workflow.model_validate(body)
    except ValidationError as error:
        wrong = ", ".join(dict.fromkeys(".".join(map(str, one["loc"][:2])) for one in error.errors()))
        raise NotUnderstood(
            f"Argo Workflows told of a workflow that cannot be read ({wrong or 'it is no object'})."
        ) from error


def pauses_of(told: Workflow) -> Iterator[Node]:
    """Every suspended step, whether it waits or not. Raises `NotUnderstood` where one cannot be read."""
    for value in told.status.nodes.values():
        if isinstance(value, dict) and value.get("type") == SUSPEND:
            yield _node(told, value)


def find(told: Workflow, node_id: str) -> Node | None:
    """The step with this id, if it is one that is suspended. Raises `NotUnderstood` where it cannot be read."""
    return next((node for node in pauses_of(told) if node.id == node_id), None)


def _node(told: Workflow, value: JsonValue) -> Node:
    try:
        return Node.model_validate(value)
    except ValidationError as error:
        wrong = ", ".join(dict.fromkeys(str(one["loc"][0]) for one in error.errors()))
        raise NotUnderstood(
            f"Argo Workflows told of a step of workflow {told.metadata.name} that cannot be read ({wrong})."
        ) from error


def reference(told: Workflow, node: Node) -> Reference:
    """Its id. Raises `NotUnderstood`."""
    meta = told.metadata
    try:
        return Reference(meta.namespace, meta.name, meta.uid, node.id, node.started_at or 0)
    except ValueError as error:
        raise NotUnderstood(f"A step of workflow {meta.name[:80]} has no id that can be used.") from error


def request(told: Workflow, node: Node, url: str) -> ApprovalRequest:
    """The step as a request. Raises `NotUnderstood` where it has no usable id.

    How bad it would be is told by what the workflow says, or does not say, so it is claimed; a namespace that is
    called production counts as well.
    """
    said = claims.claims(told, node)
    link = url + address.page(told.metadata.namespace, told.metadata.name, told.metadata.uid, node.id)
    step = _step(told, link)
    places = (*values_of(claims.ENVIRONMENT, said), told.metadata.namespace)
    return ApprovalRequest(
        upstream=NAME,
        id=str(reference(told, node)),
        title=_title(told, node, claims.in_words(said)),
        requester=step.triggered_by,
        requester_email=_email(told),
        facts=(*_own_facts(told, node), *facts(step), *claims.facts(said)),
        risk=Risk.HIGH if Risk.HIGH in map(risk_of, places) else Risk.UNRATED,
        risk_claimed=True,
        link=link,
        requested_at=node.started_at,
    )


def _title(told: Workflow, node: Node, said: str) -> str:
    """Where it waits, as Argo tells it, and then what the workflow says that it deploys."""
    place = f"{told.metadata.namespace}/{_template(told) or told.metadata.name}"
    return " · ".join((place, _name(node), *((f"claimed: {said}",) if said else ())))


def _name(node: Node) -> str:
    return node.display_name or node.name or node.id


def _step(told: Workflow, link: str) -> Step:
    """Argo itself knows no service, environment or commit: these are claims."""
    run = Named(f"{told.metadata.namespace}/{told.metadata.name}", link)
    return Step(service="", environment="", version="", run=run, triggered_by=_requester(told))


def _own_facts(told: Workflow, node: Node) -> Iterator[Fact]:
    """What Argo itself tells; what it would be approved for comes first."""
    yield Fact("step", "Step", _name(node))
    yield Fact("namespace", "Namespace", told.metadata.namespace)
    if template := _template(told):
        yield Fact("template", "Template", template)
    if missing := supplied.missing(node):
        values = "; ".join(missing)
        yield Fact(
            "needs", "Needs values", f"{values}. They cannot be given here: it can only be denied here."
        )
    for name, value in supplied.defaults(node).items():
        yield Fact(f"default:{name}", f"Value of {name[:40]} if approved here", value)
    if until := pauses.words(told, node):
        yield Fact("resumes", "Resumes by itself", until)
    if told.spec.suspend:
        yield Fact(
            "suspended", "Workflow", "suspended as a whole: it goes on only when it is resumed", bound=False
        )
    if node.message:
        yield Fact("message", "Message", node.message, bound=False)


def _template(told: Workflow) -> str:
    ref = told.spec.workflow_template_ref
    return "" if ref is None else ref.name


def _requester(told: Workflow) -> str:
    """Who submitted it, as the server wrote it down; "" where nobody was logged on."""
    labels = told.metadata.labels
    named = (labels.get(name, "") for name in (f"{_CREATOR}-preferred-username", _CREATOR))
    return _email(told) or next((name for name in named if name), "")


def _email(told: Workflow) -> str:
    """Their address; "" where the label may stand for more than one, or was cut."""
    label = told.metadata.labels.get(f"{_CREATOR}-email", "")
    name, _, host = label.partition(_AT)
    # A hyphen stands for whatever no label takes, such as the + of bob+ops.
    is_whole = len(label) < LONGEST_LABEL and label.count(_AT) == 1 and "-" not in name
    return f"{name}@{host}" if is_whole and name and host else ""
