"""Reading answers: by examples of what the vendor shows, and any JSON at all."""

from collections.abc import Sequence
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from tests.upstream_client.privilege_manager.contracts import changed, packaged_json
from tests.upstream_client.steady import STEADY
from upstream_client.exceptions import NotUnderstood, PartlyRead, Refused, UpstreamError
from upstream_client.models import ApprovalRequest, Seen, Status
from upstream_client.privilege_manager import Contract
from upstream_client.privilege_manager.reading import Reading

READING = Reading(Contract.packaged(), "https://privman.example/Tms")
ID = "85d71683-7dac-4762-8120-76a9a564fdc1"


def item(**fields: JsonValue) -> dict[str, JsonValue]:
    return {"RequestId": ID, **fields}


def enveloped(result: JsonValue, **more: JsonValue) -> dict[str, JsonValue]:
    return {"$type": "X", "Code": 200, "Status": "success", "Messages": [], "Result": result, **more}


@pytest.mark.parametrize(
    "body",
    [
        [item()],
        enveloped([item()]),
        enveloped([item()], Total=1),
        enveloped([item()], Total=0),
        enveloped([item()], Total=None),
        {"Result": [item()]},
        {"result": [{"requestid": "{" + ID.upper() + "}", "$type": "Y"}]},
        [{"Id": ID}],
        [item(RequestId=None, Id=ID)],
    ],
)
def test_a_list_comes_bare_or_enveloped_with_names_in_any_case(body: JsonValue) -> None:
    assert [request.id for request in READING.pending(body)] == [ID]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (None, "no list"),
        ("a word", "no list"),
        (7, "no list"),
        ({}, "no list"),
        ({"Items": []}, "no list"),
        (enveloped(None), "no list"),
        (enveloped({}), "no list"),
        ([7], "no object"),
        ([None], "no object"),
        ([{}], "without an id"),
        ([item(RequestId="")], "without an id"),
        ([item(RequestId={"a": 1})], "without an id"),
        ([item(RequestId=True)], "without an id"),
        ([item(), item()], f"request {ID} twice"),
        ([item(), item(RequestId="{" + ID.upper() + "}")], f"request {ID} twice"),
        (enveloped([], Total=2), "says that 2 requests wait and sent 0"),
        (enveloped([], Total="1"), "Total is not a whole number"),
        (enveloped([], Total=True), "Total is not a whole number"),
        ([item(Status="Escalated")], "'Escalated', which the contract does not know"),
        ([item(UserName={"First": "a"})], "there is no text at UserName"),
    ],
)
def test_a_list_is_complete_or_an_error(body: JsonValue, words: str) -> None:
    with pytest.raises((NotUnderstood, PartlyRead), match=words):
        READING.pending(body)


@pytest.mark.parametrize(
    "body",
    [
        enveloped([], Status="error"),
        enveloped([item()], Status="ERROR"),
        {"Status": "error", "Messages": ["No."]},
        enveloped([], Code=500),
        enveloped([], Code=404, Status=None),
        {"Code": "500", "Status": "Failure", "Messages": ["The database is down."], "Result": []},
        enveloped([], Status="Failed"),
        enveloped([item()], Status="Failed"),
        enveloped([], Status=7),
        enveloped([], Code="503"),
        enveloped([], Code=302),
        enveloped([], Success=False),
        enveloped([], Error="No."),
        enveloped([], Messages=["You may not."]),
        {"Messages": ["You may not."], "Result": []},
        {"Columns": [], "Data": [], "Messages": ["The report failed."]},
        {"Columns": [], "Data": [], "Status": "Failed"},
    ],
)
def test_an_error_in_the_envelope_is_an_error_whatever_else_is_in_it(body: JsonValue) -> None:
    with pytest.raises(Refused, match="Privilege Manager"):
        READING.pending(body)


