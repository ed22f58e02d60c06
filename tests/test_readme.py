"""The README says what the code does: settings and their defaults, scopes, exit codes."""

import json
import re
from pathlib import Path

from slack_bot import app
from slack_bot.channel_store import ChannelStore
from slack_bot.config import Settings

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()


def _table(heading: str) -> dict[str, str]:
    """A table's second column by its first, under a heading; first columns may name several things."""
    section = README.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (`.+?) \| (.+?) \|", section, re.MULTILINE)
    return {name: rest for names, rest in rows for name in re.findall(r"`([^`]+)`", names)}


def test_every_setting_stands_in_the_readme_with_its_default() -> None:
    told = _table("Settings")
    assert list(told) == [name.upper() for name in Settings.model_fields]
    for name, field in Settings.model_fields.items():
        said = told[name.upper()].strip("`")
        default = ",".join(field.default) if isinstance(field.default, tuple) else field.default
        if said == "required":
            assert field.is_required() or name.startswith("privman_")
        elif said in ("none", "the packaged one"):
            assert not default
        else:
            assert said == (f"{default:g}" if isinstance(default, float) else str(default))


def test_every_scope_stands_in_the_readme_with_its_reason() -> None:
    scopes = json.loads((ROOT / "manifest.json").read_text())["oauth_config"]["scopes"]
    assert set(_table("Scopes")) == set(scopes["bot"]) | set(scopes["bot_optional"])
    section = README.split("## Scopes\n")[1].split("\n## ")[0]
    optional = {
        name
        for line in section.splitlines()
        if "(optional)" in line
        for name in re.findall(r"`([^`]+)`", line.split(" | ")[0])
    }
    assert optional == set(scopes["bot_optional"])


def test_the_exit_codes_are_the_ones_of_the_code() -> None:
    codes = [app.STOPPED, app.STOPPED_TWICE, app.SETTINGS_WRONG, app.LEDGER_UNUSABLE, app.SLACK_REFUSES]
    told = README.split("Exit codes: ")[1].split(".")[0]
    assert [int(code) for code in re.findall(r"\b\d\b", told)] == codes


def test_the_channels_file_that_is_shipped_declares_none() -> None:
    assert ChannelStore.read(ROOT / "channels.json").all() == []


def test_every_file_that_the_readme_links_to_exists() -> None:
    links = re.findall(r"\]\((?!https?://)([^)#]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
