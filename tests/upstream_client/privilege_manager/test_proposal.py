"""What is proposed from a reference: what it says is documented, the rest stays a guess."""

import json

import pytest

from tests.upstream_client.privilege_manager.references import (
    NUMBER,
    TEXT,
    YES_OR_NO,
    Schema,
    chosen,
    gives,
    model,
    proposed,
    takes,
    words,
)
from upstream_client.models import Status
from upstream_client.privilege_manager.choosing import Choice
from upstream_client.privilege_manager.contract import Contract
from upstream_client.privilege_manager.proposal import Proposal, names_of, propose
from upstream_client.privilege_manager.swagger import Property

ID = model(RequestId=TEXT)
DECISIONS: dict[str, Schema] = {
    "/api/approval/approve": {"post": takes(model(RequestId=TEXT, Comment=TEXT, DurationMinutes=NUMBER))},
    "/api/approval/deny": {"post": takes(model(RequestId=TEXT, Comment=TEXT))},
}


def many(item: Schema, *query: Schema) -> Schema:
    return gives({"type": "array", "items": item}, *query)


def with_list(item: Schema, *query: Schema) -> Proposal:
    return proposed({**DECISIONS, "/api/approval/pending": {"get": many(item, *query)}})


def entries(proposal: Proposal) -> dict[str, list[str]]:
    """What was found, what was not, and what is doubtful, by its entry."""
    return {
        "found": [one.entry for one in proposal.found],
        "missing": [one.entry for one in proposal.missing],
        "doubts": [one.entry for one in proposal.doubts],
    }


def test_without_a_word_about_approvals_the_packaged_guess_stands_and_all_of_it_is_missing() -> None:
    proposal = propose(Choice(), "Some API")
    contract, packaged = proposal.parsed(), Contract.packaged()
    assert entries(proposal)["missing"] == ["operations.list", "operations.approve", "operations.deny"]
    assert (contract.operations.approve, contract.operations.deny) == (
        packaged.operations.approve,
        packaged.operations.deny,
    )
    assert (contract.fields, contract.duration) == (packaged.fields, packaged.duration)
    assert contract.operations.get is None


def test_what_the_reference_says_is_documented_and_nothing_else_is() -> None:
    proposal = with_list(model(RequestId=TEXT, UserName=TEXT))
    contract = json.loads(proposal.text())
    documented = [
        f"{part}.{name}"
        for part in ("operations", "fields", "statuses")
        for name, entry in contract[part].items()
        if entry["evidence"] == "documented"
    ]
    assert documented == [
        "operations.logon",
        "operations.logoff",
        "operations.list",
        "operations.approve",
        "operations.deny",
        "fields.id",
        "fields.user",
    ]
    assert entries(proposal)["missing"] == []


def test_a_verdict_whose_words_are_guessed_is_not_documented() -> None:
    both: dict[str, Schema] = {
        path: {"post": takes(model(RequestId=TEXT, Response=TEXT))} for path in DECISIONS
    }
    proposal = proposed(both)
    contract = proposal.parsed()
    assert contract.operations.deny.body == {"RequestId": "{request_id}", "Response": "Deny"}
    assert contract.operations.deny.evidence == "unconfirmed"
    assert any("Response" in one.words for one in proposal.doubts)


def test_what_must_be_sent_and_nobody_knows_is_left_to_a_person() -> None:
    ticket = model(("RequestId", "Ticket"), RequestId=TEXT, Ticket=TEXT)
    proposal = proposed({**DECISIONS, "/api/approval/deny": {"post": takes(ticket)}})
    [finding] = [one for one in proposal.missing if one.entry == "operations.deny"]
    assert "Ticket must be sent" in finding.words
    assert proposal.parsed().operations.deny.evidence == "unconfirmed"


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ({"name": "status", "enum": ["All", "Pending"]}, "?status=Pending"),
        ({"name": "state", "enum": [0, 1], "x-enumNames": ["Open", "Closed"]}, "?state=0"),
        ({"name": "pageSize", "type": "integer"}, "?pageSize=1000"),
        ({"name": "color", "type": "string"}, ""),
        ({"name": "site", "required": True}, ""),
    ],
)
def test_the_list_is_asked_for_all_that_waits(query: Schema, path: str) -> None:
    proposal = with_list(ID, {"in": "query", **query})
    asked = proposal.parsed().operations.list_.path
    assert asked == f"/services/api/approval/pending{path}"
    doubtful = any(one.entry == "operations.list" for one in proposal.doubts)
    assert doubtful is (query["name"] in ("pageSize", "site"))