@pytest.mark.parametrize(
    "body",
    [
        enveloped([]),
        enveloped([], Status=None, Code=None),
        enveloped([], Status="OK", Code="200"),
        enveloped([], Status="Succeeded", Messages=["Success"]),
        enveloped([], Messages=None, Success=True),
        {"Result": []},
        {"Columns": [{"title": "Request Id"}], "Data": []},
        [],
    ],
)
def test_an_empty_list_that_says_nothing_else_is_one(body: JsonValue) -> None:
    assert READING.pending(body) == []


def test_a_message_beside_what_waits_does_not_hide_it() -> None:
    assert len(READING.pending(enveloped([item()], Messages=["The server restarts at night."]))) == 1


@pytest.mark.parametrize("status", ["Failed", "Pending", 500])
def test_one_request_in_an_envelope_that_tells_of_no_success_is_an_error(status: JsonValue) -> None:
    with pytest.raises(Refused, match="Privilege Manager answered"):
        READING.seen(enveloped(item(Status="Approved"), Status=status), ID)


@pytest.mark.parametrize(
    "text", ["9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59-05:00", "9999-12-31T23:59:59.9999999"]
)
def test_an_expiry_that_stands_for_never_is_none_and_any_other_such_time_is_text(text: str) -> None:
    [request] = READING.pending([item(Expires=text, Requested=text)])
    assert (request.expires_at, request.facts) == (None, ())
    assert (request.requested_at, request.requested) == (None, text)


def test_what_is_settled_is_not_pending() -> None:
    listed = [
        item(RequestId="1", Status="Pending"),
        item(RequestId="2", Status="Approved"),
        item(RequestId="3", Status="denied"),
        item(RequestId="4", Status="TimedOut"),
        item(RequestId="5", Status=None),
    ]
    assert [request.id for request in READING.pending(list(listed))] == ["1", "5"]


def test_every_field_but_the_id_may_be_missing() -> None:
    [request] = READING.pending([item()])
    assert request == ApprovalRequest(
        upstream="privilege_manager",
        id=ID,
        title="Run a program as administrator",
        link="https://privman.example/Tms/PrivilegeManager/#/",
        durations=Contract.packaged().duration.durations,
    )


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ({"FilePath": "\\\\\\\\server\\\\share\\\\tool.exe"}, "Run tool.exe as administrator"),
        ({"FilePath": "", "ProcessName": "mmc.exe"}, "Run mmc.exe as administrator"),
        ({"PolicyName": "Elevate\ninstallers"}, "Run a program under the policy Elevate installers"),
        ({"PolicyId": "{" + ID.upper() + "}"}, f"Run a program under the policy {ID}"),
    ],
)
def test_the_title_is_one_line_that_says_what_would_run(fields: dict[str, JsonValue], title: str) -> None:
    assert READING.pending([item(**fields)])[0].title == title


def test_times_without_a_zone_stay_text() -> None:
    [request] = READING.pending([item(Requested="11/18/20, 12:09 PM", Expires="2020-11-18T13:09:00")])
    assert (request.requested_at, request.requested, request.expires_at) == (None, "11/18/20, 12:09 PM", None)
    assert [(fact.key, fact.value, fact.bound) for fact in request.facts] == [
        ("expires", "2020-11-18T13:09:00", False)
    ]


def test_the_digest_holds_what_is_run_and_not_its_reputation_or_expiry() -> None:
    def digest(**fields: JsonValue) -> str:
        return READING.pending([item(FilePath="a.exe", **fields)])[0].digest

    assert digest(Reputation="Good Rating") == digest(Reputation="Bad", Expires="2030-01-01T00:00:00Z")
    same = digest()
    for field in ("UserName", "ComputerName", "PolicyName", "FileCommandLine", "FileSha1Hash", "UserReason"):
        assert digest(**{field: "other"}) != same


