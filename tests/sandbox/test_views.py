"""views.*: triggers are used once within three seconds, modals stack, Home tabs are published."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from slack_sdk import WebClient

from sandbox import Sandbox
from tests.sandbox.cards import APPROVER, BOT, CHANNEL, SECOND, modal, plain, post_card
from tests.sandbox.conftest import HASTY, changed_manifest, client
from tests.sandbox.raw_app import RawApp
from tests.sandbox.refusals import error_of, refused


@pytest.fixture
def app(sandbox: Sandbox) -> Iterator[RawApp]:
    with RawApp(sandbox) as connected:
        yield connected


def trigger(sandbox: Sandbox, app: RawApp, user: str = APPROVER) -> str:
    """A fresh trigger_id: the user pressed a button."""
    ts = post_card(client(sandbox))
    sandbox.control.click(CHANNEL, ts, user, "deny_request")
    return str(app.envelopes[-1]["payload"]["trigger_id"])


def test_a_trigger_opens_one_modal(sandbox: Sandbox, app: RawApp, slack: WebClient) -> None:
    view = slack.views_open(trigger_id=trigger(sandbox, app), view=modal(private_metadata="abc"))["view"]
    assert (view["type"], view["callback_id"], view["private_metadata"]) == ("modal", "deny", "abc")
    assert (view["app_id"], view["root_view_id"], view["previous_view_id"]) == (
        "A01SANDBOX",
        view["id"],
        None,
    )
    assert sandbox.control.views(APPROVER)["modals"] == [view]
    assert sandbox.control.views(SECOND)["modals"] == []


def test_a_trigger_is_used_once(sandbox: Sandbox, app: RawApp, slack: WebClient) -> None:
    trigger_id = trigger(sandbox, app)
    slack.views_open(trigger_id=trigger_id, view=modal())
    assert error_of(lambda: slack.views_open(trigger_id=trigger_id, view=modal())) == "exchanged_trigger_id"


def test_a_trigger_expires(hasty: Sandbox) -> None:
    with RawApp(hasty) as app:
        trigger_id = trigger(hasty, app)
        time.sleep(HASTY.trigger_life + 0.05)
        call = {"trigger_id": trigger_id, "view": modal()}
        assert error_of(lambda: client(hasty).api_call("views.open", json=call)) == "expired_trigger_id"


def test_a_made_up_trigger_is_refused(slack: WebClient) -> None:
    answer = refused(lambda: slack.views_open(trigger_id="1.2.abc", view=modal()))
    assert answer["error"] == "invalid_arguments"
    assert "trigger_id" in answer["response_metadata"]["messages"][0]


def test_a_view_without_trigger_is_refused(slack: WebClient) -> None:
    answer = refused(lambda: slack.api_call("views.open", json={"view": modal()}))
    assert answer["response_metadata"]["messages"] == ["[ERROR] missing required field: trigger_id"]


@pytest.mark.parametrize(
    ("view", "pointer"),
    [
        (modal(title=plain("x" * 25)), "/view/title"),
        (modal(submit=None), "/view"),
        (modal(type="home"), "/view/type"),
        (modal(blocks=[{"type": "input"}]), "/view/blocks/0"),
    ],
)
def test_a_view_that_breaks_slacks_rules_is_refused(
    sandbox: Sandbox, app: RawApp, slack: WebClient, view: dict[str, object], pointer: str
) -> None:
    sent = {key: value for key, value in view.items() if value is not None}
    call = {"trigger_id": trigger(sandbox, app), "view": sent}
    answer = refused(lambda: slack.api_call("views.open", json=call))
    assert answer["error"] == "invalid_arguments"
    assert pointer in " ".join(answer["response_metadata"]["messages"])
    assert sandbox.control.views(APPROVER)["modals"] == []


def test_a_view_of_more_than_250_kilobytes_is_too_large(
    sandbox: Sandbox, app: RawApp, slack: WebClient
) -> None:
    text = {"type": "section", "text": {"type": "plain_text", "text": "x" * 3000}}
    view = modal(blocks=[text] * 90)
    call = {"trigger_id": trigger(sandbox, app), "view": view}
    assert error_of(lambda: slack.api_call("views.open", json=call)) == "view_too_large"


def test_at_most_three_modals_stack(sandbox: Sandbox, app: RawApp, slack: WebClient) -> None:
    root = slack.views_open(trigger_id=trigger(sandbox, app), view=modal())["view"]
    second = slack.views_push(trigger_id=trigger(sandbox, app), view=modal())["view"]
    assert (second["root_view_id"], second["previous_view_id"]) == (root["id"], root["id"])
    slack.views_push(trigger_id=trigger(sandbox, app), view=modal())
    call = {"trigger_id": trigger(sandbox, app), "view": modal()}
    assert error_of(lambda: slack.api_call("views.push", json=call)) == "push_limit_reached"
    assert len(sandbox.control.views(APPROVER)["modals"]) == 3


def test_nothing_can_be_pushed_onto_nothing(sandbox: Sandbox, app: RawApp, slack: WebClient) -> None:
    call = {"trigger_id": trigger(sandbox, app), "view": modal()}
    assert error_of(lambda: slack.api_call("views.push", json=call)) == "not_found"


def test_an_update_replaces_the_view_unless_it_changed_meanwhile(
    sandbox: Sandbox, app: RawApp, slack: WebClient
) -> None:
    view = slack.views_open(trigger_id=trigger(sandbox, app), view=modal(external_id="mine"))["view"]
    changed = slack.views_update(view_id=view["id"], hash=view["hash"], view=modal(title=plain("Changed")))[
        "view"
    ]
    assert (changed["id"], changed["title"]["text"]) == (view["id"], "Changed")
    call = {"view_id": view["id"], "hash": view["hash"], "view": modal()}
    assert error_of(lambda: slack.api_call("views.update", json=call)) == "hash_conflict"


def test_a_view_is_found_by_its_external_id_which_is_unique(
    sandbox: Sandbox, app: RawApp, slack: WebClient
) -> None:
    slack.views_open(trigger_id=trigger(sandbox, app), view=modal(external_id="mine"))
    assert slack.views_update(external_id="mine", view=modal(external_id="mine"))["ok"]
    call = {"trigger_id": trigger(sandbox, app), "view": modal(external_id="mine")}
    assert error_of(lambda: slack.api_call("views.push", json=call)) == "duplicate_external_id"


def test_a_closed_view_cannot_be_updated(sandbox: Sandbox, app: RawApp, slack: WebClient) -> None:
    view = slack.views_open(trigger_id=trigger(sandbox, app), view=modal())["view"]
    sandbox.control.close_modal(APPROVER)
    assert error_of(lambda: slack.views_update(view_id=view["id"], view=modal())) == "not_found"


def test_a_home_tab_is_published_for_one_person(sandbox: Sandbox, slack: WebClient) -> None:
    home = {"type": "home", "blocks": [{"type": "divider"}]}
    first = slack.views_publish(user_id=APPROVER, view=home)["view"]
    again = slack.views_publish(user_id=APPROVER, view=home, hash=first["hash"])["view"]
    assert first["id"] == again["id"]
    assert sandbox.control.views(APPROVER)["home"] == again
    assert sandbox.control.views(SECOND)["home"] is None
    call = {"user_id": APPROVER, "view": home, "hash": first["hash"]}
    assert error_of(lambda: slack.api_call("views.publish", json=call)) == "hash_conflict"


@pytest.mark.parametrize("user", ["U99NOBODY", BOT])
def test_a_home_tab_needs_a_person(slack: WebClient, user: str) -> None:
    call = {"user_id": user, "view": {"type": "home", "blocks": []}}
    assert error_of(lambda: slack.api_call("views.publish", json=call)) == "invalid_arguments"


def test_a_home_tab_needs_the_manifests_consent(tmp_path: Path) -> None:
    def without_home(manifest: dict[str, dict[str, dict[str, bool]]]) -> None:
        manifest["features"]["app_home"]["home_tab_enabled"] = False

    with Sandbox(manifest=changed_manifest(tmp_path, without_home)) as sandbox:
        call = {"user_id": APPROVER, "view": {"type": "home", "blocks": []}}
        assert error_of(lambda: client(sandbox).api_call("views.publish", json=call)) == "not_enabled"
