"""What clients send: every body of the HTTP interface, each field with its limits and an example."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema
from typing_extensions import TypeAliasType

from approval_gate.server.json_text import LARGEST_WHOLE

LONGEST_WAIT: Final = 300
"""Seconds for which an answer is held."""
SHORTEST_LIFE, USUAL_LIFE, LONGEST_LIFE = 5, 3600, 7 * 24 * 3600
"""Seconds that a ticket waits for its answer."""
LONGEST_APPROVAL: Final = 10 * 366 * 24 * 3600
"""Seconds for which an approval may hold."""
MOST_LABELS: Final = 16
MOST_CHANNELS: Final = 500

_CONTROL: Final = r"\u0000-\u001f\u007f-\u009f\u2028\u2029"
_FORMAT: Final = (
    r"\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    r"\ufeff\ufff0-\ufffb"
    # As they are: no one way to escape them is known to Python, Rust and JavaScript alike.
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"
)
"""Characters that change how others look, or that nobody sees: Unicode's category Cf, all bidi controls in it, and
the code points that it keeps for more of them. With them a line can read as another one."""
_BLANK: Final = (
    r"\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0" "\U000e0100-\U000e01ef"
)
"""Letters and marks that look like nothing by themselves."""
_REFUSED: Final = _CONTROL + _FORMAT
ONE_LINE: Final = rf"^[^{_REFUSED}]*[^\s{_REFUSED}{_BLANK}][^{_REFUSED}]*$"
"""Something to be seen, and no control character, format character or line end."""
NO_NUL: Final = r"^[^\u0000]*$"
HTTP: Final = r"^https?://[!-~]+$"
DIGEST: Final = r"^v1[0-9a-f]{64}$"
NO_SPACE: Final = r"^[!-~]+$"
PATTERNS: Final = {
    ONE_LINE: "must be one line with something to be seen in it, without invisible format characters",
    NO_NUL: "must not hold U+0000",
    HTTP: "must be an address that begins with https://, in printable ASCII",
    DIGEST: "must be v1 and 64 hex digits in small letters",
    NO_SPACE: "must be printable ASCII without spaces",
}
"""What each pattern asks, in words."""


def _as_whole(value: object) -> object:
    """60.0 is as whole as 60 to JSON, and some languages write it so."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Title = Annotated[str, StringConstraints(min_length=1, max_length=150, pattern=ONE_LINE)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=ONE_LINE)]
Text = Annotated[str, StringConstraints(max_length=2000, pattern=NO_NUL)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=ONE_LINE)]
Labels = Annotated[
    dict[Name, Line],
    Field(max_length=MOST_LABELS),
    # What pydantic writes of itself would allow other names.
    WithJsonSchema(
        {
            "type": "object",
            "maxProperties": MOST_LABELS,
            "propertyNames": {"minLength": 1, "maxLength": 64, "pattern": ONE_LINE},
            "additionalProperties": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": ONE_LINE},
        }
    ),
]
Address = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=HTTP)]
Digest = Annotated[str, StringConstraints(pattern=DIGEST)]
Risk = Literal["low", "medium", "high", "critical", "unrated"]
Life = Annotated[int, Field(ge=SHORTEST_LIFE, le=LONGEST_LIFE), BeforeValidator(_as_whole)]
HowLong = Annotated[int, Field(ge=1, le=LONGEST_APPROVAL), BeforeValidator(_as_whole)]
WholeNumber = Annotated[int, Field(ge=-LARGEST_WHOLE, le=LARGEST_WHOLE)]
Wait = Annotated[float, Field(ge=0, le=LONGEST_WAIT, allow_inf_nan=False)]
AnyJson = TypeAliasType(
    "AnyJson", "dict[str, AnyJson] | list[AnyJson] | str | bool | WholeNumber | float | None"
)
"""As pydantic's JsonValue, with what `json_text` makes of numbers written into the schema."""

