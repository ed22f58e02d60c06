"""The sandbox's page in a real browser: what a person sees there."""

import re
from collections.abc import Callable
from pathlib import Path

import requests
from playwright.sync_api import Page, expect
from slack_sdk import WebClient

from sandbox import Sandbox
from tests.sandbox import block_json as block
from tests.sandbox.block_json import show
from tests.sandbox.cards import APPROVER, CHANNEL, REQUESTER, SECOND

pytest_plugins = ["tests.browser", "tests.sandbox.page_fixtures"]

Enter = Callable[..., Page]

PAGE = Path(__file__).parents[2] / "sandbox" / "page"


# What is drawn


def test_blocks_are_drawn_as_slack_draws_them(slack: WebClient, enter: Enter) -> None:
    show(
        slack,
        block.header("Run setup.exe? :lock:"),
        block.section(
            text=block.mrkdwn("*bold* _italic_ ~struck~ `code`\n> quoted\n```pre *plain*```"),
            fields=[block.mrkdwn("*File*\nsetup.exe"), block.plain("*not bold*")],
            accessory=block.menu(options=[block.option(":key: One time")], placeholder=block.plain("More")),
        ),
        {"type": "divider"},
        block.context(block.mrkdwn("small"), block.image(alt_text="A lock")),
        block.rich_text(
            block.line(block.text("strong", bold=True), {"type": "user", "user_id": REQUESTER}),
            {"type": "rich_text_list", "style": "ordered", "elements": [block.line(block.text("first"))]},
            {"type": "rich_text_quote", "elements": [block.text("because")]},
            {"type": "rich_text_preformatted", "elements": [block.text("as typed")]},
        ),
    )

    message = enter().locator(".message").last

    expect(message.get_by_role("heading", name="Run setup.exe? lock")).to_be_visible()
    for tag, words in {
        "b": "bold",
        "i": "italic",
        "s": "struck",
        "code": "code",
        "blockquote": "quoted",
    }.items():
        expect(message.locator(f".section {tag}").first).to_have_text(words)
    expect(message.locator(".section pre")).to_have_text("pre *plain*")
    expect(message.locator(".field")).to_have_text(["File\nsetup.exe", "*not bold*"])
    expect(message.get_by_label("bold").locator("option")).to_have_text(["More", "🔑 One time"])
    expect(message.locator("hr")).to_have_count(1)
    expect(message.get_by_role("img", name="A lock")).to_be_visible()
    expect(message.locator(".rich b")).to_have_text("strong")
    expect(message.locator(".rich .mention")).to_have_text("@Requester")
    expect(message.locator(".rich ol li")).to_have_text("first")
    expect(message.locator(".rich blockquote")).to_have_text("because")
    expect(message.locator(".rich pre")).to_have_text("as typed")


MENTIONS = [
    ("<@U01REQUESTER>", "@Requester"),
    ("<#C02GENERAL>", "#general"),
    ("<!subteam^S01APPROVERS>", "@it-approvers"),
    ("<!here>", "@here"),
]


def test_mentions_are_names(slack: WebClient, enter: Enter) -> None:
    for written, _ in MENTIONS:
        slack.chat_postMessage(channel=CHANNEL, text=f"For {written}.")

    expect(enter().locator(".mention")).to_have_text([shown for _, shown in MENTIONS])


def test_dates_are_in_the_readers_time_zone(slack: WebClient, enter: Enter) -> None:
    half_past_nine_utc = 1_768_469_400  # 2026-01-15
    date = {
        "type": "date",
        "timestamp": half_past_nine_utc,
        "format": "{date_num} {time}",
        "fallback": "then",
    }
    show(slack, block.section(text=block.mrkdwn(f"<!date^{half_past_nine_utc}^{{date_num}} {{time}}|then>")))
    show(slack, block.rich_text(block.line(date)))
    page = enter()

    for person, time in {
        "Requester": "10:30 AM",
        "Second Approver": "4:30 AM",
        "Approver": "9:30 AM",
    }.items():
        page.get_by_label("Acting as").select_option(label=person)
        expect(page.locator(".blocks time")).to_have_text([f"2026-01-15 {time}"] * 2)


def test_a_link_leaves_the_page_without_telling_where_from(slack: WebClient, enter: Enter) -> None:
    slack.chat_postMessage(channel=CHANNEL, text="See <https://example.com/a?b=1&amp;c=2|the ticket>.")

    link = enter().locator(".message").last.get_by_role("link", name="the ticket")

    expect(link).to_have_attribute("href", "https://example.com/a?b=1&c=2")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    expect(link).to_have_attribute("target", "_blank")


