"""The figures, read as Prometheus reads them, after things happened in a real bot."""

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from fastapi import APIRouter
from prometheus_client.parser import text_string_to_metric_families

from sandbox import Sandbox
from slack_bot import audit
from slack_bot.audit import Kind
from slack_bot.counted import Counted
from slack_bot.figures import Figures
from slack_bot.http.health_routes import health_routes
from slack_bot.http.listener import THREADS
from slack_bot.http.metrics import CONTENT_TYPE, Metrics, Socket
from slack_bot.http.readiness import Readiness
from slack_bot.poller import ApprovalPoller
from slack_bot.web_client import web_client
from tests.rig import APPROVALS, APPROVER, OUTSIDER, REQUESTER, SECOND_APPROVER, Rig
from tests.slack_bot.http.served import served
from tests.slack_bot.quorums import ASKED_BY, TWO, of_group

UPSTREAM = "privilege_manager"
Labels = frozenset[tuple[str, str]]


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with Rig(sandbox, tmp_path) as running:
        yield running


def metrics_of(rig: Rig, figures: Figures | None = None) -> Metrics:
    socket = Socket(rig.connection.alive, lambda: rig.connection.opened)
    return Metrics(rig.ledger, figures or Figures(), [UPSTREAM], socket, time.monotonic)


