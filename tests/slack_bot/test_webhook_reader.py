"""What Xerotier sent and the inbox kept, on its way to the client: at once, after a restart, in each replica."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy.event
from sqlalchemy import insert

from slack_bot import approvals
from slack_bot.clock import MINUTE, SECOND
from slack_bot.http.webhooks import once_key_of
from slack_bot.inbox import WEBHOOK, Inbox
from slack_bot.ledger import Ledger
from slack_bot.ledger import inbox as saved
from slack_bot.rows import key_of, request_by_key
from slack_bot.webhook_reader import OVERTAKEN, REMEMBERED, WebhookReader
from tests.audit_key import AUDIT_KEY
from tests.clock import Clock
from tests.slack_bot.http.served import APPROVAL, envelope, flat, raw
from upstream_client.models import ApprovalRequest, Seen, Status
from upstream_client.xerotier import Event, Kind, XerotierClient, read_event


class Post:
    """An inbox into which webhooks come, and those who read it."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.clock = Clock()
        self.box = Inbox(ledger, self.clock.now, lambda: None)

    def comes(self, kind: Kind = Kind.REQUESTED, number: int = 1, approval: str = APPROVAL) -> None:
        body = raw(envelope(kind.value, number, approval_id=approval))
        event = read_event(body)
        assert event is not None
        self.keep(once_key_of(event), body.decode())

    def keep(self, once_key: str, payload: str) -> None:
        self.box.save(WEBHOOK, once_key, channel="", user_id="", payload=payload, due=False)

    def reader(self, heard: list[str]) -> WebhookReader:
        """That of a process which starts now; ``heard`` gets what its client is told."""
        return WebhookReader(self.ledger, lambda event: heard.append(told(event)), self.clock.now())

    def work(self, reader: WebhookReader) -> None:
        reader.work(self.clock.now())


def told(event: Event) -> str:
    return f"{event.kind.name} {event.approval_id}"


@pytest.fixture
def post(ledger: Ledger) -> Post:
    return Post(ledger)


def test_each_event_is_handed_on_once_in_the_order_in_which_it_came(post: Post) -> None:
    heard: list[str] = []
    reader = post.reader(heard)
    post.comes()
    post.comes(Kind.ESCALATED, 2)
    post.work(reader)
    assert heard == [f"REQUESTED {APPROVAL}", f"ESCALATED {APPROVAL}"]
    post.comes(Kind.APPROVED, 3)
    post.work(reader)
    post.work(reader)
    assert heard[2:] == [f"APPROVED {APPROVAL}"]


def test_after_a_restart_and_in_each_replica_all_of_the_last_day_is_handed_on(post: Post) -> None:
    post.comes(approval="apr_old")
    post.clock.advance(REMEMBERED / SECOND + 1)
    post.comes(number=2)
    first, second = list[str](), list[str]()
    readers = [post.reader(first), post.reader(second)]
    for reader in readers:
        post.work(reader)
    assert first == second == [f"REQUESTED {APPROVAL}"]
    post.comes(Kind.REJECTED, 3)
    for reader in readers:
        post.work(reader)
    assert first == second == [f"REQUESTED {APPROVAL}", f"REJECTED {APPROVAL}"]


def test_what_was_settled_after_an_event_came_is_not_told_again_as_waiting(post: Post) -> None:
    post.comes()
    settle(post, APPROVAL)
    heard: list[str] = []
    post.work(post.reader(heard))
    assert heard == []
    post.clock.advance(MINUTE / SECOND)
    post.comes(Kind.ESCALATED, 2)
    post.work(post.reader(heard))
    assert heard == [f"ESCALATED {APPROVAL}"]


def test_how_it_ended_is_told_again_as_long_as_nobody_knows_that_and_never_that_it_waited(post: Post) -> None:
    """Given a request that was settled as gone, when a new process reads what came before, then the end is news."""
    post.comes()
    post.comes(Kind.ESCALATED, 2)
    post.comes(Kind.REJECTED, 3)
    settle(post, APPROVAL, Status.UNKNOWN)
    heard: list[str] = []
    post.work(post.reader(heard))
    assert heard == [f"REJECTED {APPROVAL}"]


def test_an_event_that_tells_no_time_was_when_it_came(post: Post) -> None:
    events: list[Event] = []
    for kind in (Kind.ESCALATED, Kind.TIMED_OUT):
        body = raw(flat(kind.value))
        event = read_event(body)
        assert event is not None
        post.keep(once_key_of(event), body.decode())
        post.clock.advance(1)
    WebhookReader(post.ledger, events.append, post.clock.now()).work(post.clock.now())
    first, second = (event.at for event in events)
    assert first is not None
    assert second is not None
    assert second - first == SECOND


def settle(post: Post, approval: str, status: Status = Status.DENIED) -> None:
    """The request is known, and was answered elsewhere."""
    request = ApprovalRequest(XerotierClient.name, approval, "Run delete_branch")
    with post.ledger.write() as tx:
        approvals.add(tx, post.clock.now(), request)
    with post.ledger.write() as tx:
        row = request_by_key(tx, key_of(XerotierClient.name, approval))
        assert row is not None
        approvals.gone(tx, post.clock.now(), row, Seen(status))


