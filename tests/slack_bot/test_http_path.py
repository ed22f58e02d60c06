"""The main job with Slack over HTTP: request → card → signed press → upstream → settled card, on real sockets."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox, Timing
from slack_bot.blocks import DURATION_BLOCK
from slack_bot.rows import State
from tests.rig import ADMIN, APPROVALS, APPROVER, OUTSIDER, has_buttons
from tests.slack_bot.conversing import command, mention, write
from tests.slack_bot.forms import opened
from tests.slack_bot.http_rig import HttpRig

TYPED = "100% sure: 1+1 & %41, &user_id=U04ADMIN and %26user%3DU04ADMIN"


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[HttpRig]:
    with HttpRig(sandbox, tmp_path) as running:
        yield running


def undecided(rig: HttpRig, request: str) -> bool:
    rig.run()
    untouched = rig.upstream_request(request)["decisions"] == 0 and has_buttons(rig.card())
    return untouched and rig.row().state is State.PENDING


def test_approve_reaches_the_upstream_once_and_the_card_says_by_whom(rig: HttpRig) -> None:
    request = rig.ask()
    answer = rig.press(APPROVER, "approve_request", values={"choose_duration": "900"})
    assert answer["acknowledged"]
    rig.run()
    assert rig.headline() == "Approved by Approver"
    taken = rig.upstream_request(request)
    assert (taken["status"], taken["decisions"], taken["duration"]) == ("Approved", 1, 15)
    assert rig.control.state()["num_connections"] == 0


def test_deny_reaches_the_upstream_once_and_the_card_says_by_whom(rig: HttpRig) -> None:
    request = rig.ask()
    assert rig.press(APPROVER, "deny_request")["acknowledged"]
    rig.run()
    assert rig.headline() == "Denied by Approver"
    taken = rig.upstream_request(request)
    assert (taken["status"], taken["decisions"]) == ("Denied", 1)


def test_a_press_that_is_posted_again_and_again_is_one_press(rig: HttpRig) -> None:
    request = rig.ask()
    rig.deliver(times=4)
    assert rig.press(APPROVER, "approve_request")["acknowledged"]
    assert rig.figures.slack_posts == {("taken",): 2 + 4}  # the challenge, each time the addresses were named
    rig.run()
    assert rig.headline() == "Approved by Approver"
    assert rig.upstream_request(request)["decisions"] == 1
    assert rig.told(APPROVER) == []
    assert [record.kind for record in rig.audit(rig.row().key)].count("click") == 1


@pytest.mark.parametrize(
    "manner", [{"signature": "wrong"}, {"signature": "none"}, {"age": 400}, {"age": -400}]
)
def test_a_press_that_slack_did_not_sign_now_decides_nothing(rig: HttpRig, manner: dict[str, Any]) -> None:
    request = rig.ask()
    rig.deliver(**manner)
    assert not rig.press(APPROVER, "approve_request")["acknowledged"]
    assert rig.statuses()[-1] == 400
    assert undecided(rig, request)


def test_a_press_that_cannot_be_saved_decides_nothing_and_counts_when_it_is_made_again(
    rig: HttpRig, tmp_path: Path
) -> None:
    request = rig.ask()
    with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as stranger:
        stranger.execute("ALTER TABLE inbox RENAME TO away").close()
        assert not rig.press(APPROVER, "approve_request")["acknowledged"]
        stranger.execute("ALTER TABLE away RENAME TO inbox").close()
    assert rig.statuses()[-1] == 500
    assert undecided(rig, request)
    assert rig.press(APPROVER, "approve_request")["acknowledged"]
    rig.run()
    assert rig.upstream_request(request)["decisions"] == 1


def test_a_reason_arrives_as_it_was_typed_and_by_whom(rig: HttpRig) -> None:
    request = rig.ask()
    opened(rig, "reason")
    assert rig.control.submit(APPROVER, {"reason_text": TYPED})["acknowledged"]
    rig.run()
    assert rig.headline() == "Denied by Approver"
    assert TYPED in rig.upstream_request(request)["comment"]
    assert rig.row().decided_by == APPROVER


def test_a_mistake_in_a_form_is_said_in_the_form(rig: HttpRig) -> None:
    request = rig.ask()
    opened(rig, "comment")
    answer = rig.control.submit(APPROVER, {"typed_duration": "for ages"})
    assert list(answer["errors"]) == [DURATION_BLOCK]
    assert undecided(rig, request)


def test_words_decide_as_whoever_wrote_them_and_as_nobody_else(rig: HttpRig) -> None:
    request = rig.ask()
    short = rig.row().key[:6]
    assert "not an approver" in command(rig, OUTSIDER, f"deny {short} {TYPED}")
    assert undecided(rig, request)
    command(rig, APPROVER, f"deny {short} the payload: {TYPED}")
    rig.run()
    assert rig.headline() == "Denied by Approver"
    assert f"the payload: {TYPED}" in rig.upstream_request(request)["comment"]


def test_mentions_and_direct_messages_are_answered(rig: HttpRig) -> None:
    assert "approve" in mention(rig, ADMIN, "help", APPROVALS)
    assert write(rig, ADMIN, "pending")


def test_an_event_that_could_not_be_saved_comes_again_and_is_answered_once(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with (
        Sandbox(timing=Timing(event_retries=(0.2,) * 50)) as sandbox,
        HttpRig(sandbox, tmp_path) as rig,
        closing(sqlite3.connect(path, isolation_level=None)) as stranger,
    ):
        stranger.execute("ALTER TABLE inbox RENAME TO away").close()
        rig.control.message(APPROVALS, ADMIN, "<@U07BOT> help")
        rig.control.eventually(lambda: 500 in rig.statuses())
        stranger.execute("ALTER TABLE away RENAME TO inbox").close()
        rig.control.eventually(lambda: 200 in rig.statuses())
        rig.run("clerk")
        assert len(rig.told(ADMIN)) == 1
