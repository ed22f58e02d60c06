"""The id of a request: which step of which workflow, and since when it waits. Pure.

A name can be used again after a workflow was deleted, and a step's id is made of its name: so the workflow's own
id is part of it. A step that is retried keeps its id and waits anew: so the time since when it waits is as well.
"""

import re
from dataclasses import dataclass
from typing import Self

from upstream_client.argo_workflows.address import NAMESPACE

LONGEST = 300
"""Characters that an id may have; Argo allows 63 in the name of a workflow."""
_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?")
_UID = re.compile(r"[A-Za-z0-9-]{1,64}")
_NODE = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9._]{0,251}[A-Za-z0-9])?")
_SINCE = re.compile(r"[0-9]{1,20}")
_PARTS = (NAMESPACE, _NAME, _UID, _NODE, _SINCE)


@dataclass(frozen=True, slots=True)
class Reference:
    """``since``: microseconds since 1970 UTC, 0 where it is not told. Raises ValueError for what can be none."""

    namespace: str
    workflow: str
    uid: str
    node: str
    since: int

    def __post_init__(self) -> None:
        parts = self._parts()
        fits = all(rule.fullmatch(part) for rule, part in zip(_PARTS, parts, strict=True))
        if not fits or len(str(self)) > LONGEST:
            raise ValueError("is no id of a step of a workflow")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Of a request's id. Raises ValueError."""
        parts = text.split("/")
        if len(parts) != len(_PARTS) or not _SINCE.fullmatch(parts[-1]):
            raise ValueError("is no id of a step of a workflow")
        return cls(parts[0], parts[1], parts[2], parts[3], int(parts[4]))

    def __str__(self) -> str:
        return "/".join(self._parts())

    @property
    def selector(self) -> str:
        """What matches this step of the workflow and no other, for Argo's nodeFieldSelector."""
        return f"id={self.node}"

    def _parts(self) -> tuple[str, ...]:
        return (self.namespace, self.workflow, self.uid, self.node, str(self.since))
