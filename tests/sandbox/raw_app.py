"""A Socket Mode client of a few lines, which keeps every frame and acknowledges as it is told."""

import json
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import Any, Self

from slack_sdk import WebClient
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from sandbox import Sandbox

Frame = dict[str, Any]
Answer = Callable[[Frame], Frame | None]


def acknowledge(frame: Frame) -> Frame | None:
    return {"envelope_id": frame["envelope_id"]}


def keep_silent(frame: Frame) -> Frame | None:
    return None


class RawApp:
    """Connected while entered. ``answer`` gives the acknowledgement of an envelope, or None for none."""

    def __init__(self, sandbox: Sandbox, answer: Answer = acknowledge) -> None:
        self._sandbox = sandbox
        self._answer = answer
        self._stack = ExitStack()
        self.frames: list[Frame] = []
        self.closed = threading.Event()

    @staticmethod
    def address(sandbox: Sandbox) -> str:
        """Of a new WebSocket, by apps.connections.open."""
        opened = WebClient(base_url=sandbox.slack_api_url, retry_handlers=[]).apps_connections_open(
            app_token=sandbox.app_token
        )
        return str(opened["url"])

    def __enter__(self) -> Self:
        address = self.address(self._sandbox)
        self.socket: ClientConnection = self._stack.enter_context(
            connect(address, compression=None, proxy=None, close_timeout=1.0, ping_interval=None)
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.close()
        self._reader.join()

    def _read(self) -> None:
        with suppress(ConnectionClosed):
            for text in self.socket:
                frame = json.loads(text)
                self.frames.append(frame)
                answer = self._answer(frame) if "envelope_id" in frame else None
                if answer is not None:
                    self.socket.send(json.dumps(answer))
        self.closed.set()

    @property
    def close_code(self) -> int | None:
        """Of the close frame; 1006 when the connection ended without one."""
        return self.socket.close_code

    @property
    def envelopes(self) -> list[Frame]:
        return [frame for frame in list(self.frames) if "envelope_id" in frame]

    def wait_for(self, kind: str, count: int = 1) -> Frame:
        """The ``count``-th frame of this type, once it has come."""

        def probe() -> Frame | None:
            found = [frame for frame in list(self.frames) if frame["type"] == kind]
            return found[count - 1] if len(found) >= count else None

        return self._sandbox.control.eventually(probe)
