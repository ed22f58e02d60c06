"""Slack over HTTP into a real Bolt and a real ledger: what is not Slack's, not new or not saved decides nothing."""

import json
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from slack_bot import inbox, listeners
from slack_bot.bolt import bolt_app
from slack_bot.clock import now_us
from slack_bot.config import Settings
from slack_bot.figures import Figures
from slack_bot.http.slack_paths import PATHS
from slack_bot.http.slack_routes import MOST_BYTES, Reception, slack_routes
from slack_bot.identity import Identity
from slack_bot.inbox import Inbox, Item
from slack_bot.ledger import Ledger
from slack_bot.ledger import inbox as rows
from tests.audit_key import AUDIT_KEY
from tests.ledger_template import migrated
from tests.slack_bot.http.served import served
from tests.slack_bot.http.slack_posts import (
    ADMIN,
    APPROVER,
    FORM,
    JSON,
    SIGNING_SECRET,
    command,
    form_of,
    mention,
    press,
    signed_by_slack,
)

ACTIONS = "/slack/actions"
PRESS = form_of(press())
IDENTITY = Identity(bot_id="B01SANDBOX", user_id="U07BOT", team_id="T01SANDBOX")


@dataclass
class Desk:
    """A listener that takes what Slack posts, its ledger, and how somebody posts to it."""

    url: str
    ledger: Ledger
    path: Path
    figures: Figures

    def post(
        self, body: bytes, headers: dict[str, str] | None = None, path: str = ACTIONS
    ) -> requests.Response:
        sent = signed_by_slack(body) if headers is None else headers
        return requests.post(self.url + path, data=body, headers=sent, timeout=20)

    def saved(self) -> list[Item]:
        with self.ledger.read() as connection:
            return inbox.due_items(connection, now_us())

    def forget(self) -> None:
        with self.ledger.write() as tx:
            tx.execute(rows.delete())


@contextmanager
def ledger_that_takes_nothing(path: Path) -> Iterator[None]:
    """A table of another name, for a moment."""
    with closing(sqlite3.connect(path, isolation_level=None)) as stranger:
        stranger.execute("ALTER TABLE inbox RENAME TO away").close()
        try:
            yield
        finally:
            stranger.execute("ALTER TABLE away RENAME TO inbox").close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    path, figures = tmp_path_factory.mktemp("slack") / "ledger.db", Figures()
    ledger = Ledger(migrated(path), AUDIT_KEY)
    settings = Settings(
        _env_file=None,
        slack_bot_token="xoxb-1-bot",
        slack_app_token="xapp-1-app",
        privman_base_url="https://privman.example.com/Tms",
        privman_username="bot",
        privman_password="secret",
        audit_key=AUDIT_KEY,
    )
    bolt = bolt_app(settings, IDENTITY, by_http=True)
    listeners.register(bolt, Inbox(ledger, now_us, lambda: None))
    try:
        with served(slack_routes(Reception(bolt, SIGNING_SECRET, now_us, figures))) as url:
            yield Desk(url, ledger, path, figures)
    finally:
        ledger.close()


@pytest.fixture
def desk(shared: Desk) -> Desk:
    """With nothing in its inbox."""
    shared.forget()
    return shared


@pytest.mark.parametrize("path", PATHS)
def test_a_press_is_saved_at_every_address(desk: Desk, path: str) -> None:
    answer = desk.post(PRESS, path=path)
    assert (answer.status_code, answer.content) == (200, b"")
    (item,) = desk.saved()
    assert (item.kind, item.user_id, item.channel) == ("click", APPROVER, "C01APPROVALS")


def test_a_command_and_an_event_are_saved_as_they_were_said(desk: Desk) -> None:
    assert desk.post(command("deny k7m2 the payload costs 100%"), path="/slack/commands").status_code == 200
    event = mention("<@U07BOT> status")
    assert desk.post(event, signed_by_slack(event, JSON), "/slack/events").status_code == 200
    by_command, by_event = desk.saved()
    assert (by_command.user_id, json.loads(by_command.payload)["text"]) == (
        APPROVER,
        "deny k7m2 the payload costs 100%",
    )
    assert (by_event.kind, by_event.user_id) == ("mention", ADMIN)


def test_slacks_challenge_and_its_look_at_the_certificate_are_answered(desk: Desk) -> None:
    asked = json.dumps({"type": "url_verification", "token": "t", "challenge": "3eZbrw1a"}).encode()
    answer = desk.post(asked, signed_by_slack(asked, JSON), "/slack/events")
    assert (answer.status_code, answer.json()) == (200, {"challenge": "3eZbrw1a"})
    assert desk.post(b"ssl_check=1&token=t").status_code == 200
    assert desk.post(b"ssl_check=1&token=t", {"Content-Type": FORM}).status_code == 400
    assert desk.saved() == []


def test_a_press_that_comes_again_is_one_press(desk: Desk) -> None:
    headers = signed_by_slack(PRESS)
    assert [desk.post(PRESS, headers).status_code for _ in range(3)] == [200, 200, 200]
    assert desk.post(PRESS, signed_by_slack(PRESS, at=time.time() - 60)).status_code == 200
    assert len(desk.saved()) == 1


