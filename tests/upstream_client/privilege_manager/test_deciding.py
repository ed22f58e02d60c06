"""How sure it is that an endpoint approves or denies, and what is said where it is not."""

import pytest

from tests.upstream_client.privilege_manager.references import (
    TEXT,
    YES_OR_NO,
    Schema,
    gives,
    model,
    proposed,
    takes,
    words,
)
from upstream_client.privilege_manager.proposal import Proposal

ID = model(RequestId=TEXT, Comment=TEXT)
BY_PATH = takes(model(Comment=TEXT), {"in": "path", "name": "id", "required": True, "type": "string"})
LIST = gives({"type": "array", "items": model(RequestId=TEXT, UserName=TEXT)})
PLAIN: dict[str, Schema] = {
    "/api/approval/pending": {"get": LIST},
    "/api/approval/approve": {"post": takes(ID)},
    "/api/approval/deny": {"post": takes(ID)},
}


def evidence(proposal: Proposal) -> tuple[str, str]:
    operations = proposal.parsed().operations
    return operations.approve.evidence, operations.deny.evidence


def doubts(proposal: Proposal, name: str) -> str:
    return "; ".join(one.words for one in proposal.doubts if one.entry == f"operations.{name}")


def test_the_only_one_that_is_named_exactly_is_documented() -> None:
    proposal = proposed(PLAIN)
    assert evidence(proposal) == ("documented", "documented")
    assert doubts(proposal, "approve") + doubts(proposal, "deny") == ""


@pytest.mark.parametrize("step", ["approveAlways", "approve-similar", "pre-approve", "approveRequest"])
def test_beside_another_that_looks_like_it_neither_is_documented(step: str) -> None:
    # given one that comes first in the reference
    proposal = proposed({f"/api/approval/{step}": {"post": takes(ID)}, **PLAIN})
    # then the plain one is chosen unless both are, and the other is named
    assert evidence(proposal) == ("unconfirmed", "documented")
    assert (
        f"these could be it as well: POST /services/api/approval/{'approve' if step == 'approveRequest' else step}"
        in (doubts(proposal, "approve"))
    )


@pytest.mark.parametrize("step", ["undo-deny", "revert-deny", "reverse_deny"])
def test_what_undoes_it_is_named_and_never_chosen(step: str) -> None:
    only: dict[str, Schema] = {**PLAIN, f"/api/approval/{step}": PLAIN["/api/approval/deny"]}
    assert evidence(proposed(only)) == ("documented", "unconfirmed")
    assert proposed(only).parsed().operations.deny.path == "/services/api/approval/deny"
    del only["/api/approval/deny"]
    proposal = proposed(only)
    [finding] = [one for one in proposal.missing if one.entry == "operations.deny"]
    assert f"may do more or undo it: POST /services/api/approval/{step}" in finding.words


def test_that_which_stands_beside_the_list_comes_first_and_the_other_is_named() -> None:
    proposal = proposed(
        {
            "/api/agents/{id}/approve": {"post": BY_PATH},
            "/api/approvals/pending": {"get": LIST},
            "/api/approvals/{id}/approve": {"post": BY_PATH},
            "/api/approvals/{id}/deny": {"post": BY_PATH},
        }
    )
    assert proposal.parsed().operations.approve.path == "/services/api/approvals/{request_id}/approve"
    assert evidence(proposal) == ("unconfirmed", "documented")
    assert "POST /services/api/agents/{id}/approve" in doubts(proposal, "approve")


def test_a_path_that_may_be_about_something_else_is_not_documented() -> None:
    proposal = proposed(
        {
            "/api/approvals/pending": {"get": LIST},
            "/api/agents/{id}/approve": {"post": BY_PATH},
            "/api/agents/{id}/deny": {"post": BY_PATH},
        }
    )
    assert proposal.parsed().operations.approve.path == "/services/api/agents/{request_id}/approve"
    assert evidence(proposal)[0] == "unconfirmed"
    assert "does not say that it is about approval requests" in doubts(proposal, "approve")
    assert [one.entry for one in proposal.missing] == ["operations.deny"]


def test_a_step_that_is_not_quite_the_verb_is_not_documented() -> None:
    proposal = proposed({**PLAIN, "/api/approval/deny": {}, "/api/approval/do_deny": {"post": takes(ID)}})
    assert proposal.parsed().operations.deny.path == "/services/api/approval/do_deny"
    assert evidence(proposal) == ("documented", "unconfirmed")
    assert "'do_deny' does not say plainly what it does" in doubts(proposal, "deny")


@pytest.mark.parametrize(
    ("path", "body", "sure"),
    [
        ("/api/approvals/{id}/decision", model(decision=words("Approve", "Reject")), True),
        ("/api/approvals/{id}", model(decision=words("Approve", "Reject")), True),
        ("/api/approvals/{id}/SubmitOutcome", model(outcome=words("Approve", "Reject")), False),
        ("/api/approvals/{id}/decision", model(decision=words("Accept", "Reject")), False),
        ("/api/approvals/{id}/decision", model(approved=YES_OR_NO), False),
        ("/api/approvals/{id}", model(approved=YES_OR_NO), False),
    ],
)
def test_one_address_for_both_is_documented_by_plain_words_only(path: str, body: Schema, sure: bool) -> None:
    parameter: Schema = {"in": "path", "name": "id", "required": True, "type": "string"}
    proposal = proposed({path: {"post": takes(body, parameter)}})
    assert proposal.parsed().operations.deny.path.startswith("/services/api/approvals/{request_id}")
    assert evidence(proposal) == (("documented",) * 2 if sure else ("unconfirmed",) * 2)


@pytest.mark.parametrize(
    "more",
    [
        {"ChildProcesses": model(Allow=YES_OR_NO)},
        {"ChildProcesses": model(Action=words("Allow", "Deny"))},
        {"Accept": YES_OR_NO},
        {"Approved": YES_OR_NO},
    ],
)
def test_where_only_approve_has_an_address_deny_is_missing(more: dict[str, Schema]) -> None:
    schema = model(RequestId=TEXT, Comment=TEXT, **more)
    proposal = proposed({**PLAIN, "/api/approval/deny": {}, "/api/approval/approve": {"post": takes(schema)}})
    assert [one.entry for one in proposal.missing] == ["operations.deny"]
    operations = proposal.parsed().operations
    assert operations.approve.body == {"RequestId": "{request_id}", "Comment": "{comment}"}
    assert operations.deny.path != operations.approve.path
    assert operations.deny.evidence == "unconfirmed"
