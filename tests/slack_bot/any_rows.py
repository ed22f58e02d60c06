"""Requests and rows with any text in every field that somebody else writes."""

from dataclasses import replace

from hypothesis import strategies as st

from slack_bot.rows import RequestRow, State
from tests.slack_bot.examples import decided_row, pending_row, settled_row
from upstream_client.models import ApprovalRequest, Duration, Fact, Risk, Status, Verdict

NASTY = [
    "",
    " ",
    "\n",
    "\x00",
    "\u202e",
    "\u200b",
    "<!channel>",
    "<@U04ADMIN>",
    "<https://evil.example|https://bank.example>",
    "*bold* _it_ `code` ~no~ > quote",
    ":white_check_mark:",
    "👩\u200d👩\u200d👧🏽",
    "שלום עולם",
    "https://[",
    "a\r\nb\u2028c\x0bd\x85e",
    "x" * 150,
    "x" * 3_001,
    "\u202e" * 2_000,
    "\n" * 5_000,
    "& <" * 20_000,
]
TEXTS = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(codec="utf-8"), max_size=30),
    st.builds(
        lambda text, times: text * times,
        st.text(st.characters(codec="utf-8"), max_size=5),
        st.integers(0, 9_000),
    ),
)
TIMES = (
    st.none()
    | st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999)
    | st.integers(-(2**63), 2**63 - 1)
)
"""Every microsecond that Python's calendar knows, from the year 1 to 9999, and what an upstream may make up."""
FACTS = st.lists(st.builds(Fact, st.just("key"), TEXTS, TEXTS, st.booleans()), max_size=60).map(tuple)
DURATIONS = st.lists(
    st.builds(Duration, st.none() | st.integers(1, 10**9)), min_size=1, max_size=130, unique=True
).map(tuple)
REQUESTS = st.builds(
    ApprovalRequest,
    upstream=st.just("privilege_manager"),
    id=st.just("one"),
    title=TEXTS,
    requester=TEXTS,
    requester_email=TEXTS,
    justification=TEXTS,
    facts=FACTS,
    risk=st.sampled_from(Risk),
    link=TEXTS | TEXTS.map(lambda text: "https://privman.example.com/" + text),
    requested_at=TIMES,
    requested=TEXTS,
    expires_at=TIMES,
    durations=DURATIONS,
    channel_undecided=st.booleans(),
    risk_claimed=st.booleans(),
)
TAKEN = {Verdict.APPROVE: State.APPROVED, Verdict.DENY: State.DENIED}
ROWS = st.sampled_from(
    [
        pending_row(),
        *(decided_row(verdict) for verdict in Verdict),
        *(
            replace(decided_row(verdict), cause="timeout", decided_by="", state=state)
            for verdict in Verdict
            for state in (State.DECIDED, TAKEN[verdict], State.UNCONFIRMED)
        ),
        *(
            replace(decided_row(), cause="break-glass", state=state)
            for state in (State.DECIDED, State.APPROVED, State.UNCONFIRMED)
        ),
        settled_row(State.APPROVED),
        settled_row(State.DENIED, Verdict.DENY),
        settled_row(State.UNCONFIRMED),
        *(settled_row(State.EXPIRED, verdict) for verdict in (None, Verdict.DENY)),
        *(
            settled_row(State.ELSEWHERE, verdict, status)
            for verdict in (None, Verdict.APPROVE)
            for status in Status
        ),
    ]
)


@st.composite
def any_rows(draw: st.DrawFn) -> RequestRow:
    """A row in any state, with any text in every field that somebody else writes."""
    asked = pending_row(draw(REQUESTS))
    return replace(
        draw(ROWS),
        body=asked.body,
        digest=asked.digest,
        notice=draw(TEXTS),
        reason=draw(TEXTS),
        decided_by_name=draw(TEXTS),
        trouble=draw(TEXTS),
        outcome_by=draw(TEXTS),
        outcome_detail=draw(TEXTS),
        duration=draw(st.none() | st.integers(1, 10**9)),
        until_at=draw(TIMES),
    )
