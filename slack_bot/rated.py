"""An upstream whose requests have the risk that the operator's rules give them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from threading import Event

from slack_bot.counted import Counted
from slack_bot.risk_rules import RiskRule, rate
from upstream_client.base import Tells, Told, Upstream
from upstream_client.exceptions import PartlyRead
from upstream_client.models import ApprovalRequest, Decision, Duration, Outcome, Seen


class Rated:
    """Speaks `upstream_client.base.Upstream`: passes everything on, and rates what comes back."""

    def __init__(self, upstream: Upstream, rules: Sequence[RiskRule]) -> None:
        self.upstream = upstream
        self._rules = tuple(rules)
        self.name = upstream.name
        self.title = upstream.title
        self.capabilities = upstream.capabilities

    def __repr__(self) -> str:
        return f"Rated({self.upstream!r})"

    def list_pending(self) -> list[ApprovalRequest]:
        """Every request that waits, rated; so are those that `PartlyRead` holds."""
        try:
            return [rate(request, self._rules) for request in self.upstream.list_pending()]
        except PartlyRead as error:
            readable = tuple(rate(request, self._rules) for request in error.readable)
            raise type(error)(str(error), readable) from error

    def fetch(self, request_id: str) -> Seen:
        """How one request stands now, rated."""
        seen = self.upstream.fetch(request_id)
        return seen if seen.request is None else replace(seen, request=rate(seen.request, self._rules))

    def approve(self, request: ApprovalRequest, duration: Duration, decision: Decision) -> Outcome:
        """Say yes, for ``duration``."""
        return self.upstream.approve(request, duration, decision)

    def deny(self, request: ApprovalRequest, reason: str, decision: Decision) -> Outcome:
        """Say no."""
        return self.upstream.deny(request, reason, decision)

    def watch(self, stop: Event) -> Iterator[None]:
        """Yields whenever the upstream says that a look is worth it."""
        return self.upstream.watch(stop)

    def close(self) -> None:
        """Log off and let go of connections."""
        self.upstream.close()


def told(upstream: Upstream) -> Told | None:
    """The upstream behind the rules, if it wants to know where its requests are shown."""
    one = behind(upstream)
    return one if isinstance(one, Told) else None


def tells(upstream: Upstream) -> Tells | None:
    """The upstream behind the rules, if it tells by itself what became of its requests."""
    one = behind(upstream)
    return one if isinstance(one, Tells) else None


def behind(upstream: Upstream) -> Upstream:
    """The upstream itself, without the rules, and whether or not it is counted."""
    while isinstance(upstream, Rated | Counted):
        upstream = upstream.upstream
    return upstream


def rated(upstreams: Sequence[Upstream], rules: Sequence[RiskRule]) -> list[Upstream]:
    """The same upstreams; where there are rules, they rate what comes."""
    return [Rated(one, rules) if rules else one for one in upstreams]
