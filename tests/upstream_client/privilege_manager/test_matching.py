"""Where a contract and the reference of an instance differ, by example."""

import pytest

from tests.upstream_client.privilege_manager.contracts import changed
from tests.upstream_client.privilege_manager.references import (
    NUMBER,
    TEXT,
    Schema,
    gives,
    model,
    reference,
    takes,
    words,
)
from upstream_client.privilege_manager import Contract
from upstream_client.privilege_manager.matching import mismatches

ID: Schema = {"in": "path", "name": "requestId", "required": True, "type": "string"}
ROW = model(RequestId=TEXT, UserName=TEXT)
LIST = gives({"type": "array", "items": ROW})
ONE: dict[str, Schema] = {"/api/v1/approval/{requestId}": {"get": gives(ROW, ID)}}


def decisions(response: Schema) -> dict[str, Schema]:
    body = model(RequestId=TEXT, Response=response, Comment=TEXT, Duration=NUMBER)
    return {f"/api/v1/approval/{verb}": {"post": takes(body)} for verb in ("approve", "deny")}


def told(paths: dict[str, Schema], contract: Contract | None = None) -> list[str]:
    return mismatches(contract or Contract.packaged(), reference(paths))


ALL: dict[str, Schema] = {**ONE, "/api/v1/approval/pending": {"get": LIST}}


@pytest.mark.parametrize("response", [TEXT, words("Approve", "Deny"), words("APPROVE", "DENY", "WAIT")])
def test_a_contract_that_says_the_same_has_no_mismatch(response: Schema) -> None:
    assert told({**ALL, **decisions(response)}) == []


def test_a_value_that_is_none_of_those_it_may_be_is_told() -> None:
    assert told({**ALL, **decisions(words("Grant", "Refuse"))}) == [
        "approve sends Approve as Response, which is one of Grant, Refuse",
        "deny sends Deny as Response, which is one of Grant, Refuse",
    ]


def test_the_number_and_the_word_of_a_value_are_both_taken() -> None:
    numbered: Schema = {"enum": [1, 2], "x-enumNames": ["Approve", "Deny"]}
    assert told({**ALL, **decisions(numbered)}) == []
    one = changed(lambda json: json["operations"]["deny"]["body"].update(Response=2))
    assert told({**ALL, **decisions(numbered)}, one) == []
    other = changed(lambda json: json["operations"]["deny"]["body"].update(Response=3))
    assert told({**ALL, **decisions(numbered)}, other) == [
        "deny sends 3 as Response, which is one of Approve, Deny"
    ]


def test_a_value_behind_the_question_mark_is_looked_at_too() -> None:
    query: Schema = {"in": "query", "name": "status", "enum": ["Open", "Closed"]}
    listed = gives({"type": "array", "items": ROW}, query)
    paths: dict[str, Schema] = {**ONE, "/api/v1/approval/pending": {"get": listed}, **decisions(TEXT)}
    contract = changed(
        lambda json: json["operations"]["list"].update(
            path="/services/api/v1/approval/pending?status=Pending"
        )
    )
    assert told(paths, contract) == ["list sends Pending as status, which is one of Open, Closed"]


def test_a_deny_that_sends_the_word_for_yes_is_told() -> None:
    contract = changed(lambda json: json["operations"]["deny"]["body"].update(Response="Approved"))
    assert told({**ALL, **decisions(TEXT)}, contract) == ["deny sends Approved as Response"]


def test_a_step_in_braces_is_the_id_of_a_request_and_no_other_path() -> None:
    # given a reference without a list, whose path for one request has as many steps
    assert told({**ONE, **decisions(TEXT)}) == ["it has no GET /services/api/v1/approval/pending (list)"]
    posts: dict[str, Schema] = {"/api/v1/approval/{requestId}": {"post": takes(model(Comment=TEXT), ID)}}
    found = told({**ALL, **posts})
    assert "it has no POST /services/api/v1/approval/approve (approve)" in found
    assert "it has no POST /services/api/v1/approval/deny (deny)" in found


def test_a_report_is_listed_by_the_id_of_the_report() -> None:
    report: dict[str, Schema] = {"/api/v1/reports/{reportId}": {"post": {}}}
    contract = changed(
        lambda json: json["operations"]["list"].update(
            method="POST", path="/services/api/v1/reports/r1?bTestMode=false", body=[]
        )
    )
    assert told({**ONE, **decisions(TEXT), **report}, contract) == []
