"""AWS Systems Manager's Parameter Store as moto plays it, in a process of its own."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.child import Child
from bench.workspace import shell

HOST = "127.0.0.1"
ROOT = "ssm:/approval-bot"


@contextmanager
def parameter_store(folder: Path) -> Iterator[dict[str, str]]:
    """The settings with which the bot keeps its state there."""
    port = _free_port()
    with Child(["moto.server", "-H", HOST, "-p", str(port)], shell(), folder / "moto.log") as moto:
        moto.wait_for("Running on")
        yield {
            "STATE": ROOT,
            "AWS_ENDPOINT_URL_SSM": f"http://{HOST}:{port}",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_REGION": "eu-central-1",
        }


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as server:
        return int(server.getsockname()[1])
