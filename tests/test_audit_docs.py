"""docs/audit.md says what the code does: kinds, fields, and a check that needs nothing of the bot."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from slack_bot.audit import Kind, Record
from slack_bot.audit.log import EVENT, TOLD_AGAIN
from slack_bot.auditor.export import SHORTEST_BEGINNING
from slack_bot.ledger import Ledger
from tests.audit_key import AUDIT_KEY
from tests.shell_blocks import sections, shell_blocks
from tests.slack_bot.auditor.commands import run
from tests.slack_bot.chains import filled
from tests.test_docs import table
from upstream_client.models import ARTEFACTS

PAGE = Path(__file__).resolve().parent.parent / "docs" / "audit.md"


def test_every_kind_of_record_stands_in_the_page() -> None:
    assert set(table(sections(PAGE)["What is recorded"])) == set(Kind)


def test_every_field_of_a_record_stands_in_the_page_in_order() -> None:
    first_cells = re.findall(r"^\| `(\w+)` \|", sections(PAGE)["A record"], re.MULTILINE)
    assert first_cells == list(Record(1, 1, "", None, "", {}).as_json())
    for name in ARTEFACTS:
        assert f"`{name}:…`" in sections(PAGE)["A record"]


def test_the_numbers_of_the_page_are_those_of_the_code() -> None:
    text = " ".join(PAGE.read_text().split())
    assert f"its newest {TOLD_AGAIN} records" in text
    assert f"(`event` is `{EVENT}`)" in text
    assert SHORTEST_BEGINNING == 7
    assert "at least its first seven characters" in text


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    ledger = Ledger(url, AUDIT_KEY)
    filled(ledger)
    ledger.close()
    (tmp_path / "copy.jsonl").write_text(run(url, "export").out)
    return tmp_path / "copy.jsonl"


def by_hand(copy: Path) -> "subprocess.CompletedProcess[str]":
    """Runs the page's own check, with nothing of the bot's on the path."""
    (block,) = [one for one in shell_blocks(sections(PAGE)["Verify, export, show"]) if "<<'EOF'" in one]
    return subprocess.run(
        ["bash", "-c", block.replace("python -", f"{sys.executable} -", 1)],
        cwd=copy.parent,
        env={"AUDIT_KEY": AUDIT_KEY, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_whoever_trusts_none_of_it_comes_to_the_same(copy: Path) -> None:
    assert by_hand(copy).returncode == 0
    lines = copy.read_text().splitlines()
    copy.write_text("\n".join([*lines[:2], lines[2].replace("decided", "outcome"), *lines[3:]]))
    assert "record 3 is bad" in by_hand(copy).stderr
    copy.write_text("\n".join([*lines[:2], *lines[3:]]))
    assert "record 4 is bad" in by_hand(copy).stderr
