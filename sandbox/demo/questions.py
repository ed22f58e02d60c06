"""Plausible questions for the gate: those of an agent that answers customers, and of a pipeline."""

import random
from collections.abc import Iterator
from itertools import cycle

from pydantic import JsonValue

Question = dict[str, JsonValue]

LIFE = 240
"""Seconds that a question waits for its answer: less than the gate holds a call, and soon enough to be seen."""
AMOUNTS = (500, 180, 740, 95)
"""Euros; from HIGH on, the agent calls it a high risk, for which two people have to approve."""
HIGH = 700
GRIEVANCES = (
    "The parcel came back undelivered, and the customer does not want it sent again.",
    "The lamp arrived broken; the customer sent pictures.",
    "Charged twice for the same order, says the payment log.",
)
WORKS = (
    "Its kernel is two releases behind; it is rebooted when it is empty.",
    "The disk reports errors, the replacement is there.",
    "It moves to the other rack this afternoon.",
)


def demo_questions(seed: int) -> Iterator[Question]:
    """Endless bodies for the gate's POST /v1/hold, alternating; the same ones for the same ``seed``."""
    chance = random.Random(seed)  # noqa: S311 - it picks demo data, no secrets
    for amount in cycle(AMOUNTS):
        yield _refund(amount, chance)
        yield _drain(chance)


def _refund(amount: int, chance: random.Random) -> Question:
    order = f"A-{chance.randrange(10_000, 100_000)}"
    return {
        "title": f"Refund {amount} euros for order {order}",
        "action": "refund",
        "arguments": {"order": order, "amount": amount, "currency": "EUR"},
        "requester": "support agent",
        "justification": chance.choice(GRIEVANCES),
        "risk": "high" if amount >= HIGH else "medium",
        "labels": {"Agent": "SupportBot", "Scope": "refund:large"},
        "expires_in": LIFE,
    }


def _drain(chance: random.Random) -> Question:
    node = f"node-{chance.randrange(1, 13)}"
    return {
        "title": f"Drain {node}",
        "action": "kubectl drain",
        "arguments": {"node": node, "grace_period": chance.choice((30, 120)), "ignore_daemonsets": True},
        "requester": "maintenance pipeline",
        "justification": chance.choice(WORKS),
        "risk": "medium",
        "labels": {"pipeline": "node-maintenance", "environment": "prod"},
        "expires_in": LIFE,
    }
