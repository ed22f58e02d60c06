import re
import time
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slack_bot.command_parser import Command, Misunderstood, parse

US = "U07BOT"
PIECES = [
    "autoapprove", "approvals", "approvers", "status", "help", "remove", "pending", "policy", "on", "off", "all",
    "here", "hours", "holidays", "duration", "max-risk", "rated-only", "until", "never", "none", "mon-fri", "sat",
    "09:00-17:30", "9am", "-", "to", "Europe/Berlin", "UTC", "Mars", "DE-BE", "DE", "BE", "1h", "2", "once", "low",
    "high", "everyone", "2026-12-24", ",", "and", "<@U07BOT>", "<@U02APPROVER>", "<#C0AB12CD3|x>", "<!channel>",
    "<!subteam^S01OPS|@ops>", "<!date^1700000000^{date}|today>", "<https://example.com|here>", "<", ">", "|",
    "&amp;", "&lt;", "\u202e", "\x00", "\u00a0", "\u2013", "`", "*", "#x", "@x", "\u0669", "\ufdfa",
]  # fmt: skip
HOSTILE = [
    "x" * 40_000,
    "<" * 3_999,
    "<@" * 1_999,
    "<!date^" * 500,
    "&lt;" * 999,
    "\ufdfa" * 3_999,
    "\u202e\x00 " * 1_000,
    "? " * 1_999,
    "approvers " + "<@U02APPROVER>" * 280,
    "approvers " + "everybodi " * 390,
    "autoapprove " + "hours " * 600,
    "autoapprove hours " + "- " * 1_900,
    "autoapprove hours " + "mon-" * 900,
    "autoapprove hours " + "mno " * 900,
    "autoapprove hours " + "mon 09:00-10:00 " * 240,
    "autoapprove hours mon 09:00-10:00 " + "durat " * 600,
    "autoapprove hours mon 09:00-10:00 " + "Europe/" * 500,
    "autoapprove holidays " + "ab " * 1_300,
    "autoapprove holidays " + "DE-BE " * 600,
    "autoapprove holidays " + "de-bx-" * 600,
    "autoapprove duration " + "1h " * 1_200,
    "autoapprove max-risk " + "high" * 900,
    "autoapprove until " + "9" * 3_900,
]


@settings(max_examples=400)
@given(
    st.text(max_size=200)
    | st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join)
    | st.sampled_from(HOSTILE)
)
def test_any_text_gives_a_command_or_words_that_mention_nobody(text: str) -> None:
    found = parse(text, US)

    assert isinstance(found, (*get_args(Command), Misunderstood))
    if isinstance(found, Misunderstood):
        assert found.words
        assert len(found.words) < 1_000
        assert not set("<>\n") & set(found.words)
        assert not re.search("&(?!(amp|lt|gt);)", found.words)


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: str(text[:30]))
def test_hostile_text_is_read_in_no_time(text: str) -> None:
    parse("autoapprove hours mon 09:00-10:00 UTC holidays DE")  # names of zones and countries are read once
    began = time.thread_time()

    parse(text, US)

    assert time.thread_time() - began < 0.5
