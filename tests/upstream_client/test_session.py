"""The shared HTTP session, against servers that misbehave."""

import gzip
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import certifi
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from tests.slack_bot.connect_proxy import connect_proxy
from tests.upstream_client.serving import (
    HOST,
    SELF_SIGNED,
    closed_port,
    raw_server,
    read_call,
    self_signed_tls,
    serving,
)
from tests.upstream_client.steady import STEADY
from upstream_client import session as session_module
from upstream_client.exceptions import Interrupted, NotUnderstood, Unreachable, Untrusted
from upstream_client.session import (
    LEAST_WAIT,
    LONGEST_WAIT,
    USUAL_WAIT,
    Answer,
    CaBundleError,
    Session,
    is_loopback,
)

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
OK_AND_CLOSE = OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")


@pytest.fixture
def session() -> Iterator[Session]:
    opened = Session("Somewhere", timeout=(2.0, 5.0))
    yield opened
    opened.close()


@pytest.fixture
def hasty() -> Iterator[Session]:
    """A session that waits half a second for an answer."""
    opened = Session("Somewhere", timeout=(2.0, 0.5))
    yield opened
    opened.close()


def test_a_refused_connection_means_that_nothing_was_sent(session: Session) -> None:
    with pytest.raises(Unreachable, match=r"Somewhere cannot be reached at 127.0.0.1: .*refused"):
        session.call("POST", f"http://{HOST}:{closed_port()}/", body={})


def test_a_name_that_does_not_exist_means_that_nothing_was_sent(session: Session) -> None:
    with pytest.raises(Unreachable, match=r"cannot be reached at nowhere\.invalid"):
        session.call("POST", "https://nowhere.invalid/", body={})


def test_a_connect_time_out_means_that_nothing_was_sent() -> None:
    # given a listener whose queue of connections is full, so that the next one gets no answer
    with socket.create_server((HOST, 0), backlog=0) as full:
        waiting = []
        for _ in range(3):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(full.getsockname())
            waiting.append(one)
        hasty = Session("Somewhere", timeout=(0.3, 5.0))
        # when it is called, then
        with pytest.raises(Unreachable):
            hasty.call("POST", f"http://{HOST}:{full.getsockname()[1]}/", body={})
        hasty.close()
        for one in waiting:
            one.close()


def test_a_connection_that_breaks_before_the_answer_may_have_done_it(session: Session) -> None:
    calls: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        calls.append(read_call(connection))

    with raw_server(talk) as port, pytest.raises(Interrupted, match="broke the connection"):
        session.call("POST", f"http://{HOST}:{port}/", body={})
    assert len(calls) == 1


def test_a_harmless_call_is_repeated_once_when_the_connection_breaks(session: Session) -> None:
    calls: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        calls.append(read_call(connection))
        if len(calls) == 2:
            connection.sendall(OK_AND_CLOSE)

    with raw_server(talk) as port:
        assert session.call("GET", f"http://{HOST}:{port}/", harmless=True).json() == {}
        with pytest.raises(Interrupted):
            session.call("GET", f"http://{HOST}:{port}/", harmless=True)
    assert len(calls) == 4


def test_a_kept_connection_that_the_server_closes_on_the_next_call_may_have_done_it(session: Session) -> None:
    # given a server that answers once and then hangs up on the second call of the same connection
    calls: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        calls.append(read_call(connection))
        connection.sendall(OK)
        calls.append(read_call(connection))

    with raw_server(talk) as port:
        session.call("GET", f"http://{HOST}:{port}/")
        # when a decision goes out on it, then nobody can tell
        with pytest.raises(Interrupted):
            session.call("POST", f"http://{HOST}:{port}/")
    assert [call.split()[0] for call in calls] == [b"GET", b"POST"]


def test_an_answer_that_does_not_begin_in_time_may_have_done_it(hasty: Session) -> None:
    def talk(connection: socket.socket) -> None:
        read_call(connection)
        connection.recv(1)

    with raw_server(talk) as port:
        with pytest.raises(Interrupted, match=r"did not answer within 0\.5 s"):
            hasty.call("POST", f"http://{HOST}:{port}/", harmless=True)
        hasty.close()


def test_an_answer_that_drips_does_not_hold_us_for_ever(hasty: Session) -> None:
    # given a server that sends a byte now and then, so that no single wait is too long
    def talk(connection: socket.socket) -> None:
        read_call(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n")
        for _ in range(60):
            connection.sendall(b" ")
            time.sleep(0.05)

    with raw_server(talk) as port:
        began = time.monotonic()
        with pytest.raises(Interrupted, match="too slow"):
            hasty.call("GET", f"http://{HOST}:{port}/")
        assert time.monotonic() - began < 2.5


def test_an_answer_cut_short_is_no_answer(session: Session) -> None:
    def talk(connection: socket.socket) -> None:
        read_call(connection)
        connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"Result": []}')

    with raw_server(talk) as port, pytest.raises(Interrupted):
        session.call("GET", f"http://{HOST}:{port}/")


