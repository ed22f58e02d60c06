"""What people and the backup are told in a card's thread, and that Slack takes it."""

import pytest

from slack_bot.blocks.reminder import MOST_MENTIONED, backup_call, reminder
from slack_bot.policy import ChannelPolicy, Seat, Silence, Silences, Tally, Terms
from tests.slack_bot.examples import REQUEST
from tests.slack_bot.shown import taken_by_slack
from upstream_client.models import DAY, HOUR, Risk

APPROVER, SECOND, BACKUP = "U02APPROVER", "U03SECOND", "U08BACKUP"
SRE = "S01SRE"
CALLED = Silence(backup_after=HOUR, backup_users=(BACKUP,), backup_groups=("S02BACKUP",))
NAMED = ChannelPolicy(users=(APPROVER,), terms=Terms(silence=Silences(any=CALLED)))


def tally(*given: str, needed: int = 1, open_seats: tuple[str, ...] = ()) -> Tally:
    return Tally(None, given, needed, open_seats, Risk.MEDIUM)


@pytest.mark.parametrize(
    ("policy", "far", "words"),
    [
        (NAMED, tally(), "<@U02APPROVER>: this has waited for 30 minutes. Nobody has answered yet."),
        (
            ChannelPolicy(users=(APPROVER, SECOND), groups=(SRE,)),
            tally(APPROVER, needed=2),
            "<@U03SECOND> and <!subteam^S01SRE>: this has waited for 30 minutes. "
            "1 of 2 have approved. Still needs 1 more.",
        ),
        (
            ChannelPolicy(users=(APPROVER,), terms=Terms(seats=(Seat(SRE), Seat("S09", 1, Risk.HIGH)))),
            tally(needed=2, open_seats=(SRE,)),
            "<@U02APPROVER> and <!subteam^S01SRE>: this has waited for 30 minutes. "
            "0 of 2 have approved. Still needs 1 of <!subteam^S01SRE> and 1 more.",
        ),
        (
            ChannelPolicy(everyone=True),
            tally(),
            "This has waited for 30 minutes. Nobody has answered yet. Full members of this channel may decide.",
        ),
        (
            ChannelPolicy(registered_by="U04ADMIN"),
            tally(),
            "<@U04ADMIN>: this has waited for 30 minutes. Nobody has answered yet.",
        ),
        (
            ChannelPolicy(users=(APPROVER,), registered_by="U04ADMIN"),
            tally(APPROVER, needed=2),
            "This has waited for 30 minutes. 1 of 2 have approved. Still needs 1 more.",
        ),
        (ChannelPolicy(), tally(APPROVER), "This has waited for 30 minutes."),
        (
            ChannelPolicy(groups=(SRE,)),
            tally(APPROVER, SECOND, needed=2, open_seats=("S08", "S09")),
            "<!subteam^S01SRE>: this has waited for 30 minutes. "
            "2 of 4 have approved. Still needs 1 of <!subteam^S08> and 1 of <!subteam^S09>.",
        ),
    ],
)
def test_who_may_decide_is_told_what_is_missing(policy: ChannelPolicy, far: Tally, words: str) -> None:
    said = reminder(policy, REQUEST, far, 1_800, backup_called=False)

    assert said.text == words
    assert said.blocks[0]["text"] == {"type": "mrkdwn", "text": words}
    taken_by_slack(said)


@pytest.mark.parametrize("allows_own", [False, True])
def test_who_asked_is_not_called_to_approve_it_unless_that_is_allowed(allows_own: bool) -> None:
    """Given an approver who asked for it, who is of the backup too, when people are called, then others are."""
    terms = Terms(
        own_requests=allows_own, silence=Silences(any=CALLED), requesters=((REQUEST.requester, BACKUP),)
    )
    policy = ChannelPolicy(users=(APPROVER, BACKUP), terms=terms)
    said = reminder(policy, REQUEST, tally(), 1_800, backup_called=False)
    assert (f"<@{BACKUP}>" in said.text) is allows_own
    assert f"<@{APPROVER}>" in said.text
    called = backup_call(policy, REQUEST, tally(), 1_800)
    assert (f"<@{BACKUP}>" in called.text) is allows_own
    assert "<!subteam^S02BACKUP>" in called.text


def test_a_backup_that_is_who_asked_alone_is_not_addressed() -> None:
    alone = Silence(backup_after=HOUR, backup_users=(BACKUP,))
    terms = Terms(silence=Silences(any=alone), requesters=((REQUEST.requester, BACKUP),))
    said = backup_call(ChannelPolicy(users=(APPROVER,), terms=terms), REQUEST, tally(), 1_800)
    assert said.text == (
        "This has waited for 30 minutes. Nobody has answered yet. The backup may decide now as well."
    )


def test_the_backup_is_reminded_too_once_it_was_called() -> None:
    said = reminder(NAMED, REQUEST, tally(), 7_200, backup_called=True)

    assert said.text.startswith("<@U02APPROVER>, <@U08BACKUP> and <!subteam^S02BACKUP>: this")


def test_the_backup_is_told_that_it_may_decide_now() -> None:
    said = backup_call(NAMED, REQUEST, tally(APPROVER, needed=2), HOUR)

    assert said.text == (
        "<@U08BACKUP> and <!subteam^S02BACKUP>: this has waited for 60 minutes. "
        "1 of 2 have approved. Still needs 1 more. You are the backup: you may decide now as well."
    )
    taken_by_slack(said)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "less than a minute"),
        (59, "less than a minute"),
        (60, "1 minute"),
        (119, "1 minute"),
        (120, "2 minutes"),
        (2 * HOUR - 1, "119 minutes"),
        (2 * HOUR, "2 hours"),
        (2 * DAY - 1, "47 hours"),
        (3 * DAY, "3 days"),
    ],
)
def test_how_long_it_has_waited_is_told_roughly(seconds: int, words: str) -> None:
    said = reminder(NAMED, REQUEST, tally(), seconds, backup_called=False)

    assert f"this has waited for {words}." in said.text


def test_a_long_list_is_mentioned_in_part() -> None:
    many = ChannelPolicy(users=tuple(f"U{number:019}" for number in range(400)))

    said = reminder(many, REQUEST, tally(), 1_800, backup_called=False)

    assert said.text.count("<@") == MOST_MENTIONED
    assert " and 350 others: this has waited" in said.text
    taken_by_slack(said)


@pytest.mark.parametrize("everyone", [False, True])
def test_nobody_is_called_who_was_not_named(everyone: bool) -> None:
    policy = ChannelPolicy(users=(APPROVER,), groups=(SRE,), everyone=everyone)

    said = reminder(policy, REQUEST, tally(), 1_800, backup_called=False)

    assert not any(loud in str(said.message()) for loud in ("<!channel", "<!here", "<!everyone"))
