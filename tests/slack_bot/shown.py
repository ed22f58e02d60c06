"""Cards in every state, what a reader sees of them, and what Slack takes."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from sandbox.block_kit import problems
from slack_bot.blocks import Card, Message, card
from slack_bot.policy import ChannelPolicy
from slack_bot.rich_text import Element
from slack_bot.rows import RequestRow, State, VoteRow
from tests.slack_bot.examples import (
    APPROVER,
    CHANNEL,
    EITHER,
    NOW,
    PRIVMAN,
    REQUEST,
    SECOND_APPROVER,
    decided_row,
    pending_row,
    settled_row,
)
from upstream_client.models import Status, Verdict

PENDING = pending_row()
NOTICED = replace(PENDING, notice="The request changed while it waited. This is how it stands now.")
_NOT_YET = (State.DECIDED, State.UNCONFIRMED, State.EXPIRED)
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
TIMED_OUT = replace(
    DENIED,
    cause="timeout",
    decided_by="",
    decided_by_name="the time limit",
    reason="Nobody answered within 4 hours.",
)
NOT_OBJECTED = replace(
    APPROVED,
    cause="timeout",
    decided_by="",
    decided_by_name="the time limit",
    reason="Nobody answered within 4 hours.",
)
BROKEN = replace(APPROVED, cause="break-glass", deciders=APPROVER, reason="The site is down.")
BY_TWO = replace(
    APPROVED,
    decided_by=SECOND_APPROVER,
    decided_by_name="Approver and Second Approver",
    deciders=f"{APPROVER} {SECOND_APPROVER}",
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
    *(replace(one, state=state) for one in (TIMED_OUT, NOT_OBJECTED) for state in (one.state, *_NOT_YET)),
    *(replace(BROKEN, state=state) for state in (State.APPROVED, *_NOT_YET)),
    *(replace(BY_TWO, state=state) for state in (State.APPROVED, *_NOT_YET)),
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


def drawn(
    row: RequestRow,
    policy: ChannelPolicy | None = EITHER,
    votes: Sequence[VoteRow] = (),
    *,
    backup_called: bool = False,
) -> Card:
    """The card in a channel where one of two approvers decides, unless it says something else."""
    return card(row, PRIVMAN, policy, votes, backup_called=backup_called)


def approval(row: RequestRow, user_id: str, **changes: object) -> VoteRow:
    """That somebody approves it, for one time."""
    vote = VoteRow(1, row.key, 1, CHANNEL, user_id, user_id, Verdict.APPROVE, None, "", NOW, 1)
    return replace(vote, **changes)  # type: ignore[arg-type]  # the fields of a vote


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
