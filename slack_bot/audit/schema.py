"""The JSON Schema of an audit record, drawn from `Record`: for whoever reads an export or the log."""

import json
from typing import Any, Final

from pydantic import TypeAdapter

from slack_bot.audit.record import Kind, Record
from slack_bot.seal import GENESIS

_HEX: Final = f"[0-9a-f]{{{len(GENESIS)}}}"
_TOLD: Final[dict[str, dict[str, Any]]] = {
    "seq": {"minimum": 1, "description": "Its number: 1, 2, 3, without a gap."},
    "at": {"minimum": 0, "description": "When, in microseconds since 1970 UTC."},
    "kind": {"enum": [*Kind], "description": "What it tells of."},
    "request_key": {"description": "The request's key in the ledger, or null."},
    "actor": {"description": "Who: an id in Slack, or bot."},
    "digest": {
        "pattern": f"^((v1)?{_HEX})?$",
        "description": "What the request was at that moment; of policy_declared, the hash of what was declared.",
    },
    "policy": {"description": "The text of the policy or schedule that was applied, where one was."},
    "artefact": {"description": "What exactly was asked for, where the request tells it: commit:…, sha1:…"},
    "detail": {"description": "What else there is to say, by kind."},
    "prev": {"pattern": f"^{_HEX}$", "description": "The hash of the record before; zeros in the first."},
    "hash": {
        "pattern": f"^{_HEX}$",
        "description": "HMAC-SHA256 with AUDIT_KEY over the RFC 8785 JSON of all the other fields.",
    },
}
"""What the types alone do not say."""


def schema() -> str:
    """The schema, as it is committed. A line of the log has more keys than a record, so that they are allowed."""
    drawn = TypeAdapter(Record).json_schema()["properties"]
    names = list(Record(1, 0, "", None, "", {}).as_json())
    told = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A record of the audit log",
        "type": "object",
        "required": names,
        "properties": {name: _typed(drawn[name]) | _TOLD[name] for name in names},
    }
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def _typed(drawn: dict[str, Any]) -> dict[str, Any]:
    """The type alone: a record that is written leaves nothing out."""
    return {key: value for key, value in drawn.items() if key not in ("default", "title")}