def test_what_waits_by_the_ledger_is_told_again_after_a_restart(post: Post) -> None:
    post.comes()
    with post.ledger.write() as tx:
        approvals.add(
            tx, post.clock.now(), ApprovalRequest(XerotierClient.name, APPROVAL, "Run delete_branch")
        )
    heard: list[str] = []
    post.work(post.reader(heard))
    assert heard == [f"REQUESTED {APPROVAL}"]


def test_one_that_was_seen_late_is_not_missed(post: Post) -> None:
    """Given PostgreSQL, where a later number may be seen before an earlier one, then both are handed on."""
    heard: list[str] = []
    reader = post.reader(heard)
    post.comes(number=1)
    post.comes(number=2, approval="apr_2")
    with post.ledger.write() as tx:
        tx.exec_driver_sql("UPDATE inbox SET kind = 'hidden' WHERE id = (SELECT min(id) FROM inbox)")
    post.work(reader)
    with post.ledger.write() as tx:
        tx.exec_driver_sql("UPDATE inbox SET kind = 'webhook' WHERE kind = 'hidden'")
    post.work(reader)
    post.work(reader)
    assert heard == ["REQUESTED apr_2", f"REQUESTED {APPROVAL}"]


def test_one_that_cannot_be_read_any_more_keeps_no_other_waiting(post: Post) -> None:
    post.keep("webhook:xerotier:strange", "{")
    post.comes()
    heard: list[str] = []
    post.work(post.reader(heard))
    assert heard == [f"REQUESTED {APPROVAL}"]


def test_a_client_that_fails_at_one_gets_the_others_the_next_time(post: Post) -> None:
    heard: list[str] = []

    def take(event: Event) -> None:
        if event.approval_id == "apr_1" and "apr_1" not in heard:
            heard.append("apr_1")
            raise LookupError
        heard.append(event.approval_id)

    reader = WebhookReader(post.ledger, take, post.clock.now())
    post.comes(number=1, approval="apr_1")
    post.comes(number=2, approval="apr_2")
    with pytest.raises(LookupError):
        post.work(reader)
    post.work(reader)
    assert heard == ["apr_1", "apr_2"]


def test_bodies_are_loaded_one_by_one_and_only_those_that_are_new(post: Post) -> None:
    heard: list[str] = []
    reader = post.reader(heard)
    for number in range(5):
        post.comes(number=number, approval=f"apr_{number}")
    loaded: list[int] = []

    @sqlalchemy.event.listens_for(post.ledger.engine, "after_cursor_execute")
    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("SELECT") and "inbox.payload" in statement:
            loaded.append(len(heard))

    post.work(reader)
    assert loaded == [0, 1, 2, 3, 4]
    post.work(reader)
    post.comes(number=5, approval="apr_5")
    post.work(reader)
    assert loaded == [0, 1, 2, 3, 4, 5]


def test_presses_are_not_looked_through_again(post: Post) -> None:
    """Given many presses and no webhook, when it looks again, then it begins near the end of the inbox."""
    with post.ledger.write() as tx:
        row = {"kind": "click", "channel": "C1", "user_id": "U1", "payload": "{}", "reply_to": ""}
        rest = {"received_at": post.clock.now(), "result": "", "answer": ""}
        presses = [{**row, **rest, "once_key": f"click:{number}"} for number in range(OVERTAKEN + 100)]
        tx.execute(insert(saved), presses)
    begins: list[int] = []

    @sqlalchemy.event.listens_for(post.ledger.engine, "before_cursor_execute")
    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if "inbox.kind =" in statement:
            begins.append(min(one for one in _values(parameters) if isinstance(one, int)))

    reader = post.reader([])
    post.work(reader)
    post.work(reader)
    assert begins == [-OVERTAKEN, 100]


def _values(parameters: Any) -> list[object]:
    return list(parameters.values() if isinstance(parameters, dict) else parameters)


def test_once_stopped_it_hands_on_nothing_more(post: Post) -> None:
    heard: list[str] = []

    def take(event: Event) -> None:
        heard.append(told(event))
        reader.stop()

    reader = WebhookReader(post.ledger, take, post.clock.now())
    post.comes(number=1, approval="apr_1")
    post.comes(number=2, approval="apr_2")
    post.work(reader)
    assert heard == ["REQUESTED apr_1"]


@pytest.fixture
def client() -> Iterator[XerotierClient]:
    running = XerotierClient("http://127.0.0.1:9", "prj_1", "key")
    yield running
    running.close()


def test_the_client_lists_what_was_told(tmp_path: Path, client: XerotierClient) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", AUDIT_KEY)
    post = Post(ledger)
    post.comes(Kind.TIMED_OUT)
    reader = WebhookReader(ledger, client.take, post.clock.now())
    post.work(reader)
    seen = client.told(APPROVAL)
    ledger.close()
    assert seen is not None
    assert seen.status is Status.EXPIRED
