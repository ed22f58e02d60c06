"""From the gate's JSON to requests: what stands on the card, what is bound, and what is refused."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from tests.upstream_client.gate.tickets import DIGEST, TICKET_ID, decided, listed, ticket
from upstream_client.exceptions import NotUnderstood, PartlyRead, UpstreamError
from upstream_client.gate import reading
from upstream_client.models import ONE_TIME, REQUESTERS_ID, ApprovalRequest, Fact, Risk, Status


def read(**more: Any) -> ApprovalRequest:
    (request,) = reading.pending(listed(ticket(**more)))
    return request


def facts(**more: Any) -> dict[str, Fact]:
    return {fact.key: fact for fact in read(**more).facts}


def test_a_ticket_is_a_request_with_who_asks_what_for_and_until_when() -> None:
    request = read(justification="Fixes the checkout.")
    assert (request.upstream, request.id, request.title) == ("gate", TICKET_ID, "Deploy api to production")
    assert (request.requester, request.justification) == ("ci", "Fixes the checkout.")
    assert (request.risk, request.durations, request.link) == (Risk.MEDIUM, (ONE_TIME,), "")
    assert (request.requested_at, request.expires_at) == (1_772_443_800_000_001, 1_772_445_600_000_000)


@pytest.mark.parametrize("risk", list(Risk))
def test_a_risk_is_what_the_program_claims_be_it_none(risk: Risk) -> None:
    request = read(risk=risk.value)
    assert (request.risk, request.risk_claimed) == (risk, True)


def test_action_key_and_digest_are_bound_facts() -> None:
    told = facts()
    assert told["action"] == Fact("action", "Action", "deploy")
    assert told["key"] == Fact("key", "API key", "ci")
    assert told["arguments_digest"] == Fact("arguments_digest", "Arguments digest", DIGEST)


def test_each_argument_is_a_bound_fact_of_its_own_and_no_text_passes_for_another_line_of_the_card() -> None:
    told = facts(arguments={"Risk": "low", "to": ["a", {"z": 1, "b": None}], "amount": 100, "sure": True})
    assert told["argument:Risk"] == Fact("argument:Risk", "Argument Risk", "low")
    assert told["argument:to"].value == '["a",{"b":null,"z":1}]'
    assert (told["argument:amount"].value, told["argument:sure"].value) == ("100", "true")


def test_what_the_caller_claims_is_shown_as_that_and_is_nobody() -> None:
    request = read(requester_claimed="admin@example.com")
    claimed = next(fact for fact in request.facts if fact.key == "claimed_requester")
    assert (claimed.label, claimed.value, claimed.bound) == (
        "Claimed by the caller",
        "admin@example.com",
        True,
    )
    assert (request.requester, request.requester_email) == ("ci", "")


def test_the_labels_of_agentsudo_come_first_under_their_names_and_others_say_that_they_are_labels() -> None:
    labels = {
        "Risk": "low",
        "request_id": "b24f5c2f",
        "FUNCTION": "refund",
        "scope": "refund:large",
        "Agent": "Bot",
    }
    shown = [(fact.label, fact.value) for fact in read(labels=labels).facts[2:7]]
    assert shown == [
        ("Agent (claimed)", "Bot"),
        ("Scope (claimed)", "refund:large"),
        ("Function (claimed)", "refund"),
        ("Request ID (claimed)", "b24f5c2f"),
        ("Label Risk", "low"),
    ]
    assert facts(labels=labels)[REQUESTERS_ID].value == "b24f5c2f"


@pytest.mark.parametrize(
    ("change", "is_another"),
    [
        ({"action": "destroy"}, True),
        ({"arguments": {"service": "web"}}, True),
        ({"arguments": {"service": "api", "force": True}}, True),
        ({"arguments_digest": "v1" + "b" * 64}, True),
        ({"requester": "cd"}, True),
        ({"requester_claimed": "somebody"}, True),
        ({"labels": {"env": "prod"}}, True),
        ({"justification": "because"}, True),
        ({"risk": "low"}, False),
        ({"expires_at": "2026-03-02T11:00:00Z"}, False),
        ({"card_url": "https://example.slack.com/archives/C1/p1"}, False),
        ({"channel": {"wished": "#ops", "followed": True, "note": ""}}, False),
        ({"channel": {"wished": "#ops", "followed": False, "note": "It is not open."}}, False),
    ],
)
def test_what_is_decided_is_what_was_filed_and_nothing_that_may_change(
    change: dict[str, Any], is_another: bool
) -> None:
    assert (read(**change).digest != read().digest) is is_another


def test_the_order_of_names_in_json_makes_no_other_request() -> None:
    one = {"arguments": {"a": {"x": 1, "y": 2}, "b": 2}, "labels": {"k": "1", "l": "2", "scope": "s"}}
    other = {"arguments": {"b": 2, "a": {"y": 2, "x": 1}}, "labels": {"scope": "s", "l": "2", "k": "1"}}
    assert read(**one) == read(**other)


@pytest.mark.parametrize(
    ("channel", "wished", "undecided", "told"),
    [
        (None, "", False, None),
        ({"wished": "#ops", "followed": True, "note": ""}, "#ops", False, None),
        (
            {"wished": "#ops", "followed": False, "note": "It is not open."},
            "",
            False,
            "asked for #ops. It is not open.",
        ),
        (
            {"wished": "#ops", "followed": None, "note": "Nobody knows."},
            "#ops",
            True,
            "asked for #ops. Nobody knows.",
        ),
    ],
)
def test_a_wish_is_passed_on_unless_the_gate_says_that_the_channel_is_not_open_to_the_key(
    channel: dict[str, Any] | None, wished: str, undecided: bool, told: str | None
) -> None:
    request = read(channel=channel)
    fact = next((fact for fact in request.facts if fact.key == "channel"), None)
    assert (request.channel, request.channel_undecided) == (wished, undecided)
    assert (None if fact is None else fact.value) == told
    assert fact is None or not fact.bound


def test_names_that_a_newer_gate_adds_are_left_alone() -> None:
    assert (
        read(colour="blue", channel={"wished": "#ops", "followed": True, "shape": "round"}).channel == "#ops"
    )


def test_texts_that_an_older_gate_leaves_out_are_empty() -> None:
    told = ticket()
    for name in ("requester_claimed", "justification", "channel", "labels", "created_at", "decision"):
        del told[name]
    (request,) = reading.pending(listed(told))
    assert (request.justification, request.requested_at) == ("", None)


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ({"id": "1"}, "(id)"),
        ({"id": None}, "(id)"),
        ({"status": "waiting"}, "(status)"),
        ({"title": ""}, "(title)"),
        ({"action": 7}, "(action)"),
        ({"arguments": ["a"]}, "(arguments)"),
        ({"arguments_digest": "v1"}, "(arguments_digest)"),
        ({"requester": ""}, "(requester)"),
        ({"risk": "grave"}, "(risk)"),
        ({"labels": {"a": 1}}, "(labels)"),
        ({"created_at": "2026-03-02T09:30:00"}, "(created_at)"),
        ({"channel": {"wished": "#ops", "followed": "yes"}}, "(channel)"),
        ({"title": "half of \ud800 a pair"}, "(title)"),
    ],
)
def test_a_ticket_that_cannot_be_read_hides_no_other_one(broken: dict[str, Any], words: str) -> None:
    other = "0" * 32
    with pytest.raises(PartlyRead) as partly:
        reading.pending(listed(ticket(**broken), ticket(id=other)))
    assert [request.id for request in partly.value.readable] == [other]
    assert words in str(partly.value)


def test_nothing_of_an_unreadable_ticket_is_repeated() -> None:
    with pytest.raises(PartlyRead) as partly:
        reading.pending(listed(ticket(risk="s3cret", arguments_digest="s3cret")))
    assert "s3cret" not in str(partly.value)


def test_arguments_that_are_nested_too_deeply_are_an_unreadable_ticket() -> None:
    nested = json.loads("[" * 900 + "]" * 900)
    with pytest.raises(PartlyRead):
        reading.pending(listed(ticket(arguments={"a": nested})))


def test_a_ticket_that_comes_twice_and_one_that_waits_no_more_are_not_waiting() -> None:
    assert reading.pending(listed(decided())) == []
    with pytest.raises(PartlyRead, match="twice"):
        reading.pending(listed(ticket(), ticket()))


@pytest.mark.parametrize(
    "body", [None, [], "list", {"tickets": []}, {"version": "", "tickets": []}, {"version": "1"}]
)
def test_what_is_no_list_is_not_taken_for_an_empty_one(body: JsonValue) -> None:
    with pytest.raises(NotUnderstood):
        reading.pending(body)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (ticket(), Status.PENDING),
        (decided("approved", "[1] Yes."), Status.APPROVED),
        (decided("denied", "[1] No."), Status.DENIED),
        (ticket(status="expired"), Status.EXPIRED),
        (ticket(status="cancelled"), Status.WITHDRAWN),
    ],
)
def test_what_became_of_a_ticket(body: JsonValue, status: Status) -> None:
    seen = reading.seen(body, TICKET_ID)
    assert seen.status is status
    assert seen.request is not None
    if status in (Status.APPROVED, Status.DENIED):
        assert (seen.by, seen.comment[:3], seen.at) == ("Somebody", "[1]", 1_772_443_860_000_000)


@pytest.mark.parametrize(
    "body",
    [
        ticket(id="0" * 32),
        ticket(status="approved"),
        {**decided("denied"), "status": "approved"},
        listed(ticket()),
        None,
    ],
)
def test_an_answer_that_contradicts_itself_or_is_of_another_ticket_tells_nothing(body: JsonValue) -> None:
    with pytest.raises(NotUnderstood):
        reading.seen(body, TICKET_ID)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(name=st.sampled_from([*ticket(), "more"]), value=ANY_JSON)
def test_any_json_gives_requests_or_one_of_our_errors(name: str, value: JsonValue) -> None:
    try:
        requests = reading.pending(listed({**ticket(), name: value}))
    except UpstreamError:
        return
    for request in requests:
        assert request.digest == replace(request, channel="", risk=Risk.LOW).digest
