"""What our comments at GitHub begin with: which wait they answer, since its reviews do not tell that. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from upstream_client.github_actions.reference import Reference

_MARK: Final = re.compile(
    r"\(attempt (?P<attempt>[0-9]{1,9}) of run (?P<run>[0-9]{1,19})(?:, review (?P<review>[0-9]{1,9}))?"
    r"(?:, timer since (?P<timer>[0-9TZ:.-]{1,40}))?\)"
)


@dataclass(frozen=True, slots=True)
class Mark:
    """``reviewed``: how many reviews of the environment there were before. ``timer``: since when its timer ran."""

    attempt: int
    run: int
    reviewed: int = 0
    timer: str = ""

    def __str__(self) -> str:
        """The words that a comment begins with."""
        review = f", review {self.reviewed + 1}" if self.reviewed else ""
        timer = f", timer since {self.timer}" if self.timer else ""
        return f"(attempt {self.attempt} of run {self.run}{review}{timer})"

    def is_of_attempt(self, told: Reference) -> bool:
        """Whether it answers a wait of the same attempt of the same run."""
        return (self.run, self.attempt) == (told.run, told.attempt)

    def is_of(self, told: Reference) -> bool:
        """Whether it answers this very wait."""
        return self.is_of_attempt(told) and self.reviewed == told.reviewed


def mark_of(told: Reference, timer_since: int | None) -> Mark:
    """For a decision of one wait. ``timer_since``: microseconds since 1970 UTC, None for no timer."""
    return Mark(told.attempt, told.run, told.reviewed, timer_text(timer_since))


def timer_text(timer_since: int | None) -> str:
    """As a mark has it; "" for no timer."""
    if timer_since is None:
        return ""
    return f"{datetime.fromtimestamp(timer_since // 1_000_000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def read_mark(comment: str) -> Mark | None:
    """What a comment begins with; None where it is somebody's own words."""
    found = _MARK.match(comment)
    if found is None:
        return None
    review = int(found["review"] or 1)
    return Mark(int(found["attempt"]), int(found["run"]), max(review, 1) - 1, found["timer"] or "")
