"""Tickets that the gate's list has no room for: each is fetched by itself, and again once it has changed."""

from collections.abc import Callable, Sequence

from upstream_client.exceptions import UpstreamError
from upstream_client.gate.wire import LeftOut
from upstream_client.models import ApprovalRequest, Seen, Status

MOST_FAILURES = 3
"""After so many in one list the gate is taken to be away; what was fetched stays known at the next list."""


class LeftOutTickets:
    """``fetch`` tells how one ticket stands."""

    def __init__(self, fetch: Callable[[str], Seen]) -> None:
        self._fetch = fetch
        self._known: dict[LeftOut, ApprovalRequest] = {}

    def waiting(self, left_out: Sequence[LeftOut]) -> tuple[list[ApprovalRequest], list[str]]:
        """Those of them that wait, and what is wrong with those that could not be read."""
        known: dict[LeftOut, ApprovalRequest] = {}
        wrong: list[str] = []
        for one in left_out:
            if found := self._known.get(one):
                known[one] = found
            elif len(wrong) < MOST_FAILURES:
                try:
                    seen = self._fetch(one.id)
                except UpstreamError as error:
                    wrong.append(str(error))
                else:
                    if seen.status is Status.PENDING and seen.request is not None:
                        known[one] = seen.request
        self._known = known
        return list(known.values()), wrong
