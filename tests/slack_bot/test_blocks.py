from dataclasses import replace

import pytest

from slack_bot.blocks import (
    RISK_WORDS,
)
from slack_bot.clock import MINUTE, SECOND
from slack_bot.rows import RequestRow, State
from tests.slack_bot.examples import APPROVER, NOW, decided_row, settled_row
from tests.slack_bot.shown import (
    APPROVED,
    DECIDED,
    DENIED,
    ELSEWHERE,
    ELSEWHERE_ANSWERED,
    EXPIRED,
    EXPIRED_ANSWERED,
    NOT_TAKEN,
    NOTICED,
    PENDING,
    SCHEDULED,
    SETTLED,
    TROUBLED,
    UNCONFIRMED,
    WITHDRAWN,
    asking,
    block_of,
    drawn,
    headline,
    lines,
    objects,
    words,
)
from upstream_client.models import (
    DAY,
    HOUR,
    Fact,
    Risk,
    Status,
    Verdict,
)

# The headline


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (PENDING, "🔐 Run setup.exe as administrator"),
        (NOTICED, "🔐 Run setup.exe as administrator"),
        (DECIDED, "⏳ Approved by Approver, waiting for Privilege Manager"),
        (TROUBLED, "⏳ Approved by Approver, waiting for Privilege Manager"),
        (decided_row(Verdict.DENY), "⏳ Denied by Approver, waiting for Privilege Manager"),
        (APPROVED, "✅ Approved by Approver"),
        (DENIED, "⛔ Denied by Approver"),
        (SCHEDULED, "✅ Approved automatically"),
        (
            replace(SCHEDULED, state=State.DECIDED),
            "⏳ Approved automatically, waiting for Privilege Manager",
        ),
        (replace(SCHEDULED, state=State.UNCONFIRMED), "⚠️ Not confirmed by Privilege Manager"),
        (UNCONFIRMED, "⚠️ Not confirmed by Privilege Manager"),
        (settled_row(State.UNCONFIRMED, Verdict.DENY), "⚠️ Not confirmed by Privilege Manager"),
        (EXPIRED, "⌛ Expired in Privilege Manager"),
        (EXPIRED_ANSWERED, "⌛ Expired in Privilege Manager"),
        (WITHDRAWN, "↪️ Withdrawn"),
        (replace(WITHDRAWN, outcome_by="PC-1\\Requester"), "↪️ Withdrawn by PC-1\\Requester"),
        (ELSEWHERE, "↪️ Approved in Privilege Manager by Somebody"),
        (ELSEWHERE_ANSWERED, "↪️ Denied in Privilege Manager"),
        (
            settled_row(State.ELSEWHERE, None, Status.UNKNOWN),
            "↪️ No longer waiting in Privilege Manager",
        ),
    ],
)
def test_the_headline_says_what_became_of_it(row: RequestRow, said: str) -> None:
    assert headline(drawn(row)) == said


@pytest.mark.parametrize("row", [row for row in SETTLED if not row.decided_by], ids=lambda row: row.state)
def test_where_nobody_decided_nobody_is_named(row: RequestRow) -> None:
    assert all(part["user_id"] for part in objects(drawn(row).blocks) if part.get("type") == "user")


@pytest.mark.parametrize("row", NOT_TAKEN, ids=lambda row: row.state)
def test_what_the_upstream_did_not_take_never_reads_approved_or_denied_by_somebody(row: RequestRow) -> None:
    shown = drawn(row)
    assert "Approved by" not in headline(shown)
    assert "Denied by" not in headline(shown)
    assert not shown.text.startswith(("Approved by", "Denied by"))
    assert "Approved for" not in words(block_of(shown, "remark") or {"elements": []})


@pytest.mark.parametrize("verdict", Verdict)
def test_until_the_upstream_took_it_even_the_longest_name_leaves_the_condition_readable(
    verdict: Verdict,
) -> None:
    row = replace(decided_row(verdict), decided_by_name="N" * 1_000)
    assert headline(drawn(row)).endswith("…, waiting for Privilege Manager")
    assert "waiting for Privilege Manager" in drawn(row).text


def test_a_name_of_white_space_falls_back_to_the_id() -> None:
    row = replace(APPROVED, decided_by_name=" \n")
    assert headline(drawn(row)) == f"✅ Approved by {APPROVER}"