@pytest.mark.parametrize(
    ("values", "word", "status"),
    [
        (words("Waiting", "Done"), "waiting", Status.PENDING),
        ({"enum": [0, 1], "x-enumNames": ["Pending", "Rejected"]}, "1", Status.DENIED),
        (words("Timed Out", "Open"), "timed out", Status.EXPIRED),
        # a word that the packaged contract has for another status moves to where the instance uses it
        (words("Invalid", "Denied"), "denied", Status.DENIED),
    ],
)
def test_statuses_are_learnt_from_their_enumeration(values: Schema, word: str, status: Status) -> None:
    contract = with_list(model(RequestId=TEXT, Status=values)).parsed()
    assert contract.status_words[word] is status


@pytest.mark.parametrize(
    ("path", "item", "doubtful"),
    [
        ("/api/approval/pending", ID, False),
        ("/api/approvals", model(RequestId=TEXT, Status=TEXT), False),
        ("/api/approvals", ID, True),
    ],
)
def test_a_list_that_may_hold_what_is_settled_is_doubtful(path: str, item: Schema, doubtful: bool) -> None:
    proposal = proposed({**DECISIONS, path: {"get": many(item)}})
    assert any("only what waits" in one.words for one in proposal.doubts) is doubtful


def test_a_status_that_means_nothing_to_us_is_left_to_a_person() -> None:
    proposal = with_list(model(RequestId=TEXT, Status=words("Pending", "Escalated")))
    [finding] = [one for one in proposal.missing if one.entry == "statuses"]
    assert "'Escalated'" in finding.words


@pytest.mark.parametrize(
    ("body", "unit", "choices", "other", "evidence"),
    [
        (model(RequestId=TEXT, Hours=NUMBER), "hours", (None, 3600, 14400, 86400), False, "unconfirmed"),
        (model(RequestId=TEXT, Days=NUMBER), "days", (None, 86400), False, "unconfirmed"),
        (model(RequestId=TEXT, Minutes=NUMBER, OneTime=YES_OR_NO), "minutes",
         (None, 900, 1800, 3600, 14400, 86400), True, "documented"),
        (ID, "minutes", (None,), False, "unconfirmed"),
    ],
)  # fmt: skip
def test_only_durations_that_can_be_said_are_offered(
    body: Schema, unit: str, choices: tuple[int | None, ...], other: bool, evidence: str
) -> None:
    coding = proposed({**DECISIONS, "/api/approval/approve": {"post": takes(body)}}).parsed().duration
    assert (coding.unit, coding.choices, coding.other, coding.evidence) == (unit, choices, other, evidence)


@pytest.mark.parametrize(
    ("about", "value", "evidence"),
    [
        ("Null for one time.", None, "documented"),
        ("Up to a week, 0 means one time", 0, "documented"),
        ("null = for ever; 0 = one-time", 0, "documented"),
        ("0 is unlimited. One time is null.", None, "documented"),
        ("one time, or 15, 30, 60", None, "unconfirmed"),
        ("Once 0 is sent the approval never ends", None, "unconfirmed"),
        ("0: once", None, "unconfirmed"),
        ("0 for one time never", None, "unconfirmed"),
        ("one time is not 0", None, "unconfirmed"),
        ("0 is one time. 0 is forever for admins", None, "unconfirmed"),
        ("0 is single use", 0, "documented"),
        ("null or 0 for one time", None, "unconfirmed"),
        ("null is unlimited", None, "unconfirmed"),
        ("", None, "unconfirmed"),
    ],
)
def test_what_stands_for_one_time_is_taken_only_from_what_says_so(
    about: str, value: object, evidence: str
) -> None:
    body = model(RequestId=TEXT, Minutes={**NUMBER, "description": about})
    coding = proposed({**DECISIONS, "/api/approval/approve": {"post": takes(body)}}).parsed().duration
    assert (coding.one_time, coding.evidence) == (value, evidence)


