"""What a call wants to say: text, blocks, metadata, checked as Slack checks them."""

import json
from dataclasses import dataclass

from sandbox.arguments import Arguments
from sandbox.block_rules import check_blocks
from sandbox.elements import fill_in
from sandbox.errors import SlackError
from sandbox.json_types import Json

LONGEST_TEXT = 40_000
"""chat.postMessage cuts the text here (docs.slack.dev/reference/methods/chat.postMessage)."""
LONGEST_UPDATE = 4_000
"""chat.update answers `msg_too_long` beyond this (docs.slack.dev/reference/methods/chat.update)."""
LARGEST_METADATA = 16_000


@dataclass(frozen=True)
class Draft:
    """``text``, ``blocks`` and ``metadata`` are None when they were not sent."""

    text: str | None
    blocks: list[Json] | None
    attachments: list[Json] | None
    metadata: Json | None

    @classmethod
    def read(cls, arguments: Arguments) -> "Draft":
        """Raises `invalid_blocks(_format)`, `invalid_metadata_format` or `metadata_too_large`."""
        blocks = arguments.entries("blocks", "invalid_blocks_format")
        check_blocks(blocks or [])
        return cls(
            arguments.text("text") if arguments.has("text") else None,
            None if blocks is None else fill_in(blocks),
            arguments.entries("attachments", "invalid_attachments"),
            _metadata(arguments.mapping("metadata", "invalid_metadata_format")),
        )

    @property
    def is_empty(self) -> bool:
        return not (self.text or self.blocks or self.attachments)

    def content(self) -> Json:
        """The keys of a new message. Raises `no_text`."""
        if self.is_empty:
            raise SlackError("no_text")
        content: Json = {"text": (self.text or "")[:LONGEST_TEXT]}
        if self.blocks:
            content["blocks"] = self.blocks
        if self.attachments:
            content["attachments"] = self.attachments
        return content

    def revised(self, body: Json) -> Json:
        """``body`` with this draft over it.

        Text without blocks removes the blocks; blocks without text keep the text.
        Raises `no_text` and `msg_too_long`.
        """
        if self.text is None and self.blocks is None and self.attachments is None:
            raise SlackError("no_text")
        if self.text and len(self.text) > LONGEST_UPDATE:
            raise SlackError("msg_too_long")
        revised = {key: value for key, value in body.items() if key not in ("blocks", "attachments")}
        if self.text is not None:
            revised["text"] = self.text
        blocks = body.get("blocks") if self.text is None and self.blocks is None else self.blocks
        attachments = body.get("attachments") if self.attachments is None else self.attachments
        if not (revised.get("text") or blocks or attachments):
            raise SlackError("no_text")
        revised |= {"blocks": blocks} if blocks else {}
        return revised | ({"attachments": attachments} if attachments else {})


def _metadata(found: Json | None) -> Json | None:
    if not found:
        return found
    typed = isinstance(found.get("event_type"), str) and isinstance(found.get("event_payload"), dict)
    if not typed or not found["event_type"]:
        raise SlackError("invalid_metadata_format")
    if len(json.dumps(found)) > LARGEST_METADATA:
        raise SlackError("metadata_too_large")
    return {"event_type": found["event_type"], "event_payload": found["event_payload"]}
