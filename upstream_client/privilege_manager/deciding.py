"""Which endpoint of a reference approves, and which denies."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from upstream_client.models import Verdict
from upstream_client.privilege_manager import vocabulary
from upstream_client.privilege_manager.bodies import Sending, has_plain_verdicts, place_of_verdict, sending
from upstream_client.privilege_manager.swagger import Endpoint
from upstream_client.privilege_manager.verb import Fit, fit_of, fit_of_either, last_step, verb_of

SENDING_METHODS = ("POST", "PUT", "PATCH")
MOST_OTHERS = 5
NOUNS = ("approv", "request", "elevation")


@dataclass(frozen=True, slots=True)
class Decision:
    """An endpoint and how a verdict is sent there; ``doubts``: why it could be another one, in words."""

    endpoint: Endpoint
    sending: Sending
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Candidate:
    """``own``: the address is that of this verdict alone. ``about``: its path says that it is about requests.

    ``near``: how many steps it shares with the list's.
    """

    endpoint: Endpoint
    sending: Sending
    own: bool
    fit: Fit
    about: bool
    near: int


def decide(
    about: Sequence[Endpoint], verdict: Verdict, list_: Endpoint | None
) -> tuple[Decision | None, tuple[Endpoint, ...]]:
    """The endpoint that says most plainly that it is for ``verdict``, and those that look like it.

    An address of its own comes before one that takes both, and what is named exactly before what is not.
    """
    found = [one for each in about if (one := _candidate(each, verdict, list_)) is not None]
    found.sort(
        key=lambda one: (-one.fit, not one.own, not one.about, -one.near)
    )  # of equals the first in the reference
    best = found[0] if found and found[0].fit else None
    others = tuple(one.endpoint for one in found if one is not best and (best is None or one.own is best.own))
    if best is None:
        return None, others
    return Decision(best.endpoint, best.sending, tuple(_doubts(best, others))), others


def in_words(endpoints: Sequence[Endpoint]) -> str:
    """The first few, with their methods."""
    return ", ".join(f"{one.method} {one.path}" for one in endpoints[:MOST_OTHERS])


def _candidate(endpoint: Endpoint, verdict: Verdict, list_: Endpoint | None) -> _Candidate | None:
    sent = sending(endpoint, verdict) if endpoint.method in SENDING_METHODS else None
    if sent is None:
        return None
    own = verb_of(endpoint) is verdict
    fit = fit_of(endpoint, verdict) if own else _fit_of_both(endpoint)
    if fit is Fit.NOT and not own:
        return None
    about = _is_about_requests(endpoint, list_)
    return _Candidate(endpoint, sent, own, fit, about, _shared(endpoint, list_))


def _fit_of_both(endpoint: Endpoint) -> Fit:
    """An address that says yes can carry a no only by a word for it; a no never carries a yes."""
    place = place_of_verdict(endpoint)
    if place is None or verb_of(endpoint) is Verdict.DENY:
        return Fit.NOT
    if verb_of(endpoint) is Verdict.APPROVE:
        by_word = has_plain_verdicts(place) and place.key in vocabulary.VERDICT_NAMES
        return fit_of(endpoint, Verdict.APPROVE) if by_word else Fit.NOT
    fit = fit_of_either(endpoint)
    return fit if fit is Fit.EXACT or has_plain_verdicts(place) else Fit.NOT


def _shared(endpoint: Endpoint, list_: Endpoint | None) -> int:
    pairs = zip(endpoint.steps, list_.steps if list_ else (), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0].rstrip("s") == pair[1].rstrip("s"), pairs))


def _doubts(best: _Candidate, others: Sequence[Endpoint]) -> list[str]:
    doubts = []
    if best.fit is not Fit.EXACT:
        doubts.append(f"{last_step(best.endpoint)!r} does not say plainly what it does")
    if others:
        doubts.append(f"these could be it as well: {in_words(others)}")
    if not best.about:
        doubts.append("its path does not say that it is about approval requests")
    return doubts


def _is_about_requests(endpoint: Endpoint, list_: Endpoint | None) -> bool:
    """By a step other than the verb, or by standing where the list stands."""
    verb = last_step(endpoint) if verb_of(endpoint) is not None else ""
    steps = [step for step in endpoint.steps if step != verb and not step.startswith("{")]
    beside = list_ is not None and bool(steps) and steps[-1] in list_.steps[-2:]
    return beside or any(noun in step for step in steps for noun in NOUNS)
