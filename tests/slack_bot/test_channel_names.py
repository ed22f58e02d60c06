"""The channel that a setting names."""

import pytest
from slack_sdk import WebClient

from sandbox import Sandbox
from slack_bot.channel_names import NamedChannel, NoSuchChannel, channel_id
from slack_bot.channel_store import Source
from slack_bot.slack_api import Refused


def client_of(sandbox: Sandbox) -> WebClient:
    return WebClient(sandbox.bot_token, base_url=sandbox.slack_api_url, retry_handlers=[])


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("#approvals", "C01APPROVALS"),
        ("#Second-Approvals", "C03SECOND"),
        ("#private-approvals", "C05PRIVATE"),
    ],
)
def test_a_channel_that_the_bot_is_in_is_found_by_its_name(sandbox: Sandbox, name: str, id: str) -> None:
    assert channel_id(client_of(sandbox), name) == id


@pytest.mark.parametrize("name", ["#general", "#archived", "#nowhere"])
def test_where_the_bot_is_not_it_says_what_to_do(sandbox: Sandbox, name: str) -> None:
    with pytest.raises(NoSuchChannel, match=f"no channel {name}.*invite the bot"):
        channel_id(client_of(sandbox), name)


def test_without_one_scope_the_other_kind_of_channel_is_still_found() -> None:
    with Sandbox(declined_scopes=["channels:read"]) as sandbox:
        assert channel_id(client_of(sandbox), "#private-approvals") == "C05PRIVATE"
        with pytest.raises(NoSuchChannel, match="give the app the scope channels:read"):
            channel_id(client_of(sandbox), "#approvals")


def test_any_other_refusal_is_passed_on(sandbox: Sandbox) -> None:
    stranger = WebClient("xoxb-0-wrong", base_url=sandbox.slack_api_url, retry_handlers=[])
    with pytest.raises(Refused, match="invalid_auth"):
        channel_id(stranger, "#approvals")


def test_a_named_channel_is_looked_for_until_it_is_there_and_told_of_once(sandbox: Sandbox) -> None:
    notes = ["another note"]
    named = NamedChannel(client_of(sandbox), "#general", notes)
    assert (named.look(), named.look()) == (None, None)
    assert len(notes) == 2
    assert "SLACK_CHANNEL: I am in no channel #general" in notes[1]

    sandbox.control.change_channel("C02GENERAL", join=["U07BOT"])
    found = named.look()

    assert found is not None
    assert (found.id, found.source, found.is_default) == ("C02GENERAL", Source.ENVIRONMENT, True)
    assert notes == ["another note"]
    assert named.look() is None


def test_it_is_unsure_only_while_slack_does_not_tell(sandbox: Sandbox) -> None:
    """Given no answer, nobody can tell whether there is such a channel; given one, there is none until there is."""
    notes: list[str] = []
    named = NamedChannel(client_of(sandbox), "#general", notes)
    assert named.unsure == ""
    sandbox.control.faults(method="users.conversations", kind="ratelimited", retry_after=30)
    assert named.look() is None
    assert notes == [named.unsure]
    assert named.look() is None
    assert (named.unsure, len(notes)) == ("", 1)
    sandbox.control.faults(method="users.conversations", kind="server_error")
    assert named.look() is None
    assert named.unsure
    sandbox.control.change_channel("C02GENERAL", join=["U07BOT"])
    assert named.look() is not None
    assert (named.unsure, notes) == ("", [])


def test_a_channel_given_by_its_id_needs_nobody_to_be_asked(sandbox: Sandbox) -> None:
    named = NamedChannel(client_of(sandbox), "C0123456789", [])
    found = named.look()
    assert found is not None
    assert found.id == "C0123456789"
    assert sandbox.control.calls("users.conversations") == []