def test_a_body_without_end_is_cut(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "MOST_BYTES", 100_000)

    def talk(connection: socket.socket) -> None:
        read_call(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:  # until the client hangs up
            connection.sendall(b" " * 65536)

    with raw_server(talk) as port:
        assert_cut(session.call("GET", f"http://{HOST}:{port}/"))


def test_a_body_that_unpacks_to_too_much_is_cut(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "MOST_BYTES", 100_000)
    packed = gzip.compress(b" " * 5_000_000)

    def talk(connection: socket.socket) -> None:
        read_call(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + packed)

    with raw_server(talk) as port:
        assert_cut(session.call("GET", f"http://{HOST}:{port}/"))


def assert_cut(answer: Answer) -> None:
    assert answer.cut
    assert answer.body == b""
    with pytest.raises(NotUnderstood, match="more than"):
        answer.json()


def test_the_token_does_not_follow_a_redirect_to_another_host(session: Session) -> None:
    heard: list[bytes] = []

    def elsewhere(connection: socket.socket) -> None:
        heard.append(read_call(connection))

    async def lead_on(request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer secret-token"
        return web.Response(status=307, headers={"Location": f"http://localhost:{other}/"})

    app = web.Application()
    app.router.add_get("/", lead_on)
    with raw_server(elsewhere) as other, serving(app) as url:
        assert session.call("GET", url, token="secret-token").status == 307
    assert heard == []


def test_cookies_and_netrc_are_left_alone(
    session: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine {HOST} login someone password of-the-shell\n")
    monkeypatch.setenv("NETRC", str(netrc))
    seen: list[tuple[str | None, str | None]] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append((request.headers.get("Authorization"), request.headers.get("Cookie")))
        response = web.json_response({})
        response.set_cookie("affinity", "node-7")
        return response

    app = web.Application()
    app.router.add_get("/", answer)
    with serving(app) as url:
        session.call("GET", url, token="ours")
        session.call("GET", url)
    assert seen == [("Bearer ours", None), (None, None)]


def test_a_self_signed_certificate_is_refused_with_what_to_do_and_accepted_once_that_is_done(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def talk(connection: socket.socket) -> None:
        read_call(connection)
        connection.sendall(OK_AND_CLOSE)

    with raw_server(talk, self_signed_tls()) as port:
        with pytest.raises(Unreachable, match=r"self-signed certificate.*REQUESTS_CA_BUNDLE"):
            session.call("GET", f"https://{HOST}:{port}/")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(SELF_SIGNED))
        assert session.call("GET", f"https://{HOST}:{port}/").json() == {}


def test_a_bundle_that_is_not_there_is_named(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")
    with pytest.raises(Unreachable, match=r"invalid path: /nowhere/ca\.pem"):
        session.call("GET", f"https://{HOST}:{closed_port()}/")


def test_a_bundle_of_its_own_is_trusted_whatever_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def talk(connection: socket.socket) -> None:
        read_call(connection)
        connection.sendall(OK_AND_CLOSE)

    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "not-there.pem"))
    own = Session("Somewhere", timeout=(2.0, 5.0), ca_bundle=SELF_SIGNED, ca_setting="SOME_CA_BUNDLE")
    with raw_server(talk, self_signed_tls()) as port:
        assert own.call("GET", f"https://{HOST}:{port}/").json() == {}
    own.close()


def test_a_bundle_that_vouches_for_somebody_else_is_not_trusted() -> None:
    own = Session(
        "Somewhere", timeout=(2.0, 5.0), ca_bundle=Path(certifi.where()), ca_setting="SOME_CA_BUNDLE"
    )
    with raw_server(read_call_only, self_signed_tls()) as port:
        with pytest.raises(Untrusted, match="into SOME_CA_BUNDLE"):
            own.call("GET", f"https://{HOST}:{port}/")
        own.close()


def read_call_only(connection: socket.socket) -> None:
    read_call(connection)


def test_a_bundle_that_cannot_be_used_is_refused_before_any_call(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing")
    for path, words in (
        (tmp_path / "none.pem", "cannot be read: No such file"),
        (tmp_path, "cannot be read: Is a directory"),
        (empty, "holds no certificate in PEM form"),
    ):
        with pytest.raises(CaBundleError, match=rf"SOME_CA_BUNDLE names .*{path.name}, which {words}"):
            Session("Somewhere", ca_bundle=path, ca_setting="SOME_CA_BUNDLE")


def test_a_proxy_in_the_shell_is_not_asked_for_this_machine(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://{HOST}:{closed_port()}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)

    async def answer(_: web.Request) -> web.Response:
        return web.json_response({})

    app = web.Application()
    app.router.add_get("/", answer)
    with serving(app) as url:
        assert session.call("GET", url).ok
        assert session.call("GET", url.replace(HOST, "localhost")).ok


def through_proxy(monkeypatch: pytest.MonkeyPatch, proxy_url: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy_url)
    monkeypatch.setenv("https_proxy", proxy_url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(SELF_SIGNED))


def test_calls_go_through_the_proxy_of_the_environment(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def talk(connection: socket.socket) -> None:
        read_call(connection)
        connection.sendall(OK)

    with raw_server(talk, self_signed_tls()) as port, connect_proxy((HOST, port)) as proxy:
        through_proxy(monkeypatch, proxy.url)
        assert session.call("GET", "https://privman.example/Tms").ok
        session.close()
    assert proxy.seen == ["CONNECT privman.example:443"]


def test_a_connection_that_breaks_behind_a_proxy_may_have_done_it(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a server behind a proxy that takes the whole call and hangs up; urllib3 calls that a ProxyError
    calls: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        calls.append(read_call(connection))

    with raw_server(talk, self_signed_tls()) as port, connect_proxy((HOST, port)) as proxy:
        through_proxy(monkeypatch, proxy.url)
        # when a decision is sent, then we do not claim that it never arrived
        with pytest.raises(Interrupted):
            session.call("POST", "https://privman.example/Tms", body={})
    assert len(calls) == 1


@pytest.mark.parametrize("secret", ["s3cret\nX: y", "s3cret\r", " s3cret"])
def test_a_header_that_cannot_be_one_is_not_repeated_and_nothing_was_sent(
    session: Session, secret: str
) -> None:
    with pytest.raises(Unreachable, match="Nothing was sent to Somewhere") as caught:
        session.call("POST", f"http://{HOST}:{closed_port()}/", headers={"PRIVATE-TOKEN": secret}, body={})
    assert "s3cret" not in str(caught.value)


def test_a_proxy_that_is_not_there_means_that_nothing_was_sent(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    through_proxy(monkeypatch, f"http://{HOST}:{closed_port()}")
    with pytest.raises(Unreachable, match="refused"):
        session.call("POST", "https://privman.example/Tms", body={})


def test_a_proxy_that_refuses_the_tunnel_means_that_nothing_was_sent(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(connection: socket.socket) -> None:
        read_call(connection)
        connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")

    with raw_server(refuse) as port:
        through_proxy(monkeypatch, f"http://{HOST}:{port}")
        with pytest.raises(Unreachable, match="407 Proxy Authentication Required"):
            session.call("POST", "https://privman.example/Tms", body={})


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b" \r\n", "empty"),
        (b"<html></html>", "a web page"),
        (b"nothing", "no JSON"),
        (b"NaN", "no JSON"),
        (b"[Infinity]", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"9" * 5000, "no JSON"),
        (b"\xff\xfe\xfa", "no JSON"),
    ],
)
def test_what_is_no_json_is_not_understood(body: bytes, words: str) -> None:
    with pytest.raises(NotUnderstood, match=words):
        Answer(200, {}, body).json()


def test_json_may_begin_with_a_byte_order_mark() -> None:
    assert Answer(200, {}, b'\xef\xbb\xbf{"a": 1}').json() == {"a": 1}


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0", LEAST_WAIT),
        ("99999999999999999999", LONGEST_WAIT),
        ("soon", USUAL_WAIT),
        ("", USUAL_WAIT),
        ("-5", USUAL_WAIT),
        ("Wed, 21 Oct 2015 07:28:00 GMT", LEAST_WAIT),
        ("Wed, 21 Oct 2999 07:28:00 GMT", LONGEST_WAIT),
    ],
)
def test_retry_after_is_a_number_or_a_date_within_bounds(header: str, seconds: float) -> None:
    assert Answer(429, {"Retry-After": header}, b"").retry_after == seconds


@STEADY
@given(st.text())
def test_retry_after_never_fails(header: str) -> None:
    assert LEAST_WAIT <= Answer(429, {"Retry-After": header}, b"").retry_after <= LONGEST_WAIT


@pytest.mark.parametrize(
    ("host", "answer"),
    [
        ("localhost", True),
        ("LOCALHOST", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("10.0.0.1", False),
        ("localhost.example", False),
        ("127.0.0.1.example", False),
        ("", False),
    ],
)
def test_only_this_machine_is_loopback(host: str, answer: bool) -> None:
    assert is_loopback(host) is answer
