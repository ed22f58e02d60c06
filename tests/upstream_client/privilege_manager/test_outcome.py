"""What an answer to a decision means, as a table."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from tests.upstream_client.privilege_manager.contracts import changed
from tests.upstream_client.privilege_manager.test_reading import ANY_JSON, ID, READING
from tests.upstream_client.steady import STEADY
from upstream_client.exceptions import Throttled
from upstream_client.models import OutcomeKind, Verdict
from upstream_client.privilege_manager import Contract
from upstream_client.privilege_manager.outcome import blames_no_request, outcome_of
from upstream_client.session import Answer

APPROVE = Contract.packaged().operations.approve
TAKEN, REFUSED, ALREADY, UNKNOWN = (
    OutcomeKind.TAKEN,
    OutcomeKind.REFUSED,
    OutcomeKind.ALREADY,
    OutcomeKind.UNKNOWN,
)
ERROR = {"Status": "error", "Messages": ["Something is wrong."]}
LATE = {"Status": "error", "Messages": [{"Message": "The request is NO LONGER PENDING."}]}


def answer_of(status: int, body: JsonValue | bytes) -> Answer:
    return Answer(status, {}, body if isinstance(body, bytes) else json.dumps(body).encode())


def outcome(
    status: int, body: JsonValue | bytes, verdict: Verdict = Verdict.APPROVE
) -> tuple[OutcomeKind, str]:
    found = outcome_of(answer_of(status, body), APPROVE, READING, ID, verdict)
    return found.kind, found.detail


def enveloped(result: JsonValue, **more: JsonValue) -> JsonValue:
    return {"Code": 200, "Status": "OK", "Messages": [], "Result": result, **more}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, {"Code": 200, "Status": "success", "Messages": [], "Result": None, "Total": 0}, TAKEN),
        (200, {"Result": ID}, TAKEN),
        (200, {"$type": "X", "Status": "success"}, TAKEN),
        (200, True, TAKEN),
        (200, ID, TAKEN),
        (200, "{" + ID.upper() + "}", TAKEN),
        (200, {"RequestId": ID, "Status": "Approved"}, TAKEN),
        (202, {"Result": True}, TAKEN),
        (204, b"", TAKEN),
        (200, b"", UNKNOWN),
        (200, b" \r\n", UNKNOWN),
        (200, b"<html><title>Sign in</title></html>", UNKNOWN),
        (200, b"OK", UNKNOWN),
        (200, None, UNKNOWN),
        (200, False, UNKNOWN),
        (200, {"Result": False}, UNKNOWN),
        (200, "something", UNKNOWN),
        (200, [], UNKNOWN),
        (200, {}, UNKNOWN),
        (200, {"Message": "An error has occurred."}, UNKNOWN),
        (200, {"RequestId": "another", "Status": "Approved"}, UNKNOWN),
        (200, ERROR, REFUSED),
        (200, LATE, ALREADY),
        (200, {"Status": "error", "Messages": ["Approval request not found."]}, ALREADY),
        (200, {"Status": "error", "Code": 500, "Messages": ["Time-out."]}, UNKNOWN),
        (200, {"Status": "error", "Code": 200, "Messages": ["Too long."]}, REFUSED),
        (200, {"Status": "error", "Code": 202, "Messages": ["Accepted."]}, UNKNOWN),
        (200, {"Status": "error", "Code": 302}, UNKNOWN),
        (200, {"Status": "Error", "Code": "200", "Messages": ["It is no longer pending."]}, ALREADY),
        (200, {"Result": None, "Code": 409}, ALREADY),
        (400, ERROR, REFUSED),
        (400, LATE, ALREADY),
        (422, {"Message": "The duration is too long."}, REFUSED),
        (403, ERROR, REFUSED),
        (403, b"", REFUSED),
        (404, b"", ALREADY),
        (404, ERROR, ALREADY),
        (404, b"<html>404 - File or directory not found.</html>", REFUSED),
        (404, {"Message": "No HTTP resource was found that matches the request URI."}, REFUSED),
        (405, {"Message": "The requested resource does not support http method 'POST'."}, REFUSED),
        (408, b"", UNKNOWN),
        (409, b"", ALREADY),
        (410, b"", ALREADY),
        (500, {"ExceptionMessage": "Deadlock"}, UNKNOWN),
        (502, b"<html>Bad gateway</html>", UNKNOWN),
        (503, b"", UNKNOWN),
        (302, b"", UNKNOWN),
        (307, b"", UNKNOWN),
    ],
)
def test_an_answer_means_no_more_than_it_says(
    status: int, body: JsonValue | bytes, kind: OutcomeKind
) -> None:
    found, detail = outcome(status, body)
    assert found is kind
    assert bool(detail) is (kind is not TAKEN)


@pytest.mark.parametrize(
    "body",
    [
        enveloped(None),
        enveloped(None, Code="200", Status="Succeeded"),
        enveloped(None, Code=0, Status="success"),
        enveloped(None, Code="OK", Status=None),
        enveloped(None, Status=200),
        enveloped(None, Status="Approved"),
        enveloped(None, Messages=["Success."]),
        enveloped(None, Success=True, Error=None, Errors=[]),
        enveloped(True),
        enveloped(ID),
        enveloped([ID]),
        enveloped({"RequestId": ID}),
        enveloped({"RequestId": ID, "Status": "Approved", "Success": True}),
        {"Status": "Approved"},
        {"Code": 200},
        {"RequestId": ID, "Status": "success"},
    ],
)
def test_a_success_that_says_nothing_else_is_taken(body: JsonValue) -> None:
    assert outcome(200, body) == (TAKEN, "")


@pytest.mark.parametrize(
    "body",
    [
        # the envelope tells of something else than a success
        {"Code": "500", "Status": "Failure", "Messages": ["The database is down."], "Result": None},
        enveloped(None, Status="Failed"),
        enveloped(None, Status="Pending"),
        enveloped(None, Status="Denied"),
        enveloped(None, Status={"Name": "OK"}),
        enveloped(None, Status=7),
        enveloped(None, Code=302),
        enveloped(None, Code=7),
        enveloped(None, Code="Failure"),
        enveloped(None, Success=False),
        enveloped(None, Error="handled already"),
        enveloped(None, Errors=[{"Code": 5}]),
        {"Code": 0, "Status": "Unauthorized", "Messages": ["No."]},
        {"Code": 202, "Status": "Accepted"},
        {"Status": "Denied"},
        # it says something beside it, or nothing at all
        {"Messages": ["You may not."]},
        enveloped(ID, Messages=["Waiting for a second approver."]),
        enveloped(ID, Messages=[{"Level": 3}]),
        {"Messages": ["Waiting for a second approver."], "Result": {"Status": "Denied"}},
        {"Result": None},
        {"Total": 0},
        {"Messages": []},
        # the result is about something else, or about this with another end
        enveloped({"RequestId": ID, "Status": "Pending"}),
        enveloped({"RequestId": ID, "Status": "Denied"}),
        enveloped({"RequestId": ID, "Status": {"Id": 1}}),
        enveloped({"RequestId": ID, "Success": False}),
        enveloped({"RequestId": ID, "Error": "It is locked."}),
        enveloped({"RequestId": "another", "Status": "Approved"}),
        enveloped({"Status": "Approved"}),
        enveloped({"Success": True}),
        enveloped({}),
        enveloped([]),
        enveloped([ID, "another"]),
        enveloped("AlreadyHandled"),
        enveloped("another"),
        enveloped(0),
        {"RequestId": ID, "Status": "Pending"},
        {"RequestId": ID, "Status": "Denied"},
        {"RequestId": ID, "Success": False},
    ],
)
def test_an_answer_that_tells_of_anything_else_is_looked_into(body: JsonValue) -> None:
    kind, detail = outcome(200, body)
    assert kind is UNKNOWN
    assert detail


def test_what_confirms_one_verdict_does_not_confirm_the_other() -> None:
    approved, denied = (enveloped({"RequestId": ID, "Status": word}) for word in ("Approved", "Denied"))
    assert outcome(200, denied, Verdict.DENY)[0] is TAKEN
    assert outcome(200, approved, Verdict.DENY)[0] is UNKNOWN
    assert outcome(200, {"Status": "Denied"}, Verdict.DENY)[0] is TAKEN


def test_a_code_that_is_written_as_a_text_is_a_code() -> None:
    assert outcome(200, {"Code": "409", "Status": "Conflict", "Result": None})[0] is ALREADY
    assert outcome(200, {"Code": "400", "Status": "OK", "Messages": ["Too long."]}) == (REFUSED, "Too long.")


@pytest.mark.parametrize(
    ("status", "body", "blames"),
    [
        (404, b"", True),
        (404, b"404 page not found", True),
        (404, {"Message": "The requested resource was not found."}, True),
        (404, {"error": "Not Found"}, True),
        (404, {"Message": "Invalid route"}, True),
        (404, {"Messages": ["Approval request not found."]}, False),
        (404, {"Messages": ["The item is no longer pending."]}, False),
        (410, b"", False),
        (409, b"", False),
    ],
)
def test_a_404_that_does_not_speak_of_the_request_may_be_about_the_path(
    status: int, body: JsonValue | bytes, blames: bool
) -> None:
    assert blames_no_request(answer_of(status, body), Contract.packaged()) is blames


def test_the_words_of_the_upstream_are_kept_on_one_line() -> None:
    assert outcome(400, {"Messages": ["Line one.\n", "Line two."]})[1] == "Line one. Line two."
    assert outcome(422, {"message": "a" * 1000})[1] == "a" * 299 + "…"
    assert outcome(502, b"<html><TITLE>Bad\ngateway</TITLE></html>")[1] == "Bad gateway"


@pytest.mark.parametrize("code", [None, 200, "OK"])
def test_an_error_without_words_is_not_told_as_an_http_status_that_was_never_sent(code: JsonValue) -> None:
    said = "Privilege Manager answered with an error and said nothing more."
    assert outcome(200, {"Status": "error", "Code": code}) == (REFUSED, said)


def test_a_throttled_decision_raises() -> None:
    with pytest.raises(Throttled):
        outcome(429, b"")


def test_an_empty_success_counts_where_the_contract_says_so() -> None:
    contract = changed(lambda text: text["operations"]["approve"].update(empty_is_done=True))
    answer = Answer(200, {}, b"")
    assert outcome_of(answer, contract.operations.approve, READING, ID, Verdict.APPROVE).kind is TAKEN


def test_an_answer_too_large_to_read_is_unknown() -> None:
    cut = Answer(200, {}, b"", cut=True)
    assert outcome_of(cut, APPROVE, READING, ID, Verdict.APPROVE).kind is UNKNOWN


@settings(STEADY, max_examples=300)
@given(st.integers(200, 599).filter(lambda status: status != 429), ANY_JSON)
def test_every_answer_has_an_outcome_and_only_a_success_is_taken(status: int, body: JsonValue) -> None:
    kind, detail = outcome(status, body)
    assert kind is not TAKEN or status < 300
    assert kind is TAKEN or detail


@STEADY
@given(st.binary(max_size=200))
def test_no_bytes_break_it(body: bytes) -> None:
    assert outcome(200, body)
