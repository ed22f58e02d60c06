"""From Xerotier's JSON to requests: what stands on the card, what is bound, and what is refused."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from slack_bot.rows import body_of
from tests.upstream_client.xerotier.approvals import APPROVAL_ID, AT, OTHER_ID, told
from upstream_client.exceptions import NotUnderstood, UpstreamError
from upstream_client.models import ONE_TIME, ApprovalRequest, Fact, Risk, Status
from upstream_client.xerotier import reading
from upstream_client.xerotier.reading import CLAIM, ESCALATION, listing, with_fact


def read(**more: Any) -> ApprovalRequest:
    request = listing([told(**more)]).seen[APPROVAL_ID].request
    assert request is not None
    return request


def test_an_approval_is_a_request_that_tells_tool_workspace_and_invocation() -> None:
    request = read()
    assert (request.upstream, request.id, request.title) == ("xerotier", APPROVAL_ID, "Run kubectl_drain")
    assert (request.risk, request.durations, request.requester) == (Risk.HIGH, (ONE_TIME,), "")
    assert (request.requested_at, request.expires_at) == (AT * 1_000_000, None)
    assert request.facts == (
        Fact("tool", "Tool", "kubectl_drain"),
        Fact("workspace", "Workspace", "ws_production"),
        Fact("invocation", "Invocation", "inv_1"),
    )


@pytest.mark.parametrize(
    ("word", "risk"),
    [
        ("read", Risk.LOW),
        ("write", Risk.MEDIUM),
        ("destructive", Risk.HIGH),
        ("Irreversible", Risk.CRITICAL),
        ("catastrophic", Risk.CRITICAL),
        (7, Risk.CRITICAL),
        ("", Risk.UNRATED),
        (None, Risk.UNRATED),
    ],
)
def test_each_risk_has_its_level_and_an_unknown_word_the_highest(word: object, risk: Risk) -> None:
    assert read(risk=word).risk is risk


def test_each_argument_is_a_bound_fact_of_its_own_and_none_passes_for_another_line() -> None:
    facts = {fact.key: fact for fact in read(arguments={"Risk": "low", "node": {"b": 1, "a": None}}).facts}
    assert facts["argument:Risk"] == Fact("argument:Risk", "Argument Risk", "low")
    assert facts["argument:node"].value == '{"a":null,"b":1}'
    assert read(arguments=["x", 1]).facts[2] == Fact("arguments", "Arguments", '["x",1]')


@pytest.mark.parametrize(
    ("change", "is_another"),
    [
        ({"tool_name": "kubectl_delete"}, True),
        ({"workspace_id": "ws_other"}, True),
        ({"invocation_id": "inv_2"}, True),
        ({"arguments": {"node": "n1"}}, True),
        ({"risk": "read"}, False),
        ({"status": "escalated"}, False),
        ({"expires_at": AT + 900}, False),
        ({"created_at": None}, False),
        ({"colour": "blue"}, False),
    ],
)
def test_what_is_decided_is_which_call_of_what_and_nothing_that_may_change(
    change: dict[str, Any], is_another: bool
) -> None:
    assert (read(**change).digest != read().digest) is is_another


def test_a_claim_and_an_escalation_are_told_and_change_nothing_of_what_is_decided() -> None:
    claimed = with_fact(with_fact(read(), CLAIM), ESCALATION)
    assert claimed.is_claim
    assert not read().is_claim
    assert claimed.digest == read().digest
    assert with_fact(claimed, CLAIM) == claimed
    assert read(status="escalated").facts[-1] == ESCALATION


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("pending", Status.PENDING),
        ("escalated", Status.PENDING),
        ("approved", Status.APPROVED),
        ("rejected", Status.DENIED),
        ("timed_out", Status.EXPIRED),
        ("Timed-Out", Status.EXPIRED),
        ("cancelled", Status.WITHDRAWN),
        ("", Status.PENDING),
    ],
)
def test_how_a_listed_approval_stands(word: str, status: Status) -> None:
    assert listing([told(status=word)]).seen[APPROVAL_ID].status is status


@pytest.mark.parametrize("wrap", ["data", "approvals", "items"])
def test_a_list_may_stand_in_an_object(wrap: str) -> None:
    body: dict[str, JsonValue] = {"object": "list", wrap: [told()], "has_more": False}
    assert listing(body).seen.keys() == {APPROVAL_ID}
    assert listing(body).trouble is None


@pytest.mark.parametrize(
    "body",
    [None, {}, "list", {"data": None}, {"data": {}}, {"data": [], "items": []}, {"error": "no"}, 7],
)
def test_what_is_no_list_is_not_taken_for_an_empty_one(body: JsonValue) -> None:
    with pytest.raises(NotUnderstood, match="XEROTIER_LIST_PATH"):
        listing(body)


@pytest.mark.parametrize(
    "more", [{"has_more": True}, {"next_cursor": "x"}, {"next": "https://xerotier.ai/2"}, {"next_page": 2}]
)
def test_a_list_that_goes_on_is_not_whole(more: dict[str, JsonValue]) -> None:
    found = listing({"data": [told()], **more})
    assert found.seen.keys() == {APPROVAL_ID}
    assert "another page" in str(found.trouble)


@pytest.mark.parametrize(
    "broken",
    [
        {"id": "../../api-keys"},
        {"id": 7},
        {"tool_name": ""},
        {"tool_name": None},
        {"status": "waiting for godot"},
        {"status": True},
        {"tool_name": "half of \ud800 a pair"},
    ],
)
def test_an_approval_that_cannot_be_read_hides_no_other_one(broken: dict[str, Any]) -> None:
    found = listing([told(**broken), told(id=OTHER_ID)])
    assert found.seen.keys() == {OTHER_ID}
    assert isinstance(found.trouble, NotUnderstood)


def test_nothing_of_an_unreadable_approval_is_repeated() -> None:
    assert "s3cret" not in str(listing([told(tool_name=None, risk=["s3cret"])]).trouble)


def test_half_of_a_surrogate_pair_is_shown_as_its_escape() -> None:
    facts = {fact.key: fact for fact in read(arguments={"cut \ud83d": "half \ud83d", "n": ["\ud800"]}).facts}
    assert facts["argument:cut \\ud83d"] == Fact(
        "argument:cut \\ud83d", "Argument cut \\ud83d", "half \\ud83d"
    )
    assert facts["argument:n"].value == '["\\ud800"]'


def test_one_that_comes_twice_tells_nothing() -> None:
    found = listing([told(), told()])
    assert found.seen == {}
    assert "twice" in str(found.trouble)


def test_arguments_that_are_nested_too_deeply_are_an_unreadable_approval() -> None:
    nested = json.loads("[" * 900 + "]" * 900)
    assert listing([told(arguments=nested)]).trouble is not None


@pytest.mark.parametrize("wrap", [None, "data", "approval"])
def test_one_approval_by_itself_tells_who_resolved_it(wrap: str | None) -> None:
    one = told(status="approved", resolved_by="somebody", resolved_at=AT)
    seen = reading.one(one if wrap is None else {wrap: one}, APPROVAL_ID)
    assert (seen.status, seen.by, seen.at) == (Status.APPROVED, "somebody", AT * 1_000_000)


@pytest.mark.parametrize(
    "body", [told(id=OTHER_ID), told(status=""), told(status="odd"), [told()], None, {"data": None}]
)
def test_an_answer_of_another_one_or_without_a_status_tells_nothing(body: JsonValue) -> None:
    with pytest.raises(NotUnderstood):
        reading.one(body, APPROVAL_ID)


ANY_TEXT = st.text(max_size=10) | st.just("half \ud83d")
"""JSON can hold half of a surrogate pair, too."""
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(name=st.sampled_from([*told(), "arguments", "expires_at", "resolved_at", "more"]), value=ANY_JSON)
def test_any_json_gives_requests_or_one_of_our_errors(name: str, value: JsonValue) -> None:
    found = listing([{**told(), name: value}])
    assert found.seen or isinstance(found.trouble, UpstreamError)
    for seen in found.seen.values():
        assert seen.request is not None
        assert json.loads(body_of(seen.request))["id"] == APPROVAL_ID
        assert seen.request.digest == replace(seen.request, risk=Risk.LOW).digest
