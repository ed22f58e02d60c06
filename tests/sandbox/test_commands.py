"""Slash commands: typed by people, answered by the acknowledgement or by response_url."""

import pytest

from sandbox import ControlError, Sandbox
from tests.sandbox.cards import CHANNEL, REQUESTER
from tests.sandbox.conftest import MANIFEST
from tests.sandbox.raw_app import RawApp, keep_silent


def test_a_command_carries_its_text_and_where_it_was_typed(sandbox: Sandbox) -> None:
    with RawApp(sandbox) as app:
        sandbox.control.command(CHANNEL, REQUESTER, "/approvals", "status now")
        envelope = app.wait_for("slash_commands")
    payload = envelope["payload"]
    assert (payload["command"], payload["text"]) == ("/approvals", "status now")
    assert (payload["user_id"], payload["user_name"]) == (REQUESTER, "requester")
    assert (payload["channel_id"], payload["channel_name"]) == (CHANNEL, "approvals")
    assert payload["response_url"].startswith(sandbox.url)
    assert payload["trigger_id"]
    assert envelope["accepts_response_payload"] is True


@pytest.mark.parametrize("command", ["/unheard-of", "approvals"])
def test_a_command_the_manifest_does_not_name_does_not_exist(sandbox: Sandbox, command: str) -> None:
    with pytest.raises(ControlError, match="not a valid command"):
        sandbox.control.command(CHANNEL, REQUESTER, command)


def test_without_the_scope_there_are_no_commands() -> None:
    with (
        Sandbox(manifest=MANIFEST, declined_scopes=["commands"]) as sandbox,
        pytest.raises(ControlError, match="not a valid command"),
    ):
        sandbox.control.command(CHANNEL, REQUESTER, "/approvals")


def test_a_text_in_the_acknowledgement_is_shown_to_the_person_alone(sandbox: Sandbox) -> None:
    with RawApp(
        sandbox, lambda frame: {"envelope_id": frame["envelope_id"], "payload": {"text": "All well."}}
    ):
        sandbox.control.command(CHANNEL, REQUESTER, "/approvals", "status")
    assert [shown["text"] for shown in sandbox.control.ephemerals(REQUESTER)] == ["All well."]
    assert sandbox.control.messages(CHANNEL) == []


def test_a_text_for_the_channel_is_posted(sandbox: Sandbox) -> None:
    answer = {"text": "All well.", "response_type": "in_channel"}
    with RawApp(sandbox, lambda frame: {"envelope_id": frame["envelope_id"], "payload": answer}):
        sandbox.control.command(CHANNEL, REQUESTER, "/approvals", "status")
    assert [message["text"] for message in sandbox.control.messages(CHANNEL)] == ["All well."]


def test_a_command_nobody_acknowledges_warns_the_person(hasty: Sandbox) -> None:
    with RawApp(hasty, keep_silent) as app:
        app.wait_for("hello")
        assert hasty.control.command(CHANNEL, REQUESTER, "/approvals")["acknowledged"] is False
    assert hasty.control.warnings(REQUESTER)[0]["place"] == {"channel": CHANNEL}
    assert len(app.envelopes) == 1
