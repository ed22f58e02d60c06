"""Which endpoints of a reference list, tell of, approve and deny approval requests."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from upstream_client.models import Verdict
from upstream_client.privilege_manager.bodies import Sending, sending, verdict_in
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
    "policies",
)
"""Parts of paths about approvals that are not about requests that wait."""
YES_STEP = re.compile(r"(^|[-_])approve(?!d|r(?!equest))")
"""At the beginning: "disapprove" is the opposite, "approved" and "approvers" are other things."""
NO_STEP = re.compile(r"(^|[-_])(deny|reject|decline|refuse)(?!list|ed)")
EITHER_STEP = re.compile(r"decision|decide|respond|response|answer|verdict|action|complete")
SENDING_METHODS = ("POST", "PUT", "PATCH")
WAITING = ("pending", "waiting", "open", "active")


@dataclass(frozen=True, slots=True)
class Decision:
    """An endpoint and how a verdict is sent there."""

    endpoint: Endpoint
    sending: Sending


@dataclass(frozen=True, slots=True)
class Choice:
    """The endpoints found; ``report`` runs any report. ``others`` could be the list as well."""

    list_: Endpoint | None = None
    get: Endpoint | None = None
    approve: Decision | None = None
    deny: Decision | None = None
    report: Endpoint | None = None
    others: tuple[Endpoint, ...] = ()


def choose(reference: Reference) -> Choice:
    """What the reference tells plainly enough; the rest is None."""
    about = [one for one in reference.endpoints if _is_about_requests(one)]
    lists = _best(about, _as_list)
    approve = _decision(about, Verdict.APPROVE, YES_STEP)
    deny = _decision(about, Verdict.DENY, NO_STEP)
    gets = _best(about, lambda one: _as_get(one, lists[0] if lists else None))
    reports = [one for one in reference.endpoints if one.method == "POST" and _runs_a_report(one)]
    return Choice(
        list_=lists[0] if lists else None,
        get=gets[0] if gets else None,
        approve=approve,
        deny=deny,
        report=reports[0] if reports else None,
        others=tuple(lists[1:]),
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


def _decision(about: Iterable[Endpoint], verdict: Verdict, own_step: re.Pattern[str]) -> Decision | None:
    """The address of this verdict alone; else one that takes both and tells plainly how."""
    either: Decision | None = None
    for one in about:
        sent = sending(one, verdict) if one.method in SENDING_METHODS else None
        if sent is None:
            continue
        last = [step for step in one.steps if not step.startswith("{")][-1]
        if own_step.search(last):
            return Decision(one, sent)
        if _takes_both(one) and (either is None or EITHER_STEP.search(last)):
            either = Decision(one, sent)
    return either


def _takes_both(one: Endpoint) -> bool:
    return any(verdict_in(value, Verdict.APPROVE) is not None for value in one.takes.properties)


def _runs_a_report(one: Endpoint) -> bool:
    return len(one.parameters) == 1 and one.steps[-2:-1] == ("reports",)
