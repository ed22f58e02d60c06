"""What webhooks told: in any order, more than once, and until Xerotier itself tells."""

from itertools import permutations

import pytest

from tests.upstream_client.xerotier.approvals import APPROVAL_ID, AT, OTHER_ID, event, told
from upstream_client.models import Seen, Status
from upstream_client.xerotier.event import Kind
from upstream_client.xerotier.heard import Heard
from upstream_client.xerotier.reading import CLAIM, ESCALATION, approval, request

PENDING = Seen(Status.PENDING)


def test_a_new_one_is_a_claim_until_the_list_has_it() -> None:
    heard = Heard()
    heard.take(event())
    (claim,) = heard.claims()
    assert (claim.id, claim.facts[-1], heard.is_unlisted(APPROVAL_ID)) == (APPROVAL_ID, CLAIM, True)
    heard.confirm({APPROVAL_ID: PENDING, OTHER_ID: PENDING})
    assert heard.claims() == []
    assert not heard.is_unlisted(APPROVAL_ID)
    assert heard.settled(APPROVAL_ID) is None


def test_the_same_one_again_changes_nothing() -> None:
    heard = Heard()
    for _ in range(3):
        heard.take(event())
    assert len(heard.claims()) == 1


@pytest.mark.parametrize(
    ("kinds", "status"),
    [
        ((Kind.REQUESTED, Kind.APPROVED), Status.APPROVED),
        ((Kind.REQUESTED, Kind.REJECTED), Status.DENIED),
        ((Kind.REQUESTED, Kind.TIMED_OUT), Status.EXPIRED),
        ((Kind.REQUESTED, Kind.ESCALATED, Kind.APPROVED), Status.APPROVED),
        ((Kind.REQUESTED, Kind.ESCALATED, Kind.TIMED_OUT), Status.EXPIRED),
        ((Kind.REQUESTED, Kind.TIMED_OUT, Kind.ESCALATED), None),
        ((Kind.REQUESTED, Kind.ESCALATED), None),
    ],
)
def test_in_whatever_order_they_are_delivered_the_last_one_holds(
    kinds: tuple[Kind, ...], status: Status | None
) -> None:
    events = [event(kind.value, AT + second) for second, kind in enumerate(kinds)]
    for order in permutations(events):
        heard = Heard()
        for one in order:
            heard.take(one)
        settled = heard.settled(APPROVAL_ID)
        assert (None if settled is None else settled.status) is status
        assert bool(heard.claims()) is (status is None)


def test_a_late_time_out_does_not_undo_an_answer() -> None:
    heard = Heard()
    heard.take(event("exec.approved", AT, resolved_by="somebody"))
    heard.take(event("exec.approval_timed_out", AT + 60))
    settled = heard.settled(APPROVAL_ID)
    assert settled is not None
    assert (settled.status, settled.by, settled.at) == (Status.APPROVED, "somebody", AT * 1_000_000)


def test_one_that_escalated_waits_and_says_so() -> None:
    heard = Heard()
    heard.take(event())
    heard.take(event("exec.approval_escalated", AT + 900))
    (claim,) = heard.claims()
    assert claim.facts[-2:] == (CLAIM, ESCALATION)
    assert heard.has_escalated(APPROVAL_ID)


def test_after_a_decision_was_sent_that_it_waited_is_said_no_more() -> None:
    heard = Heard()
    heard.take(event())
    heard.sent(APPROVAL_ID)
    heard.take(event())
    assert heard.claims() == []
    assert heard.is_unlisted(APPROVAL_ID)


def test_what_the_list_told_is_what_one_is_that_went_on_and_is_listed_no_more() -> None:
    heard = Heard()
    heard.take(event(tool_name="harmless"))
    heard.confirm({APPROVAL_ID: Seen(Status.PENDING, request(approval(told(arguments={"node": "n1"}))))})
    heard.take(event("exec.approval_escalated", AT + 900))
    assert heard.claims() == []
    (claim,) = heard.claims(went_on=True)
    assert (claim.title, claim.facts[-2:]) == ("Run kubectl_drain", (CLAIM, ESCALATION))
    assert heard.went_on(APPROVAL_ID)
    heard.take(event("exec.approval_timed_out", AT + 950))
    assert heard.claims(went_on=True) == []
    assert not heard.went_on(APPROVAL_ID)


def test_what_escalated_after_a_decision_went_out_waits_again() -> None:
    heard = Heard()
    heard.take(event())
    heard.sent(APPROVAL_ID)
    heard.take(event("exec.approval_escalated", AT + 900))
    assert len(heard.claims()) == 1
    heard.sent(APPROVAL_ID)
    heard.take(event("exec.approval_escalated", AT + 900))
    assert heard.claims() == []


@pytest.mark.parametrize("order", [*permutations([Kind.REQUESTED, Kind.TIMED_OUT])])
def test_that_it_was_requested_never_undoes_that_it_timed_out(order: tuple[Kind, ...]) -> None:
    """Given events that tell no time, when the first comes again last, then it did not begin anew."""
    heard = Heard()
    for number, kind in enumerate(order):
        heard.take(event(kind.value, AT + number))
    settled = heard.settled(APPROVAL_ID)
    assert settled is not None
    assert settled.status is Status.EXPIRED


def test_of_too_many_the_oldest_is_forgotten() -> None:
    heard = Heard(most=1)
    heard.take(event())
    heard.take(event(approval_id=OTHER_ID))
    assert [claim.id for claim in heard.claims()] == [OTHER_ID]


def test_of_one_that_is_not_known_nothing_is_told() -> None:
    heard = Heard()
    heard.sent(APPROVAL_ID)
    heard.confirm({APPROVAL_ID: PENDING})
    heard.found(APPROVAL_ID, PENDING, 60.0)
    assert (heard.settled(APPROVAL_ID), heard.claims()) == (None, [])
    assert not heard.has_escalated(APPROVAL_ID)
    assert not heard.is_unlisted(APPROVAL_ID)
