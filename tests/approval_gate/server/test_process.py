"""The process: its health, its figures, and how it ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from tests.approval_gate.gate_process import ROOT, Caller, GateProcess
from tests.approval_gate.held import Held, wait_until_waiting
from tests.life import Lived, lived


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_whoever_is_held_when_the_gate_stops_is_told_that_it_is_pending(
    own_gate: GateProcess, number: signal.Signals
) -> None:
    agent, bot = own_gate.caller("agent"), own_gate.caller("bot", ("decide",))
    ticket = agent.file()
    waiting = [wait_until_waiting(agent, ticket["id"]) for _ in range(3)]
    listing = Held(bot, "GET", "/v1/tickets", wait=300)
    listing.wait_for_spaces(2)

    own_gate.send(number)

    assert [held.json() for held in waiting] == [ticket] * 3
    assert listing.json()["tickets"][0]["id"] == ticket["id"]
    assert own_gate.wait() == 0
    assert own_gate.lines()[-1]["event"] == "stopped"
    for held in (*waiting, listing):
        held.leave()


def test_a_gate_that_nobody_waits_for_stops_within_a_second(own_gate: GateProcess) -> None:
    requests.get(f"{own_gate.url}/healthz", timeout=10)
    began = time.monotonic()

    code = own_gate.stop()

    assert code == 0
    assert (
        time.monotonic() - began < 5
    )  # of which nothing is waiting: a busy machine needs some time to end it


def test_after_a_restart_the_same_ticket_is_waited_for_at_the_same_address(own_gate: GateProcess) -> None:
    agent, bot = own_gate.caller("agent"), own_gate.caller("bot", ("decide",))
    ticket = agent.file()
    wait_until_waiting(agent, ticket["id"]).leave()
    own_gate.kill()

    own_gate.start()
    with wait_until_waiting(agent, ticket["id"]) as held:
        bot.decide(ticket["id"])

        assert held.json()["status"] == "approved"


def test_health_is_told_without_a_key(gate: GateProcess, agent: Caller, bot: Caller) -> None:
    bot.decide(agent.file()["id"])
    ticket = agent.file()
    held = wait_until_waiting(agent, ticket["id"])
    bot.decide(ticket["id"])
    held.json()
    held.leave()

    health, ready = (requests.get(gate.url + path, timeout=10) for path in ("/healthz", "/readyz"))
    figures = requests.get(f"{gate.url}/metrics", timeout=10)

    assert health.json() == ready.json() == {"status": "ok"}
    lines = dict(line.rsplit(" ", 1) for line in figures.text.splitlines() if not line.startswith("#"))
    assert float(lines['gate_tickets{status="approved"}']) >= 2
    assert float(lines["gate_wake_seconds_count"]) >= 1
    assert float(lines["gate_created_total"]) >= 2
    assert float(lines["gate_failed_sweeps_total"]) == 0
    assert figures.headers["Content-Type"].startswith("text/plain; version=0.0.4")


def test_no_key_and_no_argument_is_ever_in_the_log(gate: GateProcess, agent: Caller, bot: Caller) -> None:
    ticket = agent.file(arguments={"card": "4111-1111"}, justification="because-of-4111")
    bot.decide(ticket["id"])
    agent.get("/v1/tickets", wait=1)
    requests.get(f"{gate.url}/v1/tickets", headers={"Authorization": "Bearer gate_x_y"}, timeout=10)

    text = gate.text()

    assert gate.lines()
    for secret in (agent.key, bot.key, agent.key.split("_", 2)[2], "4111"):
        assert secret not in text


def test_settings_that_cannot_be_used_are_told_all_at_once_and_nothing_starts(tmp_path: Path) -> None:
    done = _run(tmp_path, GATE_PORT="x", GATE_RATE="often", GATE_CALLBACK_SECRET="short-secret")

    assert done.returncode == 2
    for name in ("GATE_PORT", "GATE_RATE", "GATE_CALLBACK_SECRET"):
        assert name in done.stderr
    assert "short-secret" not in done.stderr


def test_an_address_that_is_taken_is_told(gate: GateProcess, tmp_path: Path) -> None:
    done = _run(tmp_path, GATE_PORT=gate.url.rpartition(":")[2])

    assert done.returncode == 4
    assert "GATE_PORT" in done.stderr


def test_a_second_gate_does_not_share_a_sqlite_database(gate: GateProcess, tmp_path: Path) -> None:
    done = _run(tmp_path, GATE_PORT="0", GATE_DATABASE_URL=gate.database_url)

    assert done.returncode == 3
    assert "in use by another gate" in done.stderr


def test_an_argument_that_means_nothing_is_told_how_to_start(tmp_path: Path) -> None:
    done = _run(tmp_path, "sevre")

    assert done.returncode == 64
    assert "python -m approval_gate keys" in done.stderr


def test_a_machine_that_has_the_client_alone_is_told_what_to_install(tmp_path: Path) -> None:
    """Given a Python without the server's packages, when it is to serve, then it says how to get them."""
    serve = "runpy.run_module('approval_gate', run_name='__main__')"
    without = f"import runpy, sys; sys.modules['fastapi'] = None; {serve}"
    done = subprocess.run(
        [sys.executable, "-c", without],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("The package fastapi is not installed")
    assert "pip install '.[gate]'" in done.stderr


def test_keys_are_made_by_a_command_beside_a_running_gate(gate: GateProcess, tmp_path: Path) -> None:
    arguments = ("keys", "create", "by hand", "--scope", "request")
    done = _run(tmp_path, *arguments, GATE_DATABASE_URL=gate.database_url)

    assert done.returncode == 0
    assert Caller(gate.url, done.stdout.strip()).file()["requester"] == "by hand"


def test_without_the_driver_of_postgresql_both_commands_say_in_one_line_what_to_install(
    tmp_path: Path,
) -> None:
    (tmp_path / "psycopg.py").write_text("raise ModuleNotFoundError(\"No module named 'psycopg'\")\n")
    there = {
        "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)]),
        "GATE_DATABASE_URL": "postgresql+psycopg://gate@127.0.0.1:9/gate",
    }

    served, listed = _run_afresh(tmp_path, **there), _run_afresh(tmp_path, "keys", "list", **there)

    assert (served.returncode, listed.returncode) == (3, 2)
    for done in (served, listed):
        (line,) = done.stderr.splitlines()
        assert "No module named 'psycopg'" in line
        assert "pip install '.[gate,postgres]'" in line


@pytest.mark.parametrize(
    ("settings", "is_warned"),
    [
        ({"GATE_HOST": "0.0.0.0"}, True),  # noqa: S104 - what is warned of
        ({"GATE_HOST": "0.0.0.0", "GATE_PUBLIC_URL": "https://gate.example"}, False),  # noqa: S104 - as above
        ({}, False),
    ],
)
def test_a_gate_that_cannot_know_its_own_address_warns_at_its_start(
    tmp_path: Path, settings: dict[str, str], is_warned: bool
) -> None:
    with GateProcess(tmp_path, **settings) as process:
        warned = [line for line in process.lines() if line["level"] == "warning"]

    assert ["GATE_PUBLIC_URL" in line["event"] for line in warned] == [True] * is_warned


def _environment(**more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error", **more}


def _run(folder: Path, *arguments: str, **more: str) -> Lived:
    return lived(["approval_gate", *arguments], folder, _environment(**more))


def _run_afresh(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """With nothing loaded yet, so that it finds what stands in PYTHONPATH."""
    return subprocess.run(
        [sys.executable, "-m", "approval_gate", *arguments],
        cwd=folder,
        env=_environment(**more),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
