"""The image, played step by step in a folder: what is in it, and that bot and gate run in it and write nowhere.

No container engine is asked for. What a base image brings, and what only an engine can tell, is not shown here.
"""

import json
import re
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from stat import S_IMODE

import pytest
import requests

from sandbox import Sandbox
from tests.bot_process import CHANNELS
from tests.dockerfile import Context, Stage, play, steps
from tests.rig import APPROVALS, APPROVER

ROOT = Path(__file__).resolve().parent.parent
DOCKERFILE = ROOT / "Dockerfile"
ROOMS = ("slack_bot", "upstream_client", "approval_gate")
OWN = "instance/privman-contract.json"
"""A file that the operator put there, to be found in the image."""
SHIPPED = ("LICENSE", "channels.json", "requirements.txt", "Dockerfile", ".dockerignore")
STRAY = (".env", "state/ledger.db", "slack_bot/__pycache__/stray.cpython-313.pyc", "tests/test_stray.py")
"""What lies about where somebody worked, and must never reach an image."""
PATIENCE = 30.0


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Context:
    """A clone of what is shipped, cloned by somebody whose files nobody else may read."""
    folder = tmp_path_factory.mktemp("clone")
    for room in ROOMS:
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    for name in SHIPPED:
        shutil.copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / "instance", folder / "instance")
    shutil.copy(ROOT / "upstream_client/privilege_manager/contract.json", folder / OWN)
    for name in STRAY:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("stray")
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    return Context(folder)


@pytest.fixture(scope="module")
def image(context: Context, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return play(DOCKERFILE, context, tmp_path_factory.mktemp("image"))


def files_below(folder: Path) -> set[str]:
    """Every file but Python's own bytecode."""
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path.relative_to(folder)) for path in files}


def test_the_image_holds_what_bot_and_gate_need_and_nothing_else(image: Stage, context: Context) -> None:
    rooms = {f"{room}/{name}" for room in ROOMS for name in files_below(context.folder / room) - set(STRAY)}

    assert files_below(image.path("/app")) == rooms | {"LICENSE", "channels.json", "instance/README.md", OWN}
    assert {
        "slack_bot/migrations/env.py",
        "slack_bot/migrations/versions/0001_baseline.py",
        "upstream_client/privilege_manager/contract.json",
        "approval_gate/server/migrations/env.py",
        "approval_gate/server/migrations/versions/0001_baseline.py",
    } <= rooms


def test_nothing_stray_is_sent_to_the_engine(context: Context) -> None:
    assert [name for name in STRAY if context.holds(context.folder / name)] == []
    assert all(context.holds(context.folder / name) for name in SHIPPED[:3])


@pytest.mark.parametrize(
    ("rules", "name", "sent"),
    [
        ("*\n!slack_bot", "slack_bot/listeners/buttons.py", True),
        ("*\n!slack_bot\n**/*.pyc", "slack_bot/listeners/buttons.pyc", False),
        ("*\n!slack_bot\n**/__pycache__", "slack_bot/__pycache__/buttons.py", False),
        ("*\n!slack_bot", "slack_bot.env", False),
        ("*.md", "docs/ecs.md", True),
        ("**/*.md", "docs/ecs.md", False),
        ("docs\n!docs/ecs.md", "docs/ecs.md", True),
    ],
)
def test_what_is_left_out_is_read_as_docker_reads_it(
    tmp_path: Path, rules: str, name: str, sent: bool
) -> None:
    (tmp_path / ".dockerignore").write_text(rules)

    assert Context(tmp_path).holds(tmp_path / name) is sent


def test_every_user_of_the_machine_may_read_it_and_only_root_may_change_it(image: Stage) -> None:
    app = [path for path in image.path("/app").rglob("*") if not path.is_symlink()]

    assert app
    assert [path for path in app if S_IMODE(path.stat().st_mode) & 0o022] == []
    assert [path for path in app if S_IMODE(path.stat().st_mode) & 0o044 != 0o044] == []
    assert [path for path in app if path.is_dir() and S_IMODE(path.stat().st_mode) & 0o011 != 0o011] == []


