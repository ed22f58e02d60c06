"""conversations.*: what the bot sees of channels, their members and their history."""

from pathlib import Path

import pytest
from slack_sdk import WebClient

from sandbox import Sandbox
from tests.sandbox.cards import APPROVER, BOT, CHANNEL, DEACTIVATED, METADATA, REQUESTER, post_card
from tests.sandbox.conftest import changed_manifest, client
from tests.sandbox.refusals import error_of, refused


def test_a_channel_tells_what_it_is(slack: WebClient) -> None:
    public = slack.conversations_info(channel=CHANNEL, include_num_members=True)["channel"]
    assert (public["name"], public["is_member"], public["is_private"], public["num_members"]) == (
        "approvals",
        True,
        False,
        9,
    )
    private = slack.conversations_info(channel="C05PRIVATE")["channel"]
    assert (private["is_private"], private["is_group"], private["is_channel"]) == (True, True, False)
    assert slack.conversations_info(channel="C02GENERAL")["channel"]["is_member"] is False
    assert slack.conversations_info(channel="C04ARCHIVED")["channel"]["is_archived"] is True


def test_an_unknown_channel_is_not_found(slack: WebClient) -> None:
    assert error_of(lambda: slack.conversations_info(channel="C99NOWHERE")) == "channel_not_found"
    assert error_of(lambda: slack.conversations_members(channel="C99NOWHERE")) == "channel_not_found"


@pytest.mark.parametrize(
    ("channel", "needed"),
    [(CHANNEL, "channels:read"), ("C05PRIVATE", "groups:read"), ("D01REQUESTER", "im:read")],
)
def test_each_kind_of_channel_has_its_own_read_scope(channel: str, needed: str) -> None:
    with Sandbox(declined_scopes=["channels:read", "groups:read"]) as sandbox:
        slack = client(sandbox)
        slack.chat_postMessage(channel=REQUESTER, text="opens the direct conversation")
        assert refused(lambda: slack.conversations_info(channel=channel))["needed"] == needed


@pytest.mark.parametrize(
    ("channel", "needed"),
    [(CHANNEL, "channels:history"), ("C05PRIVATE", "groups:history"), ("D01REQUESTER", "im:history")],
)
def test_each_kind_of_channel_has_its_own_history_scope(channel: str, needed: str, tmp_path: Path) -> None:
    scopes = {"bot": ["chat:write"], "bot_optional": []}
    manifest = changed_manifest(tmp_path, lambda found: found["oauth_config"].update(scopes=scopes))
    with Sandbox(manifest=manifest) as sandbox:
        slack = client(sandbox)
        slack.chat_postMessage(channel=REQUESTER, text="opens the direct conversation")
        assert refused(lambda: slack.conversations_history(channel=channel))["needed"] == needed


def test_members_come_in_pages(slack: WebClient) -> None:
    pages = [page["members"] for page in slack.conversations_members(channel=CHANNEL, limit=4)]
    assert [len(page) for page in pages] == [4, 4, 1]
    everyone = [member for page in pages for member in page]
    assert len(set(everyone)) == 9
    assert BOT in everyone
    assert DEACTIVATED not in everyone


@pytest.mark.parametrize("cursor", ["not base64!", "bmFtZTp2YWx1ZQ==", "b2Zmc2V0OngxMg=="])
def test_a_made_up_cursor_is_refused(slack: WebClient, cursor: str) -> None:
    assert error_of(lambda: slack.conversations_members(channel=CHANNEL, cursor=cursor)) == "invalid_cursor"


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "many"])
def test_a_limit_out_of_range_is_refused(slack: WebClient, limit: str) -> None:
    call = {"channel": CHANNEL, "limit": limit}
    assert error_of(lambda: slack.api_call("conversations.members", params=call)) == "invalid_limit"


def test_the_list_has_public_channels_and_private_ones_with_the_bot(
    sandbox: Sandbox, slack: WebClient
) -> None:
    both = "public_channel,private_channel"
    names = {channel["name"] for channel in slack.conversations_list(types=both)["channels"]}
    assert names == {
        "approvals",
        "general",
        "second-approvals",
        "archived",
        "private-approvals",
        "shared-with-partner",
    }
    sandbox.control.change_channel("C05PRIVATE", leave=[BOT])
    left = slack.conversations_list(types=both, exclude_archived=True)["channels"]
    assert names - {channel["name"] for channel in left} == {"archived", "private-approvals"}
    assert next(found["num_members"] for found in left if found["id"] == CHANNEL) == 9


