"""How many calls GitHub still takes, as its answers tell.

docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api: 5,000 calls an hour and user; after a refusal
wait as Retry-After says, else until x-ratelimit-reset where x-ratelimit-remaining is 0, else for a minute.
"""

import threading
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime

from upstream_client.exceptions import Throttled
from upstream_client.session import LEAST_WAIT, LONGEST_WAIT, Answer

SECONDARY_WAIT = 60.0
RESERVE = 200
"""So many calls are kept for what has to be: with fewer left nothing is read that is only good to know."""
REFUSALS = (403, 429)
WORDS = ("rate limit", "abuse detection")
TOO_MANY = "GitHub takes no more calls of GITHUB_TOKEN for now."


class Limits:
    """Threads share one. ``monotonic`` tells seconds."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._until: float | None = None
        self._remaining: int | None = None

    @property
    def is_scarce(self) -> bool:
        """Whether so few calls are left that none is spent on what is only good to know."""
        with self._lock:
            return self._remaining is not None and self._remaining < RESERVE

    def check(self) -> None:
        """Raises `Throttled` while GitHub wants no call: going on may get the token banned."""
        with self._lock:
            left = 0.0 if self._until is None else self._until - self._monotonic()
        if left > 0:
            raise Throttled(TOO_MANY, max(left, LEAST_WAIT))

    def note(self, answer: Answer) -> None:
        """What an answer tells of the limits. Raises `Throttled` where it is a refusal for that reason."""
        remaining = _number(answer, "x-ratelimit-remaining")
        is_refused = answer.status in REFUSALS and _is_for_limits(answer, remaining)
        wait = _wait(answer, remaining) if is_refused else None
        with self._lock:
            self._remaining = self._remaining if remaining is None else remaining
            if wait is not None:
                self._until = self._monotonic() + wait
        if wait is not None:
            raise Throttled(TOO_MANY, wait)


def _is_for_limits(answer: Answer, remaining: int | None) -> bool:
    """A plain 403 is for what the token may not do."""
    said = answer.text[:2000].casefold()
    has_words = any(word in said for word in WORDS)
    return answer.status == 429 or "Retry-After" in answer.headers or remaining == 0 or has_words


def _wait(answer: Answer, remaining: int | None) -> float:
    """Seconds."""
    if "Retry-After" in answer.headers:
        return answer.retry_after
    reset = _number(answer, "x-ratelimit-reset")
    if remaining == 0 and reset is not None:
        return min(max(reset - _clock_of(answer), LEAST_WAIT), LONGEST_WAIT)
    return SECONDARY_WAIT


def _clock_of(answer: Answer) -> float:
    """GitHub's own time, in seconds since 1970 UTC: ours may be wrong."""
    try:
        return parsedate_to_datetime(answer.headers["Date"]).timestamp()
    except (KeyError, ValueError):
        return time.time()


def _number(answer: Answer, header: str) -> int | None:
    text = answer.headers.get(header, "")
    return int(text) if text.isascii() and text.isdecimal() else None
