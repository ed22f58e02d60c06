from dataclasses import replace

import pytest

from slack_bot.blocks import (
    APPROVE,
    CHOOSE_DURATION,
    DECISION_BLOCK,
    DENY,
    METADATA_TYPE,
    MORE,
    Card,
    Choice,
    UpstreamName,
    button_value,
    card,
    choice_value,
    option_value,
)
from slack_bot.rich_text import Element
from slack_bot.rows import RequestRow, shown_digest
from tests.slack_bot.examples import EITHER, NOW, PRIVMAN, REQUEST, pending_row
from tests.slack_bot.shown import (
    APPROVED,
    DECIDED,
    NOTICED,
    PENDING,
    SETTLED,
    WITHDRAWN,
    asking,
    block_of,
    drawn,
    lines,
)
from upstream_client.models import (
    HOUR,
    ONE_TIME,
    STANDARD_DURATIONS,
    ApprovalRequest,
    Capabilities,
    Duration,
    Fact,
    Risk,
)

# The buttons


def actions(shown: Card) -> list[Element]:
    block = block_of(shown, DECISION_BLOCK)
    return [] if block is None else list(block["elements"])


@pytest.mark.parametrize("row", SETTLED, ids=lambda row: row.state)
def test_a_settled_card_has_no_buttons(row: RequestRow) -> None:
    assert all(block["type"] != "actions" for block in drawn(row).blocks)


@pytest.mark.parametrize("row", [PENDING, NOTICED])
def test_a_live_card_has_both_buttons_each_with_the_value_of_the_request_and_nothing_else(
    row: RequestRow,
) -> None:
    buttons = [element for element in actions(drawn(row)) if element["type"] == "button"]
    assert [button["action_id"] for button in buttons] == [APPROVE, DENY]
    assert [button["style"] for button in buttons] == ["primary", "danger"]
    value = f"{row.key}.{shown_digest(row.digest)}"
    assert {button["value"] for button in buttons} == {value} == {button_value(row)}
    assert len(value) == 29


def test_the_buttons_use_the_upstreams_own_verbs() -> None:
    name = UpstreamName.of(
        "GitLab", Capabilities(comment=True, get_one=True, approve="Accept", deny="Reject")
    )
    shown = card(PENDING, name, EITHER, ())
    assert [element["text"]["text"] for element in actions(shown)[1:3]] == ["Accept", "Reject"]
    assert [option["text"]["text"] for option in actions(shown)[3]["options"]] == [
        "Accept with a comment…",
        "Reject with a reason…",
        "Details",
    ]
    assert "From: GitLab" in lines(shown, "facts")


def test_the_menu_offers_what_the_upstream_accepts_and_begins_with_the_first() -> None:
    menu = actions(drawn(PENDING))[0]
    assert (menu["type"], menu["action_id"]) == ("static_select", CHOOSE_DURATION)
    assert [option["text"]["text"] for option in menu["options"]] == [
        "One time",
        "15 minutes",
        "30 minutes",
        "1 hour",
        "4 hours",
        "1 day",
    ]
    assert [option["value"] for option in menu["options"]] == [
        "once",
        "900",
        "1800",
        "3600",
        "14400",
        "86400",
    ]
    assert menu["initial_option"] == menu["options"][0]


@pytest.mark.parametrize("durations", [(ONE_TIME,), ()])
def test_for_one_time_alone_no_menu_is_needed(durations: tuple[Duration, ...]) -> None:
    shown = actions(drawn(asking(durations=durations)))
    assert [element["type"] for element in shown] == ["button", "button", "overflow"]


def test_any_other_single_duration_stands_in_a_menu_so_that_the_press_carries_what_was_shown() -> None:
    menu = actions(drawn(asking(durations=(Duration(HOUR),))))[0]
    assert menu["action_id"] == CHOOSE_DURATION
    assert [option["value"] for option in menu["options"]] == ["3600"]
    assert menu["initial_option"] == menu["options"][0]


TAKES_OTHERS = replace(PRIVMAN, other_durations=True)


@pytest.mark.parametrize("durations", [(), (ONE_TIME,), (ONE_TIME, Duration(HOUR))])
def test_where_the_upstream_takes_other_durations_the_menu_ends_with_other(
    durations: tuple[Duration, ...],
) -> None:
    row = asking(durations=durations)
    menu = actions(card(row, TAKES_OTHERS, EITHER, ()))[0]
    assert menu["type"] == "static_select"
    assert [option["text"]["text"] for option in menu["options"]] == [
        *(duration.words.capitalize() for duration in durations),
        "Other…",
    ]
    assert menu["options"][-1]["value"] == f"other.{button_value(row)}"
    assert menu["initial_option"] == menu["options"][0]