@pytest.mark.parametrize("title", ["", "  ", "\n\u202e\x00"])
@pytest.mark.parametrize("state", ["waiting", "settled"])
def test_a_request_without_a_title_is_still_an_approval_request(title: str, state: str) -> None:
    row = asking(title=title)
    if state == "waiting":
        assert headline(drawn(row)) == "🔐 Approval request"
    else:
        settled = replace(APPROVED, body=row.body)
        assert words(block_of(drawn(settled), "asked")) == "Approval request\n"


def test_a_long_title_is_cut_in_the_headline_and_longer_below_it() -> None:
    row = asking(title="Run " + "x" * 290)
    assert len(headline(drawn(row))) == 150
    assert headline(drawn(row)).endswith("…")
    assert "x" * 290 in words(block_of(drawn(row), "asked"))
    assert "x" * 290 in words(block_of(drawn(replace(APPROVED, body=row.body)), "asked"))


def test_a_title_that_fits_stands_in_the_headline_alone() -> None:
    assert block_of(drawn(asking(title="x" * 148)), "asked") is None


def test_a_name_of_an_emoji_in_a_title_draws_no_sign_that_looks_like_ours() -> None:
    header = drawn(asking(title=":white_check_mark: Approved by Admin")).blocks[0]["text"]
    assert header == {
        "type": "plain_text",
        "text": "🔐 :white_check_mark: Approved by Admin",
        "emoji": False,
    }


# The facts


def test_a_card_says_who_where_what_why_how_bad_and_when() -> None:
    shown = drawn(PENDING)
    assert lines(shown, "facts") == [
        "User: PC-1\\Requester",
        "File: C:\\Tools\\setup.exe",
        "Reputation: Good Rating",
        "Risk: ◇ medium",
        "Requested: 2026-11-20 09:58 UTC",
        "From: Privilege Manager",
    ]
    assert lines(shown, "justification") == ["Reason given", "Needed for the release."]


def test_the_requester_has_a_line_of_its_own_where_no_fact_names_them() -> None:
    shown = drawn(asking(requester="Requester of the pipeline"))
    assert lines(shown, "facts")[0] == "Requested by: Requester of the pipeline"


def test_facts_without_a_value_are_left_out() -> None:
    shown = drawn(asking(facts=(Fact("a", "Empty", ""), Fact("b", "Full", "here"))))
    assert "Empty" not in words(block_of(shown, "facts"))
    assert "Full: here" in lines(shown, "facts")


def test_no_justification_has_no_block() -> None:
    assert block_of(drawn(asking(justification="")), "justification") is None


@pytest.mark.parametrize("row", SETTLED, ids=lambda row: row.state)
def test_a_settled_card_keeps_the_title_the_facts_and_the_reason(row: RequestRow) -> None:
    live, settled = drawn(PENDING), drawn(row)
    assert lines(settled, "asked") == ["Run setup.exe as administrator"]
    for kept in ("facts", "justification"):
        assert block_of(settled, kept) == block_of(live, kept)


@pytest.mark.parametrize("risk", Risk)
def test_every_risk_has_its_word(risk: Risk) -> None:
    assert f"Risk: {RISK_WORDS[risk]}" in lines(drawn(asking(risk=risk)), "facts")
    assert len(set(RISK_WORDS.values())) == len(Risk)


def test_a_line_end_in_a_value_cannot_begin_a_line_that_looks_like_ours() -> None:
    forged = "setup.exe\r\nRisk: ▽ low\nRequested by: Admin\u2028Risk: ▽ low"
    shown = drawn(asking(facts=(Fact("file", "File\nRisk", forged),), risk=Risk.CRITICAL))
    assert [line for line in lines(shown, "facts") if "Risk: " in line][1:] == ["Risk: ‼ critical"]
    assert lines(shown, "facts")[1].startswith("File Risk: setup.exe ⏎ Risk: ▽ low ⏎ Requested by: Admin")


def test_a_long_value_says_how_much_is_missing_and_where_it_stands() -> None:
    shown = drawn(asking(facts=(Fact("command", "Command line", "x" * 2_500),)))
    said = f"Command line: {'x' * 1_000}… (1,500 more characters, whole in the thread)"
    assert said in lines(shown, "facts")


def test_what_is_missing_is_counted_right_where_the_card_is_nearly_full() -> None:
    facts = [Fact(str(number), "F", "x" * 980) for number in range(3)]
    shown = drawn(asking(facts=(*facts, Fact("last", "Last", "y" * 5_000), Fact("more", "More", "z"))))
    last, note = lines(shown, "facts")[4:6]
    kept = last.removeprefix("Last: ").split("…")[0]
    assert last.endswith(f"… ({5_000 - len(kept):,} more characters, whole in the thread)")
    assert set(kept) == {"y"}
    assert note == "And 1 more, whole in the thread."


