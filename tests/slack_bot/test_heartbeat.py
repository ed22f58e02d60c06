"""The heartbeat file beside a real connection, and in places where it cannot be."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from structlog.testing import capture_logs

from slack_bot.health import Unhealthy, check_age, last_beat
from slack_bot.heartbeat import Heartbeat
from tests.slack_bot.connected_bot import bot_on_sandbox

OFTEN = 0.01
PATIENCE = 10.0


@pytest.fixture(autouse=True)
def _plain_logs() -> Iterator[None]:
    """`capture_logs` must not meet a configuration that an earlier test left behind."""
    config = structlog.get_config()
    structlog.reset_defaults()
    yield
    structlog.configure(**config)


def eventually(check: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not check():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.005)


def healthy(path: Path) -> bool:
    try:
        beat = last_beat(str(path))
        check_age(beat, time.monotonic_ns())
    except Unhealthy:
        return False
    return True


class Life:
    """What is alive or not, and how often that was asked."""

    def __init__(self, alive: Callable[[], bool] | None = None) -> None:
        """Without ``alive`` it is as the test says."""
        self.is_alive = True
        self._alive = alive or (lambda: self.is_alive)
        self._asked = 0
        self._change = threading.Condition()

    def __call__(self) -> bool:
        with self._change:
            self._asked += 1
            self._change.notify_all()
        return self._alive()

    def asked_again(self, times: int = 2) -> None:
        """Waits until it was asked so many times from now: what the last but one led to is done."""
        with self._change:
            wanted = self._asked + times
            assert self._change.wait_for(lambda: self._asked >= wanted, PATIENCE)


@pytest.fixture
def life() -> Life:
    return Life()


@pytest.fixture
def start() -> Iterator[Callable[[Path, Callable[[], bool]], Heartbeat]]:
    """Starts heartbeats and, at the end, stops them."""
    running: list[Heartbeat] = []

    def _start(path: Path, alive: Callable[[], bool]) -> Heartbeat:
        beating = Heartbeat(path, alive, OFTEN)
        running.append(beating)
        beating.start()
        return beating

    yield _start
    for beating in running:
        beating.stop()


Start = Callable[[Path, Callable[[], bool]], Heartbeat]


def test_the_health_check_follows_a_real_connection(tmp_path: Path, start: Start) -> None:
    """Given a bot on Slack, when its socket ends for good, then no further heartbeat is written."""
    path = tmp_path / "heartbeat"
    with bot_on_sandbox() as bot:
        life = Life(bot.connection.alive)
        start(path, life)
        life.asked_again()
        assert not path.exists()

        bot.start()
        eventually(lambda: healthy(path))

        bot.connection.stop()
        bot.sandbox.control.eventually(lambda: not bot.connection.alive())
        life.asked_again()
        last = path.read_text()
        life.asked_again()
        assert path.read_text() == last


def test_it_beats_only_while_the_socket_is_alive(tmp_path: Path, life: Life, start: Start) -> None:
    path = tmp_path / "heartbeat"
    start(path, life)
    eventually(path.exists)

    life.is_alive = False
    life.asked_again()
    last = path.read_text()
    life.asked_again()
    assert path.read_text() == last

    life.is_alive = True
    eventually(lambda: path.read_text() != last)


def test_a_beat_is_later_than_the_one_before_whatever_the_wall_clock_does(
    tmp_path: Path, life: Life, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "heartbeat"
    start(path, life)
    eventually(path.exists)
    first = int(path.read_text())

    monkeypatch.setattr(time, "time", lambda: 0.0)
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    eventually(lambda: int(path.read_text()) > first)

    assert healthy(path)


def test_no_reader_finds_half_a_heartbeat(tmp_path: Path, life: Life) -> None:
    path = tmp_path / "heartbeat"
    beating = Heartbeat(path, life, every=0.0)
    beating.start()
    try:
        eventually(path.exists)
        assert all(healthy(path) for _ in range(2_000))
    finally:
        beating.stop()


def test_at_the_end_the_file_and_the_thread_are_gone(tmp_path: Path, life: Life, start: Start) -> None:
    beating = start(tmp_path / "heartbeat", life)
    eventually((tmp_path / "heartbeat").exists)

    beating.stop()
    beating.stop()

    assert list(tmp_path.iterdir()) == []
    assert "heartbeat" not in {thread.name for thread in threading.enumerate()}


def test_one_that_was_never_started_can_be_stopped(tmp_path: Path, life: Life) -> None:
    Heartbeat(tmp_path / "heartbeat", life).stop()


def test_what_a_killed_process_left_behind_is_no_sign_of_life(
    tmp_path: Path, life: Life, start: Start
) -> None:
    path = tmp_path / "heartbeat"
    path.write_text(f"{time.monotonic_ns()}\n")
    life.is_alive = False

    start(path, life)
    life.asked_again(1)

    assert not path.exists()


def test_a_folder_that_is_not_there_yet_is_made(tmp_path: Path, life: Life, start: Start) -> None:
    start(tmp_path / "state" / "bot" / "heartbeat", life)

    eventually(lambda: healthy(tmp_path / "state" / "bot" / "heartbeat"))


def test_a_place_that_cannot_be_written_is_logged_once_and_used_when_it_can(
    tmp_path: Path, life: Life, start: Start
) -> None:
    path = tmp_path / "state" / "heartbeat"
    path.parent.touch()

    with capture_logs() as events:
        beating = start(path, life)
        life.asked_again(5)
        path.parent.unlink()
        eventually(lambda: healthy(path))
        beating.stop()

    assert [(event["event"], event["file"], event["why"]) for event in events] == [
        ("the heartbeat file cannot be written", str(path), "Not a directory")
    ]
    assert not path.exists()


def test_a_deaf_socket_that_looks_open_ends_the_heartbeat_until_another_one_hears(
    tmp_path: Path, start: Start
) -> None:
    """Given a Slack that answers nothing any more and closes nothing, then the file tells of no life."""
    path = tmp_path / "heartbeat"
    with bot_on_sandbox() as bot:
        life = Life(bot.connection.alive)
        bot.start()
        start(path, life)
        eventually(lambda: healthy(path))

        bot.sandbox.control.faults(socket="silent", seconds=12)
        eventually(lambda: not bot.connection.alive())
        life.asked_again()
        last = path.read_text()
        life.asked_again()
        assert path.read_text() == last
        assert bot.sockets(), "it looks open"

        bot.sandbox.control.clear_faults()
        eventually(lambda: path.read_text() != last)
        assert bot.click()
