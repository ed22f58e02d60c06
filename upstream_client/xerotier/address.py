"""Where a Xerotier is: its address, the project in it, and the paths below that. Pure.

What is wrong is told in words that follow the name of the setting.
"""

import re
from urllib.parse import quote

from upstream_client.base_url import checked_address

VENDOR = "https://xerotier.ai"
"""xerotier.ai/docs/xem/guide/slack-approval-bot"""
APPROVALS = "/v1/exec/approvals"
"""xerotier.ai/docs/xeroctl/approvals, below {base}/{project id}"""
LIST_PATH = f"{APPROVALS}?status=pending"
"""Unconfirmed: it follows from the path to approve, and from the command that lists."""
ID_HERE = "{approval_id}"
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:~-]{0,199}")
"""Of an approval or a project. No slash and no leading dot: it becomes a step of a path."""


def checked_base(text: str) -> str:
    """``text`` without slashes at its end. Raises ValueError."""
    return checked_address(text, VENDOR)


def checked_project_id(text: str) -> str:
    """The id of a project. Raises ValueError."""
    if not ID.fullmatch(text.strip()):
        raise ValueError("is no id of a project such as prj_0123456789: read it with xeroctl auth whoami")
    return text.strip()


def checked_list_path(text: str) -> str:
    """A path below the project. Raises ValueError."""
    path = text.strip()
    if not _is_path(path) or "{" in path:
        raise ValueError(f"is no path below the project, such as {LIST_PATH}")
    return path


def checked_get_path(text: str) -> str:
    """A path with a place for the id, or "" for none. Raises ValueError."""
    path = text.strip()
    rest = path.replace(f"/{ID_HERE}", "", 1)
    if path and (not _is_path(rest) or rest == path or "{" in rest):
        raise ValueError(f"is no path with a place for the id, such as {APPROVALS}/{ID_HERE}")
    return path


def _is_path(path: str) -> bool:
    steps = path.partition("?")[0].split("/")
    whole = re.fullmatch(r"/[A-Za-z0-9._~/?=&,:+{}-]*", path) is not None
    return whole and not path.startswith("//") and not {".", ".."} & set(steps)


def step(approval_id: str) -> str:
    """The id as one step of a path. Raises ValueError for what could be anything else than an id."""
    if not ID.fullmatch(approval_id):
        raise ValueError("is no id of an approval")
    return quote(approval_id, safe="")
