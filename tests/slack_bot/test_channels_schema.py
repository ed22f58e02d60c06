"""channels.schema.json, with which an editor helps whoever writes the file: it takes what the bot takes."""

import json
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from slack_bot.channels_file import ChannelsFileError, Declarations, read_file, schema

ROOT = Path(__file__).resolve().parents[2]
FULL: dict[str, Any] = {
    "default_channel": "C01",
    "risk_rules": [{"upstream": "gate", "facts": {"a": "b"}, "requester": "x", "risk": "high"}],
    "routes": [
        {"upstream": "gate", "requester": "x", "facts": {"a": "b"}, "risk": ["low"], "channels": ["C01"]}
    ],
    "channels": [
        {
            "id": "C01",
            "approvers": {"users": ["U01"], "groups": ["S01"], "everyone": True},
            "approvals": {"high": 2},
            "seats": [{"group": "S01", "count": 1, "from_risk": "high"}],
            "own_requests": "refuse",
            "unknown_requester_refused_from": "medium",
            "requesters": {"CORP\\jane": "U01"},
            "user_names": [{"upstream": "gate", "pattern": "CORP\\*", "email": "*@example.com"}],
            "silence": {
                "high": {
                    "remind_after": "15m",
                    "backup": {"after": "1h", "users": ["U01"], "groups": ["S01"]},
                    "deadline": "4h",
                    "then": "deny",
                }
            },
            "longest": "4h",
            "break_glass": {"announce_in": "C03"},
        }
    ],
}
OTHERS: tuple[object, ...] = (None, True, 0, 2.5, "", "x", "U01", [], {}, ["C01"])
LENGTHS = {"remind_after", "after", "deadline", "longest"}
"""What only the bot reads closely, and what depends on them."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "channels.json"


def test_it_is_committed_as_the_documented_command_writes_it() -> None:
    command = [sys.executable, "-m", "slack_bot.channels_file", "schema"]
    written = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert written == schema() == (ROOT / "channels.schema.json").read_text()


@pytest.mark.parametrize("arguments", [[], ["schemas"], ["schema", "now"]])
def test_another_command_is_told_how_to_call_it(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "slack_bot.channels_file", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "python -m slack_bot.channels_file schema > channels.schema.json" in done.stderr


def test_the_shipped_file_names_it_and_declares_no_channel() -> None:
    shipped = json.loads((ROOT / "channels.json").read_text())
    assert shipped == {"$schema": "./channels.schema.json", "channels": []}
    assert (ROOT / shipped["$schema"]).is_file()
    assert read_file(ROOT / "channels.json") == Declarations()


@pytest.mark.parametrize(
    ("content", "taken"),
    [
        ({}, True),
        ({"$schema": "./channels.schema.json", "channels": []}, True),
        ({"channels": [{"id": "C01APPROVALS"}]}, True),
        ({"channels": [{"id": "C01", "approvers": {"users": ["U02"], "groups": ["S01"]}}]}, True),
        ({"channels": [{"id": "G01", "approvers": {"everyone": True}}]}, True),
        ({"channels": [{"id": "G01", "approvers": {"everyone": 1}}]}, False),
        ({"channels": [{"id": "G01", "approvers": {"everyone": "true"}}]}, False),
        ({"channels": [{"id": "G01", "approvers": {"everyone": 0}}]}, False),
        ({"channels": [{"id": "general"}]}, False),
        ({"channels": [{}]}, False),
        ({"channels": [{"id": "C01", "approver": {}}]}, False),
        ({"channels": [{"id": "C01", "approvers": {"users": ["S01"]}}]}, False),
        ({"channels": [{"id": "C01", "approvers": {"users": "U01"}}]}, False),
        ({"channels": [{"id": "C01", "approvers": None}]}, False),
        ({"channel": []}, False),
        ({"defaults": {}, "risk_rules": []}, True),
        ({"defaults": {"approvals": {"high": 3}, "seats": [], "longest": "one time"}}, True),
        ({"defaults": {"break_glass": False}}, True),
        ({"channels": [{"id": "C01", "break_glass": {"announce_in": "C02"}}]}, True),
        ({"channels": [{"id": "C01", "silence": {"any": {"deadline": "4h", "then": "deny"}}}]}, True),
        ({"channels": [{"id": "C01", "silence": {"high": {}}, "own_requests": "allow"}]}, True),
        ({"channels": [{"id": "C01", "requesters": {"CORP\\jane": "U01"}}]}, True),
        ({"defaults": {"user_names": [{"pattern": "CORP\\*", "email": "*@example.com"}]}}, True),
        ({"risk_rules": [{"facts": {"policy": "*"}, "risk": "low"}, {"risk": "high"}]}, True),
        ({"defaults": None}, False),
        ({"defaults": {"approvals": {"high": 0}}}, False),
        ({"defaults": {"approvals": {"high": True}}}, False),
        ({"defaults": {"approvals": None}}, False),
        ({"defaults": {"seats": [{"group": "S01", "from_risk": "unrated"}]}}, False),
        ({"defaults": {"seats": [{"group": "U01"}]}}, False),
        ({"defaults": {"break_glass": True}}, False),
        ({"defaults": {"break_glass": {}}}, False),
        ({"defaults": {"longest": 4}}, False),
        ({"defaults": {"user_names": [{"pattern": "CORP", "email": "*@example.com"}]}}, False),
        *(
            ({"defaults": {"user_names": [{"pattern": "*", "email": email}]}}, taken)
            for email, taken in (
                ("a.*@mail.example.com", True),
                ("nobody", False),
                ("*", False),
                ("*@example", False),
                ("jane@example.com", False),
                ("*.*@example.com", False),
                ("*@*.com", False),
                ("*@example.com, x@example.com", False),
                ("<*@example.com>", False),
            )
        ),
        *(
            ({"defaults": {"user_names": [{"pattern": pattern, "email": "*@a.com"}]}}, taken)
            for pattern, taken in (("a b*", True), (" CORP\\*", False), ("*x ", False), ("**", False))
        ),
        ({"defaults": {"requesters": {"": "U01"}}}, False),
        ({"defaults": {"requesters": {" jane": "U01"}}}, False),
        ({"defaults": {"requesters": {"jane ": "U01"}}}, False),
        ({"defaults": {"requesters": {"jane doe": "U01"}}}, True),
        ({"defaults": {"silence": {"any": {"then": "escalate"}}}}, False),
        ({"defaults": {"silence": {"any": {"backup": {"users": ["U01"]}}}}}, False),
        ({"channels": [{"id": "C01", "defaults": {}}]}, False),
        ({"risk_rules": [{"upstream": "privman", "risk": "low"}]}, False),
        ({"risk_rules": [{"facts": {"policy": "*"}}]}, False),
        ([], False),
    ],
)
def test_it_takes_what_the_bot_takes(path: Path, content: object, taken: bool) -> None:
    path.write_text(json.dumps(content))
    validator = Draft202012Validator(json.loads(schema()))
    assert validator.is_valid(content) is taken
    if taken:
        read_file(path)
    else:
        with pytest.raises(ChannelsFileError):
            read_file(path)


def changed(value: Any, *around: str | int) -> Iterator[tuple[str | int, Any]]:
    """The file with one thing replaced by another; the key or number of what that was."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for part, inner in parts:
        for other in OTHERS:
            yield part, with_other(FULL, (*around, part), other)
        yield from changed(inner, *around, part)


def with_other(value: Any, place: tuple[str | int, ...], other: object) -> Any:
    copied = deepcopy(value)
    here = copied
    for part in place[:-1]:
        here = here[part]
    here[place[-1]] = other
    return copied


def test_whatever_is_replaced_an_editor_and_the_bot_agree_but_for_lengths_of_time(path: Path) -> None:
    """Given any value of a full file, when something else stands there, then no editor complains in vain."""
    validator = Draft202012Validator(json.loads(schema()))
    assert validator.is_valid(FULL)
    taken, only_the_bot_refuses = 0, set()
    for key, content in changed(FULL):
        path.write_text(json.dumps(content))
        try:
            read_file(path)
        except ChannelsFileError:
            only_the_bot_refuses |= {key} if validator.is_valid(content) else set()
        else:
            assert validator.is_valid(content), content
            taken += 1
    assert taken > 20
    assert only_the_bot_refuses == LENGTHS
