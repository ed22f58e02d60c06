"""Blocks and places the sandbox's tests use again and again."""

from typing import Any

from slack_sdk import WebClient

CHANNEL = "C01APPROVALS"
REQUESTER, APPROVER, SECOND, ADMIN = "U01REQUESTER", "U02APPROVER", "U03SECOND", "U04ADMIN"
OUTSIDER, GUEST, BOT, DEACTIVATED = "U05OUTSIDER", "U06GUEST", "U07BOT", "U08DEACTIVATED"
OTHER_BOT, STRANGER, PARTNER = "U09OTHERBOT", "U10STRANGER", "U11PARTNER"
METADATA = {"event_type": "approval_request", "event_payload": {"request": "abc"}}
Block = dict[str, Any]


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}


def option(value: str) -> Block:
    return {"text": plain(value), "value": value}


def card() -> list[Block]:
    """A section, and a row with Approve, Deny and a menu of durations whose first choice is “once”."""
    approve = {
        "type": "button",
        "action_id": "approve_request",
        "text": plain("Approve"),
        "value": "key-digest",
    }
    deny = {"type": "button", "action_id": "deny_request", "text": plain("Deny"), "value": "key-digest"}
    menu = {
        "type": "static_select",
        "action_id": "choose_duration",
        "options": [option("once"), option("1h")],
        "initial_option": option("once"),
    }
    return [
        {"type": "section", "text": {"type": "mrkdwn", "text": "May I?"}},
        {"type": "actions", "block_id": "answer", "elements": [menu, approve | {"style": "primary"}, deny]},
    ]


def modal(**more: Any) -> Block:
    """With one required text input, `reason`."""
    asked = {
        "type": "input",
        "block_id": "why",
        "label": plain("Why?"),
        "element": {"type": "plain_text_input", "action_id": "reason"},
    }
    view = {"type": "modal", "callback_id": "deny", "title": plain("Deny"), "submit": plain("Deny")}
    return view | {"blocks": [asked]} | more


def post_card(slack: WebClient, channel: str = CHANNEL) -> str:
    """Its ts."""
    return str(slack.chat_postMessage(channel=channel, text="May I?", blocks=card(), metadata=METADATA)["ts"])
