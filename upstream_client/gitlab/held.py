"""The id of a request: which deployment, or which job, of which project. Pure."""

import re
from dataclasses import dataclass
from typing import Literal

from upstream_client.exceptions import NotUnderstood

Kind = Literal["deployment", "job"]
DEPLOYMENT: Kind = "deployment"
JOB: Kind = "job"
_ID = re.compile(r"(deployment|job)-([1-9]\d{0,18})-([1-9]\d{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Held:
    """What waits. GitLab numbers deployments, and jobs, across all projects; both are asked for by project."""

    kind: Kind
    project: int
    number: int

    @property
    def id(self) -> str:
        """Such as "deployment-7-42"."""
        return f"{self.kind}-{self.project}-{self.number}"

    @property
    def path(self) -> str:
        """Below the API."""
        return f"/projects/{self.project}/{self.kind}s/{self.number}"


def held(request_id: str) -> Held:
    """What an id names. Raises `NotUnderstood` for what is none of ours: it becomes a path."""
    found = _ID.fullmatch(request_id)
    if found is None:
        raise NotUnderstood("The request's id is none that the bot gave to something of GitLab.")
    kind = DEPLOYMENT if found[1] == DEPLOYMENT else JOB
    return Held(kind, int(found[2]), int(found[3]))
