"""What Xerotier sends: strict about what a decision needs, tolerant of all else.

Documented are ``invocation_id``, ``tool_name`` and ``workspace_id`` (xerotier.ai/docs/xem/webhooks), and by the
vendor's guide ``approval_id`` and ``risk``. The shape of the list is documented nowhere.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import (
    AliasChoices,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    TypeAdapter,
    ValidationError,
)

from upstream_client.models import Risk
from upstream_client.xerotier.address import ID

RISKS = {
    "read": Risk.LOW,
    "write": Risk.MEDIUM,
    "destructive": Risk.HIGH,
    "irreversible": Risk.CRITICAL,
}
"""xerotier.ai/docs/xem/approvals, in their order."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TIME = TypeAdapter[datetime](AwareDatetime)


def written(value: object) -> str:
    """A text as it is, anything else of JSON without white space; the names in it have no order.

    Half of a surrogate pair, which JSON can hold and no text can, is written as its escape.
    """
    if not isinstance(value, str):
        value = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return value.encode("utf-8", "backslashreplace").decode()


def _text(value: object) -> object:
    """Nothing where nothing was said."""
    return "" if value is None else value


def _shown(value: object) -> str:
    """What people have to see, whatever it is."""
    return "" if value is None else written(value)


def _mentioned(value: object) -> str:
    """What no decision needs: a text or a number; nothing of anything else."""
    plain = isinstance(value, str | int) and not isinstance(value, bool)
    return written(value) if plain else ""


def _moment(value: object) -> int | None:
    """Microseconds since 1970 UTC, from seconds or text; None for what is no time, or names no zone."""
    try:
        return None if isinstance(value, bool) else (_TIME.validate_python(value) - _EPOCH) // _MICROSECOND
    except ValidationError:
        return None


def _risk(value: object) -> object:
    """What nobody knows, be it no word even, may stand above the worst that we know."""
    if value is None or value == "":
        return Risk.UNRATED
    return RISKS.get(value.strip().casefold(), Risk.CRITICAL) if isinstance(value, str) else Risk.CRITICAL


ApprovalId = Annotated[str, Field(pattern=f"^{ID.pattern}$")]
Text = Annotated[str, BeforeValidator(_text)]
Shown = Annotated[str, BeforeValidator(_shown)]
Mentioned = Annotated[str, BeforeValidator(_mentioned)]
Moment = Annotated[int | None, BeforeValidator(_moment)]


class _Told(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True, populate_by_name=True)


class Approval(_Told):
    """A tool call that waits for an answer, or what became of it. ``status`` is "" where none is told."""

    id: ApprovalId = Field(validation_alias=AliasChoices("approval_id", "id"))
    tool: str = Field(min_length=1, validation_alias=AliasChoices("tool_name", "tool"))
    workspace: Shown = Field("", validation_alias=AliasChoices("workspace_id", "workspace"))
    invocation: Shown = Field("", validation_alias=AliasChoices("invocation_id", "invocation"))
    risk: Annotated[Risk, BeforeValidator(_risk)] = Field(
        Risk.UNRATED, validation_alias=AliasChoices("risk", "risk_level")
    )
    arguments: JsonValue = Field(None, validation_alias=AliasChoices("arguments", "parameters", "input"))
    status: Text = ""
    resolved_by: Mentioned = Field(
        "", validation_alias=AliasChoices("resolved_by", "approved_by", "rejected_by")
    )
    resolved_at: Moment = None
    created_at: Moment = None
    expires_at: Moment = None