def test_it_runs_as_somebody_without_rights_who_owns_the_volumes(image: Stage) -> None:
    said = (image.root.parent / "as-root").read_text()

    assert image.user == "10001:10001"
    assert image.volumes == ["/state", "/run/approval-bot"]
    assert f"chown 10001:10001 {image.path('/state')} {image.path('/run/approval-bot')}" in said
    assert "useradd --uid 10001" in said
    assert all(S_IMODE(image.path(volume).stat().st_mode) == 0o700 for volume in image.volumes)


def test_only_pinned_wheels_are_installed_and_no_installer_is_left(image: Stage) -> None:
    (install,) = [rest for instruction, rest in steps(DOCKERFILE.read_text()) if "pip" in rest]

    assert "--only-binary :all: --requirement requirements.txt" in install
    assert image.run("python", "-c", "import pip").returncode == 1
    assert image.run("python", "-c", "import pytest").returncode == 1
    assert list(image.path("/opt/venv/bin").glob("pip*")) == []


def test_what_it_runs_is_a_program_and_no_shell_so_that_signals_reach_it(image: Stage) -> None:
    assert image.command == ["python", "-m", "slack_bot.app"]
    assert image.health_command == ["python", "-m", "slack_bot.health"]


def test_the_image_and_the_task_definition_say_the_same(image: Stage) -> None:
    (container,) = json.loads((ROOT / "task-definition.json").read_text())["containerDefinitions"]
    ecs = container["healthCheck"]
    (ours,) = [rest for instruction, rest in steps(DOCKERFILE.read_text()) if instruction == "HEALTHCHECK"]

    assert container["user"] == image.user
    assert [mount["containerPath"] for mount in container["mountPoints"]] == image.volumes
    assert ecs["command"] == ["CMD", *image.health_command]
    assert re.findall(r"--(\S+)=(\d+)", ours) == [
        ("interval", str(ecs["interval"])),
        ("timeout", str(ecs["timeout"])),
        ("start-period", str(ecs["startPeriod"])),
        ("retries", str(ecs["retries"])),
    ]
    said = {one["name"]: one["value"] for one in container["environment"]}
    for name in ("LEDGER_URL", "HEARTBEAT_FILE"):
        assert said[name] == image.environment[name]


def test_without_settings_it_says_which_are_missing(image: Stage) -> None:
    done = image.run(*image.command)

    assert done.returncode == 2
    assert "SLACK_BOT_TOKEN is missing" in done.stderr
    assert "PRIVMAN_PASSWORD is missing" in done.stderr
    assert "Traceback" not in done.stderr


def state_of(image: Stage) -> dict[str, tuple[int, int]]:
    """Everything in the image that is on no volume, and whether it was touched."""
    volumes = tuple(str(image.path(volume)) for volume in image.volumes)
    found = (path for path in image.root.rglob("*") if not str(path).startswith(volumes))
    return {str(path): (path.lstat().st_mtime_ns, path.lstat().st_size) for path in found}


