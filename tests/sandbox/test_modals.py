"""What people do in modals and on the Home tab, and what the app's answers change."""

from collections.abc import Iterator
from typing import Any

import pytest
from slack_sdk import WebClient

from sandbox import ControlError, Sandbox
from tests.sandbox.cards import APPROVER, CHANNEL, modal, option, plain, post_card
from tests.sandbox.conftest import client
from tests.sandbox.raw_app import Frame, RawApp, keep_silent


class Answering:
    """Acknowledges submissions with ``response``, everything else plainly."""

    def __init__(self) -> None:
        self.response: Frame = {}

    def __call__(self, frame: Frame) -> Frame | None:
        submitted = frame["payload"].get("type") == "view_submission"
        payload = {"payload": self.response} if submitted and self.response else {}
        return {"envelope_id": frame["envelope_id"], **payload}


@pytest.fixture
def answering() -> Answering:
    return Answering()


@pytest.fixture
def app(sandbox: Sandbox, answering: Answering) -> Iterator[RawApp]:
    with RawApp(sandbox, answering) as connected:
        connected.wait_for("hello")
        yield connected


def open_modal(sandbox: Sandbox, app: RawApp, view: dict[str, Any] | None = None) -> str:
    """The view id of a modal the approver sees."""
    slack = client(sandbox)
    sandbox.control.click(CHANNEL, post_card(slack), APPROVER, "deny_request")
    trigger_id = app.envelopes[-1]["payload"]["trigger_id"]
    return str(slack.views_open(trigger_id=trigger_id, view=view or modal())["view"]["id"])


def modals(sandbox: Sandbox) -> list[dict[str, Any]]:
    found = sandbox.control.views(APPROVER)["modals"]
    assert isinstance(found, list)
    return found


def test_a_submission_carries_the_view_and_its_values(sandbox: Sandbox, app: RawApp) -> None:
    view_id = open_modal(sandbox, app, modal(private_metadata="abc"))
    assert sandbox.control.submit(APPROVER, {"reason": "Too risky"})["acknowledged"]
    payload = app.envelopes[-1]["payload"]
    assert (payload["type"], payload["user"]["id"]) == ("view_submission", APPROVER)
    assert (payload["view"]["id"], payload["view"]["private_metadata"]) == (view_id, "abc")
    assert payload["view"]["state"]["values"] == {
        "why": {"reason": {"type": "plain_text_input", "value": "Too risky"}}
    }
    assert modals(sandbox) == []


def test_a_required_input_must_be_filled_in(sandbox: Sandbox, app: RawApp) -> None:
    open_modal(sandbox, app)
    with pytest.raises(ControlError, match="required"):
        sandbox.control.submit(APPROVER, {"reason": ""})
    assert len(modals(sandbox)) == 1


def test_an_optional_input_may_stay_empty(sandbox: Sandbox, app: RawApp) -> None:
    view = modal()
    view["blocks"][0]["optional"] = True
    open_modal(sandbox, app, view)
    assert sandbox.control.submit(APPROVER)["acknowledged"]
    values = app.envelopes[-1]["payload"]["view"]["state"]["values"]
    assert values == {"why": {"reason": {"type": "plain_text_input", "value": None}}}


def test_a_modal_without_a_submit_button_cannot_be_submitted(sandbox: Sandbox, app: RawApp) -> None:
    shown = {"type": "modal", "title": plain("Details"), "blocks": [{"type": "divider"}]}
    open_modal(sandbox, app, shown)
    with pytest.raises(ControlError, match="no submit button"):
        sandbox.control.submit(APPROVER)


def test_without_a_modal_nothing_is_submitted(sandbox: Sandbox) -> None:
    with pytest.raises(ControlError, match="no modal open") as refused:
        sandbox.control.submit(APPROVER)
    assert refused.value.status == 404


def test_errors_are_shown_and_the_modal_stays(sandbox: Sandbox, app: RawApp, answering: Answering) -> None:
    open_modal(sandbox, app)
    answering.response = {"response_action": "errors", "errors": {"why": "Say more."}}
    assert sandbox.control.submit(APPROVER, {"reason": "no"})["errors"] == {"why": "Say more."}
    assert len(modals(sandbox)) == 1


def test_an_update_replaces_the_submitted_modal(sandbox: Sandbox, app: RawApp, answering: Answering) -> None:
    view_id = open_modal(sandbox, app)
    answering.response = {"response_action": "update", "view": modal(title=plain("Thanks"))}
    sandbox.control.submit(APPROVER, {"reason": "no"})
    assert [(view["id"], view["title"]["text"]) for view in modals(sandbox)] == [(view_id, "Thanks")]


def test_a_push_lays_another_modal_on_top(sandbox: Sandbox, app: RawApp, answering: Answering) -> None:
    open_modal(sandbox, app)
    answering.response = {"response_action": "push", "view": modal(title=plain("Sure?"))}
    sandbox.control.submit(APPROVER, {"reason": "no"})
    assert [view["title"]["text"] for view in modals(sandbox)] == ["Deny", "Sure?"]


