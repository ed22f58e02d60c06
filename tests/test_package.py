"""What `pip install .` installs: the ways in to the gate, which need requests alone; bot and server as extras."""

import email
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("approval_gate", "slack_bot", "upstream_client")
WITH_REQUESTS = """
import sys
sys.path.insert(0, sys.argv[1])

class Nothing:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names and top not in ALLOWED:
            raise ModuleNotFoundError(f"{name} is not installed here", name=name)

ALLOWED = {"approval_gate", "requests", "urllib3", "certifi", "idna", "charset_normalizer"}
sys.meta_path.insert(0, Nothing())
from approval_gate.command import main
sys.argv = ["approval-gate", *sys.argv[2:]]
sys.exit(main())
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy: building leaves files beside what it builds."""
    folder = tmp_path_factory.mktemp("package")
    source = folder / "source"
    for room in ROOMS:
        shutil.copytree(ROOT / room, source / room, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    done = subprocess.run(
        [*command, "--wheel-dir", folder, source], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl")
    return built


def told_to_install() -> set[str]:
    """The extras that people are told to install, and that a program which lacks something names."""
    places = [ROOT / "README.md", ROOT / "docs" / "gate.md", ROOT / "approval_gate" / "__main__.py"]
    found = re.findall(r"'\.\[([\w,]+)\]'", "\n".join(place.read_text() for place in places))
    return {extra for extras in found for extra in extras.split(",")}


def files(wheel: Path) -> Iterator[str]:
    with zipfile.ZipFile(wheel) as archive:
        yield from archive.namelist()


def metadata(wheel: Path) -> Message:
    (name,) = [one for one in files(wheel) if one.endswith(".dist-info/METADATA")]
    with zipfile.ZipFile(wheel) as archive:
        return email.message_from_bytes(archive.read(name))


def test_it_holds_every_file_of_the_rooms_and_nothing_else(wheel: Path) -> None:
    packed = {name for name in files(wheel) if ".dist-info/" not in name}

    there = {
        str(path.relative_to(ROOT))
        for room in ROOMS
        for path in (ROOT / room).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert packed == there


def test_without_an_extra_it_asks_for_requests_alone(wheel: Path) -> None:
    wanted = metadata(wheel).get_all("Requires-Dist") or []

    assert [one for one in wanted if "extra ==" not in one] == ["requests>=2.32"]
    assert {"bot", "gate", "postgres"} <= set(metadata(wheel).get_all("Provides-Extra") or [])


def test_its_command_runs_where_only_requests_is_installed(wheel: Path, tmp_path: Path) -> None:
    """Given no address of a gate, when somebody asks, then they are told what to set."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    (entries,) = tmp_path.glob("*.dist-info/entry_points.txt")
    assert "approval-gate = approval_gate.command:main" in entries.read_text()

    done = subprocess.run(
        [sys.executable, "-c", WITH_REQUESTS, str(tmp_path), "request", "--title", "Drain node-1"],
        cwd=tmp_path,
        env={"PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stdout) == (3, "")
    assert "GATE_URL" in done.stderr


def test_what_people_are_told_to_install_is_there(wheel: Path) -> None:
    assert told_to_install() == {"bot", "gate"}
    assert told_to_install() < set(metadata(wheel).get_all("Provides-Extra", []))
