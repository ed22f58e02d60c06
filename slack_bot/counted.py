"""An upstream whose errors are counted, and of which is known when it last told what waits."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event

from slack_bot.figures import Figures
from upstream_client.base import Upstream
from upstream_client.exceptions import NotListed, NotRead, NotTold, PartlyRead, UpstreamError
from upstream_client.models import ApprovalRequest, Decision, Duration, Outcome, OutcomeKind, Seen


class Counted:
    """Speaks `upstream_client.base.Upstream`: passes everything on, and counts what went wrong.

    ``hears``: what the upstream tells by itself gets here. Without that, one that has no list tells nothing.
    """

    def __init__(
        self, upstream: Upstream, figures: Figures, monotonic: Callable[[], float], *, hears: bool = False
    ) -> None:
        self.upstream = upstream
        # What an upstream has no way to do is no error each time.
        self._no_fault = (NotTold, NotListed) if hears else (NotTold,)
        self._unread = (NotRead,) if hears else (NotRead, NotListed)
        self._figures = figures
        self._monotonic = monotonic
        self.name = upstream.name
        self.title = upstream.title
        self.capabilities = upstream.capabilities

    def __repr__(self) -> str:
        return f"Counted({self.upstream!r})"

    def list_pending(self) -> list[ApprovalRequest]:
        """Every request that waits. A list that is read in part counts as read, and as an error."""
        try:
            with self._counting("list"):
                waiting = self.upstream.list_pending()
        except PartlyRead as error:
            if not isinstance(error, self._unread):
                self._figures.polled(self.name, self._monotonic())
            raise
        self._figures.polled(self.name, self._monotonic())
        return waiting

    def fetch(self, request_id: str) -> Seen:
        """How one request stands now."""
        with self._counting("fetch"):
            return self.upstream.fetch(request_id)

    def approve(self, request: ApprovalRequest, duration: Duration, decision: Decision) -> Outcome:
        """Say yes, for ``duration``."""
        with self._counting("approve"):
            return self._noted("approve", self.upstream.approve(request, duration, decision))

    def deny(self, request: ApprovalRequest, reason: str, decision: Decision) -> Outcome:
        """Say no."""
        with self._counting("deny"):
            return self._noted("deny", self.upstream.deny(request, reason, decision))

    def watch(self, stop: Event) -> Iterator[None]:
        """Yields whenever the upstream says that a look is worth it."""
        return self.upstream.watch(stop)

    def close(self) -> None:
        """Log off and let go of connections."""
        self.upstream.close()

    @contextmanager
    def _counting(self, operation: str) -> Iterator[None]:
        try:
            yield
        except self._no_fault:
            raise
        except UpstreamError as error:
            self._figures.upstream_failed(self.name, operation, type(error).__name__)
            raise

    def _noted(self, operation: str, outcome: Outcome) -> Outcome:
        """That nobody can tell what became of a decision is an error, too."""
        if outcome.kind is OutcomeKind.UNKNOWN:
            self._figures.upstream_failed(self.name, operation, "UnknownOutcome")
        return outcome
