"""The command doctor: one line for each thing that can be wrong, in order, and what to do about it."""

import json
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from sandbox.privilege_manager import PENDING_REPORT, PrivilegeManager
from tests.upstream_client.privilege_manager.commands import Desk
from tests.upstream_client.privilege_manager.contracts import Open, packaged_json
from tests.upstream_client.serving import (
    HOST,
    SELF_SIGNED,
    closed_port,
    raw_server,
    read_call,
    self_signed_tls,
    serving,
)
from upstream_client.privilege_manager.doctor import CHECKS, doctor
from upstream_client.privilege_manager.settings import load_settings

NAMES = [name for name, _ in CHECKS]
Levels = dict[str, str]


def levels(said: str) -> Levels:
    """What was found, by the check's name."""
    lines = [line.split() for line in said.splitlines()]
    return {words[1]: words[0] for words in lines if words[0] in ("ok", "warning", "failed")}


def line(said: str, name: str) -> str:
    """What one check said."""
    [found] = [one for one in said.splitlines() if one.split()[1:2] == [name]]
    return found.split(maxsplit=2)[2]


def write_contract(desk: Desk, change: Callable[[Open], object]) -> None:
    """A contract of the operator's own, in the settings."""
    contract = packaged_json()
    change(contract)
    (desk.folder / "mine.json").write_text(json.dumps(contract))
    desk.set(privman_contract="mine.json")


def confirmed(contract: Open) -> None:
    for name in ("approve", "deny"):
        contract["operations"][name]["evidence"] = "documented"
    contract["duration"]["evidence"] = "documented"


def test_where_all_is_well_every_check_is_ok(desk: Desk) -> None:
    pm = PrivilegeManager()
    pm.file_request()
    write_contract(desk, confirmed)
    with desk.at(pm):
        assert desk.run("doctor") == 0
    assert levels(desk.said) == dict.fromkeys(NAMES, "ok")
    assert desk.said.splitlines()[-1] == "Nothing failed."
    assert list(levels(desk.said)) == NAMES
    assert {"approve", "deny"}.isdisjoint(pm.calls())
    assert pm.logged_on() == 0


def test_what_the_packaged_contract_only_guesses_is_a_warning(desk: Desk) -> None:
    pm = PrivilegeManager()
    with desk.at(pm):
        assert desk.run("doctor") == 0
    found = levels(desk.said)
    assert (found["decisions"], found["duration"]) == ("warning", "warning")
    assert "approve and deny" in line(desk.said, "decisions")
    assert "minutes, and null for one time" in line(desk.said, "duration")


def stopped_at(desk: Desk, name: str) -> str:
    """What the check said that failed, after which nothing else was checked, and that was said."""
    assert desk.run("doctor") == 1
    found = levels(desk.said)
    place = NAMES.index(name)
    assert list(found) == NAMES[: place + 1]
    assert [one for one, level in found.items() if level == "failed"] == [name]
    assert desk.said.splitlines()[-1] == f"Not checked: {', '.join(NAMES[place + 1 :])}."
    return line(desk.said, name)


def set_address(desk: Desk, url: str) -> None:
    desk.set(privman_base_url=url, privman_username="client", privman_password="secret")


def test_an_address_where_nobody_is_ends_it(desk: Desk) -> None:
    set_address(desk, f"http://{HOST}:{closed_port()}/Tms")
    said = stopped_at(desk, "address")
    assert "refused" in said
    assert "Check PRIVMAN_BASE_URL" in said


def test_a_name_that_there_is_not_ends_it(desk: Desk) -> None:
    set_address(desk, "https://nowhere.invalid/Tms")
    assert "cannot be reached at nowhere.invalid" in stopped_at(desk, "address")


def test_a_server_that_never_answers_ends_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def talk(connection: socket.socket) -> None:
        read_call(connection)
        connection.recv(1)

    said: list[str] = []
    with raw_server(talk) as port:
        for name, value in (("base_url", f"http://{HOST}:{port}/Tms"), ("username", "c"), ("password", "s")):
            monkeypatch.setenv(f"PRIVMAN_{name.upper()}", value)
        assert doctor(load_settings(desk.folder / ".env"), said.append, timeout=(1.0, 0.3)) == 1
    assert said[0].startswith("failed   address")
    assert "did not answer within 0.3 s" in said[0]


@contextmanager
def behind_tls(pm: PrivilegeManager, tls: ssl.SSLContext) -> Iterator[str]:
    """The instance behind a certificate that it signed itself."""

    def forward(client: socket.socket, port: int) -> None:
        with socket.create_connection((HOST, port)) as server:
            while call := read_call(client):
                server.sendall(call)
                client.sendall(read_call(server))  # an answer ends as a call does

    with serving(pm.app()) as address:
        port = int(address.rpartition(":")[2])
        with raw_server(partial(forward, port=port), tls) as front:
            yield f"https://{HOST}:{front}/Tms"


