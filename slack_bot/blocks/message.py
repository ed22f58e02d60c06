"""What is handed to chat.postMessage and chat.update."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Message:
    """A message: its fallback text in mrkdwn, for notifications and readers without blocks, and its blocks."""

    text: str
    blocks: list[dict[str, Any]]

    def message(self) -> dict[str, Any]:
        """The arguments that chat.postMessage and chat.update share."""
        return {"text": self.text, "blocks": self.blocks}


@dataclass(frozen=True, slots=True)
class Card(Message):
    """A request's message, with the metadata by which a lost post is found again."""

    metadata: dict[str, Any]

    def message(self) -> dict[str, Any]:
        """The arguments that chat.postMessage and chat.update share."""
        return {"text": self.text, "blocks": self.blocks, "metadata": self.metadata}
