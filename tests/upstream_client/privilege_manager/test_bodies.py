"""How a decision is sent, by the model of its body."""

import pytest
from pydantic import JsonValue

from tests.upstream_client.privilege_manager.references import (
    NUMBER,
    TEXT,
    YES_OR_NO,
    Schema,
    model,
    reference,
    takes,
    words,
)
from upstream_client.models import Verdict
from upstream_client.privilege_manager.bodies import Sending, sending
from upstream_client.privilege_manager.coding import Coding

APPROVE, DENY = Verdict.APPROVE, Verdict.DENY


def sent(verdict: Verdict, schema: Schema, path: str = "/api/approval/approve", *query: Schema) -> Sending:
    [endpoint] = reference({path: {"post": takes(schema, *query)}}).endpoints
    found = sending(endpoint, verdict)
    assert found is not None
    return found


def with_id(**properties: Schema) -> Schema:
    return model(RequestId=TEXT, **properties)


@pytest.mark.parametrize(
    ("schema", "verdict", "body"),
    [
        (with_id(), APPROVE, {"RequestId": "{request_id}"}),
        (with_id(Response=words("Approve", "Deny")), APPROVE, {"RequestId": "{request_id}", "Response": "Approve"}),
        (with_id(Response=words("Approve", "Deny")), DENY, {"RequestId": "{request_id}", "Response": "Deny"}),
        (with_id(Mode=words("Approve", "Deny"), Response=words("Approve", "Reject")), DENY,
         {"RequestId": "{request_id}", "Response": "Reject"}),
        (with_id(How={"enum": [1, 2], "x-enumNames": ["Approved", "Denied"]}), DENY,
         {"RequestId": "{request_id}", "How": 2}),
        (with_id(Approved=YES_OR_NO), APPROVE, {"RequestId": "{request_id}"}),
        (with_id(ChildProcesses=model(Action=words("Allow", "Deny"))), APPROVE, {"RequestId": "{request_id}"}),
        (with_id(ChildProcesses=model(Allow=YES_OR_NO)), APPROVE, {"RequestId": "{request_id}"}),
        (with_id(ChildProcesses=words("Allow", "Deny")), DENY, {"RequestId": "{request_id}"}),
        (with_id(Comment=TEXT), DENY, {"RequestId": "{request_id}", "Comment": "{comment}"}),
        (with_id(Reason=TEXT), DENY, {"RequestId": "{request_id}", "Reason": "{comment}"}),
        (with_id(Comment=TEXT, Reason=TEXT), DENY,
         {"RequestId": "{request_id}", "Comment": "{comment}", "Reason": "{reason}"}),
        (with_id(Duration=NUMBER), APPROVE, {"RequestId": "{request_id}", "Duration": "{duration}"}),
        (with_id(Duration=NUMBER), DENY, {"RequestId": "{request_id}"}),
        (with_id(OneTime=YES_OR_NO, Minutes=NUMBER), APPROVE,
         {"RequestId": "{request_id}", "OneTime": "{one_time}", "Minutes": "{duration}"}),
        (with_id(Duration=NUMBER, DurationUnit=words("Minutes", "Hours")), APPROVE,
         {"RequestId": "{request_id}", "Duration": "{duration}", "DurationUnit": "Minutes"}),
        (model(Ids={"type": "array", "items": TEXT}), APPROVE, {"Ids": ["{request_id}"]}),
        (model(Request=model(Id=TEXT), Answer=model(Comment=TEXT)), APPROVE,
         {"Request": {"Id": "{request_id}"}, "Answer": {"Comment": "{comment}"}}),
        (with_id(Color=TEXT, When={"type": "string", "format": "date-time"}), APPROVE,
         {"RequestId": "{request_id}"}),
    ],
)  # fmt: skip
def test_each_value_goes_where_its_name_says(schema: Schema, verdict: Verdict, body: JsonValue) -> None:
    found = sent(verdict, schema)
    assert found.body == body
    assert found.unfilled == []
    assert found.guessed == (["Response"] if "Mode" in str(schema) else [])