def read(metrics: Metrics) -> dict[tuple[str, Labels], float]:
    return {
        (sample.name.removeprefix("approval_bot_"), frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return read(metrics).get((name, frozenset(labels.items())))


def test_a_request_is_counted_where_it_stands(rig: Rig) -> None:
    metrics = metrics_of(rig)
    rig.ask()
    rig.ask(file="another.exe")
    assert value(metrics, "requests", upstream=UPSTREAM, outcome="pending") == 2
    rig.press(APPROVER, "approve_request")
    assert value(metrics, "queue", queue="inbox") == 1
    rig.run()
    told = read(metrics)
    standing = {
        dict(labels)["outcome"]: count for (name, labels), count in told.items() if name == "requests"
    }
    assert standing == {"pending": 1, "approved": 1}
    assert told["queue", frozenset({("queue", "inbox")})] == 0
    assert told["queue", frozenset({("queue", "verdicts")})] == 0


def test_how_long_people_and_the_bot_took_is_told_once_for_each_decision(rig: Rig) -> None:
    metrics = metrics_of(rig)
    rig.ask()
    rig.clock.advance(100)
    rig.press(APPROVER, "approve_request")
    rig.clock.advance(2)
    rig.run()
    for _ in range(2):
        assert value(metrics, "decision_seconds_count", upstream=UPSTREAM, cause="vote") == 1
        assert value(metrics, "press_to_outcome_seconds_count", upstream=UPSTREAM) == 1
    decided = value(metrics, "decision_seconds_sum", upstream=UPSTREAM, cause="vote")
    settled = value(metrics, "press_to_outcome_seconds_sum", upstream=UPSTREAM)
    assert decided == pytest.approx(102, abs=1.5)
    assert settled == pytest.approx(2, abs=1.5)


def test_of_several_who_had_to_approve_the_last_press_counts(sandbox: Sandbox, tmp_path: Path) -> None:
    with Rig(sandbox, tmp_path, {APPROVALS: of_group(approvals=TWO)}) as rig:
        metrics = metrics_of(rig)
        rig.ask(**ASKED_BY)
        rig.press(APPROVER, "approve_request")
        rig.run()
        rig.clock.advance(500)
        rig.press(SECOND_APPROVER, "approve_request")
        rig.run()
        settled = value(metrics, "press_to_outcome_seconds_sum", upstream=UPSTREAM)
    assert settled is not None
    assert settled < 100


def test_what_was_refused_and_asked_anew_is_no_outcome(rig: Rig) -> None:
    """Given an approval that the upstream refused, when it is approved again, then one outcome is told."""
    metrics = metrics_of(rig)
    rig.ask()
    rig.upstream_fails("approve", "error_in_200", times=1)
    rig.press(APPROVER, "approve_request")
    rig.run()
    assert rig.row().state == "pending"
    assert value(metrics, "press_to_outcome_seconds_count", upstream=UPSTREAM) is None
    rig.press(APPROVER, "approve_request")
    rig.run()
    assert value(metrics, "press_to_outcome_seconds_count", upstream=UPSTREAM) == 1
    assert value(metrics, "decision_seconds_count", upstream=UPSTREAM, cause="vote") == 2


def test_refusals_are_told_by_rule_and_no_word_of_a_person_becomes_a_label(rig: Rig) -> None:
    metrics = metrics_of(rig)
    rig.ask()
    rig.press(OUTSIDER, "approve_request")
    rig.press(APPROVER, "approve_request", value="../../../../v1/api-keys")
    rig.run()
    with rig.ledger.write() as tx:
        audit.append(tx, rig.clock.now(), Kind.REFUSAL, None, OUTSIDER, rule=f"{OUTSIDER} said so")
    told = {labels: count for (name, labels), count in read(metrics).items() if name == "refusals_total"}
    rules = {dict(labels)["rule"]: dict(labels)["security"] for labels in told}
    assert rules["malformed value"] == "yes"
    assert rules["other"] == "no"
    assert len(rules) == 3
    assert set(told.values()) == {1}
    text = metrics.text().decode()
    assert not [word for word in (OUTSIDER, APPROVER, REQUESTER, APPROVALS, "api-keys") if word in text]


def test_calls_of_slack_are_told_by_method_and_outcome(rig: Rig) -> None:
    figures = Figures()
    metrics = metrics_of(rig, figures)
    client = web_client(rig.settings(), timeout=2, retries=False, tell=figures.slack_called)
    client.api_call("auth.test")
    for kind, outcome in (("ratelimited", "rate limited"), ("server_error", "no answer")):
        rig.control.faults(method="auth.test", kind=kind)
        with pytest.raises(Exception, match="request to the Slack API"):
            client.api_call("auth.test")
        assert value(metrics, "slack_calls_total", method="auth.test", outcome=outcome) == 1
    with pytest.raises(Exception, match="channel_not_found"):
        client.api_call("conversations.info", params={"channel": "C00NOWHERE"})
    assert value(metrics, "slack_calls_total", method="conversations.info", outcome="refused") == 1
    assert value(metrics, "slack_calls_total", method="auth.test", outcome="ok") == 1


def test_the_age_of_a_poll_the_errors_upstream_and_the_connection_are_told(rig: Rig) -> None:
    figures = Figures()
    now = [1_000.0]
    socket = Socket(rig.connection.alive, lambda: rig.connection.opened)
    metrics = Metrics(rig.ledger, figures, [UPSTREAM], socket, lambda: now[0])
    counted = Counted(rig.upstream, figures, lambda: now[0])
    poller = ApprovalPoller(counted, rig.ledger, rig.clock.now, lambda: None)
    now[0] += 40
    assert value(metrics, "poll_age_seconds", upstream=UPSTREAM) == 40
    poller.work(rig.clock.now())
    now[0] += 7
    rig.upstream_fails("list", "timeout")
    poller.work(rig.clock.now())
    assert value(metrics, "poll_age_seconds", upstream=UPSTREAM) == 7
    error = {"upstream": UPSTREAM, "operation": "list", "error": "Interrupted"}
    assert value(metrics, "upstream_errors_total", **error) == 1
    assert (value(metrics, "connected"), value(metrics, "connections_total")) == (1, 1)
    rig.connection.stop()
    assert value(metrics, "connected") == 0
    rig.restart()


def test_while_the_ledger_cannot_be_read_the_rest_is_told_and_nothing_is_lost(rig: Rig) -> None:
    metrics = metrics_of(rig)
    rig.ask()
    rig.press(APPROVER, "approve_request")
    rig.run()
    with rig.ledger.write() as tx:
        tx.exec_driver_sql("ALTER TABLE requests RENAME TO away")
    assert value(metrics, "connected") == 1
    assert value(metrics, "decision_seconds_count", upstream=UPSTREAM, cause="vote") is None
    with rig.ledger.write() as tx:
        tx.exec_driver_sql("ALTER TABLE away RENAME TO requests")
    assert value(metrics, "decision_seconds_count", upstream=UPSTREAM, cause="vote") == 1


def test_two_who_read_at_once_count_nothing_twice(rig: Rig) -> None:
    metrics = metrics_of(rig)
    rig.ask()
    rig.press(APPROVER, "approve_request")
    rig.run()
    readers = [threading.Thread(target=metrics.text) for _ in range(8)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert value(metrics, "decision_seconds_count", upstream=UPSTREAM, cause="vote") == 1


def test_however_many_ask_the_figures_are_made_once_and_keep_no_webhook_waiting(rig: Rig) -> None:
    """Given figures that take a while, when more ask than there are threads for webhooks, then one gets through."""
    released, asked, saves = threading.Event(), threading.Semaphore(0), APIRouter()

    def when_released() -> float:
        asked.release()
        released.wait(20)
        return 0.0

    @saves.post("/save")
    async def save() -> str:
        return await asyncio.to_thread(str, "saved")

    released.set()
    metrics = Metrics(rig.ledger, Figures(), [], None, when_released)
    while asked.acquire(blocking=False):
        pass
    released.clear()
    with served(health_routes(Readiness({}), metrics), saves) as url, ThreadPoolExecutor(2 * THREADS) as many:
        scrapes = [many.submit(requests.get, f"{url}/metrics", timeout=20) for _ in range(2 * THREADS)]
        assert asked.acquire(timeout=10)
        time.sleep(0.2)
        assert requests.post(f"{url}/save", timeout=10).json() == "saved"
        released.set()
        assert {scrape.result().status_code for scrape in scrapes} == {200}
    assert not asked.acquire(blocking=False)


def test_what_happened_before_the_start_is_not_counted_again(rig: Rig) -> None:
    rig.ask()
    rig.press(APPROVER, "approve_request")
    rig.run()
    metrics = metrics_of(rig)
    assert value(metrics, "decision_seconds_count", upstream=UPSTREAM, cause="vote") is None
    assert value(metrics, "requests", upstream=UPSTREAM, outcome="approved") == 1


def test_prometheus_gets_its_own_content_type(rig: Rig) -> None:
    with served(health_routes(Readiness({}), metrics_of(rig))) as url:
        answer = requests.get(f"{url}/metrics", timeout=20)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, CONTENT_TYPE)
    assert "# TYPE approval_bot_requests gauge" in answer.text
