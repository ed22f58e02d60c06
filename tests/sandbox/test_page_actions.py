"""The sandbox's page in a real browser: what a person does there, and what becomes of it."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from slack_sdk import WebClient

from sandbox import Sandbox
from tests.sandbox import block_json as block
from tests.sandbox.block_json import show
from tests.sandbox.cards import APPROVER, CHANNEL, OUTSIDER, REQUESTER, SECOND, card, modal, post_card
from tests.sandbox.conftest import MANIFEST, client

pytest_plugins = ["tests.browser", "tests.sandbox.page_fixtures"]

Enter = Callable[..., Page]


# What a person does


def test_a_press_reaches_the_app_and_its_answer_is_shown(slack: WebClient, enter: Enter, app: None) -> None:
    ts = post_card(slack)
    page = enter(APPROVER)
    page.get_by_label("Select an option").select_option("1h")

    page.get_by_role("button", name="Approve").click()

    message = page.locator(f'[data-ts="{ts}"]')
    expect(message).to_contain_text("Approved by @Approver for 1h")
    expect(message.get_by_role("button", name="Approve")).to_have_count(0)
    expect(message).to_be_focused()


def test_the_keyboard_is_enough(slack: WebClient, enter: Enter, app: None) -> None:
    post_card(slack)
    page = enter(APPROVER)
    page.get_by_label("Select an option").focus()

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.locator(".message").last).to_contain_text("Approved by @Approver for once")


def test_a_confirm_dialog_comes_first(sandbox: Sandbox, slack: WebClient, enter: Enter, app: None) -> None:
    asks = block.confirm(title=block.plain("Are you sure?"))
    menu = block.menu(action_id="choose_duration", options=[block.option()], initial_option=block.option())
    approve = block.button(action_id="approve_request", confirm=asks)
    show(slack, {**block.actions(menu, approve), "block_id": "answer"})
    page = enter(APPROVER)

    page.get_by_role("button", name="Approve").click()
    page.get_by_role("dialog").get_by_role("button", name="No").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert sandbox.control.deliveries() == []

    page.get_by_role("button", name="Approve").click()
    page.get_by_role("dialog").get_by_role("button", name="Yes").click()
    expect(page.locator(".message").last).to_contain_text("Approved by @Approver for once")


def test_a_modal_tells_errors_at_its_fields_and_closes_when_all_is_well(
    slack: WebClient, enter: Enter, app: None
) -> None:
    post_card(slack)
    page = enter(APPROVER)
    page.get_by_role("button", name="Deny").click()
    dialog = page.get_by_role("dialog", name="Deny")
    reason = dialog.get_by_label("Why?")

    dialog.get_by_role("button", name="Deny").click()
    expect(dialog.get_by_role("alert")).to_contain_text(["Please complete this required field."])
    expect(reason).to_be_focused()
    reason.fill("no")
    dialog.get_by_role("button", name="Deny").click()
    expect(dialog.locator(".error")).to_have_text("Say a little more.")
    reason.fill("Not on this machine.")
    dialog.get_by_role("button", name="Deny").click()

    expect(dialog).to_have_count(0)
    expect(page.locator(".message").last).to_contain_text("Denied by @Approver: Not on this machine.")


def test_escape_closes_a_modal_for_the_app_too(
    sandbox: Sandbox, slack: WebClient, enter: Enter, app: None
) -> None:
    post_card(slack)
    page = enter(APPROVER)
    page.get_by_role("button", name="Deny").click()
    expect(page.get_by_role("dialog", name="Deny")).to_be_visible()

    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog")).to_have_count(0)
    assert sandbox.control.views(APPROVER)["modals"] == []


def test_a_mention_is_written_by_name_and_answered(sandbox: Sandbox, enter: Enter, app: None) -> None:
    page = enter(REQUESTER)
    page.get_by_role("button", name="@Approval Bot").click()

    page.keyboard.type("are you <there> & well?")
    page.keyboard.press("Enter")

    expect(page.locator(".message").last).to_contain_text("Hello @Requester")
    assert sandbox.control.messages(CHANNEL)[0]["text"] == "<@U07BOT> are you &lt;there&gt; &amp; well?"


def test_a_line_that_begins_with_a_slash_is_a_command(enter: Enter, app: None) -> None:
    page = enter(REQUESTER)

    page.get_by_label("Message #approvals").fill("/approvals status now")
    page.get_by_role("button", name="Send").click()

    expect(page.locator(".message.ephemeral")).to_contain_text("You asked for “status now”.")
    expect(page.get_by_label("Message #approvals")).to_have_value("")


def test_a_reply_stands_under_its_message(slack: WebClient, enter: Enter) -> None:
    slack.chat_postMessage(channel=CHANNEL, text="First")
    slack.chat_postMessage(channel=CHANNEL, text="Second")
    page = enter(REQUESTER)

    page.locator(".message").first.hover()
    page.locator(".message").first.get_by_role("button", name="Reply in thread").click()
    page.keyboard.type("To the first")
    page.keyboard.press("Enter")

    expect(page.locator(".message.reply")).to_contain_text("To the first")
    expect(page.locator(".message")).to_contain_text(["First", "To the first", "Second"])


def test_the_home_tab_is_what_the_app_published(enter: Enter, app: None) -> None:
    page = enter(APPROVER)

    page.get_by_role("button", name="Approval Bot", exact=True).click()

    expect(page.get_by_role("heading", name="What waits for you")).to_be_visible()
    page.get_by_role("tab", name="Messages").click()
    expect(page.get_by_label("Message Approval Bot")).to_be_visible()


def test_an_unanswered_press_warns_the_one_who_pressed(hasty: Sandbox, browser_page: Page) -> None:
    post_card(client(hasty))
    browser_page.goto(f"{hasty.url}/#channel={CHANNEL}&user={APPROVER}")

    browser_page.get_by_role("button", name="Approve").click()

    expect(browser_page.locator(".message").last.get_by_role("alert")).to_contain_text(
        "The app did not answer in time"
    )
    browser_page.get_by_label("Acting as").select_option(label="Outsider")
    expect(browser_page.locator(".message").last.get_by_role("alert")).to_have_count(0)


def test_who_is_not_in_the_channel_cannot_write_there(enter: Enter) -> None:
    page = enter(OUTSIDER, "C03SECOND")

    expect(page.locator("#replying-to")).to_have_text("Outsider is not a member of #second-approvals.")
    expect(page.get_by_label("Message #second-approvals")).to_be_hidden()


# How it behaves


def test_what_did_not_change_is_not_drawn_again(slack: WebClient, enter: Enter) -> None:
    post_card(slack)
    page = enter(APPROVER)
    menu = page.get_by_label("Select an option")
    menu.focus()
    menu.select_option("1h")
    drawn = menu.element_handle()

    slack.chat_postMessage(channel=CHANNEL, text="Something else")
    expect(page.locator(".message")).to_have_count(2)

    assert drawn.evaluate("menu => menu.isConnected")
    expect(menu).to_have_value("1h")
    expect(menu).to_be_focused()


def test_a_choice_outlives_a_redrawn_card(slack: WebClient, enter: Enter) -> None:
    ts = post_card(slack)
    page = enter(APPROVER)
    page.get_by_label("Select an option").select_option("1h")

    more = block.section(text=block.plain("1 of 2"))
    slack.chat_update(channel=CHANNEL, ts=ts, text="1 of 2", blocks=[more, *card()])
    expect(page.locator(".message")).to_contain_text("1 of 2")

    expect(page.get_by_label("Select an option")).to_have_value("1h")


def test_typed_words_outlive_a_redrawn_modal(
    sandbox: Sandbox, slack: WebClient, enter: Enter, app: None
) -> None:
    post_card(slack)
    page = enter(APPROVER)
    page.get_by_role("button", name="Deny").click()
    page.get_by_label("Why?").fill("Half a reason")

    view = sandbox.control.views(APPROVER)["modals"][0]
    slack.views_update(view_id=view["id"], view=modal(title=block.plain("Deny again")))

    dialog = page.get_by_role("dialog", name="Deny again")
    expect(dialog.get_by_label("Why?")).to_have_value("Half a reason")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone(slack: WebClient, enter: Enter, browser_page: Page, scheme: Any) -> None:
    browser_page.set_viewport_size({"width": 375, "height": 740})
    browser_page.emulate_media(color_scheme=scheme)
    words = "x" * 150
    show(
        slack,
        block.header(words),
        block.section(
            text=block.mrkdwn(f"`{words}` https://example.com/{words}"), fields=[block.plain(words)] * 2
        ),
        block.rich_text({"type": "rich_text_preformatted", "elements": [block.text(words)]}),
        block.actions(
            block.menu(options=[block.option(words[:75])]),
            *[block.button(action_id=f"b{n}") for n in range(4)],
        ),
        block.input_block({"type": "multi_users_select", "action_id": "users"}),
    )

    page = enter(APPROVER)

    expect(page.locator(".message")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    page.locator("summary.folded").click()
    expect(page.get_by_role("checkbox", name="Requester")).to_be_in_viewport()
    assert page.evaluate("document.querySelector('#log').scrollWidth") == 375
    page.get_by_role("button", name="Channels and people").click()
    page.get_by_role("button", name="general").click()
    expect(page.get_by_role("heading", name="general")).to_be_visible()


SMALL = """() => [...document.querySelectorAll('#log, dialog[open]')].flatMap((root) =>
  [...root.querySelectorAll(
    'button, select, summary, textarea, input:not([type=checkbox], [type=radio]), label.tick')])
  .filter((one) => !one.matches('.thread-button'))
  .map((one) => [one.textContent || one.type, one.getBoundingClientRect()])
  .filter(([, { width, height }]) => height && (height < 44 || width < 44)).map(([words]) => words)"""
"""What is drawn and too small for a finger: https://www.w3.org/TR/WCAG22/#target-size-enhanced."""


