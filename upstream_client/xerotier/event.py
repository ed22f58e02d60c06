"""What a webhook of Xerotier tells. That it is Xerotier's was seen before, by the signature over the raw bytes."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, JsonValue, ValidationError

from upstream_client.exceptions import NotUnderstood
from upstream_client.models import Status
from upstream_client.session import parse_json
from upstream_client.xerotier import reading
from upstream_client.xerotier.wire import Approval, ApprovalId, Mentioned, Moment

SECOND = 1_000_000
"""In microseconds. What happens at once is delivered in any order, within a second."""
MOST_ID = 200
"""Characters of an event's own id. A longer one is none."""


class Kind(StrEnum):
    """The events that an approval bot follows (xerotier.ai/docs/xem/webhooks)."""

    REQUESTED = "exec.approval_requested"
    APPROVED = "exec.approved"
    REJECTED = "exec.rejected"
    ESCALATED = "exec.approval_escalated"
    """The next stage of its escalation is asked; it still waits."""
    TIMED_OUT = "exec.approval_timed_out"


STATUSES = {
    Kind.REQUESTED: Status.PENDING,
    Kind.ESCALATED: Status.PENDING,
    Kind.APPROVED: Status.APPROVED,
    Kind.REJECTED: Status.DENIED,
    Kind.TIMED_OUT: Status.EXPIRED,
}
"""How an approval stands after it."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event. ``id`` is the same in each delivery of it; ``at`` is in microseconds since 1970 UTC, None where
    neither the event nor whoever read it tells when it was.

    ``approval`` is what it tells of the tool call; None where it tells no more than whose it is.
    """

    id: str
    kind: Kind
    approval_id: str
    at: int | None
    by: str
    approval: Approval | None

    @property
    def status(self) -> Status:
        """How the approval stands after it."""
        return STATUSES[self.kind]

    @property
    def is_end(self) -> bool:
        """Whether the approval waits no more after it."""
        return self.status is not Status.PENDING


class _Named(BaseModel):
    """What each event about an approval tells. Its own ``id`` is not the approval's."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    approval_id: ApprovalId
    by: Mentioned = Field("", validation_alias=AliasChoices("resolved_by", "approved_by", "rejected_by"))


class _Envelope(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    id: Mentioned = ""
    event_id: Mentioned = ""
    at: Moment = Field(None, validation_alias=AliasChoices("created_at", "timestamp"))


def read_event(body: bytes, came_at: int | None = None) -> Event | None:
    """The event in a webhook's body; None for one of another kind. Raises `NotUnderstood`.

    The documented form has ``type`` and ``data``; the code of the vendor's guide reads ``event_type`` and flat
    names. Where both could be meant it is the documented one. ``came_at``, in microseconds since 1970 UTC, is when
    an event was that does not tell it, to the second: a delivery is taken within minutes of when it was signed.
    """
    told = _object(body)
    word, data = _parts(told)
    if word not in list(Kind):
        return None
    envelope = _Envelope.model_validate(told)
    try:
        named = _Named.model_validate(data)
    except ValidationError as error:
        wrong = ", ".join(dict.fromkeys(str(one["loc"][0]) for one in error.errors() if one["loc"]))
        raise NotUnderstood(
            f"A webhook of Xerotier cannot be read ({wrong or 'it tells of nothing'})."
        ) from error
    kind = Kind(word)
    at = envelope.at
    if at is None and came_at is not None:
        at = came_at - came_at % SECOND
    event_id = _id(envelope, named.approval_id) or hashlib.sha256(body).hexdigest()
    return Event(event_id, kind, named.approval_id, at, named.by, _approval(kind, data))


def _id(envelope: _Envelope, approval_id: str) -> str:
    """The event's own, "" where it has none: ``id`` may be the approval's."""
    own = envelope.event_id or (envelope.id if envelope.id != approval_id else "")
    return own if len(own) <= MOST_ID else ""


def _object(body: bytes) -> dict[str, JsonValue]:
    try:
        told = parse_json(body)
    except (ValueError, RecursionError) as error:
        raise NotUnderstood("A webhook of Xerotier is no JSON.") from error
    if not isinstance(told, dict):
        raise NotUnderstood("A webhook of Xerotier is no JSON object.")
    return told


def _parts(told: dict[str, JsonValue]) -> tuple[str, dict[str, JsonValue]]:
    """The word for its kind, and what it tells."""
    kind, data, flat = told.get("type"), told.get("data"), told.get("event_type")
    if isinstance(kind, str) and isinstance(data, dict):
        return kind, data
    if isinstance(flat, str):
        # Flat, "id" is the event's own.
        return flat, {name: value for name, value in told.items() if name != "id"}
    if isinstance(kind, str) and kind not in list(Kind):
        return kind, {}
    raise NotUnderstood("A webhook of Xerotier names no event: it has neither type and data nor event_type.")


def _approval(kind: Kind, data: dict[str, JsonValue]) -> Approval | None:
    """Of a new one all of it has to be told; of what became of one, who it is suffices.

    How it stands is told by the event's kind.
    """
    try:
        return reading.approval({name: value for name, value in data.items() if name != "status"})
    except NotUnderstood:
        if kind is Kind.REQUESTED:
            raise
        return None
