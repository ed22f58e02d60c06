"""Routes in channels.json: what the bot takes, its schema too, and what becomes of it."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from slack_bot.channel_store import ChannelStore
from slack_bot.channels_file import ChannelsFileError, Declarations, read_file, schema
from slack_bot.declared_policy import DeclaredPolicy
from slack_bot.routes import Route
from slack_bot.written_route import MOST_CHANNELS, said
from upstream_client.models import Risk

FULL = {
    "upstream": "gate",
    "facts": {"repository": "acme/*", "environment": "prod*", "label:team": "payments"},
    "requester": "agent-*",
    "risk": ["high", "critical"],
    "channels": ["C01APPROVALS", "G01SECRET"],
}
MEANT = Route(
    ("C01APPROVALS", "G01SECRET"),
    "gate",
    (("repository", "acme/*"), ("environment", "prod*"), ("label:team", "payments")),
    "agent-*",
    (Risk.HIGH, Risk.CRITICAL),
)
REST = {"channels": ["C03SECOND"]}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "channels.json"


def declared(path: Path, written: object) -> Declarations:
    path.write_text(json.dumps(written))
    return read_file(path)


def test_the_routes_and_the_default_channel_are_read_in_their_order(path: Path) -> None:
    found = declared(path, {"routes": [FULL, REST], "default_channel": "C02GENERAL"})
    assert found.routes == (MEANT, Route(("C03SECOND",)))
    assert found.default_channel == "C02GENERAL"
    assert said(MEANT) == FULL
    assert declared(path, {}) == Declarations()


@pytest.mark.parametrize(
    ("content", "taken"),
    [
        ({"routes": [FULL, REST]}, True),
        ({"routes": []}, True),
        ({"default_channel": "C01APPROVALS"}, True),
        ({"routes": [{"risk": ["low"], "channels": [f"C0{number}" for number in range(MOST_CHANNELS)]}]}, True),
        ({"routes": [{"channels": [f"C0{number}" for number in range(MOST_CHANNELS + 1)]}]}, False),
        ({"routes": [{"upstream": "gate"}]}, False),
        ({"routes": [{"channels": []}]}, False),
        ({"routes": [{"channels": ["C01", "C01"]}]}, False),
        ({"routes": [{"channels": ["#general"]}]}, False),
        ({"routes": [{"channels": "C01"}]}, False),
        ({"routes": [{"upstream": "gat", "channels": ["C01"]}]}, False),
        ({"routes": [{"risk": "high", "channels": ["C01"]}]}, False),
        ({"routes": [{"risk": [], "channels": ["C01"]}]}, False),
        ({"routes": [{"risk": ["high", "high"], "channels": ["C01"]}]}, False),
        ({"routes": [{"risk": ["unrated"], "channels": ["C01"]}]}, False),
        ({"routes": [{"risk": None, "channels": ["C01"]}]}, False),
        ({"routes": [{"facts": {"environment": ""}, "channels": ["C01"]}]}, False),
        ({"routes": [{"facts": {"": "prod"}, "channels": ["C01"]}]}, False),
        ({"routes": [{"requester": "", "channels": ["C01"]}]}, False),
        ({"routes": [{"environment": "prod*", "channels": ["C01"]}]}, False),
        ({"routes": None}, False),
        ({"default_channel": "general"}, False),
        ({"default_channel": None}, False),
        ({"default_channel": ""}, False),
    ],
)  # fmt: skip
def test_the_schema_takes_what_the_bot_takes(path: Path, content: object, *, taken: bool) -> None:
    assert Draft202012Validator(json.loads(schema())).is_valid(content) is taken
    if taken:
        declared(path, content)
    else:
        with pytest.raises(ChannelsFileError):
            declared(path, content)


def test_a_route_that_would_never_be_taken_is_refused(path: Path) -> None:
    with pytest.raises(
        ChannelsFileError, match=r"routes\.0 fits every request that routes\.2 fits.*put it first"
    ):
        declared(path, {"routes": [{"upstream": "gate", "channels": ["C01"]}, REST, FULL]})


def test_a_mistake_is_told_with_its_place_and_an_example(path: Path) -> None:
    with pytest.raises(ChannelsFileError, match=r"routes\.0\.enviroment: .*\"environment\": \"prod\*\""):
        declared(path, {"routes": [{"enviroment": "prod*", "channels": ["C01"]}]})
    with pytest.raises(ChannelsFileError, match=r"default_channel: is no such id .*C0123456789"):
        declared(path, {"default_channel": "#general"})


def test_both_are_part_of_what_is_declared_and_leave_it_as_it_was_where_nothing_is_said(path: Path) -> None:
    none, routes, default, both = (
        DeclaredPolicy.of(declared(path, written))
        for written in (
            {},
            {"routes": [FULL]},
            {"default_channel": "C01APPROVALS"},
            {"routes": [FULL], "default_channel": "C01APPROVALS"},
        )
    )
    assert len({one.hash for one in (none, routes, default, both)}) == 4
    assert set(none.content) == {"channels", "defaults", "risk_rules", "slack_channel"}
    assert (both.content["routes"], both.content["default_channel"]) == ([FULL], "C01APPROVALS")


def test_the_file_names_the_default_channel_and_it_counts_where_it_is_registered(path: Path) -> None:
    path.write_text(json.dumps({"channels": [{"id": "C01APPROVALS"}], "default_channel": "C01APPROVALS"}))
    channels = ChannelStore.read(path)
    assert channels.default_id == "C01APPROVALS"
    assert channels.default == channels.get("C01APPROVALS")
    path.write_text(json.dumps({"channels": [{"id": "C01APPROVALS"}], "default_channel": "C03SECOND"}))
    channels = ChannelStore.read(path)
    assert (channels.default_id, channels.default) == ("C03SECOND", None)
