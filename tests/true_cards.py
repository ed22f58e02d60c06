"""No card lies: what cards say is compared with what every upstream of the sandbox says."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.control_client import ControlClient
from slack_bot.rows import key_of
from upstream_client.privilege_manager import PrivManClient
from upstream_client.xerotier import XerotierClient

DONE = {
    "✅ Approved": "Approved",
    "⛔ Denied": "Denied",
    "⌛ Approved": "Approved",
    "⌛ Denied": "Denied",
    "🚨 Approved": "Approved",
}
"""How a settled card begins, and Privilege Manager's word for it."""
WAITING = ", waiting for "
"""In the headline of a card whose answer is still on its way."""
XEROTIERS = {"approved": "Approved", "rejected": "Denied"}
"""Xerotier's words for a verdict."""


@dataclass(frozen=True)
class Taken:
    """What an upstream says: "Approved", "Denied" or else, how many decisions it took, and when, in seconds."""

    verdict: str
    decisions: int
    at: float | None


def taken(control: ControlClient) -> dict[str, Taken]:
    """What became of each request in the sandbox, by its key."""
    privman = {
        key_of(PrivManClient.name, one["id"]): Taken(one["status"], one["decisions"], one["decided_at"])
        for one in control.upstream_requests()
    }
    xerotier = {
        key_of(XerotierClient.name, one["id"]): Taken(
            XEROTIERS.get(one["status"], ""), one["decisions"], one.get("resolved_at")
        )
        for one in control.xerotier_approvals()
    }
    return privman | xerotier


def assert_true_cards(control: ControlClient, known: Mapping[str, Taken]) -> None:
    """No card ever said without a condition that somebody decided before the upstream had taken it."""
    for made in control.calls():
        sent = made["arguments"]
        metadata = sent.get("metadata") or {}
        if made["method"] in ("chat.postMessage", "chat.update") and metadata and sent["blocks"]:
            one = known.get(metadata["event_payload"].get("request"))
            headline = "" if one is None else sent["blocks"][0]["text"]["text"]
            done = DONE.get(re.split(" by | automatically|:", headline)[0])
            if one is not None and done is not None and WAITING not in headline:
                assert (one.verdict, one.decisions) == (done, 1), headline
                assert one.at is not None
                assert one.at <= made["time"]
