"""chat.*: where the bot may post, and what a message becomes."""

import time
from pathlib import Path

import pytest
from slack_sdk import WebClient

from sandbox import Sandbox
from tests.sandbox.cards import (
    APPROVER,
    BOT,
    CHANNEL,
    METADATA,
    OUTSIDER,
    REQUESTER,
    SECOND,
    card,
    plain,
    post_card,
)
from tests.sandbox.conftest import changed_manifest, client
from tests.sandbox.refusals import error_of, refused


def test_a_posted_card_is_what_slack_returns(sandbox: Sandbox, slack: WebClient) -> None:
    posted = slack.chat_postMessage(channel=CHANNEL, text="May I?", blocks=card(), metadata=METADATA)
    message = posted["message"]
    assert (message["type"], message["user"], message["bot_id"], message["app_id"]) == (
        "message",
        BOT,
        "B01SANDBOX",
        "A01SANDBOX",
    )
    assert message["ts"] == posted["ts"]
    assert message["metadata"] == METADATA
    assert [block["type"] for block in message["blocks"]] == ["section", "actions"]
    assert sandbox.control.messages(CHANNEL) == [message]


def test_slack_fills_in_block_ids_and_flags_and_keeps_them(sandbox: Sandbox, slack: WebClient) -> None:
    ts = post_card(slack)
    section, actions = sandbox.control.messages(CHANNEL)[0]["blocks"]
    assert section["block_id"]
    assert section["text"]["verbatim"] is False
    assert actions["block_id"] == "answer"
    assert actions["elements"][1]["text"]["emoji"] is True
    again = slack.conversations_history(channel=CHANNEL, latest=ts, inclusive=True)["messages"][0]
    assert again["blocks"] == [section, actions]


def test_timestamps_are_unique_and_grow(slack: WebClient) -> None:
    stamps = [slack.chat_postMessage(channel=CHANNEL, text=str(count))["ts"] for count in range(20)]
    assert stamps == sorted(set(stamps))
    assert abs(float(stamps[-1]) - time.time()) < 60


@pytest.mark.parametrize(
    ("channel", "error"),
    [
        ("C02GENERAL", "not_in_channel"),
        ("C04ARCHIVED", "is_archived"),
        ("C99NOWHERE", "channel_not_found"),
        ("#no-such-name", "channel_not_found"),
    ],
)
def test_the_bot_posts_only_where_it_is_a_member(slack: WebClient, channel: str, error: str) -> None:
    assert error_of(lambda: slack.chat_postMessage(channel=channel, text="hello")) == error


def test_a_private_channel_without_the_bot_does_not_exist_for_it(sandbox: Sandbox, slack: WebClient) -> None:
    sandbox.control.change_channel("C05PRIVATE", leave=[BOT])
    assert error_of(lambda: slack.chat_postMessage(channel="C05PRIVATE", text="hello")) == "channel_not_found"


def test_a_channel_may_be_named(slack: WebClient) -> None:
    assert slack.chat_postMessage(channel="#second-approvals", text="hello")["channel"] == "C03SECOND"


def test_posting_to_a_person_opens_the_direct_conversation(sandbox: Sandbox, slack: WebClient) -> None:
    channel = slack.chat_postMessage(channel=REQUESTER, text="hello")["channel"]
    assert channel.startswith("D")
    assert [message["text"] for message in sandbox.control.messages(channel)] == ["hello"]


def test_a_message_needs_text_blocks_or_attachments(slack: WebClient) -> None:
    assert error_of(lambda: slack.api_call("chat.postMessage", json={"channel": CHANNEL})) == "no_text"


def test_a_long_text_is_cut_where_slack_cuts_it(slack: WebClient) -> None:
    posted = slack.chat_postMessage(channel=CHANNEL, text="x" * 40_001)
    assert len(posted["message"]["text"]) == 40_000


def test_blocks_that_break_slacks_limits_are_refused_with_what_broke(
    sandbox: Sandbox, slack: WebClient
) -> None:
    header = {"type": "header", "text": plain("x" * 151)}
    answer = refused(lambda: slack.chat_postMessage(channel=CHANNEL, text="hello", blocks=[header]))
    assert answer["error"] == "invalid_blocks"
    assert len(answer["errors"]) == 1
    assert "/blocks/0/text/text" in answer["errors"][0]
    assert answer["response_metadata"]["messages"] == [f"[ERROR] {answer['errors'][0]}"]
    assert sandbox.control.messages(CHANNEL) == []


def test_an_update_is_held_to_the_same_limits(slack: WebClient) -> None:
    ts = post_card(slack)
    header = {"type": "header", "text": plain("x" * 151)}
    assert (
        error_of(lambda: slack.chat_update(channel=CHANNEL, ts=ts, text="x", blocks=[header]))
        == "invalid_blocks"
    )


