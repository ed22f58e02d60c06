"""Which endpoint does what, among those of references as instances may have them."""

import pytest

from tests.upstream_client.privilege_manager.references import (
    NUMBER,
    TEXT,
    YES_OR_NO,
    Schema,
    chosen,
    gives,
    model,
    takes,
    words,
)
from upstream_client.privilege_manager.choosing import Choice
from upstream_client.privilege_manager.deciding import Decision
from upstream_client.privilege_manager.swagger import Endpoint

ROW = model(RequestId=TEXT, UserName=TEXT)
LIST = gives({"type": "array", "items": ROW})
ONE = gives(ROW, {"in": "path", "name": "id", "required": True, "type": "string"})
ID = model(RequestId=TEXT)
BOTH = model(RequestId=TEXT, Response=words("Approve", "Deny"))


def found(one: Endpoint | Decision | None) -> str:
    endpoint = one.endpoint if isinstance(one, Decision) else one
    return endpoint.path.removeprefix("/services/api") if endpoint else ""


def paths_of(choice: Choice) -> tuple[str, str, str, str]:
    return found(choice.list_), found(choice.get), found(choice.approve), found(choice.deny)


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ({"/api/v1/approval/pending": {"get": LIST}}, "/v1/approval/pending"),
        ({"/api/v1/approvals": {"get": LIST}, "/api/v1/approvals/{id}": {"get": ONE}}, "/v1/approvals"),
        ({"/api/approval/all": {"get": LIST}, "/api/approval/waiting": {"get": LIST}}, "/approval/waiting"),
        ({"/api/requests": {"get": {**LIST, "tags": ["Approval"]}}}, "/requests"),
        ({"/api/approval/pending": {"get": {}}}, "/approval/pending"),
        ({"/api/approvaltypes/getall": {"get": LIST}}, ""),
        ({"/api/approval/history": {"get": LIST}}, ""),
        ({"/api/approval/offline": {"get": LIST}}, ""),
        ({"/api/approval/pending": {"post": LIST}}, ""),
        ({"/api/approval/pending/{user}": {"get": LIST}}, ""),
        ({"/api/approval/current": {"get": gives(ROW)}}, ""),
        ({"/api/policies/getall": {"get": LIST}}, ""),
    ],
)
def test_the_list_is_a_get_about_approvals_that_answers_many(paths: dict[str, Schema], expected: str) -> None:
    assert found(chosen(paths).list_) == expected


def test_what_could_be_the_list_as_well_is_kept_in_mind() -> None:
    choice = chosen({"/api/approval/mine": {"get": LIST}, "/api/approval/pending": {"get": LIST}})
    assert found(choice.list_) == "/approval/pending"
    assert [found(one) for one in choice.others] == ["/approval/mine"]


