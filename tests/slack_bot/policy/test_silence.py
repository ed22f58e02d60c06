"""What is said first where two things are due at once."""

from slack_bot.clock import MINUTE, SECOND
from slack_bot.policy import Call, Silence, Waiting, call_due

SHOWN = 1_795_168_800 * SECOND


def test_where_both_are_due_at_the_same_moment_people_are_reminded_first() -> None:
    silence = Silence(remind_after=1_800, backup_after=1_800, backup_users=("U03SECOND",))
    due = SHOWN + 30 * MINUTE
    assert call_due(silence, Waiting(SHOWN), due - 1) is None
    assert call_due(silence, Waiting(SHOWN), due) is Call.REMINDER
    assert call_due(silence, Waiting(SHOWN, reminders=1, reminded_at=due), due) is Call.BACKUP