@pytest.mark.parametrize("blocks", ["{", '"text"', "[1]"])
def test_blocks_that_are_no_list_of_objects_are_refused(slack: WebClient, blocks: str) -> None:
    call = {"channel": CHANNEL, "text": "hello", "blocks": blocks}
    assert error_of(lambda: slack.api_call("chat.postMessage", data=call)) == "invalid_blocks_format"


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ({"event_type": "approval_request"}, "invalid_metadata_format"),
        ({"event_type": "", "event_payload": {}}, "invalid_metadata_format"),
        ({"event_type": "big", "event_payload": {"text": "x" * 16_001}}, "metadata_too_large"),
    ],
)
def test_metadata_has_a_type_and_a_payload_of_limited_size(
    slack: WebClient, metadata: dict[str, object], error: str
) -> None:
    call = {"channel": CHANNEL, "text": "hello", "metadata": metadata}
    assert error_of(lambda: slack.api_call("chat.postMessage", json=call)) == error


def test_an_update_with_text_alone_removes_the_blocks(sandbox: Sandbox, slack: WebClient) -> None:
    ts = post_card(slack)
    slack.chat_update(channel=CHANNEL, ts=ts, text="Settled")
    message = sandbox.control.messages(CHANNEL)[0]
    assert "blocks" not in message
    assert (message["text"], message["ts"]) == ("Settled", ts)
    assert message["edited"]["user"] == BOT
    slack.chat_update(channel=CHANNEL, ts=ts, text="Settled", blocks=[{"type": "divider"}])
    assert "edited" not in sandbox.control.messages(CHANNEL)[0]


def test_an_update_with_blocks_alone_keeps_the_text_and_is_not_marked_as_edited(
    sandbox: Sandbox, slack: WebClient
) -> None:
    ts = post_card(slack)
    slack.api_call("chat.update", json={"channel": CHANNEL, "ts": ts, "blocks": [{"type": "divider"}]})
    message = sandbox.control.messages(CHANNEL)[0]
    assert (message["text"], message["blocks"][0]["type"]) == ("May I?", "divider")
    assert "edited" not in message


def test_an_update_keeps_metadata_unless_it_brings_or_removes_it(sandbox: Sandbox, slack: WebClient) -> None:
    ts = post_card(slack)
    slack.chat_update(channel=CHANNEL, ts=ts, text="Settled")
    assert sandbox.control.messages(CHANNEL)[0]["metadata"] == METADATA
    other = {"event_type": "other", "event_payload": {}}
    slack.chat_update(channel=CHANNEL, ts=ts, text="Settled", metadata=other)
    assert sandbox.control.messages(CHANNEL)[0]["metadata"] == other
    slack.api_call("chat.update", json={"channel": CHANNEL, "ts": ts, "text": "Settled", "metadata": {}})
    assert "metadata" not in sandbox.control.messages(CHANNEL)[0]


def test_an_update_cannot_empty_a_message(slack: WebClient) -> None:
    ts = str(slack.chat_postMessage(channel=CHANNEL, text="hello")["ts"])
    assert (
        error_of(lambda: slack.api_call("chat.update", json={"channel": CHANNEL, "ts": ts, "text": ""}))
        == "no_text"
    )
    assert error_of(lambda: slack.api_call("chat.update", json={"channel": CHANNEL, "ts": ts})) == "no_text"


def test_the_text_of_an_update_has_a_limit(slack: WebClient) -> None:
    ts = post_card(slack)
    assert error_of(lambda: slack.chat_update(channel=CHANNEL, ts=ts, text="x" * 4001)) == "msg_too_long"


def test_only_messages_that_exist_can_be_updated_or_deleted(slack: WebClient) -> None:
    assert (
        error_of(lambda: slack.chat_update(channel=CHANNEL, ts="1.000001", text="x")) == "message_not_found"
    )
    assert error_of(lambda: slack.chat_delete(channel=CHANNEL, ts="1.000001")) == "message_not_found"


def test_other_peoples_messages_cannot_be_updated_or_deleted(sandbox: Sandbox, slack: WebClient) -> None:
    ts = sandbox.control.message(CHANNEL, REQUESTER, "mine")["ts"]
    assert error_of(lambda: slack.chat_update(channel=CHANNEL, ts=ts, text="x")) == "cant_update_message"
    assert error_of(lambda: slack.chat_delete(channel=CHANNEL, ts=ts)) == "cant_delete_message"


def test_a_message_in_an_archived_channel_cannot_be_updated(sandbox: Sandbox, slack: WebClient) -> None:
    ts = post_card(slack, "C03SECOND")
    sandbox.control.change_channel("C03SECOND", archived=True)
    assert error_of(lambda: slack.chat_update(channel="C03SECOND", ts=ts, text="x")) == "is_inactive"


