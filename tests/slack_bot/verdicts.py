"""Steps of a verdict on its way to the upstream, and what must hold at its end."""

from slack_bot.rows import State
from tests.rig import APPROVER, Rig, has_buttons

DONE = {"approve": "Approved", "deny": "Denied"}
BUTTON = {"approve": "approve_request", "deny": "deny_request"}


def decide(rig: Rig, verdict: str, user: str = APPROVER) -> None:
    """Somebody presses; the vote is counted and nothing is sent yet."""
    rig.press(user, BUTTON[verdict])
    rig.step("clerk")
    assert rig.row().state is State.DECIDED


def carry(rig: Rig) -> float | None:
    """One step of the applier, after which the card is drawn."""
    wait = rig.step("applier")
    rig.clock.advance(0.5)
    rig.step("publisher")
    return wait


def decisions(rig: Rig, request: str) -> int:
    return int(rig.upstream_request(request)["decisions"])


def never_more_than_once(rig: Rig, request: str, verdict: str) -> None:
    """Taken once upstream, and only then said without a condition."""
    upstream = rig.upstream_request(request)
    assert (upstream["status"], upstream["decisions"]) == (DONE[verdict], 1)
    assert rig.row().state.value == DONE[verdict].lower()
    assert rig.headline() == f"{DONE[verdict]} by Approver"
    assert not has_buttons(rig.card())