@pytest.mark.parametrize(
    ("one", "coding"),
    [
        ({"Duration": NUMBER}, Coding("minutes", False, "Duration")),
        ({"DurationMinutes": NUMBER}, Coding("minutes", True, "DurationMinutes")),
        ({"durationInSeconds": NUMBER}, Coding("seconds", True, "durationInSeconds")),
        ({"ApprovalHours": NUMBER}, Coding("hours", True, "ApprovalHours")),
        ({"Duration": {**NUMBER, "description": "In days"}}, Coding("days", True, "Duration")),
        ({"Duration": {**NUMBER, "description": "Number of hours"}}, Coding("hours", True, "Duration")),
        ({"Duration": {**NUMBER, "description": "minutes or hours"}}, Coding("minutes", False, "Duration")),
        (
            {"Duration": {**NUMBER, "description": "In minutes or in days"}},
            Coding("minutes", False, "Duration"),
        ),
        ({"Duration": {**NUMBER, "description": "of the second run"}}, Coding("minutes", False, "Duration")),
        (
            {"Duration": {**NUMBER, "description": "at least 15 minutes"}},
            Coding("minutes", False, "Duration"),
        ),
        ({"Duration": {**NUMBER, "description": "at most 30 days"}}, Coding("days", False, "Duration")),
        ({"Duration": TEXT}, Coding("timespan", False, "Duration")),
        ({"Period": {"type": "string", "format": "time-span"}}, Coding("timespan", True, "Period")),
        (
            {"Duration": {"type": "string", "description": "As HH:MM:SS"}},
            Coding("timespan", True, "Duration"),
        ),
        (
            {"DurationUnit": words("Hours", "Minutes"), "Duration": NUMBER},
            Coding("minutes", True, "Duration"),
        ),
        ({"Duration": NUMBER, "Unit": words("Hours", "Minutes")}, Coding("minutes", True, "Duration")),
        ({"DurationUnit": TEXT, "Duration": NUMBER}, Coding("minutes", False, "Duration")),
        ({"SecondaryApprover": TEXT, "DurationHours": NUMBER}, Coding("hours", True, "DurationHours")),
        (
            {"ReminderMinutes": NUMBER, "DurationHours": NUMBER},
            Coding("hours", False, "DurationHours", ("ReminderMinutes",)),
        ),
        (
            {"Minutes": NUMBER, "Duration": NUMBER},
            Coding("minutes", False, "Duration", ("Minutes",)),
        ),
        ({"ReminderMinutes": NUMBER}, Coding("minutes", False, "ReminderMinutes", is_odd=True)),
        ({"GracePeriod": TEXT}, Coding("timespan", False, "GracePeriod", is_odd=True)),
        (
            {"DurationHours": NUMBER, "Unit": words("Minutes", "Hours")},
            Coding("minutes", False, "DurationHours"),
        ),
        (
            {"DurationHours": NUMBER, "ReminderUnit": words("Minutes", "Hours")},
            Coding("hours", True, "DurationHours"),
        ),
        ({"SecondaryApprover": TEXT}, None),
        ({"DayOfWeek": NUMBER}, None),
        ({"DurationType": NUMBER}, None),
        ({"Duration": {"type": "string", "format": "date-time"}}, None),
        ({"Duration": YES_OR_NO}, None),
        ({}, None),
    ],
)
def test_the_unit_is_told_by_name_format_or_description(
    one: dict[str, Schema], coding: Coding | None
) -> None:
    assert sent(APPROVE, with_id(**one)).coding == coding


@pytest.mark.parametrize(
    ("path", "query", "sent_path", "body"),
    [
        ("/api/approval/{itemId}/approve", (), "/services/api/approval/{request_id}/approve", {}),
        ("/api/approval/{x}/approve", (), "/services/api/approval/{request_id}/approve", {}),
        ("/api/approval/approve", ({"in": "query", "name": "id"},),
         "/services/api/approval/approve?id={request_id}", {}),
    ],
)  # fmt: skip
def test_an_id_may_stand_in_the_path_or_behind_it(
    path: str, query: tuple[Schema, ...], sent_path: str, body: JsonValue
) -> None:
    found = sent(APPROVE, model(), path, *query)
    assert (found.path, found.body) == (sent_path, body)


def test_a_verdict_without_its_words_is_a_guess_and_says_so() -> None:
    found = sent(DENY, with_id(Response=TEXT))
    assert found.body["Response"] == "Deny"
    assert found.guessed == ["Response"]


