"""Why what somebody pressed, wrote or asked for is not done."""

from collections.abc import Mapping

from slack_bot.clock import MINUTE
from slack_bot.inbox import Item

COUNTS_FOR = 15 * MINUTE
"""What waited longer is not done any more: the person may have changed their mind."""


class No(Exception):
    """Why nothing is done: the rule's name for the audit log, and words for the person."""

    def __init__(self, rule: str, answer: str, *, security: bool = False, policy: str = "") -> None:
        """``policy`` is the text of the channel's policy, where that says no."""
        super().__init__(rule)
        self.rule, self.answer, self.security, self.policy = rule, answer, security, policy

    def worded(self, instead: Mapping[str, str]) -> "No":
        """The same, in other words where ``instead`` has some for these."""
        words = instead.get(self.answer, self.answer)
        return No(self.rule, words, security=self.security, policy=self.policy)


def is_too_old(item: Item, now: int) -> bool:
    """Whether it waited too long.

    What comes from the future is of before the clock was set back: nobody can tell how old it is.
    """
    return not -MINUTE <= now - item.received_at <= COUNTS_FOR
