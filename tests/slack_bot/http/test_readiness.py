"""Whether the bot is ready, over a real socket: each thing that is not is named."""

import resource
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests

from slack_bot.channel_store import ChannelStore
from slack_bot.figures import Figures
from slack_bot.http.health_routes import health_routes
from slack_bot.http.metrics import Metrics, Socket
from slack_bot.http.readiness import (
    Check,
    Readiness,
    ledger_check,
    polled_check,
    saves_check,
    socket_check,
    state_check,
    threads_check,
)
from slack_bot.ledger import Ledger
from slack_bot.parameter_store import DirectoryStore
from slack_bot.schedule_store import ScheduleStore
from slack_bot.stored_state import StoredState
from tests.audit_key import AUDIT_KEY
from tests.ledger_template import migrated
from tests.slack_bot.http.served import served


@pytest.fixture
def own_ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(migrated(tmp_path / "ledger.db"), AUDIT_KEY)
    yield ledger
    ledger.close()


def ask(ledger: Ledger, checks: Mapping[str, Check]) -> tuple[int, dict[str, Any]]:
    """The answer of /readyz."""
    metrics = Metrics(ledger, Figures(), [], Socket(lambda: True, lambda: 1), time.monotonic)
    with served(health_routes(Readiness(checks), metrics)) as url:
        answer = requests.get(f"{url}/readyz", timeout=20)
        assert requests.get(f"{url}/healthz", timeout=20).json() == {"status": "ok"}
    return answer.status_code, answer.json()


def test_with_nothing_wrong_it_is_ready(own_ledger: Ledger) -> None:
    checks = {"socket": socket_check(lambda: True), "ledger": ledger_check(own_ledger)}
    assert ask(own_ledger, checks) == (200, {"status": "ready"})


def test_all_that_is_wrong_is_named_at_once(own_ledger: Ledger) -> None:
    checks = {
        "socket": socket_check(lambda: False),
        "threads": threads_check(lambda: False),
        "ledger": ledger_check(own_ledger),
        "upstream gate": polled_check("gate", Figures(), 30.0, time.monotonic),
    }
    assert ask(own_ledger, checks) == (
        503,
        {
            "status": "not ready",
            "lacking": {
                "socket": "The connection to Slack is not alive.",
                "threads": "A part of the bot has ended; restart it.",
                "upstream gate": "Its list was not read yet.",
            },
        },
    )


@pytest.mark.parametrize(
    ("age", "why"), [(89.0, ""), (90.0, ""), (91.0, "Its list was read 91 seconds ago.")]
)
def test_an_upstream_may_be_silent_for_three_intervals(age: float, why: str) -> None:
    figures = Figures()
    figures.polled("gate", 1_000.0)
    assert polled_check("gate", figures, 30.0, lambda: 1_000.0 + age)() == why


def test_a_ledger_that_somebody_holds_cannot_be_written(own_ledger: Ledger, tmp_path: Path) -> None:
    checks = {"ledger": ledger_check(own_ledger)}
    with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as stranger:
        stranger.execute("BEGIN IMMEDIATE").close()
        status, told = ask(own_ledger, checks)
    assert status == 503
    assert told["lacking"]["ledger"].startswith("It cannot be written (OperationalError)")
    assert ask(own_ledger, checks)[0] == 200


def test_a_disk_that_is_full_cannot_be_written(own_ledger: Ledger, tmp_path: Path) -> None:
    """Given no room for another byte, as a limit of this process, then that is told, and later that there is."""
    check = ledger_check(own_ledger)
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, most))
    try:
        why = check()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    assert why.startswith("It cannot be written (OperationalError)")
    assert check() == ""


def test_a_look_at_the_ledger_leaves_nothing_behind(own_ledger: Ledger) -> None:
    check = ledger_check(own_ledger)
    assert [check(), check()] == ["", ""]
    with own_ledger.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM inbox").scalar_one() == 0


@pytest.mark.parametrize(
    ("age", "why"),
    [
        (None, ""),
        (0.4, "What came 0 seconds ago could not be saved; the log says why."),
        (59.0, "What came 59 seconds ago could not be saved; the log says why."),
        (60.0, ""),
    ],
)
def test_what_could_not_be_saved_is_told_of_for_a_minute(age: float | None, why: str) -> None:
    figures = Figures()
    if age is not None:
        figures.save_failed(1_000.0)
    assert saves_check(figures, lambda: 1_000.0 + (age or 0.0))() == why


def test_a_postgresql_that_is_gone_or_takes_no_writes_is_named(postgres_url: str) -> None:
    ledger = Ledger(postgres_url, AUDIT_KEY)
    assert ledger_check(ledger)() == ""
    with ledger.engine.connect() as connection:
        name = connection.exec_driver_sql("SELECT current_database()").scalar_one()
        connection.exec_driver_sql(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        connection.commit()
    ledger.engine.dispose()
    assert "cannot be written" in ledger_check(ledger)()
    ledger.close()


def test_channels_that_cannot_be_read_are_named(own_ledger: Ledger, tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.write_text("a file where a folder is wanted")
    store = DirectoryStore(folder)
    state = StoredState(own_ledger, ChannelStore([], store), ScheduleStore(store))
    check = state_check(state)
    state.refresh()
    assert check() == "Channels and schedules cannot be read; the log says why."
    folder.unlink()
    state.refresh()
    assert check() == ""


def counting(done: list[float], seconds: float) -> Callable[[], str]:
    def check() -> str:
        done.append(time.monotonic())
        time.sleep(seconds)
        return ""

    return check


def test_however_many_ask_at_once_it_is_looked_once(own_ledger: Ledger) -> None:
    looks: list[float] = []
    metrics = Metrics(own_ledger, Figures(), [], Socket(lambda: True, lambda: 1), time.monotonic)
    readiness = Readiness({"slow": counting(looks, 0.3)}, fresh=60.0)
    with served(health_routes(readiness, metrics)) as url, ThreadPoolExecutor(20) as callers:
        answers = list(callers.map(lambda _: requests.get(f"{url}/readyz", timeout=20), range(40)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(looks) == 1


def test_an_answer_does_not_stand_for_long(own_ledger: Ledger) -> None:
    looks: list[float] = []
    metrics = Metrics(own_ledger, Figures(), [], Socket(lambda: True, lambda: 1), time.monotonic)
    readiness = Readiness({"quick": counting(looks, 0.0)}, fresh=0.0)
    with served(health_routes(readiness, metrics)) as url:
        for _ in range(3):
            assert requests.get(f"{url}/readyz", timeout=20).status_code == 200
    assert len(looks) == 3


def test_a_check_that_hangs_is_told_and_hangs_nobody(own_ledger: Ledger) -> None:
    released = threading.Event()
    checks = {"stuck": lambda: "" if released.wait(10) else "late"}
    metrics = Metrics(own_ledger, Figures(), [], Socket(lambda: True, lambda: 1), time.monotonic)
    with served(health_routes(Readiness(checks, within=0.3), metrics)) as url:
        answer = requests.get(f"{url}/readyz", timeout=20)
        assert requests.get(f"{url}/healthz", timeout=20).status_code == 200
        released.set()
    assert answer.status_code == 503
    assert answer.json()["lacking"] == {"checks": "They took longer than 0.3 seconds."}
