"""What goes wrong at the sandbox's GitLab: on which of its operations, and how."""

from typing import Literal

from sandbox.upstream_faults import Kind, UpstreamFault

Operation = Literal[
    "user",
    "project",
    "list",
    "get",
    "jobs",
    "job",
    "pipeline",
    "compare",
    "approval",
    "play",
    "cancel",
]
DECISIONS = ("approval", "play", "cancel")


class Fault(UpstreamFault):
    """``operation`` "decide" is each of `DECISIONS`; see `UpstreamFault`.

    ``project`` is the id of the only one that is struck.
    """

    decisions = DECISIONS

    upstream: Literal["gitlab"] = "gitlab"
    operation: Operation | Literal["decide", "*"] = "*"
    project: int | None = None
    kind: Kind

    def matches(self, operation: str, about: object) -> bool:
        """``about``: the id of a project, or None."""
        return self.project in (None, about) and super().matches(operation, about)
