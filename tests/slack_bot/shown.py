"""Cards in every state, what a reader sees of them, and what Slack takes."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sandbox.block_kit import problems
from slack_bot.blocks import Card, Message, card
from slack_bot.rich_text import Element
from slack_bot.rows import RequestRow, State
from tests.slack_bot.examples import PRIVMAN, REQUEST, decided_row, pending_row, settled_row
from upstream_client.models import Status, Verdict

PENDING = pending_row()
NOTICED = replace(PENDING, notice="The request changed while it waited. This is how it stands now.")
DECIDED = decided_row()
TROUBLED = replace(DECIDED, trouble="Privilege Manager does not answer. I keep trying.")
APPROVED = settled_row(State.APPROVED)
DENIED = settled_row(State.DENIED, Verdict.DENY)
UNCONFIRMED = settled_row(State.UNCONFIRMED)
EXPIRED = settled_row(State.EXPIRED, None)
EXPIRED_ANSWERED = settled_row(State.EXPIRED)
WITHDRAWN = settled_row(State.ELSEWHERE, None, Status.WITHDRAWN)
ELSEWHERE = replace(settled_row(State.ELSEWHERE, None, Status.APPROVED), outcome_by="Somebody")
ELSEWHERE_ANSWERED = settled_row(State.ELSEWHERE, Verdict.APPROVE, Status.DENIED)
SCHEDULED = replace(
    APPROVED,
    cause="schedule",
    decided_by="",
    decided_by_name="the schedule",
    reason="outside mon-fri 09:00-17:30 Europe/Berlin",
    duration=3_600,
)
SETTLED = [
    DECIDED,
    TROUBLED,
    APPROVED,
    DENIED,
    UNCONFIRMED,
    EXPIRED,
    EXPIRED_ANSWERED,
    WITHDRAWN,
    ELSEWHERE,
    ELSEWHERE_ANSWERED,
    SCHEDULED,
    replace(SCHEDULED, state=State.DECIDED, settled_at=None),
    replace(SCHEDULED, state=State.UNCONFIRMED),
    replace(SCHEDULED, state=State.EXPIRED),
]
NOT_TAKEN = [UNCONFIRMED, EXPIRED, EXPIRED_ANSWERED, WITHDRAWN, ELSEWHERE, ELSEWHERE_ANSWERED]


TEXT_ROOM = 9_000
"""Slack was seen to take 9,597 characters of text in a message's blocks, and to refuse 11,341 of them with
"msg_blocks_too_long" (github.com/slackapi/bolt-js/issues/2867)."""


def objects(part: object) -> Iterator[dict[str, Any]]:
    """Every object within, itself included."""
    if isinstance(part, dict):
        yield part
        for value in part.values():
            yield from objects(value)
    elif isinstance(part, list):
        for value in part:
            yield from objects(value)


def texts(part: object) -> list[str]:
    """Every text within."""
    return [found["text"] for found in objects(part) if isinstance(found.get("text"), str)]


def taken_by_slack(message: Message) -> None:
    """Slack takes the message: block by block, and as a whole."""
    assert problems(message.blocks, "message") == []
    assert sum(map(len, texts(message.blocks))) <= TEXT_ROOM


def drawn(row: RequestRow) -> Card:
    return card(row, PRIVMAN)


def asking(**changes: object) -> RequestRow:
    """A waiting request that differs from the example in these."""
    return pending_row(replace(REQUEST, **changes))  # type: ignore[arg-type]  # the fields of a request


def block_of(shown: Card, block_id: str) -> Element | None:
    return next((block for block in shown.blocks if block["block_id"] == block_id), None)


def headline(shown: Card) -> str:
    header = shown.blocks[0]
    assert header["type"] == "header"
    return str(header["text"]["text"])


def words(block: Element | None) -> str:
    """What a reader sees of a rich_text block."""
    assert block is not None
    return "".join(_words(block))


def _words(part: Element) -> Iterator[str]:
    for element in part["elements"]:
        if "elements" in element:
            yield from _words(element)
            yield "\n"
        elif element["type"] in ("user", "usergroup", "channel"):
            yield f"@{element[element['type'] + '_id']}"
        else:
            yield element["fallback"] if element["type"] == "date" else element["text"]


def lines(shown: Card, block_id: str) -> list[str]:
    return words(block_of(shown, block_id)).splitlines()
