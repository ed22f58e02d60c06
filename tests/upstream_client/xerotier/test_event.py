"""From a webhook's body to an event: both forms, and what is ignored or refused."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slack_bot.rows import body_of
from tests.upstream_client.xerotier.approvals import APPROVAL_ID, AT, OTHER_ID, data, envelope, flat
from tests.upstream_client.xerotier.test_reading import ANY_JSON
from upstream_client.exceptions import NotUnderstood
from upstream_client.models import Risk
from upstream_client.xerotier import Kind, read_event
from upstream_client.xerotier.heard import Heard


def body(told: Any) -> bytes:
    return json.dumps(told).encode()


@pytest.mark.parametrize("told", [envelope(), flat()])
def test_both_forms_tell_the_same(told: dict[str, Any]) -> None:
    event = read_event(body(told))
    assert event is not None
    assert event.approval is not None
    assert (event.kind, event.approval_id, event.at) == (Kind.REQUESTED, APPROVAL_ID, AT * 1_000_000)
    assert (event.approval.tool, event.approval.workspace) == ("kubectl_drain", "ws_production")
    assert (event.approval.invocation, event.approval.risk.value) == ("inv_1", "high")


@pytest.mark.parametrize("kind", list(Kind))
def test_of_what_became_of_one_its_id_is_enough_and_a_new_one_has_to_be_told_whole(kind: Kind) -> None:
    told = body({"id": "evt_1", "type": kind.value, "data": {"approval_id": APPROVAL_ID}})
    if kind is Kind.REQUESTED:
        with pytest.raises(NotUnderstood, match="tool_name"):
            read_event(told)
    else:
        event = read_event(told)
        assert event is not None
        assert (event.id, event.approval_id, event.approval) == ("evt_1", APPROVAL_ID, None)


def test_who_answered_is_told_where_it_says_so() -> None:
    event = read_event(body(envelope("exec.approved", resolved_by="somebody")))
    assert event is not None
    assert event.by == "somebody"


@pytest.mark.parametrize(
    "kind", ["exec.dispatched", "exec.completed", "exec.agent_offline", "batch.completed", "x"]
)
def test_other_events_are_none_of_ours(kind: str) -> None:
    assert read_event(body({"id": "evt_1", "type": kind, "data": {}})) is None
    assert read_event(body({"type": kind})) is None
    assert read_event(body({"event_type": kind})) is None


def test_where_both_forms_are_there_the_documented_one_holds() -> None:
    both = {**flat("exec.rejected", approval_id=OTHER_ID), **envelope("exec.approved")}
    event = read_event(body(both))
    assert event is not None
    assert (event.kind, event.approval_id) == (Kind.APPROVED, APPROVAL_ID)


def test_the_id_of_a_flat_event_is_not_the_approvals() -> None:
    told = {**flat("exec.approved"), "id": "evt_flat"}
    del told["event_id"]
    event = read_event(body(told))
    assert event is not None
    assert (event.id, event.approval_id) == ("evt_flat", APPROVAL_ID)
    both = read_event(body({**told, "id": APPROVAL_ID, "event_id": "evt_own"}))
    assert both is not None
    assert both.id == "evt_own"
    only_the_approvals = read_event(body({**told, "id": APPROVAL_ID}))
    assert only_the_approvals is not None
    assert only_the_approvals.id not in ("", APPROVAL_ID)
    with pytest.raises(NotUnderstood, match="approval_id"):
        read_event(body({"event_type": "exec.approved", "id": OTHER_ID}))


def test_an_event_without_an_id_is_known_by_what_it_says() -> None:
    told = envelope()
    del told["id"]
    first, again, other = (read_event(body(one)) for one in (told, told, {**told, "created_at": AT + 1}))
    assert first is not None
    assert again is not None
    assert other is not None
    assert first.id == again.id != other.id


@pytest.mark.parametrize(
    "told",
    [
        b"",
        b"no json",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b'{"type": "exec.approved"}',
        b'{"type": "exec.approved", "data": []}',
        b'{"type": 7, "data": {}}',
        b'{"type": "exec.approved", "data": {}}',
        b'{"type": "exec.approved", "data": {"approval_id": "../../../../v1/api-keys"}}',
        b'{"type": "exec.approved", "data": {"approval_id": 7}}',
        b"[" * 100_000,
        json.dumps(envelope(tool_name="")).encode(),
    ],
)
def test_what_cannot_be_read_is_refused(told: bytes) -> None:
    with pytest.raises(NotUnderstood):
        read_event(told)


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("resolved_by", {"id": "usr_1", "name": "somebody"}),
        ("resolved_by", 7),
        ("resolved_by", None),
        ("workspace_id", 7),
        ("workspace_id", ["a"]),
        ("invocation_id", {"x": 1}),
        ("risk", 3),
        ("risk", []),
        ("status", {"x": 1}),
        ("created_at", "yesterday"),
        ("arguments", {"half": "\ud800"}),
    ],
)
def test_what_no_decision_needs_is_read_as_far_as_it_can_be(kind: Kind, name: str, value: Any) -> None:
    event = read_event(body(envelope(kind.value, **{name: value})))
    assert event is not None
    assert (event.kind, event.approval_id) == (kind, APPROVAL_ID)
    assert event.approval is not None


def test_what_people_have_to_see_is_shown_whatever_it_is_and_an_unreadable_risk_is_the_highest() -> None:
    event = read_event(body(envelope(workspace_id=7, invocation_id={"b": 1, "a": None}, risk=3)))
    assert event is not None
    assert event.approval is not None
    assert (event.approval.workspace, event.approval.invocation) == ("7", '{"a":null,"b":1}')
    assert event.approval.risk is Risk.CRITICAL


@pytest.mark.parametrize("strange", [7, None, ["x"], {"x": 1}, "x" * 201, "\ud800", True])
def test_an_event_whose_id_is_strange_is_read_and_known_again(strange: Any) -> None:
    told = body({**envelope(), "id": strange})
    first, again = read_event(told), read_event(told)
    assert first is not None
    assert first.id
    assert first == again


def test_one_that_tells_no_time_was_when_it_came_and_another_when_it_says() -> None:
    told = flat()
    came_at = (AT + 7) * 1_000_000 + 5
    timed = read_event(body(told), came_at)
    del told["timestamp"]
    untimed, unknown = read_event(body(told), came_at), read_event(body(told))
    assert timed is not None
    assert untimed is not None
    assert unknown is not None
    assert (timed.at, untimed.at, unknown.at) == (AT * 1_000_000, (AT + 7) * 1_000_000, None)


def test_nothing_of_what_cannot_be_read_is_repeated() -> None:
    with pytest.raises(NotUnderstood) as refused:
        read_event(body(envelope(approval_id="s3cret value")))
    assert "s3cret" not in str(refused.value)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(where=st.sampled_from(["envelope", "data"]), name=st.text(max_size=5), value=ANY_JSON)
def test_any_json_is_an_event_nothing_or_our_error(where: str, name: str, value: Any) -> None:
    names = {"envelope": ["id", "type", "created_at", "data"], "data": ["arguments", *data()]}[where]
    for one in [*names, name]:
        told = envelope()
        (told if where == "envelope" else told["data"])[one] = value
        try:
            event = read_event(body(told))
        except NotUnderstood:
            continue
        heard = Heard()
        for found in [event] if event is not None else []:
            heard.take(found)
        for claim in heard.claims():
            assert json.loads(body_of(claim))["id"] == claim.id
            assert claim.digest.startswith("v1")
