"""The contract file: what is packaged, and what is said of one that is wrong."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.upstream_client.privilege_manager.contracts import Open, changed, packaged_json
from upstream_client.models import DAY, HOUR, MINUTE, ONE_TIME, Duration
from upstream_client.privilege_manager import Contract, ContractError
from upstream_client.privilege_manager.contract import OMIT


def test_only_what_the_vendor_documents_is_marked_documented() -> None:
    operations = packaged_json()["operations"]
    documented = {name for name, entry in operations.items() if entry["evidence"] == "documented"}
    assert documented == {"logon", "logoff"}


def test_a_deny_does_not_go_to_an_address_that_approves() -> None:
    # A wrong guess of the body's names would make an approval of it.
    operations = Contract.packaged().operations
    assert "approve" not in operations.deny.path
    assert operations.deny.path != operations.approve.path


def test_the_log_on_sends_the_documented_names() -> None:
    body = Contract.packaged().operations.logon.fill({"username": "u", "password": "p"})
    assert body == {"UserName": "u", "Password": "p"}


def test_a_contract_is_loaded_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "contract.json"
    for encoding in ("utf-8", "utf-8-sig"):  # some editors put a mark before it
        path.write_text(json.dumps(packaged_json()), encoding=encoding)
        assert Contract.load(path) == Contract.packaged()


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"none\.json cannot be read"):
        Contract.load(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"version": 2}', "  version: there is no such entry\n"),
        ('{"version": 2}', "  operations: is missing\n"),
        ("", "  as a whole: Invalid JSON: EOF while parsing"),
    ],
)
def test_a_file_that_is_no_contract_of_ours_is_named_with_what_to_do(
    tmp_path: Path, text: str, words: str
) -> None:
    path = tmp_path / "mine.json"
    path.write_text(text)
    with pytest.raises(ContractError) as caught:
        Contract.load(path)
    said = str(caught.value)
    assert said.startswith(f"The contract {path} is wrong:\n")
    assert words in said
    assert said.endswith("let discover write a new one (docs/privilege-manager.md).")


def test_text_that_is_no_json_is_a_wrong_contract() -> None:
    with pytest.raises(ContractError, match=r"The contract mine\.json is wrong"):
        Contract.parse("{", "mine.json")


def without(*keys: str) -> Callable[[Open], None]:
    def change(contract: Open) -> None:
        for key in keys[:-1]:
            contract = contract[key]
        del contract[keys[-1]]

    return change


def with_value(value: object, *keys: str) -> Callable[[Open], None]:
    def change(contract: Open) -> None:
        for key in keys[:-1]:
            contract = contract[key]
        contract[keys[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (without("operations", "approve"), "operations.approve: is missing"),
        (without("fields", "id"), "fields.id: is missing"),
        (without("operations", "list", "evidence"), "operations.list.evidence: is missing"),
        (with_value("maybe", "operations", "list", "evidence"), "operations.list.evidence: Input should be"),
        (with_value("FETCH", "operations", "list", "method"), "operations.list.method: Input should be"),
        (with_value({}, "fields", "usr"), "fields.usr: there is no such entry"),
        (with_value("approval/pending", "operations", "list", "path"), "operations.list.path: it must begin"),
        (with_value("//evil.example/x", "operations", "list", "path"), "operations.list.path: it must begin"),
        (with_value("/a/../../b", "operations", "list", "path"), "operations.list.path: it must begin"),
        (with_value("/a#b", "operations", "list", "path"), "list: a path has no #"),
        (with_value("/all/{request_id}", "operations", "list", "path"), "list has no value for {request_id}"),
        (with_value("/one", "operations", "get", "path"), "get does not say where {request_id} goes"),
        (
            with_value({"RequestId": "{request_id}"}, "operations", "approve", "body"),
            "approve does not say where {duration} goes",
        ),
        (with_value({"Long": "{duration}"}, "operations", "approve", "body"), "where {request_id} goes"),
        (with_value("{one_time}", "operations", "deny", "body", "Once"), "deny has no value for {one_time}"),
        (with_value({}, "operations", "deny", "body"), "deny does not say where {request_id} goes"),
        (with_value("{colour}", "operations", "deny", "body", "Comment"), "deny has no value for {colour}"),
        (with_value("by {by}", "operations", "deny", "body", "Comment"), "must be the whole string"),
        (with_value("/a/{request_id}/{comment}", "operations", "deny", "path"), "belongs into the body"),
        (with_value("hours", "duration", "unit"), "duration: 15 minutes is not a whole number of hours"),
        (with_value([], "duration", "choices"), "duration.choices"),
        (with_value([0], "duration", "choices"), "duration.choices.0"),
        (with_value({"names": [], "evidence": "unconfirmed"}, "statuses", "lost"), "statuses.lost"),
        (
            with_value({"names": ["PENDING"], "evidence": "unconfirmed"}, "statuses", "denied"),
            "'pending' stands for more than one status",
        ),
        (with_value("https://evil.example/", "link"), "link: it must begin with one /"),
        (with_value("/#/{user}", "link"), "link: the only placeholder"),
    ],
)
def test_a_wrong_entry_is_named(change: Callable[[Open], None], words: str) -> None:
    with pytest.raises(ContractError) as caught:
        changed(change)
    assert words in str(caught.value)


def test_a_deny_that_nothing_tells_from_an_approve_is_refused() -> None:
    # given one address for both, and a body of deny without the word
    def change(contract: Open) -> None:
        operations = contract["operations"]
        operations["deny"]["path"] = operations["approve"]["path"]
        operations["deny"]["body"] = {"RequestId": "{request_id}", "Response": "Approve"}

    with pytest.raises(ContractError, match="nothing tells it from approve"):
        changed(change)


@pytest.mark.parametrize(
    "path",
    [
        "/services/api/v1/approval/approve",
        "/services/api/v1/Approval/Approve",
        "/services/api/v1/approval/approve/",
        "/services/api//v1/approval/approve",
        "/services/api/v1/approval/approv%65",
        "/services/api/v2/approval/approve",
        "/services/api/v2/approval/approve-request/{request_id}",
    ],
)
@pytest.mark.parametrize(
    "body",
    [
        {"Response": "Approve"},
        {"Response": "approve", "Note": "Deny"},
        {"Response": " APPROVE "},
        {"response": "Approve"},
        {"Response": ""},
        {"Response": None},
        {"Answer": "Deny"},
        {},
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_deny_that_could_be_taken_for_an_approve_is_refused(path: str, body: Open, method: str) -> None:
    def change(contract: Open) -> None:
        deny = contract["operations"]["deny"]
        deny.update(
            method=method, path=path, body={"RequestId": "{request_id}", "Comment": "{comment}", **body}
        )

    with pytest.raises(ContractError, match="nothing tells it from approve"):
        changed(change)


@pytest.mark.parametrize("value", ["Deny", "reject", "2"])
def test_a_deny_at_the_address_of_approve_says_something_else_there(value: str) -> None:
    def change(contract: Open) -> None:
        operations = contract["operations"]
        operations["deny"]["path"] = operations["approve"]["path"].upper().replace("/SERVICES", "/services")
        operations["deny"]["body"]["Response"] = value

    assert changed(change).operations.deny.evidence


def test_every_wrong_entry_is_listed_at_once() -> None:
    def change(contract: Open) -> None:
        del contract["fields"]["id"]
        contract["operations"]["list"]["method"] = "FETCH"

    with pytest.raises(ContractError) as caught:
        changed(change)
    assert len(str(caught.value).splitlines()) == 3


@pytest.mark.parametrize(
    ("unit", "duration", "coded"),
    [
        ("seconds", Duration(90), 90),
        ("minutes", Duration(90 * MINUTE), 90),
        ("hours", Duration(4 * HOUR), 4),
        ("days", Duration(DAY), 1),
        ("timespan", Duration(15 * MINUTE), "00:15:00"),
        ("timespan", Duration(DAY), "1.00:00:00"),
        ("timespan", Duration(DAY + HOUR + MINUTE + 1), "1.01:01:01"),
        ("timespan", ONE_TIME, "once"),
    ],
)
def test_a_duration_is_written_in_the_contracts_unit(unit: str, duration: Duration, coded: object) -> None:
    def change(contract: Open) -> None:
        contract["duration"].update(unit=unit, choices=[None], one_time="once", other=False)

    assert changed(change).duration.encode(duration) == coded


def test_one_time_may_be_said_by_leaving_the_duration_out() -> None:
    contract = changed(with_value(True, "duration", "omit_one_time"))
    coded = contract.duration.encode(ONE_TIME)
    assert coded is OMIT
    body = contract.operations.approve.fill({"request_id": "7", "comment": "", "duration": coded})
    assert body == {"RequestId": "7", "Response": "Approve", "Comment": ""}


def test_a_body_may_nest_and_keeps_the_types_of_its_values() -> None:
    nested = {"Items": [{"Id": "{request_id}"}, 7, None], "How": {"Long": "{duration}", "Final": True}}
    contract = changed(with_value(nested, "operations", "approve", "body"))
    body = contract.operations.approve.fill({"request_id": "7", "duration": 15})
    assert body == {"Items": [{"Id": "7"}, 7, None], "How": {"Long": 15, "Final": True}}


def test_the_id_in_a_path_is_one_step() -> None:
    get = Contract.packaged().operations.get
    assert get is not None
    assert get.url("https://x/Tms", "a/b?c#d e") == "https://x/Tms/services/api/v1/approval/a%2Fb%3Fc%23d%20e"


@pytest.mark.parametrize("unit", ["hours", "days"])
def test_other_durations_need_a_unit_in_which_every_minute_can_be_said(unit: str) -> None:
    with pytest.raises(ContractError, match=f"other: in {unit} not every whole number of minutes"):
        changed(lambda contract: contract["duration"].update(unit=unit, choices=[None], other=True))


def test_an_instance_without_durations_needs_no_place_for_one() -> None:
    def change(contract: Open) -> None:
        contract["operations"]["approve"]["body"].pop("Duration")
        contract["duration"].update(choices=[None], other=False)

    assert not changed(change).duration.is_offered


def test_one_time_may_have_a_value_of_its_own() -> None:
    contract = changed(with_value("{one_time}", "operations", "approve", "body", "OneTime"))
    body = contract.operations.approve.fill(
        {"request_id": "7", "duration": None, "one_time": True, "comment": ""}
    )
    assert isinstance(body, dict)
    assert body["OneTime"] is True