@pytest.fixture
def bot(image: Stage, sandbox: Sandbox, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The image's command, as a container on the sandbox would run it."""
    (tmp_path / "channels.json").write_text(json.dumps(CHANNELS))
    settings = {
        "CHANNELS_FILE": str(tmp_path / "channels.json"),
        "SLACK_API_URL": sandbox.slack_api_url,
        "SLACK_BOT_TOKEN": sandbox.bot_token,
        "SLACK_APP_TOKEN": sandbox.app_token,
        "PRIVMAN_BASE_URL": sandbox.privman_url,
        "PRIVMAN_USERNAME": sandbox.privman_username,
        "PRIVMAN_PASSWORD": sandbox.privman_password,
        "AUDIT_KEY": secrets.token_hex(32),
        "PRIVMAN_CONTRACT": str(image.path(f"/app/{OWN}")),
        "POLL_INTERVAL": "1",
    }
    with (tmp_path / "bot.log").open("wb") as log:
        process = subprocess.Popen(
            image.command,
            cwd=image.path(image.workdir),
            env=image.variables(**settings),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    yield process
    if process.poll() is None:
        process.kill()
    process.wait()


def test_the_bot_works_in_it_is_healthy_and_writes_to_its_volumes_only(
    image: Stage, sandbox: Sandbox, bot: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    before = state_of(image)

    sandbox.control.file_request()
    card = sandbox.control.eventually(lambda: sandbox.control.messages(APPROVALS))[0]
    assert sandbox.control.click(APPROVALS, card["ts"], APPROVER, "approve_request")["acknowledged"]
    sandbox.control.eventually(
        lambda: sandbox.control.messages(APPROVALS)[0]["text"].startswith("Approved by")
    )
    wait_until_healthy(image)

    bot.send_signal(signal.SIGTERM)
    assert bot.wait(PATIENCE) == 0, (tmp_path / "bot.log").read_text()
    assert state_of(image) == before
    assert image.path("/state/ledger.db").exists()
    unhealthy = image.run(*image.health_command)
    assert (unhealthy.returncode, unhealthy.stderr) == (1, "")
    assert unhealthy.stdout.startswith("Unhealthy: there is no ")


def wait_until_healthy(image: Stage) -> None:
    deadline = time.monotonic() + PATIENCE
    while (check := image.run(*image.health_command)).returncode != 0:
        assert time.monotonic() < deadline, check.stdout
        time.sleep(0.1)


@pytest.fixture
def gate(image: Stage, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The gate, as a container of the image would run it, but on a free port of this machine alone."""
    with (tmp_path / "gate.log").open("wb") as log:
        process = subprocess.Popen(
            ["python", "-m", "approval_gate"],
            cwd=image.path(image.workdir),
            env=image.variables(GATE_HOST="127.0.0.1", GATE_PORT="0"),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    yield process
    if process.poll() is None:
        process.kill()
    process.wait()


def test_the_gate_works_in_it_and_writes_to_its_volumes_only(
    image: Stage, gate: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    url = address_of(gate, tmp_path / "gate.log")
    before = state_of(image)

    agent, bot = (bearer(image, name, scope) for name, scope in (("agent", "request"), ("bot", "decide")))
    question = {"title": "Drain node-1", "action": "drain", "arguments": {"node": "node-1"}}
    ticket = requests.post(f"{url}/v1/tickets", json=question, headers=agent, timeout=PATIENCE).json()
    where = f"{url}/v1/tickets/{ticket['id']}"
    assert (
        requests.post(f"{where}/approve", json={"by": "U1"}, headers=bot, timeout=PATIENCE).status_code == 200
    )
    assert requests.get(where, headers=agent, timeout=PATIENCE).json()["status"] == "approved"
    assert requests.get(f"{url}/readyz", timeout=PATIENCE).status_code == 200

    gate.send_signal(signal.SIGTERM)
    assert gate.wait(PATIENCE) == 0, (tmp_path / "gate.log").read_text()
    assert state_of(image) == before
    assert image.path("/state/gate.db").exists()


def test_the_gate_in_it_listens_to_what_is_published_and_keeps_its_state_on_the_volume(image: Stage) -> None:
    assert image.environment["GATE_HOST"] == "0.0.0.0"  # noqa: S104 - in a container, which publishes or not
    assert image.environment["GATE_DATABASE_URL"] == "sqlite:////state/gate.db"


def address_of(gate: subprocess.Popen[bytes], log: Path) -> str:
    """Where it listens, once it does."""
    deadline = time.monotonic() + PATIENCE
    while not (ready := re.search(r'"event": "ready".*"url": "([^"]+)"', log.read_text())):
        assert gate.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
    return ready[1]


def bearer(image: Stage, name: str, scope: str) -> dict[str, str]:
    """The header of somebody whose key was made in the image, beside the running gate."""
    made = image.run("python", "-m", "approval_gate", "keys", "create", name, "--scope", scope)
    assert made.returncode == 0, made.stderr
    return {"Authorization": f"Bearer {made.stdout.strip()}"}
