"""The socket, HTTP, or both: what each tells of what people press, before and while it is open."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot.clock import now_us
from slack_bot.config import Settings
from slack_bot.hearing import Hearing
from slack_bot.identity import Identity
from slack_bot.inbox import Inbox
from slack_bot.ledger import Ledger
from slack_bot.policy import Silence
from slack_bot.ways_in import WaysIn
from slack_bot.web_client import web_client
from tests.audit_key import AUDIT_KEY
from tests.ledger_template import migrated
from tests.slack_bot.http.slack_posts import SIGNING_SECRET
from tests.slack_bot.test_escalator import APPROVED, DENIED, FOUR_HOURS, bot, by, later, status
from tests.slack_bot.test_escalator_held_up import escalator_of


@contextmanager
def ways(sandbox: Sandbox, folder: Path, *, socket: bool, http: bool) -> Iterator[WaysIn]:
    """Not started yet."""
    settings = Settings(
        _env_file=None,
        slack_bot_token=sandbox.bot_token,
        slack_signing_secret=SIGNING_SECRET,
        slack_app_token=sandbox.app_token if socket else "",
        slack_api_url=sandbox.slack_api_url,
        http_port=0,
        privman_base_url=sandbox.privman_url,
        privman_username="bot",
        privman_password="secret",
        audit_key=AUDIT_KEY,
    )
    client = web_client(settings, timeout=2, retries=False)
    ledger = Ledger(migrated(folder / "ledger.db"), AUDIT_KEY)
    box = Inbox(ledger, now_us, lambda: None)
    made = WaysIn(settings, Identity.ask(client), box, client, lambda refused: None, listens=http)
    try:
        yield made
    finally:
        assert made.stop()
        ledger.close()


def test_http_alone_is_open_at_once_and_nobody_can_tell_whether_slack_gets_here(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with ways(sandbox, tmp_path, socket=False, http=True) as way:
        way.start()
        assert way.wait_until_open(0)
        assert (way.last_deaf(), way.is_sure_to_hear()) == (-math.inf, False)
        assert way.wait_for_answers(0)
    assert sandbox.control.calls("apps.connections.open") == []


def test_the_socket_alone_is_open_once_slack_greeted_it(sandbox: Sandbox, tmp_path: Path) -> None:
    with ways(sandbox, tmp_path, socket=True, http=False) as way:
        assert way.by_http is None
        assert not way.is_open()
        way.start()
        assert way.wait_until_open(10)
        assert way.is_sure_to_hear()
        assert -math.inf < way.last_deaf() <= time.monotonic()


def test_with_both_only_a_socket_that_is_alive_makes_sure(sandbox: Sandbox, tmp_path: Path) -> None:
    """Given both, when Socket Mode is switched off and on again, then the bot stays open, and is unsure between."""
    with ways(sandbox, tmp_path, socket=True, http=True) as way:
        assert way.socket is not None
        assert (way.is_open(), way.is_sure_to_hear()) == (True, False)
        way.start()
        sandbox.control.eventually(way.is_sure_to_hear)
        sandbox.control.deliver_over_http(actions="http://127.0.0.1:9/slack/actions")
        sandbox.control.eventually(lambda: not way.is_sure_to_hear())
        assert way.is_open()
        before = time.monotonic()
        assert way.last_deaf() >= before
        sandbox.control.eventually(lambda: len(sandbox.control.calls("apps.connections.open")) > 1)
        sandbox.control.deliver_over_http()
        sandbox.control.eventually(way.is_sure_to_hear, 20.0)
        assert way.socket.failed is None


# Silence


@pytest.mark.parametrize(("silence", "then"), [(APPROVED, "Pending"), (DENIED, "Denied")])
def test_where_nobody_can_tell_whether_a_press_gets_here_silence_denies_and_does_not_approve(
    sandbox: Sandbox, tmp_path: Path, silence: Silence, then: str
) -> None:
    with bot(sandbox, tmp_path, by(silence)) as rig:
        hearing = Hearing(rig.clock.now(), rig.clock.monotonic, lambda: -math.inf, lambda: False)
        rig.escalator = escalator_of(rig, hearing)
        request = rig.ask()
        later(rig, FOUR_HOURS + 1)
        assert status(rig, request) == then


def test_what_was_not_approved_while_nobody_could_tell_is_approved_once_somebody_can(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    sure: list[bool] = []
    with bot(sandbox, tmp_path, by(APPROVED)) as rig:
        hearing = Hearing(rig.clock.now(), rig.clock.monotonic, lambda: -math.inf, lambda: bool(sure))
        rig.escalator = escalator_of(rig, hearing)
        request = rig.ask()
        later(rig, FOUR_HOURS + 1)
        assert status(rig, request) == "Pending"
        sure.append(True)
        later(rig, 1)
        assert status(rig, request) == "Approved"
