"""The signpost: tells an upstream that wants to know it which channels there are, and where its cards stand."""

import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple
from urllib.parse import quote

import structlog
from sqlalchemy import select

from slack_bot.channel_store import ChannelStore
from slack_bot.ledger import Ledger, cards, requests
from slack_bot.operator_note import OperatorNote
from slack_bot.placement import Placement
from slack_bot.rows import CardState, State
from upstream_client.base import Told
from upstream_client.exceptions import Refused, Throttled, UpstreamError
from upstream_client.models import ChannelName

TELL_AGAIN = 600.0
"""Seconds after which the channels are told once more, whatever became of what was told before."""
REFUSED = (
    "{upstream} does not take the list of channels ({why}). Its requests that wish for a channel wait, or go by "
    "the list that it has."
)
LEAST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds between two tries where the upstream does not answer; each twice as long as the one before."""

log = structlog.get_logger(__name__)


class _Stand(NamedTuple):
    """A card that stands in a channel, and its request's wish."""

    upstream_id: str
    wish: str
    channel: str
    ts: str


class Signpost:
    """Reconciler: ledger → where an upstream believes its cards to stand, for one upstream. Used by one thread.

    What was told is remembered by this process alone: a restart, or another replica, tells it again, which changes
    nothing.
    """

    def __init__(
        self,
        upstream: Told,
        name: str,
        ledger: Ledger,
        channels: ChannelStore,
        placement: Placement,
        workspace: str,
        monotonic: Callable[[], float],
        notes: list[str],
    ) -> None:
        """``name`` is the upstream's in the ledger; ``workspace`` is where people open Slack, "" for unknown.

        ``notes`` say what the operator should do where the upstream refuses the channels.
        """
        self._upstream = upstream
        self._name = name
        self._ledger = ledger
        self._channels = channels
        self._placement = placement
        self._workspace = workspace
        self._monotonic = monotonic
        self._note = OperatorNote(notes)
        self._told_channels: tuple[ChannelName, ...] | None = None
        self._tell_channels_at = 0.0
        self._told: dict[str, str] = {}
        self._failures = 0
        self._rest_until = 0.0
        self._stopping = threading.Event()
        self._log = log.bind(upstream=name)

    def stop(self) -> None:
        """No new call."""
        self._stopping.set()

    def work(self, now: int) -> float | None:
        """Tells what the upstream has not heard yet. Returns seconds until there may be more to tell."""
        rest = self._rest_until - self._monotonic()
        if rest > 0:
            return rest
        try:
            self._tell_channels()
            self._tell_cards()
        except UpstreamError as error:
            return self._rest(error)
        if self._failures:
            self._log.info("the upstream is told again where its cards are")
        self._failures = 0
        return max(0.0, self._tell_channels_at - self._monotonic())

    def _tell_channels(self) -> None:
        """An upstream that does not want them is not asked to take the same ones at once again.

        A channel whose name is not known is told without one, so that the upstream knows that it cannot tell what
        a name means. Nothing is told while there may be more channels than are known.
        """
        there = tuple(ChannelName(one.id, self._placement.name_of(one.id)) for one in self._channels.all())
        if there == self._told_channels and self._monotonic() < self._tell_channels_at:
            return
        if self._stopping.is_set():
            return
        if self._channels.incomplete:
            self._tell_channels_at = self._monotonic() + LONGEST_PAUSE
            return
        try:
            self._upstream.tell_channels(there)
        except Refused as error:
            self._log.warning("the upstream does not take the channels", why=str(error))
            self._note.say(REFUSED.format(upstream=self._name, why=error))
        else:
            self._note.say("")
        self._told_channels = there
        self._tell_channels_at = self._monotonic() + TELL_AGAIN

    def _tell_cards(self) -> None:
        stand = self._stand() if self._workspace else {}
        for gone in self._told.keys() - stand.keys():
            del self._told[gone]
        for request_id, url in stand.items():
            if self._told.get(request_id) != url and not self._stopping.is_set():
                self._tell_card(request_id, url)

    def _tell_card(self, request_id: str, url: str) -> None:
        try:
            self._upstream.tell_card(request_id, url)
        except Refused as error:
            self._log.warning(
                "the upstream does not take a card's address", upstream_id=request_id, why=str(error)
            )
        self._told[request_id] = url

    def _stand(self) -> dict[str, str]:
        """Of each request that waits and has a card, by the upstream's id, where that is."""
        ids = [one.id for one in self._channels.all()]
        query = (
            select(requests.c.upstream_id, requests.c.wish, cards.c.channel, cards.c.ts)
            .join(cards, cards.c.request_key == requests.c.key)
            .where(
                requests.c.upstream == self._name,
                requests.c.state == State.PENDING,
                cards.c.state == CardState.POSTED,
                cards.c.channel.in_(ids),
            )
            .order_by(cards.c.claimed_at, cards.c.channel)
        )
        with self._ledger.read() as connection:
            found = [_Stand(*row) for row in connection.execute(query)]
        by_request: dict[str, list[_Stand]] = {}
        for one in found:
            by_request.setdefault(one.upstream_id, []).append(one)
        return {upstream_id: self._url(self._best(stand)) for upstream_id, stand in by_request.items()}

    def _best(self, stand: Sequence[_Stand]) -> _Stand:
        """Where it was wished for, else in the default channel, else the oldest."""
        default = self._channels.default
        wanted = [self._placement.channel_for(stand[0].wish), "" if default is None else default.id]
        there = {one.channel: one for one in stand}
        return next((there[channel] for channel in wanted if channel in there), stand[0])

    def _url(self, stand: _Stand) -> str:
        """As Slack's own permalinks are made: https://docs.slack.dev/reference/methods/chat.getPermalink."""
        place = f"archives/{quote(stand.channel, safe='')}/p{quote(stand.ts.replace('.', ''), safe='')}"
        return self._workspace + place

    def _rest(self, error: UpstreamError) -> float:
        pause = min(LEAST_PAUSE * 2.0 ** min(self._failures, 20), LONGEST_PAUSE)
        seconds = max(pause, error.retry_after if isinstance(error, Throttled) else 0.0)
        if not self._failures:
            self._log.warning("the upstream is not told where its cards are", why=str(error), seconds=seconds)
        self._failures += 1
        self._rest_until = self._monotonic() + seconds
        return seconds
