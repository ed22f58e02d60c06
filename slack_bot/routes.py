"""Which request goes to which channels, by the operator's own routes. Pure."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import rfc8785

from slack_bot.likeness import has_fact, is_asked_by
from upstream_client.models import ApprovalRequest, Risk

MARK_DIGITS = 16
RULES_OF_FITTING = "1"
"""Another one where the same routes come to fit other requests: what was found by the old rules holds no more."""


@dataclass(frozen=True, slots=True)
class Route:
    """Requests that fit are shown in these ``channels`` alone. What is "" or left out fits every request.

    ``facts``: pairs of a fact's key and what its value is like. ``requester``: what who asked is like. Both are
    as `slack_bot.likeness` compares them. ``risks``: one of these; what is not rated counts as medium.
    """

    channels: tuple[str, ...]
    upstream: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    requester: str = ""
    risks: tuple[Risk, ...] = ()

    @property
    def fits_all(self) -> bool:
        """Whether no request is left for a route after this one."""
        return not (self.upstream or self.facts or self.requester or self.risks)

    def fits(self, request: ApprovalRequest) -> bool:
        """Whether the request takes this route, unless an earlier one fits it."""
        risk = Risk.MEDIUM if request.risk is Risk.UNRATED else request.risk
        return (
            self.upstream in ("", request.upstream)
            and (not self.risks or risk in self.risks)
            and all(has_fact(request, key, pattern) for key, pattern in self.facts)
            and (not self.requester or is_asked_by(request, self.requester))
        )

    def hides(self, later: "Route") -> bool:
        """Whether it says no more than ``later``, so that nothing would ever get to that one.

        Patterns are compared as they are written, so there may be more that it hides.
        """
        return (
            self.upstream in ("", later.upstream)
            and set(self.facts) <= set(later.facts)
            and self.requester in ("", later.requester)
            and (not self.risks or (bool(later.risks) and set(later.risks) <= set(self.risks)))
        )


@dataclass(frozen=True, slots=True)
class Routes:
    """All routes in their order; with none every request is shown in every channel."""

    rules: tuple[Route, ...] = ()

    @property
    def mark(self) -> str:
        """Tells these routes from others: 16 hex digits, "" for none."""
        return _mark(self.rules) if self.rules else ""

    def taken(self, request: ApprovalRequest) -> Route | None:
        """The first that fits; None where none does."""
        return next((route for route in self.rules if route.fits(request)), None)


@lru_cache(maxsize=8)
def _mark(rules: tuple[Route, ...]) -> str:
    said = [
        [list(one.channels), one.upstream, [list(pair) for pair in one.facts], one.requester, list(one.risks)]
        for one in rules
    ]
    return hashlib.sha256(rfc8785.dumps([RULES_OF_FITTING, said])).hexdigest()[:MARK_DIGITS]
