"""A request shown to one person, and lists of requests: Slack takes them whatever they say, and parses nothing."""

from hypothesis import given, settings

from slack_bot import request_list
from slack_bot.audit import Kind, Record
from slack_bot.blocks import Message, shown
from slack_bot.blocks.history import told
from slack_bot.rows import FINAL, RequestRow
from tests.slack_bot.any_rows import any_rows
from tests.slack_bot.examples import APPROVER, CHANNEL, EITHER, NOW, PRIVMAN, pending_row
from tests.slack_bot.shown import APPROVED, objects, taken_by_slack

SEEDED = settings(deadline=None, derandomize=True, max_examples=100)


def is_taken(message: Message) -> None:
    taken_by_slack(message)
    assert "mrkdwn" not in {part.get("type") for part in objects(message.blocks)}
    assert not {"<", ">"} & set(message.text)


@SEEDED
@given(any_rows())
def test_slack_takes_what_is_shown_and_there_is_nothing_to_press(row: RequestRow) -> None:
    message = shown(
        row, PRIVMAN, EITHER, (), channel_note="Asked for <!channel>, which is not registered here."
    )
    is_taken(message)
    assert "actions" not in {block["type"] for block in message.blocks}


@SEEDED
@given(any_rows())
def test_slack_takes_lists_of_anything(row: RequestRow) -> None:
    names = {row.upstream: PRIVMAN}
    is_taken(request_list.waiting([row] * 20, 21, NOW))
    if row.state in FINAL:
        is_taken(request_list.settled([row] * 10, names, "here"))
    assert not {"<", ">"} & set(request_list.candidates([row] * 10))


def test_what_is_shown_names_the_request_in_every_way_it_can_be_meant() -> None:
    row = pending_row()
    words = [part["text"] for part in objects(shown(row, PRIVMAN, EITHER, ()).blocks) if "text" in part]
    assert {row.key, row.upstream_id, row.digest[2:18]} <= set(map(str, words))


def test_a_settled_request_has_one_line_with_what_became_of_it() -> None:
    text = request_list.settled([APPROVED], {APPROVED.upstream: PRIVMAN}, "here").text
    first, line = text.splitlines()
    assert first == "What was settled here last:"
    assert line.startswith(
        f"• {APPROVED.key}: Run setup.exe as administrator. Approved by Approver, 2026-11-20"
    )


def test_an_answer_in_words_is_told_as_what_was_written() -> None:
    detail: dict[str, object] = {"action": "command", "value": "approve k7m2 <!channel>", "channel": CHANNEL}
    record = Record(1, NOW, Kind.CLICK, pending_row().key, APPROVER, detail)
    words = "".join(str(part.get("text", "")) for part in told(record))
    assert " wrote: approve k7m2 <!channel> in " in words
