"""What happens in the workspace, told to an app that subscribed to it and holds the scope."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient

from sandbox import ControlError, Sandbox
from tests.sandbox.cards import (
    ADMIN,
    APPROVER,
    BOT,
    CHANNEL,
    DEACTIVATED,
    GUEST,
    METADATA,
    OTHER_BOT,
    REQUESTER,
    card,
)
from tests.sandbox.conftest import changed_manifest, client
from tests.sandbox.raw_app import Frame, RawApp


@pytest.fixture
def app(sandbox: Sandbox) -> Iterator[RawApp]:
    with RawApp(sandbox) as connected:
        connected.wait_for("hello")
        yield connected


def event(frame: Frame) -> dict[str, Any]:
    found = frame["payload"]["event"]
    assert isinstance(found, dict)
    return found


def test_a_mention_is_an_event(sandbox: Sandbox, app: RawApp) -> None:
    said = sandbox.control.message(CHANNEL, ADMIN, f"<@{BOT}> status")
    envelope = app.wait_for("events_api")
    payload = envelope["payload"]
    assert (payload["type"], payload["api_app_id"], payload["team_id"]) == (
        "event_callback",
        "A01SANDBOX",
        "T01SANDBOX",
    )
    assert payload["authorizations"][0]["user_id"] == BOT
    assert said["events"] == [payload["event_id"]]
    assert (envelope["accepts_response_payload"], envelope["retry_attempt"]) == (False, 0)
    mention = event(envelope)
    assert (mention["type"], mention["user"], mention["text"]) == ("app_mention", ADMIN, f"<@{BOT}> status")
    assert (mention["channel"], mention["ts"], mention["event_ts"]) == (CHANNEL, said["ts"], said["ts"])


def test_a_persons_text_becomes_rich_text(sandbox: Sandbox) -> None:
    text = f"<@{BOT}> a &lt;b&gt; <https://example.com|link> <#{CHANNEL}> <!here> <!subteam^S01APPROVERS>"
    sandbox.control.message(CHANNEL, ADMIN, text)
    message = sandbox.control.messages(CHANNEL)[0]
    assert message["text"] == text
    elements = message["blocks"][0]["elements"][0]["elements"]
    assert [element for element in elements if element != {"type": "text", "text": " "}] == [
        {"type": "user", "user_id": BOT},
        {"type": "text", "text": " a <b> "},
        {"type": "link", "url": "https://example.com", "text": "link"},
        {"type": "channel", "channel_id": CHANNEL},
        {"type": "broadcast", "range": "here"},
        {"type": "usergroup", "usergroup_id": "S01APPROVERS"},
    ]


def test_words_that_do_not_name_the_bot_are_no_event(sandbox: Sandbox, app: RawApp) -> None:
    assert sandbox.control.message(CHANNEL, ADMIN, "good morning")["events"] == []


def test_where_the_bot_is_no_member_a_mention_does_not_reach_it(sandbox: Sandbox, app: RawApp) -> None:
    assert sandbox.control.message("C02GENERAL", ADMIN, f"<@{BOT}> status")["events"] == []


def test_a_direct_message_is_an_event(sandbox: Sandbox, app: RawApp) -> None:
    said = sandbox.control.message(BOT, REQUESTER, "status")
    message = event(app.wait_for("events_api"))
    assert (message["type"], message["channel_type"], message["text"]) == ("message", "im", "status")
    assert (message["channel"], message["user"]) == (said["channel"], REQUESTER)
    assert said["channel"].startswith("D")


def test_the_bots_own_direct_messages_come_back_with_its_bot_id(slack: WebClient, app: RawApp) -> None:
    slack.chat_postMessage(channel=REQUESTER, text="hello")
    assert event(app.wait_for("events_api"))["bot_id"] == "B01SANDBOX"


def test_a_mention_in_a_direct_message_is_no_mention_event(sandbox: Sandbox, app: RawApp) -> None:
    assert len(sandbox.control.message(BOT, REQUESTER, f"<@{BOT}> status")["events"]) == 1
    assert event(app.wait_for("events_api"))["type"] == "message"


def subscribed(folder: Path, *events: str) -> Path:
    def change(manifest: dict[str, Any]) -> None:
        manifest["settings"]["event_subscriptions"]["bot_events"] = list(events)

    return changed_manifest(folder, change)


def test_an_event_nobody_subscribed_to_is_not_sent(tmp_path: Path) -> None:
    with Sandbox(manifest=subscribed(tmp_path, "message.im")) as sandbox:
        assert sandbox.control.message(CHANNEL, ADMIN, f"<@{BOT}> status")["events"] == []


def test_an_event_without_its_scope_is_not_sent(tmp_path: Path) -> None:
    manifest = subscribed(tmp_path, "message.channels")
    with Sandbox(manifest=manifest, declined_scopes=["channels:history"]) as sandbox:
        assert sandbox.control.message(CHANNEL, ADMIN, "hello")["events"] == []
    with Sandbox(manifest=manifest) as sandbox:
        assert len(sandbox.control.message(CHANNEL, ADMIN, "hello")["events"]) == 1


def test_messages_changed_and_deleted_are_events_too(tmp_path: Path) -> None:
    with Sandbox(manifest=subscribed(tmp_path, "message.groups")) as sandbox, RawApp(sandbox) as app:
        app.wait_for("hello")
        slack = client(sandbox)
        ts = slack.chat_postMessage(channel="C05PRIVATE", text="first")["ts"]
        slack.chat_update(channel="C05PRIVATE", ts=ts, text="second")
        slack.chat_delete(channel="C05PRIVATE", ts=ts)
        app.wait_for("events_api", 3)
        posted, changed, deleted = (event(envelope) for envelope in app.envelopes)
    assert (posted["text"], posted["channel_type"]) == ("first", "group")
    assert (changed["subtype"], changed["message"]["text"]) == ("message_changed", "second")
    assert changed["previous_message"]["text"] == "first"
    assert (deleted["subtype"], deleted["deleted_ts"]) == ("message_deleted", ts)


def test_opening_the_home_tab_is_an_event_with_what_is_published(
    sandbox: Sandbox, slack: WebClient, app: RawApp
) -> None:
    sandbox.control.home(APPROVER)
    first = event(app.wait_for("events_api"))
    assert (first["type"], first["user"], first["tab"], "view" in first) == (
        "app_home_opened",
        APPROVER,
        "home",
        False,
    )
    view = slack.views_publish(user_id=APPROVER, view={"type": "home", "blocks": []})["view"]
    sandbox.control.home(APPROVER)
    assert event(app.wait_for("events_api", 2))["view"]["id"] == view["id"]
    sandbox.control.home(APPROVER, tab="messages")
    assert event(app.wait_for("events_api", 3))["tab"] == "messages"


def test_joining_a_channel_is_an_event(sandbox: Sandbox, app: RawApp) -> None:
    sandbox.control.change_channel("C03SECOND", join=[REQUESTER])
    joined = event(app.wait_for("events_api"))
    assert (joined["type"], joined["user"], joined["channel"]) == (
        "member_joined_channel",
        REQUESTER,
        "C03SECOND",
    )


@pytest.mark.parametrize(
    ("channel", "user", "words"),
    [
        ("C03SECOND", GUEST, "not a member"),
        (CHANNEL, DEACTIVATED, "deactivated"),
        (CHANNEL, "U99NOBODY", "no user"),
        ("C99NOWHERE", ADMIN, "no channel"),
    ],
)
def test_who_is_not_there_cannot_write(sandbox: Sandbox, channel: str, user: str, words: str) -> None:
    with pytest.raises(ControlError, match=words):
        sandbox.control.message(channel, user, "hello")


def test_nobody_writes_in_an_archived_channel(sandbox: Sandbox) -> None:
    sandbox.control.change_channel("C03SECOND", archived=True)
    with pytest.raises(ControlError, match="archived"):
        sandbox.control.message("C03SECOND", ADMIN, "hello")


def test_with_a_read_only_messages_tab_nobody_writes_to_the_bot(tmp_path: Path) -> None:
    def read_only(manifest: dict[str, Any]) -> None:
        manifest["features"]["app_home"]["messages_tab_read_only_enabled"] = True

    with (
        Sandbox(manifest=changed_manifest(tmp_path, read_only)) as sandbox,
        pytest.raises(ControlError, match="turned off"),
    ):
        sandbox.control.message(BOT, REQUESTER, "hello")


def test_another_bot_may_post_blocks_and_forge_our_metadata(sandbox: Sandbox, slack: WebClient) -> None:
    sandbox.control.message(CHANNEL, OTHER_BOT, "fake", blocks=card(), metadata=METADATA)
    forged = slack.conversations_history(channel=CHANNEL, include_all_metadata=True)["messages"][0]
    assert (forged["metadata"], forged["app_id"], forged["bot_id"]) == (METADATA, "A09OTHER", "B09OTHER")
    assert forged["blocks"][1]["elements"][1]["text"]["text"] == "Approve"