@pytest.mark.parametrize("number_of_facts", [31, 5_000])
def test_many_facts_are_counted_and_not_all_shown(number_of_facts: int) -> None:
    facts = tuple(Fact(str(number), "Label", "v") for number in range(number_of_facts))
    written = lines(drawn(asking(facts=facts, requester="")), "facts")
    assert sum(line == "Label: v" for line in written) == 30
    (note,) = [line for line in written if line.startswith("And ")]
    assert note == f"And {number_of_facts - 30:,} more, whole in the thread."


def test_a_long_reason_says_how_much_is_missing_and_where_it_stands() -> None:
    said = lines(drawn(asking(justification="because " * 200)), "justification")[1]
    assert said.endswith("… (600 more characters, whole in the thread)")


def test_a_card_that_waits_no_more_counts_what_is_missing_and_promises_nothing() -> None:
    row = asking(facts=(Fact("command", "Command", "x" * 2_500),), justification="y" * 1_500)
    settled = drawn(replace(APPROVED, body=row.body))
    assert f"Command: {'x' * 1_000}… (1,500 more characters)" in lines(settled, "facts")
    assert lines(settled, "justification")[1].endswith("… (500 more characters)")


def test_the_time_until_which_it_can_be_answered_stands_on_a_card_while_it_is_open() -> None:
    row = asking(expires_at=NOW + 3_600 * SECOND)
    assert "Expires: 2026-11-20 11:00 UTC" in lines(drawn(row), "facts")
    assert "Expires: 2026-11-20 11:00 UTC" in lines(drawn(replace(DECIDED, body=row.body)), "facts")
    for settled in (APPROVED, DENIED, EXPIRED, WITHDRAWN):
        assert "Expires" not in words(block_of(drawn(replace(settled, body=row.body)), "facts"))


def test_of_a_time_that_has_passed_on_an_open_card_nothing_is_claimed() -> None:
    passed = drawn(asking(expires_at=NOW - 3_600 * SECOND))
    assert "Expires: 2026-11-20 09:00 UTC" in lines(passed, "facts")
    assert headline(passed) == headline(drawn(PENDING))
    assert "xpired" not in passed.text + str(passed.blocks)


@pytest.mark.parametrize("link", ["https://privman.example.com/Tms", "http://127.0.0.1:8485/Tms"])
def test_the_upstream_is_a_link_to_where_the_request_is(link: str) -> None:
    facts = block_of(drawn(asking(link=link)), "facts")
    assert facts is not None
    assert facts["elements"][0]["elements"][-1] == {"type": "link", "url": link, "text": "Privilege Manager"}


@pytest.mark.parametrize(
    "link",
    [
        "",
        "http://privman.example.com/Tms",
        "http://127.0.0.1.example.com/",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "//example.com",
        "http://[",
        "https://" + "x" * 1_000,
    ],
)
def test_what_is_no_web_address_is_no_link(link: str) -> None:
    facts = block_of(drawn(asking(link=link)), "facts")
    assert facts is not None
    assert facts["elements"][0]["elements"][-1] == {"type": "text", "text": "Privilege Manager"}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"requested_at": NOW}, "Requested: 2026-11-20 10:00 UTC"),
        ({"requested_at": 0}, "Requested: 1970-01-01 00:00 UTC"),
        ({"requested_at": None, "requested": "11/18/20, 12:09 PM"}, "Requested: 11/18/20, 12:09 PM"),
        ({"requested_at": None, "requested": "\n"}, "Requested: 2026-11-20 09:59 UTC"),
        ({"requested_at": None, "requested": ""}, "Requested: 2026-11-20 09:59 UTC"),
        ({"requested_at": 253_402_300_799_999_999}, "Requested: 9999-12-31 23:59 UTC"),
    ],
)
def test_when_it_was_asked_is_the_upstreams_word_or_when_we_saw_it(
    asked: dict[str, object], said: str
) -> None:
    assert said in lines(drawn(asking(**asked)), "facts")


