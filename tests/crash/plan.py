"""What a seed means: who asks, who presses what, what goes wrong, and where the bot dies."""

import random
from dataclasses import dataclass
from typing import Any

from tests.crash.boundary import BOUNDARIES, Boundary, Death
from tests.rig import APPROVALS, APPROVER, OUTSIDER, SECOND_APPROVER, SECOND_CHANNEL

APPROVERS = (APPROVER, SECOND_APPROVER)
APPROVE, DENY = "approve_request", "deny_request"
REQUESTER_EMAIL = "requester@example.com"
UPSTREAM_FAULTS = (
    "server_error",
    "server_error_after",
    "reset",
    "reset_before",
    "garbage",
    "empty",
    "conflict",
    "unauthorized",
    "error_in_200",
)
"""What may become of a verdict on its way; a time-out takes half a minute, and has tests of its own."""
SLACK_FAULTS = ("server_error", "reset", "internal_error")
MOST_DEATHS = 3


@dataclass(frozen=True, slots=True)
class Press:
    """Somebody presses a button on a card, perhaps twice in the same moment."""

    user: str
    channel: str
    action: str
    double: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """A request, and what people press on its cards, in this order; ``late`` once it is settled.

    ``upstream_fault`` befalls its first verdict, ``slack_fault`` a call of ``slack_method``; "" for none.
    ``elsewhere`` is the verdict of somebody in the upstream's console after the first press, "" for nobody.
    ``delivered_twice``: the first two envelopes are.
    """

    facts: dict[str, Any]
    presses: tuple[Press, ...]
    late: Press
    upstream_fault: str = ""
    slack_fault: str = ""
    slack_method: str = "chat.update"
    elsewhere: str = ""
    delivered_twice: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """One run. ``needed``: how many must approve. ``deaths`` end one life each; the life after them is the last."""

    seed: int
    channels: tuple[str, ...]
    needed: int
    questions: tuple[Question, ...]
    deaths: tuple[Death, ...]

    @property
    def last_words(self) -> str:
        """How people end what still waits: with their approvals, or a denial."""
        return self.questions[0].presses[0].action

    @property
    def one_more(self) -> Question:
        """To which nothing happens, so that every step is taken; asked where a death has not come yet."""
        here = self.channels[0]
        presses = tuple(Press(user, here, APPROVE) for user in APPROVERS)
        return Question({"reason": "one more"}, presses, late=Press(OUTSIDER, here, APPROVE))


def plan(seed: int) -> Plan:
    """The same for the same seed. Any 14 seeds in a row visit each boundary at least once."""
    dice = random.Random(seed)
    channels = (APPROVALS, SECOND_CHANNEL) if dice.random() < 0.3 else (APPROVALS,)
    needed = 2 if dice.random() < 0.4 else 1
    questions = tuple(_question(dice, channels, number) for number in range(dice.choice((1, 1, 2))))
    return Plan(seed, channels, needed, questions, _deaths(dice, seed))


def _deaths(dice: random.Random, seed: int) -> tuple[Death, ...]:
    """Two whose turn it is, and perhaps others."""
    turn = 2 * seed
    boundaries: list[Boundary] = [BOUNDARIES[(turn + more) % len(BOUNDARIES)] for more in range(2)]
    boundaries += [dice.choice(BOUNDARIES) for _ in range(dice.randrange(MOST_DEATHS - 1))]
    return tuple(Death(boundary, nth=dice.choice((1, 1, 2))) for boundary in boundaries)


def _question(dice: random.Random, channels: tuple[str, ...], number: int) -> Question:
    reason = dice.choice(("needs it today", "<!channel> & <@U04ADMIN>", "x" * 3_001, "\u202eמחר 🚒", ""))
    facts = {"reason": reason, "computer": f"WKS-{number}"}
    return Question(
        facts=facts | ({"email": REQUESTER_EMAIL} if dice.random() < 0.5 else {}),
        presses=tuple(_press(dice, channels) for _ in range(dice.randint(1, 4))),
        late=_press(dice, channels),
        upstream_fault=dice.choice(UPSTREAM_FAULTS) if dice.random() < 0.5 else "",
        slack_fault=dice.choice(SLACK_FAULTS) if dice.random() < 0.3 else "",
        slack_method=dice.choice(("chat.postMessage", "chat.update", "chat.postEphemeral")),
        elsewhere=dice.choice(("approve", "deny")) if dice.random() < 0.15 else "",
        delivered_twice=dice.random() < 0.2,
    )


def _press(dice: random.Random, channels: tuple[str, ...]) -> Press:
    user = dice.choice((*APPROVERS, *APPROVERS, OUTSIDER))
    action = APPROVE if dice.random() < 0.7 else DENY
    return Press(user, dice.choice(channels), action, double=dice.random() < 0.3)
