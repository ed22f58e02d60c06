"""What one request is at GitHub: a repository's run, its attempt, an environment, which of its waits. Pure."""

import re
from dataclasses import dataclass
from typing import Final

from upstream_client.exceptions import NotUnderstood
from upstream_client.github_actions.address import NAME, OWNER, step

_NUMBER: Final = re.compile(r"[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Reference:
    """``repository`` is owner/name in lower case: GitHub takes either, and one request has one id.

    ``reviewed``: how many reviews of the environment the run had before this wait, in all of its attempts. Several
    jobs of one attempt may wait for one environment, one after the other.
    """

    repository: str
    run: int
    attempt: int
    environment: int
    reviewed: int = 0

    def __str__(self) -> str:
        """The request's id: owner/name/run/attempt/environment, and /reviewed where there were some."""
        before = f"/{self.reviewed}" if self.reviewed else ""
        return f"{self.repository}/{self.run}/{self.attempt}/{self.environment}{before}"


def read_reference(request_id: str) -> Reference:
    """What the id of a request names. Raises `NotUnderstood` for what is none, so that it becomes no path."""
    parts = request_id.split("/")
    if len(parts) not in (5, 6) or not OWNER.fullmatch(parts[0]) or not NAME.fullmatch(parts[1]):
        raise _no_id()
    if not all(map(_NUMBER.fullmatch, parts[2:])):
        raise _no_id()
    return Reference(f"{parts[0]}/{parts[1]}".lower(), *map(int, parts[2:]))


def repository_path(repository: str) -> str:
    """/repos/owner/name of a name that was checked."""
    owner, _, name = repository.partition("/")
    return f"/repos/{step(owner)}/{step(name)}"


def _no_id() -> NotUnderstood:
    return NotUnderstood("The request's id is none of GitHub Actions, so GitHub is not called with it.")
