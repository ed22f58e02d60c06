"""Which answers of a gate are a yes: exactly one kind."""

from typing import Any

import pytest

from approval_gate.errors import ApprovalCancelled, ApprovalDenied, ApprovalTimeout, GateUnavailable, Passing
from approval_gate.session import Answer
from approval_gate.told import approved, found, read_ticket, seen_again

DIGEST = f"v1{'a' * 64}"
YES: dict[str, Any] = {
    "id": "t1",
    "status": "approved",
    "arguments_digest": DIGEST,
    "expires_at": "2026-11-20T12:00:00.000000Z",
    "decision": {"verdict": "approved", "by": "U1", "comment": "ok", "at": "", "seconds": None},
}
ASKED = read_ticket(YES | {"status": "pending", "decision": None})


def test_a_yes_for_this_ticket_and_these_arguments_is_a_yes() -> None:
    assert approved(seen_again(ASKED, YES)).decision is not None


@pytest.mark.parametrize(
    "lie",
    [
        {"id": "t2"},
        {"id": None},
        {"arguments_digest": f"v1{'b' * 64}"},
        {"arguments_digest": None},
        {"status": "APPROVED"},
        {"status": "approved "},
        {"status": True},
        {"status": None},
        {"status": ["approved"]},
        {"decision": None},
        {"decision": {"verdict": "denied", "by": "U1"}},
        {"status": "denied"},
    ],
    ids=str,
)
def test_whatever_differs_from_it_is_not_even_an_answer(lie: dict[str, Any]) -> None:
    with pytest.raises(Passing):
        seen_again(ASKED, YES | lie)


@pytest.mark.parametrize(
    ("told", "error"),
    [
        ({"status": "denied", "decision": {"verdict": "denied", "by": "U1"}}, ApprovalDenied),
        ({"status": "expired", "decision": None}, ApprovalTimeout),
        ({"status": "cancelled", "decision": None}, ApprovalCancelled),
        ({"status": "pending", "decision": None}, GateUnavailable),
    ],
)
def test_every_other_status_is_an_error_of_its_own(told: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        approved(seen_again(ASKED, YES | told))


def test_the_time_left_is_by_the_gates_clock_whatever_ours_says() -> None:
    ticket = found(Answer(YES | {"status": "pending"}, "Fri, 20 Nov 2026 11:59:00 GMT"))

    assert 60 <= ticket.seconds_left <= 64


def test_a_ticket_without_a_readable_time_is_no_ticket() -> None:
    with pytest.raises(Passing, match="until when"):
        found(Answer(YES | {"expires_at": "soon"}))
