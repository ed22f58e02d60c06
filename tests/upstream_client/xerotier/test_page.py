"""docs/xerotier.md tells of what there is: events, settings, paths, words."""

import ast
import re
from pathlib import Path

import pytest

from slack_bot.config import Settings
from upstream_client.xerotier import Kind
from upstream_client.xerotier.address import checked_get_path, checked_list_path

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "xerotier.md").read_text(encoding="utf-8")
CODE = [path for room in ("upstream_client/xerotier", "slack_bot") for path in (ROOT / room).rglob("*.py")]


def test_the_webhook_is_made_with_every_event_that_is_followed() -> None:
    [events] = re.findall(r"--events (\S+)", PAGE)
    assert sorted(events.split(",")) == sorted(kind.value for kind in Kind)


@pytest.mark.parametrize("name", [name for name in Settings.model_fields if name.startswith("xerotier_")])
def test_every_setting_is_named(name: str) -> None:
    assert f"`{name.upper()}" in PAGE or f"{name.upper()}=" in PAGE


def test_the_path_of_one_approval_is_taken_as_it_stands_there() -> None:
    [path] = re.findall(
        r"^XEROTIER_GET_PATH='(.+)'$", "\n".join(map(str.strip, PAGE.splitlines())), re.MULTILINE
    )
    assert checked_get_path(path) == path
    assert checked_list_path("/v1/exec/approvals?status=pending&limit=100")


def test_every_sentence_that_is_quoted_is_one_of_the_bot() -> None:
    said = "\n".join(_texts())
    quoted = re.findall(r'"([a-zA-Z][^"{}]* [^"{}]*)"', PAGE.partition("## Troubles")[2])
    assert len(quoted) > 7
    assert [one for one in quoted if one not in said] == []


def _texts() -> list[str]:
    """Every text in the code, with the name of the upstream for what is filled in."""
    texts = []
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr):
                parts = (part.value if isinstance(part, ast.Constant) else "Xerotier" for part in node.values)
                texts.append("".join(map(str, parts)))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.append(node.value)
    return texts