def test_a_certificate_that_nobody_vouches_for_ends_it_until_the_bundle_is_named(desk: Desk) -> None:
    pm = PrivilegeManager()
    with behind_tls(pm, self_signed_tls()) as url:
        desk.set(privman_base_url=url, privman_username=pm.username, privman_password=pm.password)
        said = stopped_at(desk, "TLS")
        assert "is not trusted" in said
        assert "into PRIVMAN_CA_BUNDLE" in said
        desk.set(privman_ca_bundle=str(SELF_SIGNED))
        assert desk.run("doctor") == 0
    assert f"trusted by {SELF_SIGNED}" in line(desk.said, "TLS")


def certificate(folder: Path, address: str, until: int) -> Path:
    """Key and certificate in one file, signed by itself, for ``address`` from 2020 until a year."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "privman.example")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1))
        .not_valid_after(datetime(until, 1, 1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    path = folder / "certificate.pem"
    path.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + made.public_bytes(pem)
    )
    return path


@pytest.mark.parametrize(
    ("address", "until", "words"),
    [
        (HOST, 2021, "Renew it there, and see that this machine's clock is right."),
        ("127.0.0.2", 2120, "Use the address that the certificate names"),
    ],
)
def test_a_certificate_that_is_trusted_and_wrong_all_the_same_is_told_as_what_it_is(
    desk: Desk, address: str, until: int, words: str
) -> None:
    pm, path = PrivilegeManager(), certificate(desk.folder, address, until)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(path)
    with behind_tls(pm, tls) as url:
        desk.set(privman_base_url=url, privman_username=pm.username, privman_password=pm.password)
        desk.set(privman_ca_bundle=str(path))
        said = stopped_at(desk, "TLS")
    assert words in said
    assert "PRIVMAN_CA_BUNDLE" not in said


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("privman_ca_bundle", "PRIVMAN_CA_BUNDLE names none.pem"),
        ("privman_contract", "none.pem cannot be read"),
    ],
)
def test_a_file_of_the_settings_that_is_not_there_is_about_the_settings(
    desk: Desk, setting: str, words: str
) -> None:
    set_address(desk, "https://nowhere.invalid/Tms")
    desk.set(**{setting: "none.pem"})
    assert desk.run("doctor") == 2
    assert words in desk.complained
    assert desk.said == ""


def answering(status: int, body: str, content_type: str) -> web.Application:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text=body, content_type=content_type)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    return app


@pytest.mark.parametrize(
    ("status", "body", "content_type", "words"),
    [
        (200, "<html><title>Log on</title></html>", "text/html", "HTTP 200: Log on"),
        (404, "<html><title>404</title></html>", "text/html", "HTTP 404: 404"),
        (302, "", "text/plain", "HTTP 302"),
        (503, "", "text/plain", "HTTP 503"),
    ],
)
def test_something_else_than_the_api_ends_it(
    desk: Desk, status: int, body: str, content_type: str, words: str
) -> None:
    with serving(answering(status, body, content_type)) as address:
        set_address(desk, f"{address}/Tms")
        said = stopped_at(desk, "API")
    assert words in said
    assert "Enable API is Yes" in said


def test_an_api_without_a_version_is_given_a_chance(desk: Desk) -> None:
    pm = PrivilegeManager()
    pm.add_fault({"operation": "version", "kind": "unauthorized"})
    with desk.at(pm):
        assert desk.run("doctor") == 0
    assert levels(desk.said)["API"] == "warning"


def test_a_wrong_secret_ends_it_without_showing_it(desk: Desk) -> None:
    with desk.at(PrivilegeManager()):
        desk.set(privman_password="wrong-secret")
        said = stopped_at(desk, "log-on")
    assert "PRIVMAN_PASSWORD" in said
    assert "wrong-secret" not in desk.said


def test_a_role_that_may_not_see_what_waits_is_told_which_to_give(desk: Desk) -> None:
    with desk.at(PrivilegeManager(role="none")):
        assert desk.run("doctor") == 1
    found = levels(desk.said)
    assert (found["role"], found["list"], found["reference"]) == ("failed", "failed", "warning")
    assert "Privilege Manager Helpdesk Users" in line(desk.said, "role")
    assert "2 checks failed." in desk.said


def test_where_what_waits_is_a_report_the_role_has_to_run_reports(desk: Desk) -> None:
    def by_report(contract: Open) -> None:
        path = f"/services/api/v1/reports/{PENDING_REPORT}?bTestMode=false"
        contract["operations"]["list"].update(method="POST", path=path, body=[])

    write_contract(desk, by_report)
    with desk.at(PrivilegeManager(shape="report", role="helpdesk")):
        assert desk.run("doctor") == 1
    said = line(desk.said, "role")
    assert "may run reports and approve, such as Privilege Manager Users" in said
    assert "Helpdesk" not in said


def test_a_helpdesk_role_suffices_and_the_reference_stays_closed_to_it(desk: Desk) -> None:
    pm = PrivilegeManager(role="helpdesk")
    pm.file_request()
    with desk.at(pm):
        assert desk.run("doctor") == 0
    assert levels(desk.said)["reference"] == "warning"
    assert "Privilege Manager Administrators" in line(desk.said, "reference")


def test_a_token_that_is_given_and_then_refused_is_about_the_role(desk: Desk) -> None:
    pm = PrivilegeManager()
    pm.add_fault({"operation": "list", "kind": "unauthorized", "times": 2})
    with desk.at(pm):
        assert desk.run("doctor") == 1
    assert levels(desk.said)["role"] == "failed"
    assert "Give the API client a role" in line(desk.said, "role")


@pytest.mark.parametrize("kind", ["server_error", "garbage", "error_in_200", "ratelimited", "not_found"])
def test_a_list_that_cannot_be_read_fails_and_the_rest_is_still_checked(desk: Desk, kind: str) -> None:
    pm = PrivilegeManager()
    pm.add_fault({"operation": "list", "kind": kind})
    with desk.at(pm):
        assert desk.run("doctor") == 1
    assert levels(desk.said)["list"] == "failed"
    assert list(levels(desk.said)) == NAMES


def test_a_list_that_is_read_in_part_says_what_is_wrong(desk: Desk) -> None:
    def by_policy(contract: Open) -> None:
        contract["fields"]["status"]["names"] = ["PolicyName"]
        contract["statuses"]["pending"]["names"] = ["Known"]

    pm = PrivilegeManager()
    pm.file_request(policy="Known")
    pm.file_request(policy="Strange")
    write_contract(desk, by_policy)
    with desk.at(pm):
        assert desk.run("doctor") == 1
    assert "'Strange', which the contract does not know" in line(desk.said, "list")


def test_a_path_or_name_that_the_reference_does_not_have_is_a_warning(desk: Desk) -> None:
    def mislead(contract: Open) -> None:
        contract["operations"]["deny"]["path"] = "/services/api/v1/approval/no"
        contract["operations"]["approve"]["body"] = {"RequestId": "{request_id}", "HowLong": "{duration}"}

    write_contract(desk, mislead)
    with desk.at(PrivilegeManager()):
        assert desk.run("doctor") == 0
    said = line(desk.said, "reference")
    assert levels(desk.said)["reference"] == "warning"
    assert "it has no POST /services/api/v1/approval/no (deny)" in said
    assert "approve takes no HowLong" in said
    assert "approve needs Response" in said


@pytest.mark.parametrize(
    ("ahead", "words"),
    [(0.0, "the same as"), (55.0, "the same as"), (300.0, "s ahead of"), (-300.0, "s behind")],
)
def test_a_clock_that_is_more_than_a_minute_apart_is_a_warning(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, ahead: float, words: str
) -> None:
    said: list[str] = []
    with desk.at(PrivilegeManager()):
        for name, value in desk.settings.items():
            monkeypatch.setenv(name, value)
        doctor(load_settings(desk.folder / ".env"), said.append, lambda: time.time() + ahead)
    found = line("\n".join(said), "clock")
    assert words in found
    assert levels("\n".join(said))["clock"] == ("warning" if abs(ahead) > 60 else "ok")


@pytest.mark.parametrize(
    ("requested", "zone", "level", "words"),
    [
        ("2020-11-18T12:09:00Z", "", "ok", "is known"),
        ("2020-11-18T12:09:00", "", "warning", "set PRIVMAN_TIMEZONE"),
        ("2020-11-18T12:09:00", "Europe/Berlin", "ok", "is known"),
        ("last Tuesday", "Europe/Berlin", "warning", "cannot be read as a time in Europe/Berlin"),
    ],
)
def test_a_time_without_a_zone_is_a_warning_until_the_zone_is_named(
    desk: Desk, requested: str, zone: str, level: str, words: str
) -> None:
    pm = PrivilegeManager()
    pm.file_request(requested=requested)
    desk.set(privman_timezone=zone)
    with desk.at(pm):
        assert desk.run("doctor") == 0
    assert levels(desk.said)["times"] == level
    assert words in line(desk.said, "times")


def test_it_runs_as_it_is_typed(desk: Desk) -> None:
    pm = PrivilegeManager()
    with desk.at(pm):
        done = desk.run_as_process("doctor")
    assert (done.returncode, done.stderr) == (0, "")
    assert list(levels(done.stdout)) == NAMES
    assert pm.password not in done.stdout


def test_without_settings_it_says_which(desk: Desk) -> None:
    done = desk.run_as_process("doctor")
    assert (done.returncode, done.stdout) == (2, "")
    assert "PRIVMAN_BASE_URL is missing" in done.stderr


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", None])
def test_a_file_of_settings_that_cannot_be_read_is_named(desk: Desk, content: bytes | None) -> None:
    path = Path(desk.folder / ".env")
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    assert desk.run("doctor") == 2
    assert ".env" in desk.complained