# The remark


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (NOTICED, ["⚠️ The request changed while it waited. This is how it stands now."]),
        (
            DECIDED,
            [f"Approval for one time by @{APPROVER}, 2026-11-20 10:00 UTC, 90 seconds after it was asked."],
        ),
        (
            TROUBLED,
            [
                f"Approval for one time by @{APPROVER}, 2026-11-20 10:00 UTC, 90 seconds after it was asked.",
                "Privilege Manager does not answer. I keep trying.",
            ],
        ),
        (
            replace(APPROVED, duration=4 * HOUR, reason="It is the release."),
            [
                f"Approved for 4 hours by @{APPROVER}, 2026-11-20 10:00 UTC, 90 seconds after it was asked.",
                "Comment: It is the release.",
            ],
        ),
        (DENIED, [f"Denied by @{APPROVER}, 2026-11-20 10:00 UTC, 90 seconds after it was asked."]),
        (
            UNCONFIRMED,
            [
                f"Approval for one time by @{APPROVER}, 2026-11-20 10:00 UTC, 90 seconds after it was asked.",
                "It was sent to Privilege Manager, no answer came back, and the request is gone. "
                "Nobody can tell what became of it: please look in Privilege Manager.",
            ],
        ),
        (
            SCHEDULED,
            [
                "Approved for 1 hour by the schedule: outside mon-fri 09:00-17:30 Europe/Berlin, "
                "2026-11-20 10:00 UTC."
            ],
        ),
        (replace(SCHEDULED, reason=""), ["Approved for 1 hour by the schedule, 2026-11-20 10:00 UTC."]),
        (
            replace(SCHEDULED, state=State.DECIDED, reason="Nobody at\nwork.", trouble="It does not answer."),
            [
                "Approval for 1 hour by the schedule: Nobody at ⏎ work, 2026-11-20 10:00 UTC.",
                "It does not answer.",
            ],
        ),
        (
            replace(SCHEDULED, state=State.EXPIRED),
            [
                "The schedule's approval was not applied: it came too late.",
                "Settled 2026-11-20 10:00 UTC.",
            ],
        ),
        (EXPIRED, ["Settled 2026-11-20 10:00 UTC."]),
        (
            replace(ELSEWHERE_ANSWERED, outcome_detail="Not on\nthis PC."),
            [
                f"@{APPROVER}'s approval was not applied: it came too late.",
                "Settled 2026-11-20 10:00 UTC.",
                "Privilege Manager says: Not on ⏎ this PC.",
            ],
        ),
    ],
)
def test_the_remark_says_what_the_headline_leaves_open(row: RequestRow, said: list[str]) -> None:
    assert lines(drawn(row), "remark") == said


def test_what_the_upstream_said_when_it_took_an_answer_is_on_the_card_unless_it_repeats_ours() -> None:
    approved = replace(DECIDED, state=State.APPROVED)
    said = lines(drawn(replace(approved, outcome_detail="Still needs\nSecurity.")), "remark")
    assert said == [*lines(drawn(approved), "remark"), "Privilege Manager says: Still needs ⏎ Security."]
    repeated = replace(approved, outcome_detail=f"[{approved.decision_id}] Approved in Slack")
    assert lines(drawn(repeated), "remark") == lines(drawn(approved), "remark")


def test_what_was_approved_until_a_moment_says_so_besides_for_how_long_that_is() -> None:
    two_hours = replace(DECIDED, duration=7_200, until_at=NOW + 7_200 * SECOND)
    said = (f"by @{APPROVER}, 2026-11-20 10:00 UTC, 90 seconds after it was asked.",)
    for row, done in ((two_hours, "Approval"), (replace(two_hours, state=State.APPROVED), "Approved")):
        shown = drawn(row)
        assert lines(shown, "remark") == [f"{done} for 2 hours, until 2026-11-20 12:00 UTC, {said[0]}"]
        dates = [one["timestamp"] for one in objects(block_of(shown, "remark")) if one.get("type") == "date"]
        assert dates[0] == NOW // SECOND + 7_200


def test_a_waiting_request_without_a_notice_has_no_remark() -> None:
    assert block_of(drawn(PENDING), "remark") is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (119, "119 seconds"),
        (120, "2 minutes"),
        (2 * HOUR - 1, "119 minutes"),
        (2 * HOUR, "2 hours"),
        (2 * DAY - 1, "47 hours"),
        (2 * DAY, "2 days"),
    ],
)
def test_how_long_it_took_is_said_in_the_unit_that_fits(seconds: int, words: str) -> None:
    row = replace(APPROVED, body=asking(requested_at=NOW - seconds * SECOND).body)
    assert lines(drawn(row), "remark")[0].endswith(f", {words} after it was asked.")


def test_a_clock_that_runs_ahead_is_not_told_as_a_negative_time() -> None:
    row = replace(APPROVED, body=asking(requested_at=NOW + MINUTE).body)
    assert lines(drawn(row), "remark") == [f"Approved for one time by @{APPROVER}, 2026-11-20 10:00 UTC."]
