"""What goes wrong at the sandbox's GitHub: on which of its operations, and how."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from sandbox.upstream_faults import STATUSES, Unanswered, UpstreamFault

Operation = Literal[
    "list",
    "run",
    "pending",
    "decide",
    "reviews",
    "deployments",
    "statuses",
    "compare",
    "environments",
    "repositories",
    "account",
    "user",
]
Kind = Literal[
    "unauthorized",
    "forbidden",
    "exhausted",
    "secondary",
    "not_found",
    "moved",
    "conflict",
    "unprocessable",
    "ratelimited",
    "server_error",
    Unanswered,
]
"""exhausted: the rate limit is used up; secondary: too many at once, and ``retry_after`` is for it as well."""


class Fault(UpstreamFault):
    """``repository``: only calls about that one; see `UpstreamFault`."""

    statuses: ClassVar[Mapping[str, int]] = {
        **STATUSES,
        "exhausted": 403,
        "secondary": 403,
        "moved": 301,
        "server_error": 502,
    }
    page = "<!DOCTYPE html><title>Unicorn!</title>"

    upstream: Literal["github_actions"] = "github_actions"
    operation: Operation | Literal["*"] = "*"
    repository: str = ""
    kind: Kind

    def matches(self, operation: str, about: object) -> bool:
        """``about``: the name of a repository, or nothing."""
        return self.repository in ("", about) and super().matches(operation, about)
