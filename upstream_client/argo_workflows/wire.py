"""What Argo Workflows sends: strict about what a decision needs, tolerant of all else.

As in the vendor's api/openapi-spec/swagger.json. Its server is written in Go: what is empty may be null.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, TypeVar

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    TypeAdapter,
    ValidationError,
)
from pydantic.alias_generators import to_camel

SUSPEND: Final = "Suspend"
RUNNING: Final = "Running"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TIME = TypeAdapter[datetime](AwareDatetime)

T = TypeVar("T")


def _text(value: object) -> object:
    """Nothing where nothing was said; a value may have been a number when somebody wrote it."""
    if value is None:
        return ""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _listed(value: object) -> object:
    return () if value is None else value


def _mapped(value: object) -> object:
    return {} if value is None else value


def _moment(value: object) -> int | None:
    """Microseconds since 1970 UTC; None for what is no time."""
    try:
        return (_TIME.validate_python(value) - _EPOCH) // _MICROSECOND if isinstance(value, str) else None
    except ValidationError:
        return None


Text = Annotated[str, BeforeValidator(_text)]
Moment = Annotated[int | None, BeforeValidator(_moment)]
Texts = Annotated[Mapping[str, Text], BeforeValidator(_mapped)]
Many = Annotated[tuple[T, ...], BeforeValidator(_listed)]


class _Told(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, extra="ignore", frozen=True, hide_input_in_errors=True
    )


class ValueFrom(_Told):
    """``supplied``: somebody has to give the value, unless there is a ``default``."""

    supplied: dict[str, JsonValue] | None = None
    default: str | None = None


class Parameter(_Told):
    """A named text, or where it is to come from."""

    name: str = Field(min_length=1)
    value: Text = ""
    default: Text = ""
    enum: Many[Text] = ()
    value_from: ValueFrom | None = None

    @property
    def is_given(self) -> bool:
        """Whether it says anything at all, be it that it is empty."""
        return bool(self.model_fields_set & {"value", "default", "value_from"})


class Parameters(_Told):
    """Of a workflow, or of a step."""

    parameters: Many[Parameter] = ()


class TemplateRef(_Told):
    """A template in another resource."""

    name: Text = ""
    template: Text = ""


class Suspend(_Told):
    """``duration``: after so long it goes on by itself; "" for never."""

    duration: Text = ""


class Template(_Told):
    """``suspend`` is there where this kind of step is a pause."""

    name: Text = ""
    suspend: Suspend | None = None


class Node(_Told):
    """One step that is a pause, and how it stands."""

    id: str = Field(min_length=1)
    type: str
    phase: Text = ""
    name: Text = ""
    display_name: Text = ""
    template_name: Text = ""
    template_ref: TemplateRef | None = None
    message: Text = ""
    started_at: Moment = None
    finished_at: Moment = None
    inputs: Parameters | None = None
    outputs: Parameters | None = None

    @property
    def waits(self) -> bool:
        """Whether it waits, as far as the step itself tells."""
        return self.type == SUSPEND and self.phase == RUNNING


class Metadata(_Told):
    """Which workflow it is: ``uid`` is never used again, the name may be."""

    name: str = Field(min_length=1)
    namespace: str = Field(min_length=1)
    uid: str = Field(min_length=1)
    resource_version: Text = ""
    labels: Texts = Field(default_factory=dict)
    annotations: Texts = Field(default_factory=dict)


def _named(parameters: Parameters | None) -> dict[str, Parameter]:
    return {} if parameters is None else {one.name: one for one in parameters.parameters}


class WorkflowTemplateRef(_Told):
    """The template that the whole workflow is made from."""

    name: Text = ""


class Spec(_Told):
    """``shutdown`` is "Stop" or "Terminate" where somebody ended it; ``suspend``: it is paused as a whole."""

    arguments: Parameters | None = None
    templates: Many[Template] = ()
    workflow_template_ref: WorkflowTemplateRef | None = None
    shutdown: Text = ""
    suspend: bool | None = None


class StoredSpec(_Told):
    """What the template said when the workflow began. ``arguments``: what it gives where the workflow does not."""

    arguments: Parameters | None = None
    templates: Many[Template] = ()


class Status(_Told):
    """Steps stand in ``nodes``, or, where there are many, packed or elsewhere: then a list leaves them out.

    Most are none that is looked at, so they are read one by one.
    """

    phase: Text = ""
    nodes: Annotated[Mapping[str, Any], BeforeValidator(_mapped)] = Field(default_factory=dict)
    compressed_nodes: Text = ""
    offload_node_status_version: Text = ""
    stored_templates: Annotated[Mapping[str, Template], BeforeValidator(_mapped)] = Field(
        default_factory=dict
    )
    stored_workflow_template_spec: StoredSpec | None = None

    @property
    def hides_nodes(self) -> bool:
        """Whether there are steps that are not told here."""
        return not self.nodes and bool(self.compressed_nodes or self.offload_node_status_version)


class Workflow(_Told):
    """One workflow."""

    metadata: Metadata
    spec: Spec
    status: Annotated[Status, BeforeValidator(_mapped)] = Field(default_factory=Status)

    @property
    def arguments(self) -> tuple[Parameter, ...]:
        """What it is given: its own, and beneath them those of its template, each name once."""
        stored = self.status.stored_workflow_template_spec
        own, beneath = _named(self.spec.arguments), _named(None if stored is None else stored.arguments)
        given = {name: one for name, one in own.items() if one.is_given or name not in beneath}
        return (*given.values(), *(one for name, one in beneath.items() if name not in given))


class ListMetadata(_Told):
    """``after``: where the next page begins, "" at the end."""

    after: Text = Field("", validation_alias="continue")


class WorkflowList(_Told):
    """One page of a list."""

    metadata: Annotated[ListMetadata, BeforeValidator(_mapped)]
    items: Many[Any]
