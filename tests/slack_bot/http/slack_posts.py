"""What Slack posts: presses, commands and events as they stand in its documentation, and how it signs them."""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

SIGNING_SECRET = "8f742231b10e8888abcd99eeefff85a5"
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
ADMIN, APPROVER, CHANNEL = "U04ADMIN", "U02APPROVER", "C01APPROVALS"


def signed_by_slack(
    body: bytes, content_type: str = FORM, *, at: float | None = None, secret: str = SIGNING_SECRET
) -> dict[str, str]:
    """The headers of a post."""
    timestamp = str(int(time.time() if at is None else at))
    digest = hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": content_type,
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": f"v0={digest}",
    }


def press(user: str = APPROVER, action_id: str = "approve_request", number: int = 1) -> dict[str, Any]:
    """A press of a button on a card; another ``number`` is another press."""
    return {
        "type": "block_actions",
        "user": {"id": user, "username": "somebody", "team_id": "T01SANDBOX"},
        "api_app_id": "A01SANDBOX",
        "container": {"type": "message", "message_ts": "1795000000.000100", "channel_id": CHANNEL},
        "trigger_id": f"{number}.2.3",
        "team": {"id": "T01SANDBOX", "domain": "sandbox"},
        "channel": {"id": CHANNEL, "name": "approvals"},
        "actions": [
            {
                "action_id": action_id,
                "block_id": "decision",
                "type": "button",
                "value": "0123456789ab.0123456789abcdef",
                "action_ts": f"1795000001.{number:06d}",
            }
        ],
        "response_url": "https://hooks.slack.com/actions/T01SANDBOX/1/secret",
    }


def form_of(payload: Mapping[str, Any]) -> bytes:
    """A press, a choice or a modal, as it is posted."""
    return urlencode({"payload": json.dumps(payload)}).encode()


def command(text: str, user: str = APPROVER, **more: str) -> bytes:
    """A command, as it is posted."""
    fields = {
        "team_id": "T01SANDBOX",
        "channel_id": CHANNEL,
        "user_id": user,
        "command": "/approvals",
        "text": text,
        "is_enterprise_install": "false",
        "response_url": "https://hooks.slack.com/commands/T01SANDBOX/1/secret",
        "trigger_id": "4.5.6",
    }
    return urlencode(fields | more).encode()


def mention(text: str, user: str = ADMIN) -> bytes:
    """An event, as it is posted."""
    event = {"type": "app_mention", "user": user, "channel": CHANNEL, "text": text, "ts": "1795000002.000100"}
    told = {"type": "event_callback", "team_id": "T01SANDBOX", "event_id": "Ev01", "event": event}
    return json.dumps(told).encode()
