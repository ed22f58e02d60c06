"""The inbox is worked off, whatever Slack answers, and every private answer reaches its person once."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from structlog.testing import capture_logs

from sandbox import Sandbox
from sandbox.timing import Timing
from slack_bot.clerk import ANSWERS_A_ROUND, reply_origins
from slack_bot.directory import FAILURES_REMEMBERED
from slack_bot.ledger import inbox
from slack_bot.policy import ChannelPolicy
from slack_bot.rows import State
from tests.rig import (
    ADMIN,
    APPROVALS,
    APPROVER,
    APPROVERS,
    OUTSIDER,
    REQUESTER,
    SECOND_APPROVER,
    SECOND_CHANNEL,
    Rig,
    has_buttons,
)

GROUP, PERSON, MEMBERS = "usergroups.users.list", "users.info", "conversations.members"
ANSWER, REPLY = "chat.postEphemeral", "response_url"
NO_APPROVER = "You are not an approver here"


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with impatient(sandbox, tmp_path) as running:
        yield running


def impatient(
    sandbox: Sandbox, folder: Path, policy: ChannelPolicy = APPROVERS, channel: str = APPROVALS
) -> Rig:
    """Not yet running; waits for Slack for a second."""
    made = Rig(sandbox, folder, {channel: policy})
    made.slack_timeout = 2
    return made


def calls(rig: Rig, method: str) -> list[dict[str, Any]]:
    return rig.control.calls(method)


@pytest.mark.parametrize("method", [GROUP, PERSON])
def test_while_slack_limits_the_look_ups_a_press_waits_and_then_counts(rig: Rig, method: str) -> None:
    request = rig.ask()
    rig.control.faults(method=method, kind="ratelimited", retry_after=25)
    rig.press(APPROVER, "approve_request")
    wait = rig.step("clerk")
    assert wait is not None
    assert 23 < wait <= 25
    assert rig.row().state is State.PENDING
    rig.press(SECOND_APPROVER, "deny_request")
    rig.step("clerk")
    assert len(calls(rig, method)) == 1
    rig.run()
    assert rig.headline() == "Approved by Approver"
    assert rig.upstream_request(request)["decisions"] == 1
    assert "You were not the first" in rig.told(SECOND_APPROVER)[0]


def test_a_press_for_which_slack_told_nothing_in_a_quarter_of_an_hour_is_not_counted(rig: Rig) -> None:
    rig.ask()
    rig.control.faults(method=GROUP, kind="ratelimited", retry_after=3600)
    rig.press(APPROVER, "approve_request")
    rig.step("clerk")
    rig.clock.advance(15 * 60 + 2)
    rig.run()
    assert "please press again" in rig.told(APPROVER)[0]
    assert has_buttons(rig.card())


@pytest.mark.parametrize(
    ("method", "kind", "words"),
    [
        (
            GROUP,
            "server_error",
            "I cannot read from Slack who is in <!subteam^S01APPROVERS>: it does not answer.",
        ),
        (GROUP, "timeout", "I cannot read from Slack who is in <!subteam^S01APPROVERS>: it does not answer."),
        (GROUP, "reset", "I cannot read from Slack who is in <!subteam^S01APPROVERS>: it does not answer."),
        (GROUP, "missing_scope", "An admin has to give the app the scope usergroups:read."),
        (GROUP, "no_such_subteam", "(no_such_subteam). Please tell an admin."),
        (GROUP, "plan_upgrade_required", "(plan_upgrade_required). Please tell an admin."),
        (PERSON, "server_error", "I cannot read from Slack who you are: it does not answer. Try again."),
        (PERSON, "missing_scope", "An admin has to give the app the scope users:read."),
        (PERSON, "user_not_found", "I cannot read from Slack who you are (user_not_found)."),
        (PERSON, "internal_error", "I cannot read from Slack who you are: it does not answer. Try again."),
    ],
)
def test_when_nobody_can_tell_whether_somebody_may_decide_the_answer_is_no_in_words_of_its_own(
    rig: Rig, method: str, kind: str, words: str
) -> None:
    request = rig.ask()
    rig.control.faults(method=method, kind=kind)
    rig.press(APPROVER, "approve_request")
    rig.run()
    assert [words in told for told in rig.told(APPROVER)] == [True]
    assert NO_APPROVER not in rig.told(APPROVER)[0]
    assert has_buttons(rig.card())
    assert rig.upstream_request(request)["decisions"] == 0
    refusals = [record for record in rig.audit() if record.kind == "refusal"]
    assert [record.detail["rule"] for record in refusals] == ["cannot tell who may decide"]
    rig.clock.advance(FAILURES_REMEMBERED + 1)
    rig.press(APPROVER, "approve_request")
    rig.run()
    assert rig.headline() == "Approved by Approver"


def test_without_the_scope_to_read_groups_nobody_of_the_group_may_decide_and_the_scope_is_named(
    tmp_path: Path,
) -> None:
    with Sandbox(declined_scopes=["usergroups:read"]) as sandbox, impatient(sandbox, tmp_path) as rig:
        rig.ask()
        rig.press(APPROVER, "approve_request")
        rig.run()
        assert "An admin has to give the app the scope usergroups:read." in rig.told(APPROVER)[0]
        assert has_buttons(rig.card())


def test_somebody_who_is_named_needs_no_look_at_the_groups(sandbox: Sandbox, tmp_path: Path) -> None:
    policy = ChannelPolicy(users=(ADMIN,), groups=APPROVERS.groups)
    with impatient(sandbox, tmp_path, policy) as rig:
        rig.ask()
        rig.control.faults(method=GROUP, kind="server_error", times=9)
        rig.press(ADMIN, "approve_request")
        rig.run()
        assert rig.headline() == "Approved by Admin"


def test_where_everyone_may_decide_and_the_members_cannot_be_read_nobody_may(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with impatient(sandbox, tmp_path, ChannelPolicy(everyone=True)) as rig:
        rig.ask()
        rig.control.faults(method=MEMBERS, kind="server_error")
        rig.press(OUTSIDER, "approve_request")
        rig.run()
        assert "I cannot read from Slack who is in this channel: it does not answer." in rig.told(OUTSIDER)[0]
        assert has_buttons(rig.card())


@pytest.mark.parametrize("kind", ["ratelimited", "server_error", "reset_before", "fatal_error"])
def test_an_answer_that_slack_does_not_take_is_delivered_later_and_once(rig: Rig, kind: str) -> None:
    rig.ask()
    rig.control.faults(method=ANSWER, kind=kind, times=3, retry_after=20)
    rig.press(OUTSIDER, "approve_request")
    rig.step("clerk")
    assert rig.told(OUTSIDER) == []
    rig.run()
    assert [NO_APPROVER in told for told in rig.told(OUTSIDER)] == [True]
    assert len(calls(rig, ANSWER)) == 4
    rig.clock.advance(3600)
    rig.run()
    assert len(rig.told(OUTSIDER)) == 1


def test_a_limit_on_answers_holds_for_all_of_them(rig: Rig) -> None:
    rig.ask()
    rig.control.faults(method=ANSWER, kind="ratelimited", retry_after=30)
    for user in (OUTSIDER, ADMIN, REQUESTER):
        rig.press(user, "approve_request")
    wait = rig.step("clerk")
    rig.step("clerk")
    assert wait is not None
    assert wait > 25
    assert len(calls(rig, ANSWER)) == 1
    rig.run()
    assert [len(rig.told(user)) for user in (OUTSIDER, ADMIN, REQUESTER)] == [1, 1, 1]


def test_an_answer_that_cannot_be_delivered_for_half_an_hour_is_given_up(rig: Rig) -> None:
    rig.ask()
    rig.control.faults(method=ANSWER, kind="server_error", times=2)
    rig.press(OUTSIDER, "approve_request")
    rig.step("clerk")
    rig.clock.advance(30 * 60 + 1)
    with capture_logs() as logs:
        assert rig.step("clerk") is None
    assert "given up" in next(entry["event"] for entry in logs if entry["log_level"] == "warning")
    rig.run()
    assert rig.told(OUTSIDER) == []
    assert len(calls(rig, ANSWER)) == 2


def pressed_from_outside(rig: Rig) -> None:
    """Somebody who is not in the channel presses: they can be answered only through the press."""
    rig.ask()
    rig.press(OUTSIDER, "approve_request", card=rig.card(SECOND_CHANNEL), channel=SECOND_CHANNEL, force=True)


@pytest.mark.parametrize("kind", ["server_error", "ratelimited", "reset_before"])
def test_a_reply_through_the_press_is_tried_again(sandbox: Sandbox, tmp_path: Path, kind: str) -> None:
    with impatient(sandbox, tmp_path, channel=SECOND_CHANNEL) as rig:
        rig.control.faults(method=REPLY, kind=kind, times=2)
        pressed_from_outside(rig)
        rig.run()
        assert [NO_APPROVER in told for told in rig.told(OUTSIDER)] == [True]
        assert len(calls(rig, REPLY)) == 3
        failed = "rate limited" if kind == "ratelimited" else "no answer"
        assert rig.replies == [(REPLY, failed), (REPLY, failed), (REPLY, "ok")]


def test_a_reply_that_slack_refuses_for_good_is_given_up(tmp_path: Path) -> None:
    expired = Timing(response_url_life=0)
    with Sandbox(timing=expired) as sandbox, impatient(sandbox, tmp_path, channel=SECOND_CHANNEL) as rig:
        pressed_from_outside(rig)
        with capture_logs() as logs:
            rig.run()
        assert "a reply was not accepted" in [entry["event"] for entry in logs]
        rig.clock.advance(60)
        rig.run()
        assert rig.told(OUTSIDER) == []
        assert [call["status"] for call in calls(rig, REPLY)] == [404]
        assert rig.replies == [(REPLY, "refused")]


def left_in_the_inbox(rig: Rig, kind: str, payload: str, user: str = OUTSIDER) -> None:
    """Something that no listener of this version would have saved."""
    now = rig.clock.now()
    with rig.ledger.write() as tx:
        tx.execute(
            insert(inbox).values(
                once_key=f"{kind}:{payload}",
                kind=kind,
                channel=APPROVALS,
                user_id=user,
                payload=payload,
                reply_to="",
                received_at=now,
                due_at=now,
                result="",
                answer="",
            )
        )


@pytest.mark.parametrize(("kind", "payload"), [("click", "{}"), ("click", "not JSON"), ("unheard of", "{}")])
def test_a_broken_item_does_not_hold_up_others_and_is_given_up_with_an_answer(
    rig: Rig, kind: str, payload: str
) -> None:
    rig.ask()
    left_in_the_inbox(rig, kind, payload)
    rig.press(APPROVER, "approve_request")
    rig.step("clerk")
    rig.step("applier")
    assert rig.row().state is State.APPROVED
    rig.clock.advance(15 * 60 + 1)
    assert rig.step("clerk") is None
    assert ["please press again" in told for told in rig.told(OUTSIDER)] == [True]
    (given_up,) = [one for one in rig.audit() if one.actor == OUTSIDER]
    assert (given_up.kind, given_up.detail["rule"]) == ("refusal", "failed")


def test_a_press_that_is_given_up_is_on_record_with_what_was_pressed(rig: Rig) -> None:
    left_in_the_inbox(rig, "click", '{"action_id": "approve_request", "value": "v", "form": "broken"}')
    rig.clock.advance(15 * 60 + 1)
    rig.run("clerk")
    click, given_up = [one for one in rig.audit() if one.actor == OUTSIDER]
    assert (click.kind, click.detail["action"], click.detail["value"]) == ("click", "approve_request", "v")
    assert (given_up.kind, given_up.detail["rule"]) == ("refusal", "failed")
    assert click.detail["inbox_item"] == given_up.detail["inbox_item"]


def test_what_nobody_sent_is_given_up_without_an_answer(rig: Rig) -> None:
    left_in_the_inbox(rig, "outcome", "{}", user="")
    rig.clock.advance(15 * 60 + 1)
    rig.run("clerk")
    (given_up,) = rig.audit()
    assert (given_up.kind, given_up.actor, given_up.detail["rule"]) == ("refusal", "bot", "failed")
    assert rig.control.calls(ANSWER) == []


def test_an_answer_with_nowhere_to_go_holds_up_nobody(rig: Rig) -> None:
    rig.ask()
    left_in_the_inbox(rig, "malformed", "cut off {")
    rig.press(ADMIN, "approve_request")
    rig.control.change_channel(APPROVALS, leave=[OUTSIDER])
    rig.run()
    assert NO_APPROVER in rig.told(ADMIN)[0]
    assert rig.told(OUTSIDER) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda url: "https://evil.example/response",
        lambda url: url.replace("http://", "https://"),
        lambda url: url.replace("http://", "http://somebody@"),
        lambda url: url.replace("127.0.0.1", "127.0.0.1.evil.example"),
        lambda url: "",
        lambda url: "no address",
    ],
)
def test_an_answer_goes_to_no_address_but_slacks_own(rig: Rig, change: Callable[[str], str]) -> None:
    rig.ask()
    rig.press(OUTSIDER, "approve_request")
    with rig.ledger.write() as tx:
        address = tx.execute(select(inbox.c.reply_to)).scalar_one()
        tx.execute(update(inbox).values(reply_to=change(address)))
    rig.control.change_channel(APPROVALS, leave=[OUTSIDER])
    rig.run()
    assert calls(rig, REPLY) == []
    assert rig.told(OUTSIDER) == []
    [direct] = rig.control.messages("D05OUTSIDER")
    assert "You are not an approver here" in direct["text"]


@pytest.mark.parametrize(
    ("api", "origins"),
    [
        ("https://slack.com/api/", {"https://slack.com", "https://hooks.slack.com"}),
        ("https://slack-gov.com/api/", {"https://slack-gov.com", "https://hooks.slack-gov.com"}),
        ("http://127.0.0.1:8484/api/", {"http://127.0.0.1:8484", "http://hooks.127.0.0.1:8484"}),
    ],
)
def test_slack_takes_answers_beside_its_api(api: str, origins: set[str]) -> None:
    assert reply_origins(api) == origins


def test_the_address_of_a_press_is_in_no_payload_and_forgotten_once_it_was_answered(rig: Rig) -> None:
    rig.ask()
    rig.press(OUTSIDER, "approve_request")

    def kept() -> tuple[str, str]:
        with rig.ledger.read() as connection:
            row = connection.execute(select(inbox)).one()
            return row.reply_to, row.payload

    address, payload = kept()
    assert address.startswith(rig.sandbox.url)
    assert "http" not in payload
    rig.run()
    assert len(rig.told(OUTSIDER)) == 1
    assert kept()[0] == ""


def test_while_slack_swallows_answers_presses_are_still_counted_between_them(rig: Rig) -> None:
    rig.ask()
    rig.control.faults(method=ANSWER, kind="timeout", times=2)
    for user in (OUTSIDER, ADMIN, REQUESTER):
        rig.press(user, "approve_request")
    rig.step("clerk")
    assert len(calls(rig, ANSWER)) == 1
    rig.press(APPROVER, "approve_request")
    rig.step("clerk")
    assert rig.row().state is State.DECIDED
    assert len(calls(rig, ANSWER)) == 2


def test_many_answers_are_sent_by_parts_so_that_presses_are_looked_at_between(rig: Rig) -> None:
    rig.ask()
    for _ in range(ANSWERS_A_ROUND + 1):
        rig.press(OUTSIDER, "approve_request")
    rig.step("clerk")
    assert len(rig.told(OUTSIDER)) == ANSWERS_A_ROUND
    rig.run()
    assert len(rig.told(OUTSIDER)) == ANSWERS_A_ROUND + 1


def test_killed_between_handling_and_answering_the_person_is_still_answered_once(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with impatient(sandbox, tmp_path) as rig:
        rig.ask()
        rig.press(OUTSIDER, "approve_request")
        rig.control.faults(method=ANSWER, kind="reset_before")
        rig.step("clerk")
        rig.restart()
        rig.run()
        assert len(rig.told(OUTSIDER)) == 1


def test_a_stopped_clerk_handles_and_answers_nothing_more(rig: Rig) -> None:
    rig.ask()
    rig.press(OUTSIDER, "approve_request")
    rig.clerk.stop()
    rig.step("clerk")
    assert rig.told(OUTSIDER) == []
    rig.restart()
    rig.run()
    assert len(rig.told(OUTSIDER)) == 1
