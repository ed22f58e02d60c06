"""A bot whose channel has more to show than it takes at once, for tests of what it says there."""

from pathlib import Path
from typing import Any

from sandbox import Sandbox
from slack_bot.blocks.backlog import LINE_METADATA_TYPE
from slack_bot.rows import BacklogRow, backlogs_of
from tests.rig import APPROVALS, APPROVER, APPROVERS, Rig

POST, UPDATE = "chat.postMessage", "chat.update"
CARDS = 20
ALL_SHOWN = "All waiting requests have their cards now."


def rig_in(sandbox: Sandbox, folder: Path, *channels: str) -> Rig:
    """Not yet running; patient with Slack for a second."""
    made = Rig(sandbox, folder, dict.fromkeys(channels or (APPROVALS,), APPROVERS))
    made.slack_timeout = 2
    return made


def pile(rig: Rig, count: int) -> list[str]:
    """So many requests wait upstream, and were seen; their ids. Nothing is shown yet."""
    ids = rig.sandbox.privilege_manager.file_requests(count)
    rig.step("poller")
    return ids


def lines(rig: Rig, channel: str = APPROVALS) -> list[str]:
    """What the lines in the channel say, oldest first."""
    return [
        str(message["text"])
        for message in rig.control.messages(channel)
        if (message.get("metadata") or {}).get("event_type") == LINE_METADATA_TYPE
    ]


def counting(shown: int, left: int) -> str:
    follow = "one follows" if left == 1 else f"{left:,} follow"
    return (
        f"{shown:,} of {shown + left:,} waiting requests have a card here. "
        f"The other {follow} as these are answered."
    )


def deny(rig: Rig, *cards: dict[str, Any], channel: str = APPROVALS) -> None:
    """Somebody denies these, and the upstream takes it; nothing of it is shown yet."""
    for card in cards:
        rig.press(APPROVER, "deny_request", card=card, channel=channel)
    rig.step("clerk")
    for _ in cards:
        rig.step("applier")


def posts(rig: Rig, channel: str = APPROVALS, method: str = POST) -> list[dict[str, Any]]:
    """The calls in this channel that reached Slack."""
    return [call for call in rig.control.calls(method) if call["arguments"]["channel"] == channel]


def line_edits(rig: Rig, channel: str = APPROVALS) -> list[dict[str, Any]]:
    """The edits of the channel's lines."""
    return [call for call in posts(rig, channel, UPDATE) if not call["arguments"].get("metadata")]


def backlog(rig: Rig, channel: str = APPROVALS) -> BacklogRow | None:
    """The channel's backlog, as the ledger has it."""
    with rig.ledger.read() as connection:
        return next(iter(backlogs_of(connection, channel)), None)