def test_a_name_with_a_dot_leads_into_an_object() -> None:
    contract = changed(lambda json: json["fields"]["user"].update(names=["User.name", "User.Account.Login"]))
    reading = Reading(contract, "https://privman.example/Tms")
    assert reading.pending([item(User={"NAME": "a"})])[0].requester == "a"
    assert reading.pending([item(User={"Name": None, "account": {"login": "b"}})])[0].requester == "b"
    assert reading.pending([item(User="c")])[0].requester == ""


def test_a_link_carries_the_id_percent_encoded_where_the_contract_wants_it() -> None:
    contract = changed(lambda json: json.update(link="/PrivilegeManager/#/approvals/{request_id}"))
    [request] = Reading(contract, "https://privman.example/Tms").pending([{"Id": "a/<b>&c"}])
    assert request.link == "https://privman.example/Tms/PrivilegeManager/#/approvals/a%2F%3Cb%3E%26c"


def test_one_request_tells_its_status_who_when_and_why() -> None:
    body = enveloped(
        item(
            Status="Denied", ApproverName="Second Approver", DecidedDate="2020-11-18T12:09:00Z", Comment="No."
        )
    )
    seen = READING.seen(body, ID)
    assert (seen.status, seen.by, seen.at, seen.comment) == (
        Status.DENIED,
        "Second Approver",
        1_605_701_340_000_000,
        "No.",
    )


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (item(), "has the status ''"),
        (item(Status="Sleeping"), "has the status 'Sleeping'"),
        (item(RequestId="other", Status="Pending"), "told of other"),
        ([item(Status="Pending")], "no object"),
        (None, "no object"),
    ],
)
def test_one_request_without_a_clear_answer_is_not_understood(body: JsonValue, words: str) -> None:
    with pytest.raises(NotUnderstood, match=words):
        READING.seen(body, ID)


NAMES = [name for entry in packaged_json()["fields"].values() for name in entry["names"]]
KEYS = st.sampled_from(
    [*NAMES, "Result", "Total", "Status", "Code", "Messages", "$type", "Columns", "Data", "title"]
) | st.text(max_size=5)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(), max_size=8)
    | st.sampled_from([ID, "Pending", "error", "/Date(1)/", "2020-11-18T12:09:00Z", "0001-01-01T00:00:00"])
)
ANY_JSON: st.SearchStrategy[JsonValue] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=20,
)
ITEMS: st.SearchStrategy[JsonValue] = st.dictionaries(st.sampled_from(NAMES), SCALARS, max_size=12)
NEARLY_LISTS: st.SearchStrategy[JsonValue] = st.builds(
    lambda items, status: {"Result": items, "Status": status} if status else items,
    st.lists(ITEMS, max_size=4),
    st.sampled_from([None, "success", "error", 7]),
)
NEARLY_REPORTS: st.SearchStrategy[JsonValue] = st.builds(
    lambda names, rows: {"Columns": [{"title": name} for name in names], "Data": list(rows)},
    st.lists(st.sampled_from(NAMES), max_size=4),
    st.lists(st.lists(SCALARS, max_size=4), max_size=4),
)


@settings(STEADY, max_examples=300)
@given(ANY_JSON | NEARLY_LISTS | NEARLY_REPORTS)
def test_any_json_is_a_list_of_requests_or_an_upstream_error(body: JsonValue) -> None:
    try:
        requests: Sequence[ApprovalRequest] = READING.pending(body)
    except PartlyRead as error:
        requests = error.readable
    except UpstreamError:
        return
    assert len({request.id for request in requests}) == len(requests)
    for request in requests:
        assert request.id
        assert request.title
        assert "\n" not in request.title
        assert len(request.digest) == 66
        request.requester.encode()


@settings(STEADY, max_examples=200)
@given(ANY_JSON | ITEMS)
def test_any_json_about_one_request_is_seen_or_an_upstream_error(body: JsonValue) -> None:
    with suppress(UpstreamError):
        assert isinstance(READING.seen(body, ID), Seen)
