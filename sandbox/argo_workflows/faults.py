"""What goes wrong at the sandbox's Argo server: on which of its operations, and how."""

from typing import Literal

from sandbox.upstream_faults import Kind, UpstreamFault

Operation = Literal["version", "list", "get", "resume", "set", "stop"]


class Fault(UpstreamFault):
    """``operation`` "decide" is resume, set and stop; see `UpstreamFault`."""

    decisions = ("resume", "set", "stop")

    upstream: Literal["argo_workflows"] = "argo_workflows"
    operation: Operation | Literal["decide", "*"] = "*"
    kind: Kind
