"""Slack's payloads are outside data: what stands where, if anything does."""

from typing import Any

LONGEST_ADDRESS = 2_000


def at(body: object, *path: str) -> object:
    """What stands at the end of the path; None where there is no such path."""
    for name in path:
        body = body.get(name) if isinstance(body, dict) else None
    return body


def first_action(body: dict[str, Any]) -> dict[str, Any]:
    """The action of a block_actions payload; empty where there is none."""
    actions = body.get("actions")
    first = actions[0] if isinstance(actions, list) and actions else None
    return first if isinstance(first, dict) else {}


def reply_address(body: dict[str, Any]) -> str:
    """Where Slack takes answers for half an hour; nothing where it is no address."""
    address = body.get("response_url")
    return address if isinstance(address, str) and len(address) <= LONGEST_ADDRESS else ""
