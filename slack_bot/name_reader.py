"""The name reader: asks Slack what the registered channels are called, for requests that wish for one by name."""

import threading
from collections.abc import Callable, Sequence

import structlog
from slack_sdk import WebClient

from slack_bot.channel_store import ChannelStore
from slack_bot.kept_names import keep_name, kept_names
from slack_bot.ledger import Ledger
from slack_bot.placement import Placement
from slack_bot.slack_api import RateLimited, Refused, SlackFailure, call

INFO = "conversations.info"
EVERY = 600.0
"""Seconds after which a name is read again: channels are renamed."""
REFUSED_AGAIN = 60.0
"""Seconds after which Slack is asked again for a name that nobody knows, and that it refused to tell."""
AGAIN_AFTER = 5.0
"""Seconds between two tries where Slack does not answer."""
UNKNOWN = (
    "I do not know what the channel {channel} is called ({why}). Until I do, requests that wish for a channel by a "
    "name I do not know wait, and no schedule answers them. Invite me there and give the app channels:read, for "
    "private channels groups:read; or remove the channel."
)
NOT_ASKED = "Slack asks me to wait"

log = structlog.get_logger(__name__)


class NameReader:
    """Reconciler: Slack → the names by which requests are placed. Used by one thread.

    A name that cannot be read is the one that was read last, by whichever replica; where there is none, nobody
    knows it, which is something else than a channel without a name.

    https://docs.slack.dev/reference/methods/conversations.info (channels:read, in a private channel groups:read)
    """

    def __init__(
        self,
        client: WebClient,
        ledger: Ledger,
        channels: ChannelStore,
        placement: Placement,
        monotonic: Callable[[], float],
        changed: Callable[[], None],
        notes: list[str],
    ) -> None:
        """``changed`` is told where a channel has another name than before, or one more is known.

        ``notes`` say of each whose name nobody knows what the operator should do.
        """
        self._client = client
        self._ledger = ledger
        self._channels = channels
        self._placement = placement
        self._monotonic = monotonic
        self._changed = changed
        self._notes = notes
        self._names: dict[str, str] = {}
        self._due: dict[str, float] = {}
        self._why: dict[str, str] = {}
        self._said: dict[str, str] = {}
        self._rest_until = 0.0
        self._stopping = threading.Event()

    def stop(self) -> None:
        """No new call."""
        self._stopping.set()

    def work(self, now: int) -> float | None:
        """Reads the names that are due. Returns seconds until the next one is."""
        registered = [one.id for one in self._channels.all()]
        for known in (self._due, self._why):
            for channel in known.keys() - set(registered):
                del known[channel]
        self._learn(registered)
        for channel in sorted(registered, key=lambda one: self._due.get(one, 0.0)):
            if self._wait(channel) <= 0 and not self._stopping.is_set():
                self._read(channel, now)
        self._learn(registered)
        self._tell_operator(registered)
        return min((self._wait(channel) for channel in registered), default=EVERY)

    def _learn(self, registered: Sequence[str]) -> None:
        """Of what is kept, by whichever replica, what is registered."""
        with self._ledger.read() as connection:
            kept = kept_names(connection)
        names = {channel: kept[channel] for channel in registered if channel in kept}
        if names != self._names:
            self._names = names
            self._placement.know(names)
            self._changed()

    def _wait(self, channel: str) -> float:
        return max(0.0, max(self._due.get(channel, 0.0), self._rest_until) - self._monotonic())

    def _read(self, channel: str, now: int) -> None:
        """Where Slack asks to wait, or does not answer, no other one is read either for a while."""
        try:
            answer = call(self._client, INFO, {"channel": channel})
        except RateLimited as limited:
            self._failed(channel, limited, limited.retry_after)
            self._rest_until = self._due[channel]
        except Refused as refused:
            self._failed(channel, refused, EVERY if channel in self._names else REFUSED_AGAIN)
        except SlackFailure as failure:
            self._failed(channel, failure, AGAIN_AFTER)
            self._rest_until = self._due[channel]
        else:
            self._due[channel] = self._monotonic() + EVERY
            told = answer.get("channel")
            self._keep(channel, str(told.get("name") or "") if isinstance(told, dict) else "", now)

    def _keep(self, channel: str, name: str, now: int) -> None:
        if not name:
            self._why[channel] = "Slack tells no name"
            return
        self._why.pop(channel, None)
        if name != self._names.get(channel):
            keep_name(self._ledger, channel, name, now)

    def _failed(self, channel: str, failure: SlackFailure, again_after: float) -> None:
        self._due[channel] = self._monotonic() + again_after
        if self._why.get(channel) != str(failure):
            log.warning("a channel's name could not be read", channel=channel, why=str(failure))
        self._why[channel] = str(failure)

    def _tell_operator(self, registered: Sequence[str]) -> None:
        """Once for each channel, and for each reason."""
        unknown = {
            channel: UNKNOWN.format(channel=channel, why=self._why.get(channel, NOT_ASKED))
            for channel in registered
            if channel not in self._names
        }
        for channel, note in list(self._said.items()):
            if unknown.get(channel) != note:
                self._notes.remove(self._said.pop(channel))
        for channel in unknown.keys() - self._said.keys():
            self._said[channel] = unknown[channel]
            self._notes.append(unknown[channel])
