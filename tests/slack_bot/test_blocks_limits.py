"""Whatever text comes from outside, Slack takes the card, and none of it is parsed."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

from slack_bot.blocks import Card, UpstreamName, card
from slack_bot.rows import RequestRow, State
from tests.slack_bot.any_rows import any_rows
from tests.slack_bot.examples import EITHER, PRIVMAN, REQUEST, pending_row
from tests.slack_bot.shown import SETTLED, block_of, drawn, headline, objects, taken_by_slack
from upstream_client.models import ApprovalRequest, Duration, Fact

SURE = ("✅ Approved by ", "⛔ Denied by ", "⌛ Approved: ", "⌛ Denied: ", "🚨 Approved by ")
"""How the card of an answer begins that the upstream took."""
TEXT_MOST = 4_000
"""chat.update refuses a longer text (docs.slack.dev/reference/methods/chat.update)."""


def is_taken_by_slack(row: RequestRow, upstream: UpstreamName = PRIVMAN) -> None:
    shown = card(row, upstream, EITHER, ())
    taken_by_slack(shown)
    assert [block.to_dict()["type"] for block in Block.parse_all(shown.blocks)] == [
        block["type"] for block in shown.blocks
    ]
    assert 0 < len(shown.text) <= TEXT_MOST
    json.dumps(shown.message()).encode()


SEEDED = settings(deadline=None, derandomize=True, max_examples=150)


@SEEDED
@given(any_rows(), st.booleans())
def test_slack_takes_the_card_whatever_stands_in_it(row: RequestRow, other_durations: bool) -> None:
    is_taken_by_slack(row, replace(PRIVMAN, other_durations=other_durations))


@SEEDED
@given(any_rows())
def test_no_text_is_parsed_turns_anything_round_or_speaks_in_our_name(row: RequestRow) -> None:
    """One drawing of each row for three questions: to make the row, and to draw it, is what takes long."""
    shown = drawn(row)
    _no_text_is_parsed_and_no_element_but_ours_is_made(row, shown)
    _the_headline_is_one_line_that_nothing_turns_round(shown)
    _only_a_card_whose_answer_was_taken_begins_so(row, shown)


def _no_text_is_parsed_and_no_element_but_ours_is_made(row: RequestRow, shown: Card) -> None:
    kinds = {part["type"] for part in objects(shown.blocks) if "type" in part}
    assert "mrkdwn" not in kinds
    assert kinds <= {
        "header",
        "plain_text",
        "rich_text",
        "rich_text_section",
        "rich_text_quote",
        "text",
        "link",
        "user",
        "date",
        "actions",
        "static_select",
        "button",
        "overflow",
    }
    assert all(part["text"] for part in objects(shown.blocks) if "text" in part)
    for part in objects(shown.blocks):
        if part.get("type") == "user":
            assert part["user_id"] in (row.decided_by, *row.all_who_decided)
        if part.get("type") == "link":
            assert part == {"type": "link", "url": row.asked.link, "text": PRIVMAN.title}
    assert not {"<", ">"} & set(shown.text)


def _the_headline_is_one_line_that_nothing_turns_round(shown: Card) -> None:
    said = headline(shown)
    assert said.splitlines() == [said]
    assert not set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\t") & set(said)


def _only_a_card_whose_answer_was_taken_begins_so(row: RequestRow, shown: Card) -> None:
    said = headline(shown)
    sure = said.startswith(SURE) and not said.endswith(f", waiting for {PRIVMAN.title}")
    if row.state in (State.APPROVED, State.DENIED):
        assert sure
        assert said.split()[1].startswith("Approved" if row.state is State.APPROVED else "Denied")
    else:
        assert not sure
    if row.state is State.DECIDED:
        assert said.endswith(f", waiting for {PRIVMAN.title}")
    assert (block_of(shown, "decision") is not None) == (row.state is State.PENDING)


OPTIONAL = (
    ("title", ""),
    ("requester", ""),
    ("requester_email", ""),
    ("justification", ""),
    ("facts", ()),
    ("facts", (Fact("key", "", ""),)),
    ("facts", (Fact("key", "", "value"),)),
    ("facts", (Fact("key", "Label", "\n"),)),
    ("facts", (Fact("", "\n", " "),)),
    ("link", ""),
    ("requested_at", None),
    ("requested", ""),
    ("durations", (Duration(None),)),
)


@pytest.mark.parametrize("row", [pending_row(), *SETTLED], ids=lambda row: row.state)
@pytest.mark.parametrize(("field", "empty"), OPTIONAL)
def test_slack_takes_the_card_with_any_field_empty(row: RequestRow, field: str, empty: object) -> None:
    asked = replace(REQUEST, **{field: empty})  # type: ignore[arg-type]  # the fields of a request
    is_taken_by_slack(replace(row, body=pending_row(asked).body))


@pytest.mark.parametrize("row", [pending_row(), *SETTLED], ids=lambda row: row.state)
def test_slack_takes_the_card_with_every_field_empty(row: RequestRow) -> None:
    bare = pending_row(ApprovalRequest(upstream="privilege_manager", id="one", title=""))
    told = {"reason": "", "decided_by_name": "", "trouble": "", "outcome_by": "", "outcome_detail": ""}
    is_taken_by_slack(replace(row, body=bare.body, **told))  # type: ignore[arg-type]  # texts of a row


@pytest.mark.parametrize(
    "field", ["notice", "reason", "decided_by_name", "trouble", "outcome_by", "outcome_detail"]
)
@pytest.mark.parametrize("row", [pending_row(), *SETTLED], ids=lambda row: row.state)
def test_slack_takes_the_card_with_the_longest_words(row: RequestRow, field: str) -> None:
    is_taken_by_slack(replace(row, **{field: "<!channel>\u202e\n" * 10_000}))  # type: ignore[arg-type]  # texts


@pytest.mark.parametrize("letter", ["\u202e<", "&", "x", "\N{GRINNING FACE}", '"', "\n"])
def test_the_largest_card_there_can_be_has_room_to_spare(letter: str) -> None:
    long = letter * 4_000
    asked = ApprovalRequest(
        upstream="privilege_manager",
        id="one",
        title=long,
        requester=long,
        justification=long,
        facts=tuple(Fact(str(number), long, long) for number in range(100)),
        link="https://privman.example.com/" + "x" * 950,
        requested=long,
        expires_at=0,
        durations=tuple(Duration(number) for number in range(1, 200)),
    )
    texts = {"notice": long, "reason": long, "decided_by_name": long, "trouble": long, "outcome_detail": long}
    pending = pending_row(asked)
    for row in (pending, *(replace(row, body=pending.body) for row in SETTLED)):
        is_taken_by_slack(replace(row, **texts))  # type: ignore[arg-type]  # texts of a row


@pytest.mark.parametrize(
    "text",
    [
        "<!channel>",
        "&lt; & <https://evil.example|https://bank.example>",
        "*bold* _it_ `code` ~no~",
        ":white_check_mark:",
    ],
)
def test_an_outside_text_stands_in_a_text_element_just_as_it_is(text: str) -> None:
    """Escaped there, the approver would read "&lt;" for "<"."""
    shown = drawn(pending_row(replace(REQUEST, facts=(Fact("file", "File", text),))))
    found = [part for part in objects(shown.blocks) if part.get("text") == text]
    assert [part["type"] for part in found] == ["text"]
