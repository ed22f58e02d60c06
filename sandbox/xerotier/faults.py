"""What goes wrong at the sandbox's Xerotier: on which of its operations, and how."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from sandbox.upstream_faults import STATUSES, Unanswered, UpstreamFault

Operation = Literal["list", "get", "approve", "reject"]
Kind = Literal[
    "unauthorized",
    "forbidden",
    "not_found",
    "conflict",
    "ratelimited",
    "server_error",
    "says_no",
    Unanswered,
]


class Fault(UpstreamFault):
    """``operation`` "decide" is approve and reject; see `UpstreamFault`."""

    decisions = ("approve", "reject")
    statuses: ClassVar[Mapping[str, int]] = {**STATUSES, "says_no": 200}

    upstream: Literal["xerotier"] = "xerotier"
    operation: Operation | Literal["decide", "*"] = "*"
    kind: Kind
