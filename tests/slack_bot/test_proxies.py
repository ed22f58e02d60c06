"""A whole bot behind a proxy: every edge of it goes through, or past it where NO_PROXY says so."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from moto.server import ThreadedMotoServer

from sandbox import Sandbox
from tests.bot_process import BotProcess, environment
from tests.conftest import assert_known_methods
from tests.rig import ADMIN, APPROVALS, APPROVER, OUTSIDER, SECOND_CHANNEL
from tests.slack_bot.connect_proxy import connect_proxy
from tests.slack_bot.tls_front import OPENSSL, make_certificate, tls_front

SLACK, PRIVMAN, SSM = "slack.test", "privman.test", "ssm.test"
"""Names that no resolver knows (RFC 6761, 6.2): whoever does not ask the proxy gets nowhere."""
AWS = {
    "AWS_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}

needs_openssl = pytest.mark.skipif(
    not (OPENSSL or os.environ.get("CI")), reason="there is no openssl to make certificates"
)


def aws(folder: Path) -> dict[str, str]:
    """The settings of a bot that keeps its state in SSM, in a place of its own: all of a process share one."""
    return AWS | {"STATE": f"ssm:/{folder.name}"}


@contextmanager
def ssm() -> Iterator[tuple[str, int]]:
    """Where a Parameter Store is."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield (host, port)
    finally:
        server.stop()


def place(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return (parts.hostname or "", parts.port or 0)


@dataclass(frozen=True)
class World:
    """Slack, Privilege Manager and SSM by their names, and the certificate that they show."""

    sandbox: Sandbox
    routes: Mapping[str, tuple[str, int]]
    certificate: Path

    def environment(self, folder: Path, **more: str) -> dict[str, str]:
        bundles = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE")
        return environment(
            self.sandbox,
            folder,
            **aws(folder),
            **dict.fromkeys(bundles, str(self.certificate)),
            SLACK_API_URL=f"https://{SLACK}/api/",
            PRIVMAN_BASE_URL=f"https://{PRIVMAN}/Tms",
            AWS_ENDPOINT_URL_SSM=f"https://{SSM}",
            **more,
        )


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Each behind TLS, under a name and not under an address."""
    certificate = make_certificate(tmp_path, SLACK, PRIVMAN, SSM)
    with ExitStack() as stack:
        sandbox = stack.enter_context(Sandbox(public_url=f"https://{SLACK}"))
        ends = {
            SLACK: place(sandbox.url),
            PRIVMAN: place(sandbox.privman_url),
            SSM: stack.enter_context(ssm()),
        }
        fronts = {name: stack.enter_context(tls_front(end, certificate)) for name, end in ends.items()}
        routes = {f"{name}:443": ("127.0.0.1", front.port) for name, front in fronts.items()}
        yield World(sandbox, routes, certificate)
        assert_known_methods(sandbox)


def use_every_edge(sandbox: Sandbox) -> None:
    """A channel is registered, a request approved, and somebody outside the channel is told that they may not."""
    control = sandbox.control
    control.message(SECOND_CHANNEL, ADMIN, "<@U07BOT>")
    control.eventually(lambda: control.messages(SECOND_CHANNEL)[1:])
    control.file_request()
    ts = control.eventually(lambda: [one for one in control.messages(APPROVALS) if one.get("metadata")])[0][
        "ts"
    ]
    control.change_channel(APPROVALS, leave=[OUTSIDER])
    assert control.click(APPROVALS, ts, OUTSIDER, "approve_request", force=True)["acknowledged"]
    control.eventually(lambda: control.ephemerals(OUTSIDER))
    assert control.click(APPROVALS, ts, APPROVER, "approve_request")["acknowledged"]
    control.eventually(
        lambda: [one for one in control.messages(APPROVALS) if "Approved by" in str(one["text"])]
    )
    assert control.upstream_requests()[0]["decisions"] == 1


@needs_openssl
def test_with_a_proxy_as_the_only_way_out_everything_goes_through_tunnels(
    world: World, tmp_path: Path
) -> None:
    """Given names that only the proxy knows, then Slack, its WebSocket, replies, the upstream and SSM work."""
    with connect_proxy(routes=world.routes) as proxy:
        with BotProcess(tmp_path, world.environment(tmp_path, HTTPS_PROXY=proxy.url)) as bot:
            bot.wait_until_ready()
            use_every_edge(world.sandbox)
            assert bot.stop() == 0
        assert set(proxy.seen) == {f"CONNECT {name}:443" for name in (SLACK, PRIVMAN, SSM)}
    replies = [call for call in world.sandbox.control.calls("response_url") if call["status"] == 200]
    assert replies


@needs_openssl
def test_without_its_proxy_it_reaches_nobody_and_says_so(world: World, tmp_path: Path) -> None:
    with BotProcess(tmp_path, world.environment(tmp_path)) as bot:
        world.sandbox.control.eventually(lambda: "Slack does not answer yet" in bot.text())
        assert bot.stop() == 0
    assert world.sandbox.control.calls() == []


def test_hosts_in_no_proxy_are_reached_past_it_on_every_edge(sandbox: Sandbox, tmp_path: Path) -> None:
    """Given proxies for everything and NO_PROXY for this machine, then not one call gets to them."""
    with ssm() as (host, port), connect_proxy(routes={}) as proxy:
        names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
        env = environment(
            sandbox,
            tmp_path,
            **aws(tmp_path),
            **dict.fromkeys(names, proxy.url),
            NO_PROXY="127.0.0.1",
            AWS_ENDPOINT_URL_SSM=f"http://{host}:{port}",
        )
        with BotProcess(tmp_path, env) as bot:
            bot.wait_until_ready()
            use_every_edge(sandbox)
            assert bot.stop() == 0
        assert proxy.seen == []