def test_a_deleted_message_is_gone(sandbox: Sandbox, slack: WebClient) -> None:
    ts = post_card(slack)
    slack.chat_delete(channel=CHANNEL, ts=ts)
    assert sandbox.control.messages(CHANNEL) == []
    assert error_of(lambda: slack.chat_update(channel=CHANNEL, ts=ts, text="x")) == "message_not_found"


def test_only_the_person_sees_an_ephemeral_message(sandbox: Sandbox, slack: WebClient) -> None:
    ts = slack.chat_postEphemeral(channel=CHANNEL, user=OUTSIDER, text="Not you.")["message_ts"]
    assert sandbox.control.messages(CHANNEL) == []
    assert sandbox.control.ephemerals(APPROVER) == []
    seen = sandbox.control.ephemerals(OUTSIDER)[0]
    assert (seen["ts"], seen["text"], seen["channel"]) == (ts, "Not you.", CHANNEL)
    assert error_of(lambda: slack.chat_update(channel=CHANNEL, ts=str(ts), text="x")) == "message_not_found"


def test_an_ephemeral_message_needs_the_person_in_the_channel(slack: WebClient) -> None:
    call = {"channel": "C03SECOND", "user": OUTSIDER, "text": "hello"}
    assert error_of(lambda: slack.api_call("chat.postEphemeral", json=call)) == "user_not_in_channel"


def test_replies_stay_in_their_thread(sandbox: Sandbox, slack: WebClient) -> None:
    ts = post_card(slack)
    reply = slack.chat_postMessage(channel=CHANNEL, thread_ts=ts, text="in full")["ts"]
    broadcast = slack.chat_postMessage(channel=CHANNEL, thread_ts=ts, text="to all", reply_broadcast=True)[
        "ts"
    ]
    history = slack.conversations_history(channel=CHANNEL)["messages"]
    assert [message["ts"] for message in history] == [broadcast, ts]
    assert (history[1]["reply_count"], history[1]["latest_reply"]) == (2, broadcast)
    thread = slack.conversations_replies(channel=CHANNEL, ts=ts)["messages"]
    assert [message["ts"] for message in thread] == [ts, reply, broadcast]
    slack.chat_delete(channel=CHANNEL, ts=str(reply))
    assert slack.conversations_history(channel=CHANNEL)["messages"][1]["reply_count"] == 1


def test_a_reply_needs_its_parent(slack: WebClient) -> None:
    call = {"channel": CHANNEL, "thread_ts": "1.000001", "text": "hello"}
    assert error_of(lambda: slack.api_call("chat.postMessage", json=call)) == "thread_not_found"
    assert error_of(lambda: slack.conversations_replies(channel=CHANNEL, ts="1.000001")) == "thread_not_found"


def test_a_permalink_names_channel_and_message(slack: WebClient) -> None:
    ts = post_card(slack)
    link = slack.chat_getPermalink(channel=CHANNEL, message_ts=ts)["permalink"]
    assert link == f"https://sandbox.slack.com/archives/{CHANNEL}/p{ts.replace('.', '')}"
    nowhere = {"channel": CHANNEL, "message_ts": "1.000001"}
    assert error_of(lambda: slack.api_call("chat.getPermalink", params=nowhere)) == "message_not_found"


def test_without_a_messages_tab_the_bot_cannot_write_to_people(tmp_path: Path) -> None:
    manifest = changed_manifest(
        tmp_path, lambda found: found["features"]["app_home"].update(messages_tab_enabled=False)
    )
    with Sandbox(manifest=manifest) as sandbox:
        assert (
            error_of(lambda: client(sandbox).chat_postMessage(channel=SECOND, text="hello"))
            == "messages_tab_disabled"
        )


def test_attachments_are_kept_until_an_update_brings_others(sandbox: Sandbox, slack: WebClient) -> None:
    attachments = [{"fallback": "one", "text": "one"}]
    ts = str(slack.chat_postMessage(channel=CHANNEL, text="hello", attachments=attachments)["ts"])
    slack.chat_update(channel=CHANNEL, ts=ts, text="still")
    assert sandbox.control.messages(CHANNEL)[0]["attachments"] == attachments
    slack.api_call("chat.update", json={"channel": CHANNEL, "ts": ts, "text": "gone", "attachments": []})
    assert "attachments" not in sandbox.control.messages(CHANNEL)[0]
    call = {"channel": CHANNEL, "attachments": "not json"}
    assert error_of(lambda: slack.api_call("chat.postMessage", json=call)) == "invalid_attachments"