HOSTILE = [
    "<script>document.title = 'owned'</script>",
    "<img src=x onerror=\"document.title = 'owned'\">",
    "<!channel> <@U02APPROVER> <https://evil.example|https://bank.example>",
    "‮gnp.exe",
    "\"'><svg onload=alert(1)>",
    "&lt;b&gt; &amp;amp;",
]


def test_hostile_words_are_only_words(slack: WebClient, enter: Enter) -> None:
    for words in HOSTILE:
        show(
            slack,
            block.header(words),
            block.section(fields=[block.plain(words)]),
            block.rich_text(block.line(block.text(words))),
            block.actions(block.button(words, action_id="press"), block.menu(options=[block.option(words)])),
            block.context(block.image(alt_text=words)),
        )

    page = enter()

    expect(page.locator(".message")).to_have_count(len(HOSTILE))
    for place in (
        "h3",
        ".field",
        ".rich-line",
        ".actions button",
        ".actions option:not([disabled])",
        ".picture",
    ):
        assert page.locator(place).all_text_contents() == HOSTILE
    expect(page.locator(".said :is(a, script, .mention, img, .blocks svg)")).to_have_count(0)


def test_hostile_mrkdwn_makes_no_link_but_http(slack: WebClient, enter: Enter) -> None:
    hostile = "<javascript:alert(1)|click> <data:text/html,x|click> <img src=x onerror=alert(1)>"
    link = {"type": "link", "url": "javascript:alert(1)", "text": "click"}
    show(slack, block.section(text=block.mrkdwn(hostile)), block.rich_text(block.line(link)))

    message = enter().locator(".message").last

    expect(message.locator(".mrkdwn")).to_have_text(hostile)
    expect(message.locator(".rich")).to_have_text("click")
    expect(message.locator("a, .blocks img")).to_have_count(0)


def test_a_block_the_page_cannot_draw_is_named(slack: WebClient, enter: Enter) -> None:
    show(slack, {"type": "plan", "title": "Plan", "tasks": []})

    expect(enter().locator(".message").last).to_contain_text("Slack draws a “plan” block here.")


def test_the_page_may_load_and_reach_only_its_own_server(sandbox: Sandbox) -> None:
    policy = requests.get(sandbox.url, timeout=10, proxies={"http": ""}).headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "script-src 'self'; style-src 'self'; connect-src 'self'" in policy
    assert "unsafe" not in policy


def test_no_file_of_the_page_parses_html_or_names_another_host() -> None:
    forbidden = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|\sstyle=|\son\w+=|https?://\w"
    )
    svg_namespace = "http://www.w3.org/2000/svg"

    for file in PAGE.iterdir():
        assert not forbidden.search(file.read_text().replace(svg_namespace, "")), file.name


# Who sees what


def test_what_is_for_one_person_is_seen_by_nobody_else(slack: WebClient, enter: Enter) -> None:
    slack.chat_postMessage(channel=CHANNEL, text="For all.")
    slack.chat_postEphemeral(channel=CHANNEL, user=APPROVER, text="You voted already.")

    page = enter(APPROVER)
    expect(page.locator(".message.ephemeral")).to_contain_text("Only visible to you")
    page.get_by_label("Acting as").select_option(label="Outsider")

    expect(page.locator(".message")).to_have_count(1)
    expect(page.locator(".message")).to_contain_text("For all.")


def test_private_channels_are_listed_for_their_members_alone(enter: Enter) -> None:
    page = enter(APPROVER)
    expect(page.get_by_role("button", name="private-approvals")).to_be_visible()

    page.get_by_label("Acting as").select_option(label="Outsider")

    expect(page.get_by_role("button", name="private-approvals")).to_have_count(0)


def test_nobody_can_act_as_a_deactivated_user(enter: Enter) -> None:
    page = enter(APPROVER)

    expect(page.locator("#user option[disabled]")).to_have_text("Deactivated")


def test_who_and_where_survive_a_reload(enter: Enter) -> None:
    page = enter(APPROVER)
    page.get_by_label("Acting as").select_option(label="Second Approver")
    page.get_by_role("button", name="second-approvals").click()
    expect(page.get_by_role("heading", name="second-approvals")).to_be_visible()

    page.reload()

    expect(page.get_by_label("Acting as")).to_have_value(SECOND)
    expect(page.get_by_role("heading", name="second-approvals")).to_be_visible()