def test_the_list_needs_the_scope_of_every_kind_asked_for() -> None:
    with Sandbox(declined_scopes=["groups:read"]) as sandbox:
        slack = client(sandbox)
        assert slack.conversations_list()["ok"]
        answer = refused(lambda: slack.conversations_list(types="public_channel,private_channel"))
        assert (answer["error"], answer["needed"]) == ("missing_scope", "groups:read")


def test_the_list_knows_no_other_kinds(slack: WebClient) -> None:
    assert error_of(lambda: slack.conversations_list(types="secret_channel")) == "invalid_types"


def test_history_is_newest_first_and_hides_metadata_unless_asked(slack: WebClient) -> None:
    first, second = post_card(slack), post_card(slack)
    plain = slack.conversations_history(channel=CHANNEL)["messages"]
    assert [message["ts"] for message in plain] == [second, first]
    assert all("metadata" not in message for message in plain)
    full = slack.conversations_history(channel=CHANNEL, include_all_metadata=True)["messages"]
    assert [message["metadata"] for message in full] == [METADATA, METADATA]


def test_history_has_bounds(slack: WebClient) -> None:
    stamps = [str(slack.chat_postMessage(channel=CHANNEL, text=str(count))["ts"]) for count in range(5)]

    def texts(**bounds: str | bool) -> str:
        found = slack.conversations_history(channel=CHANNEL, **bounds)["messages"]  # type: ignore[arg-type] # mixed kinds
        return "".join(message["text"] for message in found)

    assert texts(oldest=stamps[1]) == "432"
    assert texts(oldest=stamps[1], inclusive=True) == "4321"
    assert texts(latest=stamps[3]) == "210"
    assert texts(oldest=stamps[1], latest=stamps[3], inclusive=True) == "321"
    assert texts(oldest=str(int(float(stamps[0])) - 1)) == "43210"
    assert texts(oldest=str(int(float(stamps[4])) + 1)) == ""


def test_history_comes_in_pages(slack: WebClient) -> None:
    for count in range(5):
        slack.chat_postMessage(channel=CHANNEL, text=str(count))
    pages = [
        ("".join(found["text"] for found in page["messages"]), page["has_more"])
        for page in slack.conversations_history(channel=CHANNEL, limit=2)
    ]
    assert pages == [("43", True), ("21", True), ("0", False)]


def test_pages_of_history_stay_within_the_bounds(slack: WebClient) -> None:
    stamps = [str(slack.chat_postMessage(channel=CHANNEL, text=str(count))["ts"]) for count in range(5)]
    pages = slack.conversations_history(channel=CHANNEL, limit=2, oldest=stamps[1], inclusive=True)
    assert "".join(found["text"] for page in pages for found in page["messages"]) == "4321"


@pytest.mark.parametrize("name", ["oldest", "latest"])
def test_a_bound_that_is_no_timestamp_is_refused(slack: WebClient, name: str) -> None:
    call = {"channel": CHANNEL, name: "yesterday"}
    assert error_of(lambda: slack.api_call("conversations.history", params=call)) == f"invalid_ts_{name}"


def test_the_bot_reads_no_history_where_it_is_no_member(slack: WebClient) -> None:
    assert error_of(lambda: slack.conversations_history(channel="C02GENERAL")) == "not_in_channel"


def test_a_direct_conversation_is_opened_once(slack: WebClient) -> None:
    first = slack.conversations_open(users=[APPROVER])
    again = slack.conversations_open(users=[APPROVER], return_im=True)
    assert first["channel"]["id"] == again["channel"]["id"]
    assert (again["already_open"], again["channel"]["user"]) == (True, APPROVER)
    assert slack.chat_postMessage(channel=first["channel"]["id"], text="hello")["ok"]


@pytest.mark.parametrize(
    ("users", "error"),
    [("", "users_list_not_supplied"), ("U99NOBODY", "user_not_found"), (DEACTIVATED, "user_disabled")],
)
def test_a_direct_conversation_needs_one_active_person(slack: WebClient, users: str, error: str) -> None:
    assert error_of(lambda: slack.conversations_open(users=users)) == error


def test_a_direct_conversation_with_several_is_more_than_the_sandbox_does(slack: WebClient) -> None:
    assert error_of(lambda: slack.conversations_open(users=[APPROVER, REQUESTER])) == "invalid_arguments"


def test_opening_a_direct_conversation_needs_its_scope() -> None:
    with Sandbox(declined_scopes=["im:write"]) as sandbox:
        assert refused(lambda: client(sandbox).conversations_open(users=[APPROVER]))["needed"] == "im:write"
