"""Approvals and events as Xerotier sends them, for tests to vary."""

import json
from typing import Any

import pytest

from upstream_client.exceptions import NotListed
from upstream_client.models import ApprovalRequest
from upstream_client.xerotier import Event, XerotierClient, read_event
from upstream_client.xerotier.address import APPROVALS, ID_HERE

APPROVAL_ID = "5f9c3b1a-8d0e-4c2f-9c1d-2b9f5e7a8c10"
OTHER_ID = "0b7e5d1c-2f3a-4a6b-8c9d-0e1f2a3b4c5d"
OF_ONE = f"{APPROVALS}/{ID_HERE}"
AT = 1_772_443_800
"""Seconds since 1970 UTC."""


def told(**more: Any) -> dict[str, Any]:
    """An approval as the list has it."""
    return {
        "id": APPROVAL_ID,
        "status": "pending",
        "risk": "destructive",
        "tool_name": "kubectl_drain",
        "workspace_id": "ws_production",
        "invocation_id": "inv_1",
        "created_at": AT,
        **more,
    }


def data(**more: Any) -> dict[str, Any]:
    """What an event tells."""
    return {
        "approval_id": APPROVAL_ID,
        "invocation_id": "inv_1",
        "tool_name": "kubectl_drain",
        "workspace_id": "ws_production",
        "risk": "destructive",
        **more,
    }


def envelope(kind: str = "exec.approval_requested", at: int = AT, **more: Any) -> dict[str, Any]:
    """An event in the documented form."""
    told = {"id": "evt_" + "a" * 24, "object": "event", "type": kind, "created_at": at}
    return {**told, "data": data(**more)}


def flat(kind: str = "exec.approval_requested", **more: Any) -> dict[str, Any]:
    """An event as the code of the vendor's guide reads it."""
    return {"event_type": kind, "event_id": "evt_" + "b" * 24, "timestamp": AT, **data(**more)}


def event(kind: str = "exec.approval_requested", at: int = AT, **more: Any) -> Event:
    """One that is followed."""
    found = read_event(json.dumps(envelope(kind, at, **more)).encode())
    assert found is not None
    return found


def claimed(client: XerotierClient) -> list[ApprovalRequest]:
    """What is told of where there is no list."""
    with pytest.raises(NotListed) as unlisted:
        client.list_pending()
    return list(unlisted.value.readable)
