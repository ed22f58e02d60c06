"""Steps of a verdict on its way to the upstream, and what must hold at its end."""

from slack_bot.blocks import button_value
from slack_bot.inbox import Inbox
from slack_bot.listeners.buttons import KIND, Click
from slack_bot.rows import State, cards_of
from tests.rig import APPROVALS, APPROVER, Rig, has_buttons

DONE = {"approve": "Approved", "deny": "Denied"}
BUTTON = {"approve": "approve_request", "deny": "deny_request"}


def decide(rig: Rig, verdict: str, user: str = APPROVER) -> None:
    """Somebody presses; the vote is counted and nothing is sent yet."""
    rig.press(user, BUTTON[verdict])
    rig.step("clerk")
    assert rig.row().state is State.DECIDED


def press_here(rig: Rig, user: str, channel: str = APPROVALS, **fields: object) -> None:
    """A press that certainly reaches this bot, though others listen too: saved as the listener saves it.

    Approves the newest card in the channel, unless ``fields`` say something else.
    """
    row = rig.row()
    with rig.ledger.read() as connection:
        shown = next(card for card in cards_of(connection, row.key) if card.channel == channel)
    pressed = {
        "user": user,
        "channel": channel,
        "message_ts": shown.ts,
        "action_id": BUTTON["approve"],
        "action_ts": "1.000001",
        "value": button_value(row),
        "duration": None,
    }
    click = Click.model_validate(pressed | fields)
    box = Inbox(rig.ledger, rig.clock.now, lambda: None)
    assert box.save(
        KIND, click.once_key, channel=click.channel, user_id=click.user, payload=click.model_dump_json()
    )


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