def test_on_a_phone_everything_is_large_enough_for_a_finger(
    sandbox: Sandbox, slack: WebClient, browser: Browser, app: None
) -> None:
    show(slack, *INPUTS, block.actions(block.menu(options=block.options(2)), OVERFLOW))
    post_card(slack)
    phone = browser.new_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    phone.goto(f"{sandbox.url}/#channel={CHANNEL}&user={APPROVER}")
    phone.get_by_label("More actions").tap()
    expect(phone.get_by_role("button", name="Details")).to_be_visible()
    assert phone.evaluate(SMALL) == []
    phone.get_by_role("button", name="Deny").tap()
    expect(phone.get_by_role("dialog")).to_be_visible()
    assert phone.evaluate(SMALL) == []
    phone.close()


def test_it_says_when_the_server_is_gone_and_comes_back(browser_page: Page, browser_watch: Any) -> None:
    browser_watch.expected += ["ERR_CONNECTION_REFUSED", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_RESET"]
    with Sandbox(manifest=MANIFEST) as sandbox:
        port = int(sandbox.url.rpartition(":")[2])
        browser_page.goto(f"{sandbox.url}/#channel={CHANNEL}&user={APPROVER}")
        expect(browser_page.locator("#user")).to_have_value(APPROVER)

    expect(browser_page.get_by_role("alert")).to_contain_text("The sandbox does not answer.")

    with Sandbox(port=port, manifest=MANIFEST) as sandbox:
        expect(browser_page.locator("#trouble")).to_be_hidden()
        client(sandbox).chat_postMessage(channel=CHANNEL, text="Back again")
        expect(browser_page.locator(".message").last).to_contain_text("Back again")


def test_what_the_server_refuses_is_told(enter: Enter, browser_watch: Any) -> None:
    browser_watch.expected.append("404")
    page = enter(REQUESTER)

    page.get_by_label("Message #approvals").fill("/unknown")
    page.keyboard.press("Enter")

    expect(page.get_by_role("alert")).to_contain_text("/unknown is not a valid command")
    expect(page.get_by_label("Message #approvals")).to_have_value("/unknown")


INPUTS = [
    block.input_block({"type": "plain_text_input", "action_id": "text"}),
    block.input_block({"type": "number_input", "is_decimal_allowed": False, "action_id": "number"}),
    block.input_block({"type": "datepicker", "action_id": "date", "initial_date": "2026-12-24"}),
    block.input_block({"type": "datetimepicker", "action_id": "moment", "initial_date_time": 1_768_469_400}),
    block.input_block({"type": "checkboxes", "action_id": "ticks", "options": block.options(2)}),
    block.input_block({"type": "radio_buttons", "action_id": "radio", "options": block.options(2)}),
    block.input_block({"type": "users_select", "action_id": "user"}),
    block.input_block({"type": "multi_users_select", "action_id": "users", "initial_users": [APPROVER]}),
]


def test_every_kind_of_input_holds_a_value(sandbox: Sandbox, slack: WebClient, enter: Enter) -> None:
    show(slack, *INPUTS, block.actions(block.button("Go", action_id="go")))
    page = enter(SECOND)
    message = page.locator(".message").last
    message.locator("[data-action-id=text]").fill("words")
    message.locator("[data-action-id=number]").fill("7")
    message.get_by_role("checkbox").first.check()
    message.get_by_role("radio").last.check()
    message.locator("[data-action-id=user]").select_option(REQUESTER)
    message.locator("summary").click()
    message.get_by_role("checkbox", name="Requester").check()
    page.keyboard.press("Escape")

    with page.expect_request("**/control/click") as sent:
        message.get_by_role("button", name="Go").click()

    body: block.Json = sent.value.post_data_json or {}
    assert body["values"] == {
        "text": "words",
        "number": "7",
        "date": "2026-12-24",
        "moment": 1_768_469_400,
        "ticks": ["0"],
        "radio": "1",
        "user": REQUESTER,
        "users": [REQUESTER, APPROVER],
    }


OVERFLOW = {"type": "overflow", "action_id": "more", "options": [block.option("Details", "details")]}


def test_an_overflow_menu_sends_what_was_chosen(slack: WebClient, enter: Enter) -> None:
    ts = show(slack, block.actions(OVERFLOW))
    page = enter(APPROVER)
    page.get_by_label("More actions").click()

    with page.expect_request("**/control/click") as sent:
        page.get_by_role("button", name="Details").click()

    assert sent.value.post_data_json == {
        "channel": CHANNEL,
        "ts": ts,
        "user": APPROVER,
        "action_id": "more",
        "value": "details",
        "values": {},
    }


def test_a_modal_without_submit_has_only_a_way_out(
    sandbox: Sandbox, slack: WebClient, enter: Enter, app: None
) -> None:
    post_card(slack)
    page = enter(APPROVER)
    page.get_by_role("button", name="Deny").click()
    expect(page.get_by_role("dialog", name="Deny")).to_be_visible()

    late = block.modal(block.section(text=block.plain("Too late")), title=block.plain("Late"))
    slack.views_update(view_id=sandbox.control.views(APPROVER)["modals"][0]["id"], view=late)

    dialog = page.get_by_role("dialog", name="Late")
    expect(dialog.locator("button")).to_have_count(2)
    expect(dialog.get_by_role("button", name="Close")).to_have_count(2)