DEPLOY: Final[dict[str, Any]] = {
    "title": "Deploy api 4.2.0 to production",
    "action": "deploy",
    "arguments": {"service": "api", "version": "4.2.0", "environment": "production"},
    "justification": "Fixes the failing checkout; tests passed in staging.",
    "risk": "high",
    "expires_in": 1800,
    "labels": {"pipeline": "release"},
}
"""The example of a ticket in the documentation."""


class _Body(BaseModel):
    """Types as JSON has them: "5" is no number here, and an unknown name is a mistake worth telling."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class TicketBody(_Body):
    """A question to be put to people."""

    model_config = ConfigDict(json_schema_extra={"examples": [DEPLOY]})

    title: Title = Field(description="what people read first")
    action: Line = Field(description="what is to be done, as a program names it")
    arguments: dict[str, AnyJson] = Field(description="what it is to be done with; shown, and bound")
    arguments_digest: Digest | None = Field(
        None,
        description="given by a client that shows only a part of the arguments: v1 and the SHA-256 of RFC 8785 "
        "JSON of [its own nonce, the real arguments]",
    )
    requester: Line | None = Field(None, description="who asks; shown as claimed beside the key's name")
    justification: Text | None = Field(None, description="why")
    risk: Risk = "unrated"
    channel: Line | None = Field(None, description="where to ask; a wish")
    expires_in: Life = Field(USUAL_LIFE, description="seconds")
    callback_url: Address | None = Field(None, description="is sent the settled ticket, signed; https")
    cancel_on_disconnect: bool = Field(
        False, description="cancels the ticket when nobody has waited for it for half a minute"
    )
    labels: Labels = Field(default_factory=dict)


class HoldBody(TicketBody):
    """A question whose answer the caller waits for on this very connection."""

    model_config = ConfigDict(json_schema_extra={"examples": [DEPLOY | {"wait": 120}]})

    cancel_on_disconnect: bool = Field(
        True, description="cancels the ticket when nobody has waited for it for half a minute"
    )
    wait: Wait = Field(LONGEST_WAIT, description="seconds after which the ticket is answered as it is")


class DenialBody(_Body):
    """A person's no."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"by": "U024BE7LH", "comment": "Not on Friday."}]}
    )

    by: Line = Field(description="who decided")
    comment: Text | None = None


class ApprovalBody(DenialBody):
    """A person's yes."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"by": "U024BE7LH", "seconds": 3600}]})

    seconds: HowLong | None = Field(None, description="how long the approval holds; without it, for one time")


class ChannelBody(_Body):
    """A channel that is registered in Slack."""

    id: Name = Field(examples=["C0123456789"])
    name: Annotated[str, StringConstraints(max_length=80, pattern=NO_NUL)] = Field("", examples=["ops"])


class ChannelsBody(_Body):
    """All channels that are registered in Slack."""

    channels: list[ChannelBody] = Field(max_length=MOST_CHANNELS)


class CardBody(_Body):
    """Where people find the question."""

    url: Address = Field(examples=["https://example.slack.com/archives/C0123456789/p1700000000000000"])


class AgentSudoBody(BaseModel):
    """What AgentSudo's SlackApproval posts in cloud mode; newer releases may send more."""

    __pydantic_extra__: dict[str, AnyJson]

    model_config = ConfigDict(
        extra="allow",
        strict=True,
        frozen=True,
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [
                {
                    "approval_id": "b24f5c2f",
                    "agent_name": "SupportBot",
                    "agent_id": "5f0c954e-3f0b-4b7e-8f57-0f6f3a3f2b61",
                    "scope": "refund:large",
                    "function": "refund",
                    "timeout": 300,
                    "channel": "#approvals",
                }
            ]
        },
    )

    approval_id: Line = Field(description="asked again with it, the same ticket is meant")
    agent_name: Line
    agent_id: Line | None = None
    scope: Line
    function: Line = "unknown"
    timeout: float = Field(300, ge=1, le=LONGEST_LIFE, allow_inf_nan=False, description="seconds")
    channel: Line | None = None
