"""Webhooks over a real socket into a real ledger: each row of what a careless receiver gets wrong is a test."""

import json
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import requests

from slack_bot import inbox
from slack_bot.clock import SECOND, now_us
from slack_bot.figures import Figures
from slack_bot.http.webhooks import MOST_BYTES, PATHS, Mailbox, webhook_routes
from slack_bot.inbox import Inbox, Item
from slack_bot.ledger import Ledger
from tests.audit_key import AUDIT_KEY
from tests.ledger_template import migrated
from tests.slack_bot.http.served import APPROVAL, SECRET, envelope, flat, raw, served, signed
from upstream_client.xerotier import Kind, read_event


@dataclass
class Desk:
    """A listener that takes webhooks, its ledger, and how somebody sends it one."""

    url: str
    ledger: Ledger
    path: Path
    woken: Event
    figures: Figures = field(default_factory=Figures)

    def send(
        self, body: bytes, headers: dict[str, str] | None = None, path: str = PATHS[0]
    ) -> requests.Response:
        sent = signed(body) if headers is None else headers
        return requests.post(self.url + path, data=body, headers=sent, timeout=20)

    def saved(self) -> list[Item]:
        with self.ledger.read() as connection:
            return [inbox.item_of(connection, one) for one in inbox.webhooks(connection, 0)]


@contextmanager
def desk_over(url: str, path: Path) -> Iterator[Desk]:
    ledger, woken, figures = Ledger(url, AUDIT_KEY), Event(), Figures()
    mailbox = Mailbox(Inbox(ledger, now_us, woken.set), SECRET, now_us, figures)
    try:
        with served(webhook_routes(mailbox)) as address:
            yield Desk(address, ledger, path, woken, figures)
    finally:
        ledger.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    path = tmp_path / "ledger.db"
    with desk_over(migrated(path), path) as running:
        yield running


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("prefix", ["", "sha256="])
@pytest.mark.parametrize("event", [envelope(), flat()], ids=["documented", "flat"])
def test_both_forms_of_body_and_signature_are_saved_at_both_addresses(
    desk: Desk, event: dict[str, Any], prefix: str, path: str
) -> None:
    body = raw(event)
    answer = desk.send(body, signed(body, prefix=prefix), path)
    assert (answer.status_code, answer.json()) == (200, {"status": "saved"})
    (item,) = desk.saved()
    told = read_event(item.payload.encode())
    assert told is not None
    assert (told.kind, told.approval_id) == (Kind.REQUESTED, APPROVAL)
    assert desk.woken.is_set()


@pytest.mark.parametrize("event", [envelope(), flat()], ids=["documented", "flat"])
def test_the_same_delivery_twice_is_one(desk: Desk, event: dict[str, Any]) -> None:
    body = raw(event)
    assert desk.send(body).json() == {"status": "saved"}
    desk.woken.clear()
    assert desk.send(body).json() == {"status": "known"}
    assert desk.send(body, signed(body, at=time.time() + 60)).json() == {"status": "known"}
    assert len(desk.saved()) == 1
    assert not desk.woken.is_set()


@pytest.mark.parametrize(
    "ids", [{"id": APPROVAL}, {"id": APPROVAL, "event_id": "evt_1"}, {"id": "req_1"}, {}]
)
def test_of_flat_events_whose_id_is_not_their_own_each_is_kept_and_known_again(
    desk: Desk, ids: dict[str, str]
) -> None:
    for kind in Kind:
        body = raw(flat(kind.value, **ids))
        assert [desk.send(body).json()["status"] for _ in range(2)] == ["saved", "known"]
    assert len(desk.saved()) == len(Kind)


def test_what_no_decision_needs_may_be_told_in_any_shape(desk: Desk) -> None:
    strange = envelope("exec.approved", resolved_by={"id": 7}, workspace_id=7, risk=3, status={}) | {"id": 7}
    assert desk.send(raw(strange)).json() == {"status": "saved"}


def test_the_same_delivery_after_a_restart_is_still_the_same(tmp_path: Path) -> None:
    path, body = tmp_path / "ledger.db", raw(envelope())
    for status in ("saved", "known"):
        with desk_over(migrated(path), path) as desk:
            assert desk.send(body).json() == {"status": status}
            assert len(desk.saved()) == 1