@pytest.mark.parametrize("upstream", [PRIVMAN, TAKES_OTHERS])
@pytest.mark.parametrize("number", [99, 100, 101, 250])
def test_a_menu_has_at_most_a_hundred_choices_and_leads_to_the_rest(
    upstream: UpstreamName, number: int
) -> None:
    durations = tuple(Duration(minutes * 60) for minutes in range(1, number + 1))
    options = actions(card(asking(durations=durations), upstream, EITHER, ()))[0]["options"]
    all_there = number + upstream.other_durations <= 100
    assert len(options) == (number + upstream.other_durations if all_there else 100)
    assert (options[-1]["text"]["text"] == "Other…") == (upstream.other_durations or not all_there)


def test_what_opens_a_modal_carries_its_word_and_what_a_button_carries() -> None:
    more = actions(drawn(PENDING))[-1]
    assert (more["type"], more["action_id"]) == ("overflow", MORE)
    assert [option["value"] for option in more["options"]] == [
        f"{word}.{button_value(PENDING)}" for word in ("comment", "reason", "details")
    ]
    assert all(len(choice_value(choice, PENDING)) <= 150 for choice in Choice)


def test_verbs_of_an_upstream_are_cut_to_what_a_button_takes() -> None:
    long = UpstreamName("GitLab", "Accept <!channel>\n" * 20, "Reject" * 20)
    shown = actions(card(PENDING, long, EITHER, ()))
    assert [len(button["text"]["text"]) for button in shown[1:3]] == [75, 75]
    assert all(len(option["text"]["text"]) <= 75 for option in shown[3]["options"])
    said = [option["text"]["text"] for option in shown[3]["options"]]
    assert said[0].endswith("… with a comment…")
    assert said[1].endswith("… with a reason…")


def test_values_in_the_menu_tell_durations_apart() -> None:
    assert len({option_value(duration) for duration in STANDARD_DURATIONS}) == len(STANDARD_DURATIONS)


# What stands beside the blocks


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (
            PENDING,
            "Approval needed: Run setup.exe as administrator for PC-1\\Requester (Privilege Manager). "
            "Risk: medium. File: C:\\Tools\\setup.exe. Reputation: Good Rating. "
            "Reason given: Needed for the release.",
        ),
        (
            asking(risk=Risk.HIGH, risk_claimed=True, expires_at=NOW, facts=(), justification=""),
            "Approval needed, high risk: Run setup.exe as administrator for PC-1\\Requester (Privilege Manager). "
            "Risk: high, claimed by the caller. Expires: 2026-11-20 10:00 UTC.",
        ),
        (
            asking(
                requester="runner",
                facts=(Fact("user", "User", "runner"), Fact("reviewers", "Reviewers", "runner")),
                justification="",
            ),
            "Approval needed: Run setup.exe as administrator for runner (Privilege Manager). "
            "Risk: medium. Reviewers: runner.",
        ),
        (
            DECIDED,
            "Approved by Approver, waiting for Privilege Manager: "
            "Run setup.exe as administrator for PC-1\\Requester",
        ),
        (APPROVED, "Approved by Approver: Run setup.exe as administrator for PC-1\\Requester"),
        (WITHDRAWN, "Withdrawn: Run setup.exe as administrator for PC-1\\Requester"),
    ],
)
def test_a_notification_tells_the_same_in_one_line(row: RequestRow, text: str) -> None:
    assert drawn(row).text == text


def test_outside_words_in_a_notification_mention_nobody() -> None:
    asked: ApprovalRequest = replace(REQUEST, title="<!channel> & <@U04ADMIN>", requester="<!here>")
    text = drawn(pending_row(asked)).text
    assert text.startswith(
        "Approval needed: &lt;!channel&gt; &amp; &lt;@U04ADMIN&gt; for &lt;!here&gt; (Privilege Manager). "
    )


def test_of_long_words_a_notification_tells_the_beginning_of_each() -> None:
    facts = (Fact("a", "Command", "x" * 3_001), Fact("b", "Path\n", "<!here>\n\u202ey"))
    text = drawn(asking(title="t" * 3_001, facts=facts)).text
    assert f"{'t' * 299}… for " in text
    assert f"Command: {'x' * 119}… Path: &lt;!here&gt; y. Reason given: " in text
    assert len(text) < 750


def test_a_name_in_a_notification_mentions_nobody() -> None:
    assert drawn(replace(APPROVED, decided_by_name="<!channel>")).text.startswith(
        "Approved by &lt;!channel&gt;"
    )


@pytest.mark.parametrize("row", [PENDING, *SETTLED], ids=lambda row: row.state)
def test_the_metadata_finds_the_card_again(row: RequestRow) -> None:
    shown = drawn(row)
    assert shown.metadata == {
        "event_type": METADATA_TYPE,
        "event_payload": {"request": row.key, "digest": row.digest, "revision": row.revision},
    }
    assert shown.message() == {"text": shown.text, "blocks": shown.blocks, "metadata": shown.metadata}


def test_drawing_twice_gives_the_same_card() -> None:
    assert [drawn(row) for row in SETTLED] == [drawn(row) for row in SETTLED]
