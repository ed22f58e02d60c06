"""Which endpoints of a reference list, tell of, approve and deny approval requests."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from upstream_client.models import Verdict
from upstream_client.privilege_manager.deciding import Decision, decide
from upstream_client.privilege_manager.swagger import Endpoint, Reference

ABOUT = "approv"
BESIDE = (
    "type",
    "process",
    "history",
    "config",
    "setting",
    "template",
    "count",
    "audit",
    "offline",
    "report",
    "polic",
)
"""Parts of paths about approvals that are not about requests that wait."""
WAITING = ("pending", "waiting", "open", "active")


@dataclass(frozen=True, slots=True)
class Choice:
    """The endpoints found; ``report`` runs any report. ``others`` could be the list as well.

    ``like_approve`` and ``like_deny`` look like these two, and are not chosen.
    """

    list_: Endpoint | None = None
    get: Endpoint | None = None
    approve: Decision | None = None
    deny: Decision | None = None
    report: Endpoint | None = None
    others: tuple[Endpoint, ...] = ()
    like_approve: tuple[Endpoint, ...] = ()
    like_deny: tuple[Endpoint, ...] = ()


def choose(reference: Reference) -> Choice:
    """What the reference tells plainly enough; the rest is None."""
    about = [one for one in reference.endpoints if _is_about_requests(one)]
    lists = _best(about, _as_list)
    approve, like_approve = decide(about, Verdict.APPROVE, lists[0] if lists else None)
    deny, like_deny = decide(about, Verdict.DENY, lists[0] if lists else None)
    gets = _best(about, lambda one: _as_get(one, lists[0] if lists else None))
    reports = [one for one in reference.endpoints if one.method == "POST" and _runs_a_report(one)]
    return Choice(
        list_=lists[0] if lists else None,
        get=gets[0] if gets else None,
        approve=approve,
        deny=deny,
        report=reports[0] if reports else None,
        others=tuple(lists[1:]),
        like_approve=like_approve,
        like_deny=like_deny,
    )


def _is_about_requests(one: Endpoint) -> bool:
    return ABOUT in f"{one.path} {one.names}".lower() and not any(part in one.path.lower() for part in BESIDE)


def _best(endpoints: Iterable[Endpoint], score: Callable[[Endpoint], int]) -> list[Endpoint]:
    """Those with more than nothing, the best first; of equals the first in the reference."""
    scored = [(score(one), one) for one in endpoints]
    return [one for points, one in sorted(scored, key=lambda each: -each[0]) if points > 0]


def _as_list(one: Endpoint) -> int:
    """A GET without anything to fill in that answers many, or may."""
    if one.method != "GET" or one.parameters or (one.gives.properties and not one.many):
        return 0
    waits = any(word in one.path.lower() or word in one.names for word in WAITING)
    required = sum(query.required for query in one.query)
    return max(0, 1 + 2 * one.many + 4 * waits - 4 * required)


def _as_get(one: Endpoint, list_: Endpoint | None) -> int:
    """A GET whose last step is the id of one."""
    if one.method != "GET" or one.many or len(one.parameters) != 1 or not one.steps[-1].startswith("{"):
        return 0
    beside_list = list_ is not None and one.steps[:-1] in (list_.steps, list_.steps[:-1])
    return 1 + 2 * beside_list + bool(one.gives.properties)


def _runs_a_report(one: Endpoint) -> bool:
    return len(one.parameters) == 1 and one.steps[-2:-1] == ("reports",)
