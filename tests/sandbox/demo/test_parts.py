"""What each upstream's part of the demo brings along, and that nothing of the shell gets between."""

import json
from itertools import islice
from pathlib import Path

import pytest
from pydantic import JsonValue

from sandbox.demo.bot import declared
from sandbox.demo.parts import DEFAULT, PARTS
from sandbox.demo.parts.xerotier import TOOLS, demo_approvals
from sandbox.demo.shell import OURS, kept
from sandbox.xerotier.approvals import NewApproval
from slack_bot.channels_file import read_file
from slack_bot.config import GATE_PREFIX, PREFIXES, UPSTREAMS

SEED, MANY = 8484, 12


def test_every_upstream_of_the_bot_has_a_part_and_the_default_is_some_of_them() -> None:
    assert set(PARTS) == set(UPSTREAMS)
    assert set(DEFAULT) < set(PARTS)


@pytest.mark.parametrize("prefix", [*PREFIXES, GATE_PREFIX])
def test_no_setting_of_the_shell_reaches_the_bot(prefix: str) -> None:
    assert prefix in OURS
    assert f"{prefix}X" not in kept({f"{prefix}X": "junk", "HOME": "/"})


def test_what_the_parts_have_to_say_of_the_channel_stands_in_its_file_together(tmp_path: Path) -> None:
    parts: list[dict[str, JsonValue]] = [
        {"requesters": {"a": "U01"}},
        {"requesters": {"b": "U02"}, "own_requests": "allow"},
    ]
    told = declared(parts)
    (tmp_path / "channels.json").write_text(json.dumps(told))

    assert told["channels"] == [
        {
            "id": "C01APPROVALS",
            "approvers": {"groups": ["S01APPROVERS"]},
            "requesters": {"a": "U01", "b": "U02"},
            "own_requests": "allow",
        }
    ]
    assert [one.id for one in read_file(tmp_path / "channels.json").channels] == ["C01APPROVALS"]


def test_what_agents_ask_is_the_same_for_the_same_seed_and_xerotier_takes_it() -> None:
    first, again, other = (list(islice(demo_approvals(seed), MANY)) for seed in (SEED, SEED, SEED + 1))
    assert first == again != other
    asked = [NewApproval.model_validate(one) for one in first]
    assert {one.tool_name for one in asked} == {tool for tool, _, _ in TOOLS}
