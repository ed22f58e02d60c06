"""What the gate sends: strict about what a decision needs, tolerant of names that a newer gate may add."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue

from upstream_client.models import Risk


def _text(value: object) -> object:
    """Nothing where nothing was said."""
    return "" if value is None else value


Text = Annotated[str, BeforeValidator(_text)]
TicketId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{16,100}$")]
Verdict = Literal["approved", "denied"]


class _Told(BaseModel):
    """Types as JSON has them: the text "true" is no truth."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class Decided(_Told):
    """Who answered, and when."""

    verdict: Verdict
    by: Text = ""
    comment: Text = ""
    at: AwareDatetime | None = None


class Wish(_Told):
    """Where the requester wishes to ask. ``followed`` is None while the gate cannot tell."""

    wished: str
    followed: bool | None = Field(default=None, strict=True)
    note: Text = ""


class Ticket(_Told):
    """A question that waits, or what became of it. ``requester`` is the name of the key that filed it."""

    id: TicketId
    status: Literal["pending", "approved", "denied", "expired", "cancelled"]
    title: str = Field(min_length=1)
    action: str = Field(min_length=1)
    arguments: Mapping[str, JsonValue]
    arguments_digest: str = Field(pattern=r"^v1[0-9a-f]{64}$")
    requester: str = Field(min_length=1)
    requester_claimed: Text = ""
    justification: Text = ""
    risk: Risk
    channel: Wish | None = None
    labels: Mapping[str, str] = Field(default_factory=dict)
    created_at: AwareDatetime | None = None
    expires_at: AwareDatetime | None = None
    decision: Decided | None = None


class LeftOut(_Told):
    """A ticket that waits as well, and that the list has no room for. ``version`` changes when the ticket does."""

    id: TicketId
    version: int


class TicketList(_Told):
    """All tickets that wait; each is read by itself, so that one that cannot be read hides no other."""

    version: str = Field(min_length=1, max_length=100)
    tickets: tuple[object, ...]
    left_out: tuple[LeftOut, ...] = ()
