"""Xerotier: approvals of tool calls that its agents wait for. It lists them, and tells of them by webhooks."""

from upstream_client.xerotier.client import XerotierClient
from upstream_client.xerotier.event import Event, Kind, read_event

__all__ = ["Event", "Kind", "XerotierClient", "read_event"]