def test_many_at_once_are_each_saved_once(desk: Desk) -> None:
    bodies = [raw(envelope(number=number // 2)) for number in range(40)]
    with ThreadPoolExecutor(20) as senders:
        answers = list(senders.map(desk.send, bodies))
    assert {answer.status_code for answer in answers} == {200}
    assert sorted(answer.json()["status"] for answer in answers) == ["known"] * 20 + ["saved"] * 20
    assert len(desk.saved()) == 20


@pytest.mark.parametrize("hours", [-24, -1, 1, 24])
def test_a_signed_delivery_from_another_hour_is_refused(desk: Desk, hours: int) -> None:
    body = raw(envelope())
    answer = desk.send(body, signed(body, at=time.time() + hours * 3600))
    assert answer.status_code == 401
    assert "more than 5 minutes" in answer.json()["detail"]
    assert desk.saved() == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Webhook-Signature": "0" * 64},
        signed(raw(envelope()), secret="another"),
        signed(raw(envelope(number=2))),
        {**signed(raw(envelope())), "X-Webhook-Timestamp": "1"},
    ],
    ids=["none", "no timestamp", "another secret", "of another body", "another timestamp"],
)
def test_what_is_not_signed_is_refused_and_not_read(desk: Desk, headers: dict[str, str]) -> None:
    assert desk.send(raw(envelope()), headers).status_code == 401
    assert desk.send(b"not JSON", headers).status_code == 401
    assert desk.saved() == []
    assert desk.figures.webhooks == {("xerotier", "not signed"): 2}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not JSON",
        b"[]",
        b"{}",
        b'{"type": "exec.approved"}',
        b'{"type": "exec.approved", "data": {}}',
        b'{"type": "exec.approved", "data": {"approval_id": "../../../../v1/api-keys"}}',
        b'{"type": "exec.approval_requested", "data": {"approval_id": "apr_1"}}',
        b'{"type": "exec.approved", "data": {"approval_id": NaN}}',
        b"[" * 100_000,
        b"\xff\xfe\x00",
        '{"type": "exec.approved", "data": {"approval_id": "apr_1"}}'.encode("utf-16"),
    ],
)
def test_what_cannot_be_read_is_told_so(desk: Desk, body: bytes) -> None:
    answer = desk.send(body)
    assert answer.status_code == 400
    assert answer.json()["detail"]
    assert desk.saved() == []


@pytest.mark.parametrize("event", ["exec.dispatched", "exec.completed", "agent_started", "billing.paid"])
def test_what_no_approval_needs_is_taken_and_ignored(desk: Desk, event: str) -> None:
    answer = desk.send(raw(envelope(event)))
    assert (answer.status_code, answer.content) == (204, b"")
    assert desk.saved() == []


@pytest.mark.parametrize("kind", list(Kind))
def test_each_event_of_an_approval_is_kept(desk: Desk, kind: Kind) -> None:
    assert desk.send(raw(envelope(kind.value))).json() == {"status": "saved"}


def test_an_id_of_any_characters_is_kept_and_known_again(desk: Desk) -> None:
    for number, strange in enumerate(["\u0000", "ü" * 150, "a b", ""]):
        body = raw(envelope(workspace_id=f"ws_{number}") | {"id": strange})
        assert [desk.send(body).json()["status"] for _ in range(2)] == ["saved", "known"]
    assert len(desk.saved()) == 4


def test_a_body_too_large_is_refused_before_it_is_read(desk: Desk) -> None:
    body = raw(envelope(arguments="x" * MOST_BYTES))
    assert desk.send(body).status_code == 413
    pieces = iter([body[:1000], body[1000:]])
    streamed = requests.post(desk.url + PATHS[0], data=pieces, headers=signed(body), timeout=20)
    assert streamed.status_code == 413
    assert desk.saved() == []


def test_where_the_ledger_cannot_be_written_it_is_not_acknowledged_and_taken_when_sent_again(
    desk: Desk,
) -> None:
    body = raw(envelope())
    with closing(sqlite3.connect(desk.path, isolation_level=None)) as stranger:
        stranger.execute("BEGIN IMMEDIATE").close()
        answer = desk.send(body)
        assert answer.status_code == 500
        assert json.loads(answer.text) == {"detail": "It could not be saved: send it again."}
    assert desk.send(body).json() == {"status": "saved"}
    assert desk.figures.webhooks == {("xerotier", "not saved"): 1, ("xerotier", "saved"): 1}


def test_what_is_kept_is_never_due_and_when_it_came_is_told(desk: Desk) -> None:
    before = now_us()
    desk.send(raw(envelope()))
    with desk.ledger.read() as connection:
        assert inbox.next_due(connection) is None
        assert not inbox.waits(connection)
    (item,) = desk.saved()
    assert before <= item.received_at <= now_us()
    with desk.ledger.read() as connection:
        assert inbox.webhooks(connection, item.id) == []
        assert inbox.newest(connection, item.received_at) == 0
        assert inbox.newest(connection, item.received_at + SECOND) == item.id


def test_the_address_takes_posts_only(desk: Desk) -> None:
    assert requests.get(desk.url + PATHS[0], timeout=20).status_code == 405
    assert requests.get(desk.url + "/docs", timeout=20).status_code == 404
    assert requests.get(desk.url + "/openapi.json", timeout=20).status_code == 404