def test_many_presses_at_once_are_each_saved_once(desk: Desk) -> None:
    bodies = [form_of(press(number=number // 2)) for number in range(40)]
    with ThreadPoolExecutor(20) as people:
        answers = list(people.map(desk.post, bodies))
    assert {answer.status_code for answer in answers} == {200}
    assert len(desk.saved()) == 20


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": FORM},
        {**signed_by_slack(PRESS), "X-Slack-Signature": ""},
        {**signed_by_slack(PRESS), "X-Slack-Signature": "v0=" + "0" * 64},
        {**signed_by_slack(PRESS), "X-Slack-Request-Timestamp": "yesterday"},
        {**signed_by_slack(PRESS), "X-Slack-Request-Timestamp": "0"},
        signed_by_slack(PRESS, secret="another secret of thirty-two characters"),
        signed_by_slack(form_of(press(ADMIN))),
        signed_by_slack(PRESS, at=time.time() - 301),
        signed_by_slack(PRESS, at=time.time() - 86_400),
        signed_by_slack(PRESS, at=time.time() + 86_400),
    ],
    ids=[
        "nothing",
        "unsigned",
        "no signature",
        "made up",
        "no time",
        "another time",
        "another secret",
        "of another body",
        "old",
        "a day old",
        "of the future",
    ],
)
def test_what_slack_did_not_sign_now_is_refused_and_saved_nowhere(
    desk: Desk, headers: dict[str, str]
) -> None:
    before = desk.figures.slack_posts.get(("not signed",), 0)
    assert desk.post(PRESS, headers).status_code == 400
    assert desk.post(b"not a form", headers).status_code == 400
    assert desk.saved() == []
    assert desk.figures.slack_posts["not signed",] == before + 2


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", FORM),
        (b"payload=100%", FORM),
        (b"payload=%7B%22type%22%3A%22block_actions%22", FORM),
        (b"\xff\xfe", FORM),
        (PRESS + b"&payload=%7B%7D", FORM),
        (b"[]", JSON),
        (b'{"type": "block_actions", "user": 5}', JSON),
        (b"[" * 100_000, JSON),
        (PRESS, "text/plain"),
    ],
)
def test_what_is_signed_and_cannot_be_read_is_refused(desk: Desk, body: bytes, content_type: str) -> None:
    before = desk.figures.slack_posts.get(("unreadable",), 0)
    answer = desk.post(body, signed_by_slack(body, content_type))
    assert answer.status_code == 400
    assert answer.json()["detail"]
    assert desk.saved() == []
    assert desk.figures.slack_posts["unreadable",] == before + 1


@pytest.mark.parametrize(
    "typed",
    [
        f"&user_id={ADMIN}",
        f"%26user_id%3D{ADMIN}",
        f"%2526user_id%253D{ADMIN}",
        f'", "user_id": "{ADMIN}',
        f"&payload=%7B%22user%22%3A%7B%22id%22%3A%22{ADMIN}%22%7D%7D",
    ],
)
def test_nobody_becomes_somebody_else_by_what_they_type(desk: Desk, typed: str) -> None:
    assert desk.post(command(f"status {typed}")).status_code == 200
    (item,) = desk.saved()
    assert item.user_id == APPROVER
    assert json.loads(item.payload)["user"] == APPROVER
    assert json.loads(item.payload)["text"] == f"status {typed}"


def test_two_identities_in_one_form_are_none(desk: Desk) -> None:
    assert desk.post(command("status") + f"&user_id={ADMIN}".encode()).status_code == 400
    assert desk.saved() == []


def test_headers_that_nobody_signed_change_nothing(desk: Desk) -> None:
    """Bolt has headers of its own by which a listener is left out."""
    headers = {"X-Slack-Bolt-Lazy-Only": "1", "X-Slack-Bolt-Lazy-Function-Name": "receive"}
    assert desk.post(PRESS, signed_by_slack(PRESS) | headers).status_code == 200
    assert len(desk.saved()) == 1


@pytest.mark.parametrize(
    ("body", "content_type"),
    [(PRESS, FORM), (command("status"), FORM), (mention("<@U07BOT> status"), JSON)],
    ids=["press", "command", "event"],
)
def test_what_cannot_be_saved_is_not_acknowledged_and_taken_when_it_comes_again(
    desk: Desk, body: bytes, content_type: str
) -> None:
    headers = signed_by_slack(body, content_type)
    with ledger_that_takes_nothing(desk.path):
        assert desk.post(body, headers).status_code == 500
    assert desk.saved() == []
    assert desk.post(body, headers).status_code == 200
    assert len(desk.saved()) == 1


@pytest.mark.parametrize("kind", ["message_action", "shortcut", "block_suggestion", "something_new"])
def test_what_nobody_listens_for_is_no_error_of_ours(desk: Desk, kind: str) -> None:
    told = {"type": kind, "callback_id": "x", "user": {"id": APPROVER}, "team": {"id": "T01SANDBOX"}}
    assert desk.post(form_of(told)).status_code < 500
    assert desk.saved() == []


def test_a_body_too_large_is_refused_before_it_is_read(desk: Desk) -> None:
    assert desk.post(b"payload=" + b"x" * MOST_BYTES).status_code == 413


def test_the_addresses_take_posts_only(desk: Desk) -> None:
    assert requests.get(desk.url + ACTIONS, timeout=20).status_code == 405
