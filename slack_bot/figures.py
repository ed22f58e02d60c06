"""What the bot's process counts since its start, for its metrics. Any thread may count."""

import threading
from collections import Counter
from collections.abc import Mapping


class Figures:
    """Numbers that only go up, by what they are of, and when each upstream was read and a save failed last."""

    def __init__(self) -> None:
        self._counting = threading.Lock()
        self._slack_calls = Counter[tuple[str, ...]]()
        self._upstream_errors = Counter[tuple[str, ...]]()
        self._webhooks = Counter[tuple[str, ...]]()
        self._slack_posts = Counter[tuple[str, ...]]()
        self._polled: dict[str, float] = {}
        self._save_failed_at: float | None = None

    def slack_called(self, method: str, outcome: str) -> None:
        """A call of Slack's Web API is over."""
        with self._counting:
            self._slack_calls[method, outcome] += 1

    def upstream_failed(self, upstream: str, operation: str, error: str) -> None:
        """An upstream did not do what was asked of it; ``error`` is the error's name."""
        with self._counting:
            self._upstream_errors[upstream, operation, error] += 1

    def webhook_came(self, upstream: str, outcome: str) -> None:
        """Somebody called a webhook's address."""
        with self._counting:
            self._webhooks[upstream, outcome] += 1

    def slack_posted(self, outcome: str) -> None:
        """Somebody called an address that is for Slack."""
        with self._counting:
            self._slack_posts[(outcome,)] += 1

    def polled(self, upstream: str, at: float) -> None:
        """The upstream has told what waits; ``at`` is in seconds of the monotonic clock."""
        with self._counting:
            self._polled[upstream] = at

    def polled_at(self, upstream: str) -> float | None:
        """When that was last; None where it never was."""
        return self._polled.get(upstream)

    def save_failed(self, at: float) -> None:
        """Something that came could not be saved; ``at`` is in seconds of the monotonic clock."""
        with self._counting:
            self._save_failed_at = at

    @property
    def save_failed_at(self) -> float | None:
        """When that was last; None where it never was."""
        return self._save_failed_at

    @property
    def slack_calls(self) -> Mapping[tuple[str, ...], int]:
        """By method and outcome."""
        with self._counting:
            return dict(self._slack_calls)

    @property
    def upstream_errors(self) -> Mapping[tuple[str, ...], int]:
        """By upstream, operation and the error's name."""
        with self._counting:
            return dict(self._upstream_errors)

    @property
    def webhooks(self) -> Mapping[tuple[str, ...], int]:
        """By upstream and what became of them."""
        with self._counting:
            return dict(self._webhooks)

    @property
    def slack_posts(self) -> Mapping[tuple[str, ...], int]:
        """By what became of them."""
        with self._counting:
            return dict(self._slack_posts)
