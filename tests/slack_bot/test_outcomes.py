"""Whoever asked is told what became of it, where Slack knows them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot.channel import Channel
from slack_bot.policy import ChannelPolicy, Terms
from tests.rig import (
    ADMIN,
    APPROVALS,
    APPROVER,
    APPROVERS,
    APPROVERS_GROUP,
    OUTSIDER,
    REQUESTER,
    SECOND_CHANNEL,
    Killed,
    Rig,
)
from tests.slack_bot.forms import opened
from upstream_client.models import MINUTE

EMAIL = "requester@example.com"
TITLE = "“Run 7z2409-x64.exe as administrator”"


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with Rig(sandbox, tmp_path) as running:
        yield running


def told_directly(rig: Rig, user: str) -> list[str]:
    """Our direct messages to this person, oldest first."""
    opened = [call for call in rig.control.calls("conversations.open") if (call["answer"] or {}).get("ok")]
    rooms = {call["answer"]["channel"]["id"] for call in opened if call["arguments"]["users"] == user}
    return [str(message["text"]) for room in rooms for message in rig.control.messages(room)]


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("approve_request", "was approved by Approver for one time."),
        ("deny_request", "was denied by Approver."),
    ],
)
def test_the_requester_is_told_once_the_upstream_has_taken_it(rig: Rig, action: str, words: str) -> None:
    rig.ask(email=EMAIL)
    rig.press(APPROVER, action)
    rig.step("clerk")
    assert told_directly(rig, REQUESTER) == []
    rig.run()
    (told,) = told_directly(rig, REQUESTER)
    assert words in told
    assert rig.row().asked.title in told


def test_a_denials_reason_reaches_the_requester_and_the_upstreams_comment(rig: Rig) -> None:
    request = rig.ask(email=EMAIL)
    opened(rig, "reason")
    rig.control.submit(APPROVER, {"reason_text": "Use <the> store & ask again."})
    rig.run()
    (told,) = told_directly(rig, REQUESTER)
    assert told.endswith("was denied by Approver. Reason: Use &lt;the&gt; store &amp; ask again.")
    assert "Use <the> store & ask again." in rig.upstream_request(request)["comment"]


def test_an_expired_request_is_told_as_that(rig: Rig) -> None:
    expired(rig, rig.ask(email=EMAIL))
    (told,) = told_directly(rig, REQUESTER)
    assert "expired in Privilege Manager before it was answered" in told


@pytest.mark.parametrize("email", ["", "nobody@example.com"])
def test_nobody_is_told_where_slack_does_not_know_the_requester(rig: Rig, email: str) -> None:
    rig.ask(**({"email": email} if email else {}))
    rig.press(APPROVER, "approve_request")
    rig.run()
    assert rig.headline() == "Approved by Approver"
    assert rig.control.calls("conversations.open") == []


def test_a_map_of_user_names_tells_who_asked(sandbox: Sandbox, tmp_path: Path) -> None:
    policy = ChannelPolicy(
        groups=(APPROVERS_GROUP,), terms=Terms(requesters=(("ACME\\requester", REQUESTER),))
    )
    with Rig(sandbox, tmp_path, {APPROVALS: policy}) as rig:
        rig.ask(user="ACME\\Requester")
        rig.press(APPROVER, "deny_request")
        rig.run()
        assert len(told_directly(rig, REQUESTER)) == 1


def mapped(user: str) -> ChannelPolicy:
    """The approvers' group decides; the requester's user name stands for this person."""
    return ChannelPolicy(groups=(APPROVERS_GROUP,), terms=Terms(requesters=(("ACME\\requester", user),)))


@pytest.mark.parametrize(("second", "told"), [(mapped(OUTSIDER), 0), (mapped(REQUESTER), 1), (APPROVERS, 1)])
def test_what_was_decided_in_no_channel_is_told_only_where_all_name_the_same_person(
    sandbox: Sandbox, tmp_path: Path, second: ChannelPolicy, told: int
) -> None:
    """Given two channels that map one user name, when the request expires, then nobody is told another's."""
    with Rig(sandbox, tmp_path, {APPROVALS: mapped(REQUESTER), SECOND_CHANNEL: second}) as rig:
        expired(rig, rig.ask(user="ACME\\Requester"))
        assert [len(told_directly(rig, one)) for one in (REQUESTER, OUTSIDER)] == [told, 0]


def test_a_channel_without_a_card_of_the_request_names_nobody(sandbox: Sandbox, tmp_path: Path) -> None:
    """Given a card in one channel alone, when it expires, then the other channel's map does not count."""
    with Rig(sandbox, tmp_path, {APPROVALS: mapped(OUTSIDER)}) as rig:
        request = rig.ask(user="ACME\\Requester")
        rig.declared = [Channel(SECOND_CHANNEL, mapped(REQUESTER))]
        rig.defaults = Terms(requesters=(("ACME\\requester", ADMIN),))
        rig.restart()
        expired(rig, request)
        assert [len(told_directly(rig, one)) for one in (ADMIN, REQUESTER, OUTSIDER)] == [1, 0, 0]


def expired(rig: Rig, request: str) -> None:
    """It waits no more upstream, and everything comes to rest."""
    rig.control.expire(request)
    rig.step("poller")
    rig.step("poller")
    rig.run()


def test_an_upstream_that_refuses_leaves_nothing_to_tell(rig: Rig) -> None:
    rig.ask(email=EMAIL)
    rig.upstream_fails("approve", "forbidden", times=1)
    rig.press(APPROVER, "approve_request")
    rig.run()
    assert told_directly(rig, REQUESTER) == []


def test_killed_in_between_the_requester_is_told_after_the_restart(rig: Rig) -> None:
    rig.ask(email=EMAIL)
    rig.press(APPROVER, "approve_request")
    rig.run("clerk", "applier")
    with rig.killed_at(1), pytest.raises(Killed):
        rig.step("clerk")
    rig.restart()
    rig.run()
    assert len(told_directly(rig, REQUESTER)) == 1


def test_while_slack_limits_the_look_up_it_waits_and_then_tells(rig: Rig) -> None:
    rig.ask(email=EMAIL)
    rig.press(APPROVER, "approve_request")
    rig.step("clerk")
    rig.clock.advance(61)
    rig.control.faults(method="users.lookupByEmail", kind="ratelimited", times=1, retry_after=30)
    rig.run()
    assert len(told_directly(rig, REQUESTER)) == 1


def test_old_news_is_not_told(rig: Rig) -> None:
    rig.ask(email=EMAIL)
    rig.press(APPROVER, "approve_request")
    rig.run("applier")
    rig.step("clerk")
    rig.step("applier")
    rig.clock.advance(61 * MINUTE)
    rig.run()
    assert rig.headline() == "Approved by Approver"
    assert told_directly(rig, REQUESTER) == []


def test_without_the_scope_for_direct_messages_the_card_is_settled_all_the_same(tmp_path: Path) -> None:
    with Sandbox(declined_scopes=["im:write"]) as sandbox, Rig(sandbox, tmp_path) as rig:
        rig.ask(email=EMAIL)
        rig.press(APPROVER, "approve_request")
        rig.run()
        assert rig.headline() == "Approved by Approver"
        assert rig.step("clerk") is None
