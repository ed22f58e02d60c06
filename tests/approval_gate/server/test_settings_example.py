"""The gate's section of .env.example, which lists the settings of the bot and of the gate."""

import os
import re
from pathlib import Path

import pytest

from approval_gate.server.settings import NAMES, PREFIX, load_settings

EXAMPLE = (Path(__file__).parents[3] / ".env.example").read_text()
BOTS_PART, HEADING, OURS = EXAMPLE.partition("# --- The gate itself ---")
SHARED = ("LOG_FORMAT", "LOG_LEVEL")
"""They stand in the bot's part."""


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment without any setting of ours."""
    for name in [name for name in os.environ if name in NAMES or name.startswith(PREFIX)]:
        monkeypatch.delenv(name)


def test_it_lists_every_setting_under_a_comment_and_no_other() -> None:
    commented, listed = False, list[str]()
    for line in (HEADING + OURS).splitlines():
        if setting := re.fullmatch(r"# ([A-Z_]+)=(\S*)", line):
            assert commented, f"{setting[1]} has no comment above it"
            listed.append(setting[1])
        else:
            commented = line.startswith("# ") or (commented and bool(line))

    assert listed == [name for name in NAMES if name not in SHARED]
    assert all(f"# {name}=" in BOTS_PART for name in SHARED)


def test_it_shows_the_real_defaults(tmp_path: Path) -> None:
    """Given the file with every default switched on, when it is read, then nothing has changed."""
    shown = re.findall(r"^# ([A-Z_]+=\S+)$", EXAMPLE, re.MULTILINE)
    file = tmp_path / ".env"
    file.write_text("\n".join(shown))

    assert len(shown) >= len(NAMES) / 2
    assert load_settings(file) == load_settings(tmp_path / "none")


def test_as_it_is_copied_it_starts_the_gate_with_its_defaults(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(EXAMPLE)

    assert load_settings(file) == load_settings(tmp_path / "none")
