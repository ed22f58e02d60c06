"""What goes wrong at the sandbox's Privilege Manager: on which of its operations, and how."""

from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict

from sandbox.privilege_manager.answers import LOGON_PAGE
from sandbox.upstream_faults import UpstreamFault

Operation = Literal[
    "logon", "logoff", "version", "catalog", "report", "swagger", "list", "get", "approve", "deny"
]
"""``list`` is whatever tells what waits, a report too; ``catalog`` are lists of policies and the like."""
Before = Literal[
    "server_error",
    "timeout_before",
    "reset_before",
    "unauthorized",
    "forbidden",
    "not_found",
    "no_path",
    "conflict",
    "gone",
    "ratelimited",
    "error_in_200",
]
"""Kinds where nothing is carried out. ``no_path`` is a 404 with nothing in it, as a server in between sends it."""
After = Literal["server_error_after", "timeout", "reset", "garbage", "empty", "slow"]
"""Kinds where the call is carried out and its answer is lost, useless, or (slow) late."""


class Fault(UpstreamFault):
    """``operation`` "decide" is approve and deny; see `UpstreamFault`."""

    decisions = ("approve", "deny")
    page = LOGON_PAGE

    upstream: Literal["privilege_manager"] = "privilege_manager"
    operation: Operation | Literal["decide", "*"] = "*"
    kind: Before | After

    @property
    def is_before(self) -> bool:
        return self.kind in get_args(Before)


class ExpireTokens(BaseModel):
    """Makes every token that was handed out so far invalid."""

    model_config = ConfigDict(extra="forbid")

    upstream: Literal["privilege_manager"] = "privilege_manager"
    expire_tokens: Literal[True]
