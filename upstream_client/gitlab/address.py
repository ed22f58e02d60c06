"""Where a GitLab is, and how its projects are named. Pure.

What is wrong is told in words that follow the name of the setting.
"""

import re
from urllib.parse import SplitResult, quote, urlsplit

from upstream_client.base_url import checked_address

VENDOR = "https://gitlab.com"
API = "/api/v4"
"""docs.gitlab.com/api/rest"""
PORTS = {"https": 443, "http": 80}
_PROJECT = re.compile(r"[1-9]\d{0,18}|[\w.-]+(?:/[\w.-]+)+", re.ASCII)
"""An id, or the path with its namespaces (docs.gitlab.com/user/reserved_names: letters, digits, _ - and .)."""


def checked_base(text: str) -> str:
    """``text`` without slashes at its end. Raises ValueError."""
    url = checked_address(text, VENDOR)
    if urlsplit(url).path.casefold().endswith(API):
        raise ValueError(f"ends in {API}: give the address that people open in a browser")
    return url


def checked_project(text: str) -> str:
    """The id or the path of a project. Raises ValueError."""
    project = text.strip().strip("/")
    if not _PROJECT.fullmatch(project) or {".", ".."} & set(project.split("/")):
        raise ValueError(f"names “{text.strip()}”, which is neither an id nor a path such as group/project")
    return project


def step(project: str) -> str:
    """A project's id or path as one step of a path (docs.gitlab.com/api/rest/#namespaced-paths)."""
    return quote(project, safe="")


def is_same_host(url: str, base: str) -> bool:
    """Whether ``url`` leads to the host, and the port, of ``base``."""
    try:
        one, other = urlsplit(url), urlsplit(base)
        return (one.scheme, one.hostname, _port(one)) == (other.scheme, other.hostname, _port(other))
    except ValueError:
        return False


def page(url: str, base: str) -> str:
    """``url`` where it is a page of this GitLab that a person may open, else ""."""
    return url if is_same_host(url, base) else ""


def _port(parts: SplitResult) -> int | None:
    return parts.port or PORTS.get(parts.scheme)
