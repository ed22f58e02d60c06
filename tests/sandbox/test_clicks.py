"""Clicks on messages: the payload the app gets, what is remembered of menus, and what cannot be pressed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient

from sandbox import ControlError, Sandbox
from tests.sandbox.cards import (
    APPROVER,
    CHANNEL,
    DEACTIVATED,
    METADATA,
    OTHER_BOT,
    OUTSIDER,
    REQUESTER,
    SECOND,
    STRANGER,
    card,
    option,
    plain,
    post_card,
)
from tests.sandbox.conftest import changed_manifest, client
from tests.sandbox.raw_app import RawApp


@pytest.fixture
def app(sandbox: Sandbox) -> Iterator[RawApp]:
    with RawApp(sandbox) as connected:
        connected.wait_for("hello")
        yield connected


def last_payload(app: RawApp) -> dict[str, Any]:
    payload = app.envelopes[-1]["payload"]
    assert isinstance(payload, dict)
    return payload


def chosen(payload: dict[str, Any]) -> str:
    return str(payload["state"]["values"]["answer"]["choose_duration"]["selected_option"]["value"])


def test_a_click_carries_who_where_and_what(sandbox: Sandbox, slack: WebClient, app: RawApp) -> None:
    ts = post_card(slack)
    sandbox.control.click(CHANNEL, ts, APPROVER, "approve_request")
    payload = last_payload(app)
    assert payload["type"] == "block_actions"
    assert payload["user"] == {
        "id": APPROVER,
        "username": "approver",
        "name": "approver",
        "team_id": "T01SANDBOX",
    }
    assert payload["container"] == {
        "type": "message",
        "message_ts": ts,
        "channel_id": CHANNEL,
        "is_ephemeral": False,
    }
    assert payload["channel"] == {"id": CHANNEL, "name": "approvals"}
    assert payload["team"] == {"id": "T01SANDBOX", "domain": "sandbox"}
    assert (payload["api_app_id"], payload["enterprise"]) == ("A01SANDBOX", None)
    assert payload["message"]["metadata"] == METADATA
    assert payload["message"]["ts"] == ts
    assert payload["response_url"].startswith(sandbox.url)
    assert payload["trigger_id"].count(".") == 2


def test_the_action_is_the_button_as_it_stands_in_the_message(
    sandbox: Sandbox, slack: WebClient, app: RawApp
) -> None:
    sandbox.control.click(CHANNEL, post_card(slack), APPROVER, "approve_request")
    action = last_payload(app)["actions"][0]
    assert float(action.pop("action_ts"))
    assert action == {
        "action_id": "approve_request",
        "block_id": "answer",
        "type": "button",
        "text": {"type": "plain_text", "text": "Approve", "emoji": True},
        "value": "key-digest",
        "style": "primary",
    }


def test_two_clicks_have_different_action_timestamps(sandbox: Sandbox, slack: WebClient, app: RawApp) -> None:
    ts = post_card(slack)
    for _ in range(2):
        sandbox.control.click(CHANNEL, ts, APPROVER, "approve_request")
    first, second = (envelope["payload"]["actions"][0]["action_ts"] for envelope in app.envelopes)
    assert first < second


def test_a_menu_nobody_touched_counts_with_its_initial_option(
    sandbox: Sandbox, slack: WebClient, app: RawApp
) -> None:
    sandbox.control.click(CHANNEL, post_card(slack), APPROVER, "approve_request")
    assert chosen(last_payload(app)) == "once"


def test_what_is_chosen_is_remembered_for_the_person_and_the_message(
    sandbox: Sandbox, slack: WebClient, app: RawApp
) -> None:
    ts, other = post_card(slack), post_card(slack)
    sandbox.control.click(CHANNEL, ts, APPROVER, "approve_request", {"choose_duration": "1h"})
    assert chosen(last_payload(app)) == "1h"
    sandbox.control.click(CHANNEL, ts, APPROVER, "deny_request")
    assert chosen(last_payload(app)) == "1h"
    sandbox.control.click(CHANNEL, ts, SECOND, "deny_request")
    assert chosen(last_payload(app)) == "once"
    sandbox.control.click(CHANNEL, other, APPROVER, "deny_request")
    assert chosen(last_payload(app)) == "once"


def test_choosing_from_a_menu_is_an_action_of_its_own(
    sandbox: Sandbox, slack: WebClient, app: RawApp
) -> None:
    ts = post_card(slack)
    sandbox.control.click(CHANNEL, ts, APPROVER, "choose_duration", value="1h")
    action = last_payload(app)["actions"][0]
    assert (action["type"], action["selected_option"]["value"]) == ("static_select", "1h")
    sandbox.control.click(CHANNEL, ts, APPROVER, "approve_request")
    assert chosen(last_payload(app)) == "1h"


def test_a_choice_the_redrawn_message_does_not_offer_falls_back_to_the_initial_one(
    sandbox: Sandbox, slack: WebClient, app: RawApp
) -> None:
    ts = post_card(slack)
    sandbox.control.click(CHANNEL, ts, APPROVER, "choose_duration", value="1h")
    blocks = card()
    blocks[1]["elements"][0]["options"] = [option("once")]
    slack.chat_update(channel=CHANNEL, ts=ts, text="May I?", blocks=blocks)
    sandbox.control.click(CHANNEL, ts, APPROVER, "approve_request")
    assert chosen(last_payload(app)) == "once"


@pytest.mark.parametrize(
    ("values", "status"),
    [({"choose_duration": "for ever"}, 400), ({"no_such_menu": "1h"}, 404), ({"approve_request": "1h"}, 404)],
)
def test_only_what_is_offered_can_be_chosen(
    sandbox: Sandbox, slack: WebClient, values: dict[str, str], status: int
) -> None:
    with pytest.raises(ControlError) as refused:
        sandbox.control.click(CHANNEL, post_card(slack), APPROVER, "approve_request", values)
    assert refused.value.status == status


ELEMENTS: list[tuple[dict[str, Any], Any, dict[str, Any]]] = [
    ({"type": "users_select"}, SECOND, {"selected_user": SECOND}),
    ({"type": "multi_users_select"}, [SECOND], {"selected_users": [SECOND]}),
    ({"type": "conversations_select"}, CHANNEL, {"selected_conversation": CHANNEL}),
    ({"type": "datepicker"}, "2026-12-24", {"selected_date": "2026-12-24"}),
    ({"type": "timepicker"}, "18:00", {"selected_time": "18:00"}),
    ({"type": "datetimepicker"}, 1_800_000_000, {"selected_date_time": 1_800_000_000}),
]


@pytest.mark.parametrize(("element", "value", "state"), ELEMENTS, ids=lambda found: str(found)[:30])
def test_every_kind_of_menu_has_its_own_key(
    sandbox: Sandbox,
    slack: WebClient,
    app: RawApp,
    element: dict[str, Any],
    value: object,
    state: dict[str, Any],
) -> None:
    menu = {**element, "action_id": "pick"}
    in_actions = {"type": "actions", "block_id": "b", "elements": [menu]}
    in_section = {"type": "section", "block_id": "b", "text": plain("Pick"), "accessory": menu}
    block = in_section if element["type"].startswith("multi_") else in_actions
    ts = str(slack.chat_postMessage(channel=CHANNEL, text="pick", blocks=[block])["ts"])
    sandbox.control.click(CHANNEL, ts, APPROVER, "pick", value=value)
    payload = last_payload(app)
    assert payload["state"]["values"]["b"]["pick"] == {"type": element["type"], **state}
    assert {key: payload["actions"][0][key] for key in state} == state


def test_an_overflow_menu_sends_its_option_and_keeps_no_state(
    sandbox: Sandbox, slack: WebClient, app: RawApp
) -> None:
    overflow = {"type": "overflow", "action_id": "more", "options": [option("details")]}
    section = {"type": "section", "text": plain("hello"), "accessory": overflow}
    ts = str(slack.chat_postMessage(channel=CHANNEL, text="hello", blocks=[section])["ts"])
    sandbox.control.click(CHANNEL, ts, APPROVER, "more", value="details")
    payload = last_payload(app)
    assert payload["actions"][0]["selected_option"]["value"] == "details"
    assert payload["state"]["values"] == {}
    with pytest.raises(ControlError, match="which option"):
        sandbox.control.click(CHANNEL, ts, APPROVER, "more")


def test_checkboxes_send_all_that_are_ticked(sandbox: Sandbox, slack: WebClient, app: RawApp) -> None:
    boxes = {"type": "checkboxes", "action_id": "tick", "options": [option("a"), option("b"), option("c")]}
    blocks = [{"type": "actions", "block_id": "b", "elements": [boxes]}]
    ts = str(slack.chat_postMessage(channel=CHANNEL, text="tick", blocks=blocks)["ts"])
    sandbox.control.click(CHANNEL, ts, APPROVER, "tick", value=["a", "c"])
    ticked = last_payload(app)["state"]["values"]["b"]["tick"]["selected_options"]
    assert [found["value"] for found in ticked] == ["a", "c"]


def test_a_click_on_an_ephemeral_message_carries_no_message(
    sandbox: Sandbox, slack: WebClient, app: RawApp
) -> None:
    ts = str(slack.chat_postEphemeral(channel=CHANNEL, user=APPROVER, text="?", blocks=card())["message_ts"])
    sandbox.control.click(CHANNEL, ts, APPROVER, "approve_request")
    payload = last_payload(app)
    assert payload["container"]["is_ephemeral"] is True
    assert "message" not in payload
    with pytest.raises(ControlError) as refused:
        sandbox.control.click(CHANNEL, ts, SECOND, "approve_request")
    assert refused.value.status == 404


def test_the_names_of_private_and_direct_channels_are_hidden(
    sandbox: Sandbox, slack: WebClient, app: RawApp
) -> None:
    sandbox.control.click("C05PRIVATE", post_card(slack, "C05PRIVATE"), APPROVER, "approve_request")
    assert last_payload(app)["channel"]["name"] == "privategroup"
    direct = slack.chat_postMessage(channel=APPROVER, text="?", blocks=card())
    sandbox.control.click(direct["channel"], direct["ts"], APPROVER, "approve_request")
    assert last_payload(app)["channel"] == {"id": direct["channel"], "name": "directmessage"}


def test_somebody_of_another_workspace_carries_its_id(
    sandbox: Sandbox, slack: WebClient, app: RawApp
) -> None:
    sandbox.control.click(CHANNEL, post_card(slack), STRANGER, "approve_request")
    assert last_payload(app)["user"]["team_id"] == "T02PARTNER"


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"user": DEACTIVATED}, 400, "deactivated"),
        ({"user": "U99NOBODY"}, 404, "no user"),
        ({"channel": "C99NOWHERE"}, 404, "no channel"),
        ({"ts": "1.000001"}, 404, "no message"),
        ({"action_id": "approve_everything"}, 404, "no button"),
        ({"action_id": "approve_request", "block_id": "other"}, 404, "no button"),
    ],
)
def test_what_is_not_there_cannot_be_pressed(
    sandbox: Sandbox, slack: WebClient, change: dict[str, str], status: int, words: str
) -> None:
    click: dict[str, Any] = {
        "channel": CHANNEL,
        "ts": post_card(slack),
        "user": APPROVER,
        "action_id": "approve_request",
    } | change
    with pytest.raises(ControlError, match=words) as refused:
        sandbox.control.click(**click)
    assert refused.value.status == status
    assert sandbox.control.deliveries() == []


def test_only_members_can_press(sandbox: Sandbox, slack: WebClient) -> None:
    with pytest.raises(ControlError, match="not a member"):
        sandbox.control.click("C03SECOND", post_card(slack, "C03SECOND"), OUTSIDER, "approve_request")


def test_buttons_of_another_app_are_not_ours(sandbox: Sandbox) -> None:
    ts = sandbox.control.message(CHANNEL, OTHER_BOT, "press", blocks=card())["ts"]
    with pytest.raises(ControlError, match="another app"):
        sandbox.control.click(CHANNEL, ts, APPROVER, "approve_request")


def test_without_interactivity_in_the_manifest_nothing_can_be_pressed(tmp_path: Path) -> None:
    off = {"is_enabled": False}
    manifest = changed_manifest(tmp_path, lambda found: found["settings"].update(interactivity=off))
    with Sandbox(manifest=manifest) as sandbox, pytest.raises(ControlError, match="not configured"):
        sandbox.control.click(CHANNEL, post_card(client(sandbox)), APPROVER, "approve_request")


def test_a_button_may_be_forged_to_say_another_value(sandbox: Sandbox, slack: WebClient, app: RawApp) -> None:
    sandbox.control.click(CHANNEL, post_card(slack), APPROVER, "approve_request", value="another-request")
    assert last_payload(app)["actions"][0]["value"] == "another-request"


@pytest.mark.parametrize("user", [DEACTIVATED, OUTSIDER])
def test_force_sends_a_click_nobody_could_make(
    sandbox: Sandbox, slack: WebClient, app: RawApp, user: str
) -> None:
    ts = post_card(slack, "C03SECOND")
    sandbox.control.click("C03SECOND", ts, user, "gone_button", value="forged", force=True)
    payload = last_payload(app)
    assert (payload["user"]["id"], payload["message"]["ts"]) == (user, ts)
    assert (payload["actions"][0]["action_id"], payload["actions"][0]["value"]) == ("gone_button", "forged")


def test_force_sends_a_click_on_a_message_that_is_gone(
    sandbox: Sandbox, slack: WebClient, app: RawApp
) -> None:
    ts = post_card(slack)
    sandbox.control.delete(CHANNEL, ts)
    sandbox.control.click(CHANNEL, ts, REQUESTER, "approve_request", value="key-digest", force=True)
    payload = last_payload(app)
    assert payload["container"]["message_ts"] == ts
    assert payload["message"]["text"] == ""


def test_two_people_click_at_once_without_waiting(sandbox: Sandbox, slack: WebClient, app: RawApp) -> None:
    ts = post_card(slack)
    answers = [
        sandbox.control.click(CHANNEL, ts, user, "approve_request", wait=False) for user in (APPROVER, SECOND)
    ]
    assert all("acknowledged" not in answer for answer in answers)
    app.wait_for("interactive", 2)
    assert {envelope["payload"]["user"]["id"] for envelope in app.envelopes} == {APPROVER, SECOND}


def test_many_people_click_in_the_same_moment(sandbox: Sandbox, slack: WebClient, app: RawApp) -> None:
    ts = post_card(slack)
    people = [APPROVER, SECOND, REQUESTER, OUTSIDER] * 50
    click = {"channel": CHANNEL, "ts": ts, "action_id": "approve_request"}
    answers = sandbox.control.clicks([click | {"user": user} for user in people])
    assert all(answer["acknowledged"] for answer in answers)
    sent = {envelope["envelope_id"]: envelope["payload"]["user"]["id"] for envelope in app.envelopes}
    assert [sent[answer["envelope_id"]] for answer in answers] == people
