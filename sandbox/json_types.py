"""Slack's JSON is open: a block or payload may carry keys we do not know, so it stays a dictionary."""

from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
