"""Menus of several choices on the sandbox's page: what was picked before is told while they are folded."""

from collections.abc import Callable

from playwright.sync_api import Page, expect
from slack_sdk import WebClient

from tests.sandbox import block_json as block
from tests.sandbox.block_json import show
from tests.sandbox.cards import APPROVER, SECOND

pytest_plugins = ["tests.browser", "tests.sandbox.page_fixtures"]


def test_a_folded_menu_tells_who_is_picked(slack: WebClient, enter: Callable[..., Page]) -> None:
    people = {"type": "multi_users_select", "action_id": "people", "initial_users": [APPROVER, SECOND]}
    show(slack, {"type": "input", "label": block.plain("People"), "element": people})
    page = enter(APPROVER)
    expect(page.locator("details.multi summary")).to_have_text("Approver, Second Approver")


def test_a_folded_menu_tells_which_options_are_picked_without_their_descriptions(
    slack: WebClient, enter: Callable[..., Page]
) -> None:
    options = [
        {"text": block.plain(words), "value": words, "description": block.plain("More words")}
        for words in ("@oncall", "@leads")
    ]
    menu = {"type": "multi_static_select", "action_id": "groups", "options": options}
    show(
        slack,
        {
            "type": "input",
            "label": block.plain("Groups"),
            "element": {**menu, "initial_options": options[1:]},
        },
    )
    page = enter(APPROVER)
    expect(page.locator("details.multi summary")).to_have_text("@leads")