def test_what_stands_for_one_time_is_not_taken_from_another_value() -> None:
    body = model(RequestId=TEXT, Minutes=NUMBER, Reminder={**NUMBER, "description": "0 for one time"})
    coding = proposed({**DECISIONS, "/api/approval/approve": {"post": takes(body)}}).parsed().duration
    assert (coding.one_time, coding.evidence) == (None, "unconfirmed")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            model(RequestId=TEXT, DurationHours=NUMBER, ReminderMinutes=NUMBER, OneTime=YES_OR_NO),
            "ReminderMinutes",
        ),
        (model(RequestId=TEXT, CooldownMinutes=NUMBER, OneTime=YES_OR_NO), "how long an approval holds"),
        (model(RequestId=TEXT, Duration=NUMBER, OneTime=YES_OR_NO), "is in minutes"),
    ],
)
def test_a_duration_that_leaves_a_doubt_is_not_documented(body: Schema, words: str) -> None:
    proposal = proposed({**DECISIONS, "/api/approval/approve": {"post": takes(body)}})
    assert proposal.parsed().duration.evidence == "unconfirmed"
    assert any(words in one.words for one in proposal.doubts if one.entry == "duration")


def test_one_address_with_a_unit_beside_the_duration_tells_both_verdicts_apart() -> None:
    both = model(
        RequestId=TEXT,
        Response=words("Approve", "Deny"),
        Duration=NUMBER,
        DurationUnit=words("Minutes", "Hours"),
    )
    operations = proposed({"/api/approval/decision": {"post": takes(both)}}).parsed().operations
    assert operations.deny.body == {
        "RequestId": "{request_id}",
        "Response": "Deny",
        "DurationUnit": "Minutes",
    }


@pytest.mark.parametrize(("required", "omitted"), [(("Minutes",), False), ((), True)])
def test_beside_a_flag_for_one_time_the_duration_is_left_out_where_it_may_be(
    required: tuple[str, ...], omitted: bool
) -> None:
    body = model(required, RequestId=TEXT, Minutes=NUMBER, OneTime=YES_OR_NO)
    coding = proposed({**DECISIONS, "/api/approval/approve": {"post": takes(body)}}).parsed().duration
    assert coding.omit_one_time is omitted


def test_one_request_that_tells_other_facts_than_the_list_is_not_asked_for() -> None:
    paths: dict[str, Schema] = {
        **DECISIONS,
        "/api/approval/pending": {"get": many(ID)},
        "/api/approval/{id}": {"get": gives(model(RequestId=TEXT, Sha1=TEXT))},
    }
    proposal = proposed(paths)
    assert proposal.parsed().operations.get is None
    [finding] = [one for one in proposal.doubts if one.entry == "operations.get"]
    assert "other facts than the list (sha1)" in finding.words


def test_the_id_is_that_which_a_decision_asks_for() -> None:
    task = model(TaskId=TEXT, Comment=TEXT)
    paths: dict[str, Schema] = {
        "/api/approval/approve": {"post": takes(task)},
        "/api/approval/deny": {"post": takes(task)},
        "/api/approval/pending": {"get": many(model(RequestId=TEXT, TaskId=TEXT))},
    }
    assert proposed(paths).parsed().fields.id.names == ("TaskId",)


def test_a_report_is_listed_by_its_id_and_its_names_are_not_known_yet() -> None:
    choice = chosen({**DECISIONS, "/api/v1/reports/{reportId}": {"post": {}}})
    operation = propose(choice, "Some API", "a b/c").parsed().operations.list_
    assert (operation.method, operation.body) == ("POST", [])
    assert operation.path == "/services/api/v1/reports/a%20b%2Fc?bTestMode=false"


def test_a_report_can_be_run_where_the_reference_leaves_reports_out() -> None:
    operation = propose(chosen(DECISIONS), "Some API", "r1").parsed().operations.list_
    assert operation.path == "/services/api/v1/reports/r1?bTestMode=false"


@pytest.mark.parametrize(
    "properties",
    [
        [Property("Approver.UserName", "string")],
        [Property("User", "array"), Property("IsUser", "boolean")],
        [Property("Name", "string")],
    ],
)
def test_who_asked_is_not_taken_from_a_name_that_means_somebody_else(properties: list[Property]) -> None:
    assert "user" not in names_of(properties, "")
