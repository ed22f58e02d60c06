"""The details of a request: everything, in plain words, and as much of it as Slack takes."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from sandbox.block_kit import view_problems
from slack_bot.audit import Kind, Record
from slack_bot.blocks import View, details
from slack_bot.clock import SECOND
from slack_bot.policy import (
    BreakGlass,
    ChannelPolicy,
    OnSilence,
    Seat,
    Silence,
    Silences,
    Terms,
    in_words,
)
from slack_bot.rows import RequestRow, State, VoteRow, shown_digest
from tests.slack_bot.any_rows import NASTY, any_rows
from tests.slack_bot.examples import APPROVER, BOTH, CHANNEL, DECISION, NOW, PRIVMAN, pending_row
from tests.slack_bot.shown import APPROVED, NOTICED, PENDING, SCHEDULED, asking, objects, texts, words
from upstream_client.models import ApprovalRequest, Fact, Verdict

CROWD = tuple(f"U{number:09}" for number in range(200))
VOTE = VoteRow(1, PENDING.key, 1, CHANNEL, APPROVER, "Approver", Verdict.APPROVE, 900, "Fine.\nGo.", NOW, 1)


def record(kind: str, actor: str = "bot", **detail: object) -> Record:
    return Record(1, NOW, kind, PENDING.key, actor, detail)


def shown(
    row: RequestRow = PENDING, votes: Any = (), records: Any = (), policy: ChannelPolicy | None = None
) -> View:
    view = details(row, PRIVMAN, policy, votes, records)
    assert view_problems(view) == []
    return view


def lines(view: View, block_id: str) -> list[str]:
    return words(next(block for block in view["blocks"] if block["block_id"] == block_id)).splitlines()


def everything(view: View) -> str:
    return "".join(texts(view["blocks"]))


def test_it_tells_where_the_request_stands_and_under_which_names() -> None:
    view = shown(asking(expires_at=NOW + 3_600 * SECOND))
    assert lines(view, "state") == ["State: Waiting for an answer"]
    assert lines(view, "whole_0") == [
        "Request: Run setup.exe as administrator",
        "User: PC-1\\Requester",
        "File: C:\\Tools\\setup.exe",
        "Reputation: Good Rating",
        "Reason given: Needed for the release.",
    ]
    assert lines(view, "ids") == [
        "Risk: ◇ medium",
        "Requested: 2026-11-20 09:58 UTC",
        "First seen: 2026-11-20 09:59 UTC",
        "Expires: 2026-11-20 11:00 UTC",
        "From: Privilege Manager",
        f"Id: {PENDING.upstream_id}",
        f"Key: {PENDING.key}",
        f"Digest: {shown_digest(PENDING.digest)}",
    ]
    assert any(part.get("url") == PENDING.asked.link for part in objects(view["blocks"]))


def test_it_asks_for_nothing() -> None:
    view = shown()
    assert "submit" not in view
    assert {block["type"] for block in view["blocks"]} == {"rich_text"}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (NOTICED, "Waiting for an answer"),
        (APPROVED, "Approved by Approver"),
        (SCHEDULED, "Approved automatically"),
        (replace(APPROVED, state=State.DECIDED), "Approved by Approver, waiting for Privilege Manager"),
    ],
)
def test_it_says_what_became_of_it_as_the_card_does(row: RequestRow, said: str) -> None:
    state = lines(shown(row), "state")
    assert state[0] == f"State: {said}"
    assert len(state) == 2
    if row.decision_id:
        assert f"Decision: {DECISION}" in lines(shown(row), "ids")


def test_it_tells_who_answered_what() -> None:
    denial = replace(VOTE, verdict=Verdict.DENY, user_id="U03SECOND", reason="")
    assert lines(shown(votes=[VOTE, denial]), "state")[1:] == [
        f"@{APPROVER} answered approve, 2026-11-20 10:00 UTC: Fine. ⏎ Go.",
        "@U03SECOND answered deny, 2026-11-20 10:00 UTC.",
    ]


@pytest.mark.parametrize(
    ("happened", "said"),
    [
        (record("request_seen"), "Seen for the first time"),
        (record("request_changed"), "The request changed; answers given before are void"),
        (record("request_gone", status="expired"), "No longer waiting: expired"),
        (record("request_back"), "Waiting again"),
        (record("card_posted", channel=CHANNEL), f"Shown in @{CHANNEL}"),
        (record("card_lost", channel=CHANNEL, why="gone"), f"The card was lost: gone in @{CHANNEL}"),
        (
            record("vote", APPROVER, verdict="approve", duration="1 hour", channel=CHANNEL),
            f"@{APPROVER} answered: approve for 1 hour in @{CHANNEL}",
        ),
        (
            record("vote", APPROVER, verdict="deny", duration="one time", channel=CHANNEL),
            f"@{APPROVER} answered: deny in @{CHANNEL}",
        ),
        (
            record("decided", APPROVER, verdict="approve", duration="1 hour", channel=CHANNEL),
            f"Approved for 1 hour by @{APPROVER} in @{CHANNEL}",
        ),
        (record("decided", APPROVER, verdict="deny", channel=""), f"Denied by @{APPROVER}"),
        (record("decided", verdict="approve", duration="1 day"), "Approved for 1 day by the schedule"),
        (
            record("refusal", "U05OUTSIDER", rule="not an approver", channel=CHANNEL),
            f"Not counted, of @U05OUTSIDER: not an approver in @{CHANNEL}",
        ),
        (
            record("security_event", "U05OUTSIDER", rule="malformed"),
            "Not counted, of @U05OUTSIDER: malformed",
        ),
        (record("announced", channel=CHANNEL), f"The broken glass was announced in @{CHANNEL}"),
        (
            record("not_announced", channel=CHANNEL, why="is_archived"),
            f"The broken glass could not be announced: is_archived in @{CHANNEL}",
        ),
        (record("intent"), "Being sent"),
        (record("not_sent", why="It does not answer."), "Could not be sent: It does not answer."),
        (record("not_confirmed", why="No answer."), "Not confirmed yet: No answer."),
        (record("outcome", outcome="approved"), "Outcome: approved"),
        (record("outcome"), "Outcome"),
        (record("something_new", "somebody <!channel>"), "somebody <!channel>: something new"),
        (record("something_new", ""), "Somebody: something new"),
        (record("card_posted", channel="<!channel>"), "Shown"),
        (record("outcome", outcome={"a": 1}), "Outcome: {'a': 1}"),
        (record("not_sent", why="x" * 300), f"Could not be sent: {'x' * 199}…"),
        (record("not_sent", why="a\nb"), "Could not be sent: a ⏎ b"),
    ],
)
def test_it_tells_what_happened_in_plain_words(happened: Record, said: str) -> None:
    assert lines(shown(records=[happened]), "story") == ["What happened", f"2026-11-20 10:00 UTC · {said}"]


def test_a_press_is_not_told_beside_what_became_of_it() -> None:
    clicks = [record(Kind.CLICK, APPROVER, action="approve_request")] * 30
    said = lines(shown(records=[record(Kind.REQUEST_SEEN), *clicks]), "story")
    assert [one.partition(" · ")[2] for one in said[1:]] == ["Seen for the first time"]


@pytest.mark.parametrize(
    "kind",
    [
        kind
        for kind in Kind
        if not kind.startswith(("channel", "schedule", "changed", "click", "policy_declared", "routes"))
    ],
)
def test_every_kind_of_record_of_a_request_has_its_words(kind: Kind) -> None:
    said = lines(shown(records=[record(kind, "U04ADMIN")]), "story")[1]
    assert f"@U04ADMIN: {kind.value.replace('_', ' ')}" not in said


def test_of_a_long_story_it_tells_the_last_twenty() -> None:
    records = [record("not_sent", why=str(number)) for number in range(50)]
    told = lines(shown(records=records), "story")[1:]
    assert [line.rpartition(" ")[2] for line in told] == [str(number) for number in range(30, 50)]


def test_no_story_has_no_block() -> None:
    assert "story" not in [block["block_id"] for block in shown()["blocks"]]


def test_every_fact_is_whole() -> None:
    facts = (Fact("a", "Long", "x" * 3_001), Fact("b", "Lines", "one\ntwo"), Fact("c", "Short", "s"))
    said = everything(shown(asking(facts=facts, justification="j" * 20_000, title="t" * 500)))
    assert all(whole in said for whole in ("x" * 3_000, "one\ntwo", "t" * 500))
    assert said.count("x" * 3_000) == 1
    assert said.count("j") >= 20_000
    assert "more characters" not in said


@pytest.mark.parametrize("letter", ["x", "\N{GRINNING FACE}", "\u202e", '"', "\n", "<!channel>"])
def test_what_is_too_long_for_a_modal_is_cut_and_counted(letter: str) -> None:
    row = asking(facts=tuple(Fact(str(number), f"F{number}", letter * 3_000) for number in range(150)))
    said = lines(shown(row), "missing")[0]
    assert said.startswith("… and ")
    assert said.endswith(" more characters, too many to be shown here.")


def test_of_many_facts_that_need_a_place_of_their_own_as_many_are_shown_as_slack_takes() -> None:
    facts = tuple(Fact(str(number), f"F{number}", "x" * 301) for number in range(150))
    view = shown(asking(facts=facts), records=[record("request_seen")])
    assert 80 <= len(view["blocks"]) <= 100
    assert lines(view, "missing")[0].startswith("… and ")


def test_five_thousand_facts_fit_or_are_counted() -> None:
    facts = tuple(Fact(str(number), "Label", "v") for number in range(5_000))
    view = shown(asking(facts=facts, requester=""))
    told = everything(view).count("Label: ")
    missing = lines(view, "missing")[0].split()[2].replace(",", "")
    assert told + int(missing) >= 5_000


@pytest.mark.parametrize("text", [one for one in NASTY if one])
def test_an_outside_text_is_never_parsed_in_the_details(text: str) -> None:
    row = asking(title=text, requester=text, justification=text, facts=(Fact("key", text, text),), link="")
    view = shown(
        replace(row, upstream_id=text, notice=text),
        [replace(VOTE, reason=text)],
        [record(text[:40], text, why=text)],
    )
    kinds = {part["type"] for part in objects(view["blocks"]) if "type" in part}
    assert kinds <= {
        "rich_text",
        "rich_text_section",
        "rich_text_preformatted",
        "text",
        "date",
        "user",
    }


@settings(max_examples=60)
@given(any_rows())
def test_slack_takes_the_details_whatever_stands_in_the_request(row: RequestRow) -> None:
    view = shown(row, [VOTE] * 30, [record("not_sent", why=row.notice)] * 30, BOTH)
    assert len(view["blocks"]) <= 100
    assert len(json.dumps(view)) <= 250_000


def test_it_tells_what_holds_in_the_channel_and_names_people_and_groups() -> None:
    here = ChannelPolicy(
        users=(APPROVER,),
        groups=("S01APPROVERS",),
        terms=Terms(break_glass=BreakGlass(True, "C03SECOND"), silence=Silences(any=Silence(60))),
    )
    view = shown(policy=here)
    told = lines(view, "policy")
    assert told[0] == "What holds in this channel"
    assert f"who: Deciding is for @{APPROVER} and @S01APPROVERS." in told
    assert any(line.startswith("break-glass: ") and "@C03SECOND" in line for line in told)
    assert len(told) == 1 + len(in_words(here))
    assert "<" not in everything(view)


def test_of_a_waiting_request_it_tells_how_far_it_has_come() -> None:
    assert lines(shown(votes=[VOTE], policy=BOTH), "state")[1] == (
        f"Approvals: 1 of 2, by @{APPROVER} · still needed: 1 more, by the rule “approvals for medium risk”"
    )
    assert not any("Approvals: " in line for line in lines(shown(APPROVED, [VOTE], policy=BOTH), "state"))


def test_a_long_rule_is_cut_between_mentions() -> None:
    seats = tuple(Seat(f"S{number:09}") for number in range(80))
    view = shown(policy=ChannelPolicy(terms=Terms(seats=seats)))
    (told,) = [one for one in lines(view, "policy") if one.startswith("seats: ")]
    assert told.endswith(" …")
    assert "<" not in everything(view)


def test_a_long_list_of_people_hides_nothing_of_what_comes_after_it() -> None:
    backup = Silence(60, 600, CROWD, (), 3_600, OnSilence.DENY)
    view = shown(policy=ChannelPolicy(users=CROWD, terms=Terms(silence=Silences(any=backup))))
    told = lines(view, "policy")
    assert f"@{CROWD[19]} and 180 more." in told[1]
    (silence,) = [one for one in told if one.startswith("silence: ")]
    assert f"@{CROWD[19]} and 180 more, who may then decide as well; after 1 hour" in silence
    assert silence.endswith(" it is denied.")


def test_in_a_channel_that_is_not_known_no_rules_are_told() -> None:
    assert "policy" not in [block["block_id"] for block in shown()["blocks"]]


def test_a_bare_request_has_details_too() -> None:
    bare = pending_row(ApprovalRequest(upstream="privilege_manager", id="one", title=""))
    assert lines(shown(bare), "whole_0") == ["Request: Approval request"]