@pytest.mark.parametrize("verdict", [APPROVE, DENY])
def test_a_flag_for_the_verdict_is_a_guess_and_sent_only_where_it_must_be(verdict: Verdict) -> None:
    # given an address that takes both, it is sent and guessed
    found = sent(verdict, with_id(Approved=YES_OR_NO), "/api/approvals/decision")
    assert (found.body["Approved"], found.guessed) == (verdict is APPROVE, ["Approved"])
    # given an address that says what it does, it is sent only where it is required
    own = f"/api/approval/{verdict.value}"
    assert "Approved" not in sent(verdict, with_id(Approved=YES_OR_NO), own).body
    found = sent(verdict, model(("Approved",), RequestId=TEXT, Approved=YES_OR_NO), own)
    assert (found.body["Approved"], found.guessed) == (verdict is APPROVE, ["Approved"])


@pytest.mark.parametrize("name", ["Allow", "Accept"])
def test_a_flag_that_could_allow_something_else_is_left_to_a_person(name: str) -> None:
    schema = model((name,), **{"RequestId": TEXT, name: YES_OR_NO})
    found = sent(DENY, schema, "/api/approvals/decision")
    assert (name in found.body, found.unfilled) == (False, [name])


def test_words_that_are_said_of_other_things_too_are_a_guess() -> None:
    found = sent(DENY, with_id(State=words("Open", "Accept", "Reject")))
    assert (found.body["State"], found.guessed) == ("Reject", ["State"])


def test_a_flag_for_one_time_belongs_to_the_duration() -> None:
    schema = with_id(Minutes=NUMBER, Notify=model(Once=YES_OR_NO))
    assert "Notify" not in sent(APPROVE, schema).body
    beside = with_id(For=model(Minutes=NUMBER, Once=YES_OR_NO))
    assert sent(APPROVE, beside).body["For"] == {"Minutes": "{duration}", "Once": "{one_time}"}


def test_the_unit_of_something_else_is_left_alone() -> None:
    schema = with_id(DurationHours=NUMBER, ReminderUnit=words("Minutes", "Hours"))
    assert "ReminderUnit" not in sent(APPROVE, schema).body


def test_what_must_be_sent_and_nobody_knows_is_named() -> None:
    schema = model(("RequestId", "Ticket", "Tenant"), RequestId=TEXT, Ticket=NUMBER, Tenant=TEXT, Color=TEXT)
    found = sent(APPROVE, schema, "/api/approval/approve", {"in": "query", "name": "site", "required": True})
    assert found.unfilled == ["?site=", "Ticket", "Tenant"]


@pytest.mark.parametrize(
    "values",
    [("Approve",), ("Approve", "Approved", "Deny"), ("Approve", "Deny", "Reject"), ("Open", "Closed")],
)
def test_words_that_leave_a_doubt_are_not_used(values: tuple[str, ...]) -> None:
    assert "How" not in sent(DENY, with_id(How=words(*values))).body


@pytest.mark.parametrize(
    ("schema", "path", "body"),
    [
        (model(Id=TEXT, RequestId=TEXT), "/api/approval/approve", {"RequestId": "{request_id}"}),
        (model(TaskId=TEXT, ItemId=TEXT), "/api/approval/approve", {"TaskId": "{request_id}"}),
        (model(RequestId=TEXT, Id=TEXT), "/api/approval/{id}/approve", {"Id": "{request_id}"}),
    ],
)
def test_of_several_ids_only_the_plainest_is_filled_in(schema: Schema, path: str, body: JsonValue) -> None:
    assert sent(APPROVE, schema, path).body == body


def test_a_second_word_for_the_verdict_is_left_alone() -> None:
    found = sent(DENY, with_id(Response=words("Approve", "Deny"), Status=TEXT))
    assert (found.body, found.guessed) == ({"RequestId": "{request_id}", "Response": "Deny"}, [])


def test_a_path_that_wants_the_id_of_something_else_is_not_used() -> None:
    paths: dict[str, Schema] = {"/api/tenants/{tenantId}/approval/approve": {"post": takes(with_id())}}
    [endpoint] = reference(paths).endpoints
    assert sending(endpoint, APPROVE) is None


def test_without_a_place_for_the_id_nothing_can_be_sent() -> None:
    [endpoint] = reference({"/api/approval/approve": {"post": takes(model(Comment=TEXT))}}).endpoints
    assert sending(endpoint, APPROVE) is None