@pytest.mark.parametrize(
    ("paths", "approve", "deny"),
    [
        ({"/api/approval/approve": {"post": takes(ID)}, "/api/approval/deny": {"post": takes(ID)}},
         "/approval/approve", "/approval/deny"),
        ({"/api/approval/approve-request": {"post": takes(ID)}, "/api/approval/do_deny": {"post": takes(ID)}},
         "/approval/approve-request", "/approval/do_deny"),
        ({"/api/approval/{id}/approve": {"put": {}}, "/api/approval/{id}/reject": {"put": {}}},
         "/approval/{id}/approve", "/approval/{id}/reject"),
        ({"/api/approval/ApproveRequest": {"post": takes(ID)}, "/api/approval/DenyRequest": {"post": takes(ID)}},
         "/approval/ApproveRequest", "/approval/DenyRequest"),
        # one address that says how it tells the two apart, and one that does not
        ({"/api/approval/approve": {"post": takes(BOTH)}}, "/approval/approve", "/approval/approve"),
        ({"/api/approval/approve": {"post": takes(ID)}}, "/approval/approve", ""),
        ({"/api/approvals/{id}/decision": {"post": takes(model(decision=words("Accept", "Reject")))}},
         "/approvals/{id}/decision", "/approvals/{id}/decision"),
        ({"/api/approvals/{id}": {"patch": takes(model(approved=YES_OR_NO))}},
         "/approvals/{id}", "/approvals/{id}"),
        ({"/api/approvals/{id}": {"put": takes(model(name=TEXT))}}, "", ""),
        # an address that says yes carries a no by a word for it and by nothing else
        ({"/api/approval/approve": {"post": takes(model(RequestId=TEXT, Approved=YES_OR_NO))}},
         "/approval/approve", ""),
        ({"/api/approval/approve": {"post": takes(model(("Approved",), RequestId=TEXT, Approved=YES_OR_NO))}},
         "/approval/approve", ""),
        ({"/api/approval/approve": {"post": takes(model(RequestId=TEXT, Child=model(Allow=YES_OR_NO)))}},
         "/approval/approve", ""),
        ({"/api/approval/approve": {"post": takes(model(RequestId=TEXT, Child=words("Allow", "Deny")))}},
         "/approval/approve", ""),
        ({"/api/approval/approve": {"post": takes(model(RequestId=TEXT, Child=words("Approve", "Deny")))}},
         "/approval/approve", ""),
        ({"/api/approval/deny": {"post": takes(BOTH)}}, "", "/approval/deny"),
        # what does more, or undoes it
        ({"/api/approval/approveAlways": {"post": takes(ID)}, "/api/approval/approve": {"post": takes(ID)}},
         "/approval/approve", ""),
        ({"/api/approval/approve-similar": {"post": takes(ID)}, "/api/approval/undo-deny": {"post": takes(ID)}},
         "", ""),
        ({"/api/approval/pre-approve": {"post": takes(ID)}, "/api/approval/reverse_deny": {"post": takes(ID)}},
         "", ""),
        ({"/api/approval/revert-deny": {"post": takes(ID)}, "/api/approval/deny": {"post": takes(ID)}},
         "", "/approval/deny"),
        ({"/api/approval/reject-policy": {"post": takes(ID)}}, "", ""),
        ({"/api/approval/terms-action": {"post": takes(model(RequestId=TEXT, Action=words("Accept", "Decline")))}},
         "", ""),
        # what only looks like it
        ({"/api/approval/approvers": {"post": takes(ID)}, "/api/approval/denylist": {"post": takes(ID)}}, "", ""),
        ({"/api/approval/approved": {"post": takes(ID)}, "/api/approval/denied": {"post": takes(ID)}}, "", ""),
        ({"/api/approval/disapprove": {"post": takes(ID)}, "/api/approval/undeny": {"post": takes(ID)}}, "", ""),
        ({"/api/approval/autoapprove": {"post": takes(ID)}}, "", ""),
        ({"/api/approval/approve": {"get": ONE}}, "", ""),
        ({"/api/approval/approve": {"post": takes(model(Comment=TEXT))}}, "", ""),
        ({"/api/approval/{a}/{b}/approve": {"post": {}}}, "", ""),
        ({"/api/approvaltypes/approve": {"post": takes(ID)}}, "", ""),
        ({"/api/policies/approve": {"post": takes(ID)}}, "", ""),
    ],
)  # fmt: skip
def test_a_decision_has_its_own_address_or_says_plainly_what_it_is(
    paths: dict[str, Schema], approve: str, deny: str
) -> None:
    assert paths_of(chosen(paths))[2:] == (approve, deny)


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ({"/api/approval/{id}": {"get": ONE}}, "/approval/{id}"),
        ({"/api/approval/pending": {"get": LIST}, "/api/approvalx/{id}": {"get": ONE},
          "/api/approval/{id}": {"get": ONE}}, "/approval/{id}"),
        ({"/api/approval/{id}/history": {"get": ONE}}, ""),
        ({"/api/approval/{a}/{b}": {"get": ONE}}, ""),
        ({"/api/approval/{id}": {"get": LIST}}, ""),
    ],
)  # fmt: skip
def test_one_request_is_a_get_that_ends_with_its_id(paths: dict[str, Schema], expected: str) -> None:
    assert found(chosen(paths).get) == expected


def test_reports_are_run_by_a_post_with_their_id() -> None:
    choice = chosen({"/api/v1/reports/{reportId}": {"post": {}}, "/api/v1/reports": {"post": {}}})
    assert found(choice.report) == "/v1/reports/{reportId}"


def test_a_reference_without_approvals_offers_nothing() -> None:
    choice = chosen({"/api/v1/policies/new": {"post": takes(model(Name=TEXT, Priority=NUMBER))}})
    assert choice == Choice()
