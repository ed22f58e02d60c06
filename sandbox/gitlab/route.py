"""Which operation of the sandbox's GitLab a method and a path name. Pure."""

import re
from dataclasses import dataclass
from urllib.parse import unquote

from sandbox.gitlab.faults import Operation

_PROJECT = r"/projects/(?P<project>[^/]+)"
_DEPLOYMENTS, _JOBS = rf"{_PROJECT}/deployments", rf"{_PROJECT}/jobs"
_NUMBER = r"(?P<number>\d+)"
ROUTES: tuple[tuple[str, str, Operation, str], ...] = (
    ("GET", r"/user", "user", "user"),
    ("GET", r"/version", "user", "version"),
    ("GET", r"/personal_access_tokens/self", "user", "token"),
    ("GET", _PROJECT, "project", "project"),
    ("GET", _DEPLOYMENTS, "list", "deployments"),
    ("GET", rf"{_DEPLOYMENTS}/{_NUMBER}", "get", "deployment"),
    ("POST", rf"{_DEPLOYMENTS}/{_NUMBER}/approval", "approval", "approval"),
    ("GET", _JOBS, "jobs", "jobs"),
    ("GET", rf"{_JOBS}/{_NUMBER}", "job", "job"),
    ("POST", rf"{_JOBS}/{_NUMBER}/play", "play", "play"),
    ("POST", rf"{_JOBS}/{_NUMBER}/cancel", "cancel", "cancel"),
    ("GET", rf"{_PROJECT}/pipelines/{_NUMBER}", "pipeline", "pipeline"),
    ("GET", rf"{_PROJECT}/repository/compare", "compare", "compare"),
)


@dataclass(frozen=True)
class Route:
    """``project`` is an id or a path, "" for none; ``number`` of a deployment, job or pipeline, 0 for none."""

    operation: Operation
    name: str
    project: str = ""
    number: int = 0


def route(method: str, raw_path: str) -> Route | None:
    """None for what GitLab, or at least this one, does not have."""
    path = raw_path.removeprefix("/api/v4")
    if path == raw_path:
        return None
    for known, pattern, operation, name in ROUTES:
        found = re.fullmatch(pattern, path)
        if found is not None and method == known:
            parts = found.groupdict()
            return Route(operation, name, unquote(parts.get("project") or ""), int(parts.get("number") or 0))
    return None
