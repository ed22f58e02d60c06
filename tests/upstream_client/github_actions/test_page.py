"""docs/github-actions.md tells of what there is: settings, checks, numbers, words, lines of the card."""

import ast
import re
from pathlib import Path

import pytest

from sandbox.github_actions.meter import LIMIT
from slack_bot.config import Settings
from tests.shell_blocks import sections
from upstream_client.github_actions.doctor import CHECKS
from upstream_client.github_actions.etags import MOST_BYTES
from upstream_client.github_actions.examination import MOST_A_POLL
from upstream_client.github_actions.fate import LONGEST_WAIT
from upstream_client.github_actions.limits import RESERVE
from upstream_client.github_actions.repositories import READ_AGAIN

ROOT = Path(__file__).resolve().parents[3]
FILE = ROOT / "docs" / "github-actions.md"
PAGE = " ".join(FILE.read_text(encoding="utf-8").split())
CODE = [path for room in ("upstream_client", "slack_bot") for path in (ROOT / room).rglob("*.py")]


@pytest.mark.parametrize("name", [name for name in Settings.model_fields if name.startswith("github_")])
def test_every_setting_is_named(name: str) -> None:
    assert f"`{name.upper()}" in PAGE or f"{name.upper()}=" in PAGE


def test_there_are_five_steps_and_every_check_of_the_doctor_is_named_in_its_order() -> None:
    steps = re.findall(r"^(\d)\. \*\*", FILE.read_text(), re.MULTILINE)
    assert steps == ["1", "2", "3", "4", "5"]
    told = re.findall(r"It checks (.+?), in this order", PAGE)[0].replace(" and ", ", ").split(", ")
    words = {"repositories": "names", "review": "reviewer"}
    assert [words.get(one, one) for one in told] == [name for name, _ in CHECKS]


def test_the_numbers_are_those_of_the_code() -> None:
    assert f"the {LIMIT:,} calls an hour" in PAGE
    assert f"at most {MOST_BYTES // 2**20} MiB" in PAGE
    assert f"fewer than {RESERVE} calls left" in PAGE
    assert f"more than {MOST_A_POLL} repositories" in PAGE
    assert f"after {LONGEST_WAIT // (24 * 3600 * 1_000_000)} days" in PAGE
    assert (READ_AGAIN, "every quarter of an hour" in PAGE) == (15 * 60, True)


def test_every_line_of_the_card_that_only_github_has_is_told() -> None:
    tree = ast.parse((ROOT / "upstream_client" / "github_actions" / "reading.py").read_text())
    calls = [one for one in ast.walk(tree) if isinstance(one, ast.Call) and isinstance(one.func, ast.Name)]
    labels = [ast.literal_eval(one.args[1]) for one in calls if ast.unparse(one.func) == "Fact"]
    assert len(labels) == 6
    rows = sections(FILE)["On the card"]
    assert [label for label in labels if f"| {label} |" not in rows] == []


def test_every_sentence_that_is_quoted_is_one_of_the_bot() -> None:
    said = "\n".join(_texts())
    quoted = re.findall(r'"([a-zA-Z][^"{}]* [^"{}]*)"', PAGE.partition("## Troubles")[2])
    assert len(quoted) > 7
    assert [one for one in quoted if one not in said] == []


def _texts() -> list[str]:
    """Every text in the code."""
    texts = []
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr):
                texts.append(
                    "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
                )
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.append(node.value)
    return texts