def test_a_clear_closes_all(sandbox: Sandbox, app: RawApp, answering: Answering) -> None:
    open_modal(sandbox, app)
    answering.response = {"response_action": "push", "view": modal()}
    sandbox.control.submit(APPROVER, {"reason": "no"})
    answering.response = {"response_action": "clear"}
    sandbox.control.submit(APPROVER, {"reason": "no"})
    assert modals(sandbox) == []


def test_a_view_slack_refuses_leaves_the_modal_as_it_was(
    sandbox: Sandbox, app: RawApp, answering: Answering
) -> None:
    open_modal(sandbox, app)
    answering.response = {"response_action": "update", "view": modal(title=plain("x" * 25))}
    errors = sandbox.control.submit(APPROVER, {"reason": "no"})["errors"]
    assert "/view/title" in errors[""]
    assert [view["title"]["text"] for view in modals(sandbox)] == ["Deny"]


def test_a_submission_nobody_acknowledges_leaves_the_modal_open_with_a_warning(hasty: Sandbox) -> None:
    def all_but_submissions(frame: Frame) -> Frame | None:
        silent = frame["payload"]["type"] == "view_submission"
        return keep_silent(frame) if silent else {"envelope_id": frame["envelope_id"]}

    with RawApp(hasty, all_but_submissions) as app:
        view_id = open_modal(hasty, app)
        assert hasty.control.submit(APPROVER, {"reason": "no"})["acknowledged"] is False
    assert hasty.control.warnings(APPROVER)[0]["place"] == {"view": view_id}
    assert len(modals(hasty)) == 1


def test_closing_tells_the_app_only_if_it_asked_to_know(sandbox: Sandbox, app: RawApp) -> None:
    open_modal(sandbox, app)
    assert sandbox.control.close_modal(APPROVER)["notified"] == []
    view_id = open_modal(sandbox, app, modal(notify_on_close=True))
    assert sandbox.control.close_modal(APPROVER)["notified"][0]["acknowledged"]
    payload = app.envelopes[-1]["payload"]
    assert (payload["type"], payload["view"]["id"], payload["is_cleared"]) == ("view_closed", view_id, False)
    assert modals(sandbox) == []


def test_closing_all_clears_the_stack(sandbox: Sandbox, app: RawApp, answering: Answering) -> None:
    open_modal(sandbox, app, modal(notify_on_close=True))
    answering.response = {"response_action": "push", "view": modal(notify_on_close=True)}
    sandbox.control.submit(APPROVER, {"reason": "no"})
    assert len(sandbox.control.close_modal(APPROVER, all=True)["notified"]) == 2
    assert app.envelopes[-1]["payload"]["is_cleared"] is True
    assert modals(sandbox) == []


def test_a_button_in_a_modal_names_the_view(sandbox: Sandbox, app: RawApp) -> None:
    button = {"type": "button", "action_id": "more", "text": plain("More"), "value": "v"}
    view_id = open_modal(sandbox, app, modal(blocks=[{"type": "actions", "elements": [button]}]))
    sandbox.control.click_in_view(APPROVER, "more")
    payload = app.envelopes[-1]["payload"]
    assert payload["container"] == {"type": "view", "view_id": view_id}
    assert (payload["view"]["id"], payload["actions"][0]["value"]) == (view_id, "v")
    assert "channel" not in payload


def test_a_button_on_the_home_tab_names_the_view(sandbox: Sandbox, app: RawApp, slack: WebClient) -> None:
    button = {"type": "button", "action_id": "refresh", "text": plain("Refresh")}
    home = {"type": "home", "blocks": [{"type": "actions", "elements": [button]}]}
    with pytest.raises(ControlError, match="no Home tab"):
        sandbox.control.click_in_view(APPROVER, "refresh", home=True)
    view_id = slack.views_publish(user_id=APPROVER, view=home)["view"]["id"]
    sandbox.control.click_in_view(APPROVER, "refresh", home=True)
    assert app.envelopes[-1]["payload"]["container"]["view_id"] == view_id


def test_an_input_nobody_touched_counts_with_its_initial_value(sandbox: Sandbox, app: RawApp) -> None:
    elements: list[dict[str, Any]] = [
        {"type": "checkboxes", "options": [option("a"), option("b")], "initial_options": [option("b")]},
        {"type": "multi_users_select", "initial_users": [APPROVER]},
        {"type": "plain_text_input", "initial_value": "as always"},
        {"type": "static_select", "options": [option("a")]},
    ]
    inputs = [
        {
            "type": "input",
            "optional": True,
            "block_id": f"b{place}",
            "label": plain("?"),
            "element": element | {"action_id": f"a{place}"},
        }
        for place, element in enumerate(elements)
    ]
    open_modal(sandbox, app, modal(blocks=inputs))
    sandbox.control.submit(APPROVER)
    values = app.envelopes[-1]["payload"]["view"]["state"]["values"]
    assert values["b0"]["a0"]["selected_options"][0]["value"] == "b"
    assert values["b1"]["a1"] == {"type": "multi_users_select", "selected_users": [APPROVER]}
    assert values["b2"]["a2"]["value"] == "as always"
    assert values["b3"]["a3"]["selected_option"] is None
