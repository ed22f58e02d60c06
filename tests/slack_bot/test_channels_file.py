"""The file that declares channels: what it may say, and what is said where it says something else."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from slack_bot.channel import Channel
from slack_bot.channels_file import ChannelsFileError, read_file, schema
from slack_bot.policy import ChannelPolicy

ROOT = Path(__file__).resolve().parents[2]
WHERE_CHANNEL = "a channel's id is like C0123456789: open the channel's details in Slack"
WHERE_PERSON = "a person's id is like U0123456789: open the profile in Slack"
WHERE_GROUP = "a user group's id is like S0123456789: open the group in Slack"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "channels.json"


def declared(path: Path, *channels: object) -> Path:
    path.write_text(json.dumps({"channels": channels}))
    return path


def words_of(path: Path) -> list[str]:
    """The lines in which the file is refused, after the first, which names it."""
    with pytest.raises(ChannelsFileError) as refused:
        read_file(path)
    first, *rest = str(refused.value).splitlines()
    assert first == f"CHANNELS_FILE: {path} cannot be used:"
    return rest


def test_channels_and_their_approvers_are_read_in_the_files_order(path: Path) -> None:
    approvers = {"users": ["U02APPROVER", "W03SECOND"], "groups": ["S01APPROVERS"], "everyone": True}
    declared(path, {"id": "C03SECOND", "approvers": approvers}, {"id": "G01APPROVALS"})
    second = Channel(
        "C03SECOND", ChannelPolicy(("U02APPROVER", "W03SECOND"), ("S01APPROVERS",), everyone=True)
    )
    assert read_file(path) == [second, Channel("G01APPROVALS", ChannelPolicy())]


@pytest.mark.parametrize(
    "text",
    ['{"channels": []}', "{}", '{"$schema": "./channels.schema.json", "channels": []}', '{"$schema": ""}'],
)
def test_no_channels_is_a_beginning(path: Path, text: str) -> None:
    path.write_text(text)
    assert read_file(path) == []


@pytest.mark.parametrize("approvers", [{}, {"users": [], "groups": [], "everyone": False}])
def test_without_approvers_nobody_may_decide(path: Path, approvers: object) -> None:
    (channel,) = read_file(declared(path, {"id": "C01APPROVALS", "approvers": approvers}))
    assert channel.policy == ChannelPolicy()


def test_a_missing_file_is_named_with_what_to_write_into_it(path: Path) -> None:
    with pytest.raises(ChannelsFileError) as refused:
        read_file(path)
    assert str(refused.value) == (
        f"CHANNELS_FILE: {path} cannot be read (No such file or directory). "
        'To begin with, write {"channels": []} into it.'
    )


def test_a_directory_in_its_place_is_named(tmp_path: Path) -> None:
    with pytest.raises(ChannelsFileError, match=r"CHANNELS_FILE: .* cannot be read \(Is a directory\)"):
        read_file(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{", b"channels: []", b'{"channels": [],}', b"\xff\xfe{"])
def test_what_is_no_json_is_said_so_with_the_place(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    (problem,) = words_of(path)
    assert problem.startswith("  the file: Invalid JSON: ")
    assert "line 1 column" in problem


@pytest.mark.parametrize("text", ["[]", '"C01APPROVALS"', "null"])
def test_what_is_no_object_is_said_so(path: Path, text: str) -> None:
    path.write_text(text)
    assert words_of(path) == ["  the file: Input should be an object"]


def test_a_channel_that_is_declared_twice_is_named(path: Path) -> None:
    one = {"id": "C01APPROVALS", "approvers": {"users": ["U02APPROVER"]}}
    declared(path, one, {"id": "C03SECOND"}, {"id": "C01APPROVALS"})
    assert words_of(path) == ["  channels: declared more than once: C01APPROVALS"]


@pytest.mark.parametrize(
    ("channel", "where"),
    [
        ({"id": "C01APPROVALS", "approver": {"users": ["U02APPROVER"]}}, "channels.0.approver"),
        ({"id": "C01APPROVALS", "users": ["U02APPROVER"]}, "channels.0.users"),
        ({"id": "C01APPROVALS", "approvers": {"user": ["U02APPROVER"]}}, "channels.0.approvers.user"),
    ],
)
def test_an_unknown_key_is_refused_because_a_misspelt_rule_would_not_hold(
    path: Path, channel: object, where: str
) -> None:
    words = f"  {where}: is no key that may stand here: check its spelling, or leave it out"
    assert words_of(declared(path, channel)) == [words]


@pytest.mark.parametrize(
    "channel_id",
    ["approvals", "#approvals", "c01approvals", "D01DIRECT", "C", "", " C01", "C01\n", "C" * 30, 5],
)
def test_a_wrong_channel_id_is_named_with_where_to_find_the_right_one(path: Path, channel_id: object) -> None:
    (problem,) = words_of(declared(path, {"id": channel_id}))
    assert problem.startswith("  channels.0.id: ")
    assert WHERE_CHANNEL in problem


def test_a_missing_channel_id_is_named_with_where_to_find_it(path: Path) -> None:
    (problem,) = words_of(declared(path, {"approvers": {}}))
    assert problem.startswith("  channels.0.id: is missing (")
    assert WHERE_CHANNEL in problem


@pytest.mark.parametrize(
    ("approvers", "where", "hint"),
    [
        ({"users": ["approver"]}, "users.0", WHERE_PERSON),
        ({"users": ["U02APPROVER", "@approver"]}, "users.1", WHERE_PERSON),
        ({"users": ["S01APPROVERS"]}, "users.0", WHERE_PERSON),
        ({"users": ["<@U02APPROVER>"]}, "users.0", WHERE_PERSON),
        ({"users": "U02APPROVER"}, "users", WHERE_PERSON),
        ({"groups": ["it-approvers"]}, "groups.0", WHERE_GROUP),
        ({"groups": ["U02APPROVER"]}, "groups.0", WHERE_GROUP),
        ({"groups": None}, "groups", WHERE_GROUP),
    ],
)
def test_a_wrong_approver_is_named_with_where_to_find_the_right_id(
    path: Path, approvers: object, where: str, hint: str
) -> None:
    (problem,) = words_of(declared(path, {"id": "C01APPROVALS", "approvers": approvers}))
    assert problem.startswith(f"  channels.0.approvers.{where}: ")
    assert hint in problem


def test_every_problem_is_told_at_once(path: Path) -> None:
    wrong = {
        "id": "general",
        "approvers": {"users": ["me"], "groups": ["us"], "everyone": "perhaps", "all": 1},
    }
    assert len(words_of(declared(path, wrong, {"id": "random"}))) == 6


class TestSchema:
    """channels.schema.json, with which an editor helps whoever writes the file."""

    def test_it_is_committed_as_the_documented_command_writes_it(self) -> None:
        command = [sys.executable, "-m", "slack_bot.channels_file", "schema"]
        written = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        assert written == schema() == (ROOT / "channels.schema.json").read_text()

    @pytest.mark.parametrize("arguments", [[], ["schemas"], ["schema", "now"]])
    def test_another_command_is_told_how_to_call_it(self, arguments: list[str]) -> None:
        command = [sys.executable, "-m", "slack_bot.channels_file", *arguments]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (1, "")
        assert "python -m slack_bot.channels_file schema > channels.schema.json" in done.stderr

    def test_the_shipped_file_names_it_and_declares_no_channel(self) -> None:
        shipped = json.loads((ROOT / "channels.json").read_text())
        assert shipped == {"$schema": "./channels.schema.json", "channels": []}
        assert (ROOT / shipped["$schema"]).is_file()
        assert read_file(ROOT / "channels.json") == []

    @pytest.mark.parametrize(
        ("content", "taken"),
        [
            ({}, True),
            ({"$schema": "./channels.schema.json", "channels": []}, True),
            ({"channels": [{"id": "C01APPROVALS"}]}, True),
            ({"channels": [{"id": "C01", "approvers": {"users": ["U02"], "groups": ["S01"]}}]}, True),
            ({"channels": [{"id": "G01", "approvers": {"everyone": True}}]}, True),
            ({"channels": [{"id": "general"}]}, False),
            ({"channels": [{}]}, False),
            ({"channels": [{"id": "C01", "approver": {}}]}, False),
            ({"channels": [{"id": "C01", "approvers": {"users": ["S01"]}}]}, False),
            ({"channels": [{"id": "C01", "approvers": {"users": "U01"}}]}, False),
            ({"channels": [{"id": "C01", "approvers": None}]}, False),
            ({"channel": []}, False),
            ([], False),
        ],
    )
    def test_it_takes_what_the_bot_takes(self, path: Path, content: object, taken: bool) -> None:
        path.write_text(json.dumps(content))
        validator = Draft202012Validator(json.loads(schema()))
        assert validator.is_valid(content) is taken
        if taken:
            read_file(path)
        else:
            with pytest.raises(ChannelsFileError):
                read_file(path)
