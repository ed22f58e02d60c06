"""The boundaries between the bot's steps, at which it may die."""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Self


class Step(StrEnum):
    """One thing that is done and cannot be undone, in the order in which a question travels."""

    SEEN = "seen"
    """The request is in the ledger."""
    CLAIMED = "claimed"
    """The right to post its card is in the ledger."""
    POSTED = "posted"
    """Slack has the card."""
    RECORDED = "recorded"
    """The card's ts is in the ledger."""
    SAVED = "saved"
    """A press is in the inbox."""
    ACKNOWLEDGED = "acknowledged"
    """Slack has the acknowledgement."""
    VOTED = "voted"
    """The vote, and perhaps the verdict, is in the ledger."""
    INTENDED = "intended"
    """That the verdict is about to be sent is in the ledger."""
    CALLED = "called"
    """The upstream has the verdict."""
    LEARNED = "learned"
    """What the upstream did with it is in the ledger."""
    UPDATED = "updated"
    """Slack has the card as it stands now."""
    DRAWN = "drawn"
    """That it has is in the ledger."""
    TAKEN = "taken"
    """The right to send a private answer is in the ledger."""
    TOLD = "told"
    """Slack has the private answer."""


class Moment(StrEnum):
    """Just before the step is done, or just after."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Boundary:
    """One side of a step."""

    step: Step
    moment: Moment

    def __str__(self) -> str:
        return f"{self.moment} {self.step}"


BOUNDARIES = tuple(Boundary(step, moment) for step in Step for moment in Moment)


@dataclass(frozen=True, slots=True)
class Death:
    """Where one life of the bot ends: where it is at this boundary for the ``nth`` time."""

    boundary: Boundary
    nth: int = 1

    def __str__(self) -> str:
        return f"{self.boundary} ({self.nth})"

    def as_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        read = json.loads(text)
        boundary = Boundary(Step(read["boundary"]["step"]), Moment(read["boundary"]["moment"]))
        return cls(boundary, read["nth"])
