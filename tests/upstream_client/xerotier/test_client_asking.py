"""The client where one approval can be asked for: claims are confirmed, not all at once, and not for ever."""

from threading import Event as Flag

import pytest

from sandbox.xerotier import Xerotier
from sandbox.xerotier.instance import Switches
from tests.clock import Clock
from tests.upstream_client.xerotier.approvals import APPROVAL_ID, OF_ONE, OTHER_ID, claimed, event
from upstream_client.exceptions import NotUnderstood
from upstream_client.models import Status
from upstream_client.xerotier import XerotierClient
from upstream_client.xerotier.address import LIST_PATH
from upstream_client.xerotier.client import LAG, MOST_ASKED

NO_LIST = Switches(has_list=False)
LIST = "GET /prj_sandbox/v1/exec/approvals?status=pending"


def test_a_claim_is_confirmed_by_asking_for_it_where_that_is_possible(
    xerotier: Xerotier, asking: XerotierClient
) -> None:
    xerotier.switch(NO_LIST)
    request_id = xerotier.file_approval(arguments={"node": "n1"})
    asking.take(event(approval_id=request_id, tool_name="harmless"))
    (request,) = claimed(asking)
    assert (request.title, request.is_claim) == ("Run kubectl_drain", False)
    assert "argument:node" in [fact.key for fact in request.facts]
    seen = asking.fetch(request_id)
    assert seen.request == request
    xerotier.decide(request_id, "reject", "somebody")
    assert claimed(asking) == []
    assert asking.fetch(request_id).status is Status.DENIED


def test_what_was_found_settled_is_not_asked_for_again(xerotier: Xerotier, asking: XerotierClient) -> None:
    xerotier.switch(NO_LIST)
    ids = [xerotier.file_approval() for _ in range(3)]
    for request_id in ids:
        asking.take(event(approval_id=request_id))
    assert len(claimed(asking)) == 3
    xerotier.decide(ids[0], "approve", "somebody")
    xerotier.time_out(ids[1])
    assert [one.id for one in claimed(asking)] == [ids[2]]
    before = len(xerotier.calls())
    assert [one.id for one in claimed(asking)] == [ids[2]]
    assert xerotier.calls()[before:] == [LIST, f"GET /prj_sandbox/v1/exec/approvals/{ids[2]}"]
    settled = asking.told(ids[0])
    assert settled is not None
    assert (settled.status, settled.by) == (Status.APPROVED, "somebody")


def test_so_many_are_asked_for_at_one_look_and_each_has_its_turn(
    xerotier: Xerotier, asking: XerotierClient
) -> None:
    xerotier.switch(NO_LIST)
    ids = [xerotier.file_approval() for _ in range(MOST_ASKED + 1)]
    for request_id in ids:
        asking.take(event(approval_id=request_id))
    first = claimed(asking)
    assert [one.id for one in first] == ids
    assert [one.id for one in first if one.is_claim] == ids[-1:]
    assert len([call for call in xerotier.calls() if "/approvals/" in call]) == MOST_ASKED
    assert not [one for one in claimed(asking) if one.is_claim]


def test_one_that_cannot_be_read_keeps_no_other_from_being_asked_for(
    xerotier: Xerotier, asking: XerotierClient
) -> None:
    xerotier.switch(NO_LIST)
    ids = [xerotier.file_approval(), xerotier.file_approval()]
    for request_id in ids:
        asking.take(event(approval_id=request_id))
    xerotier.add_fault({"operation": "get", "kind": "garbage"})
    assert [one.is_claim for one in claimed(asking)] == [True, True]
    xerotier.add_fault({"operation": "get", "kind": "garbage", "nth": 2})
    assert [(one.id, one.is_claim) for one in claimed(asking)] == [(ids[0], True), (ids[1], False)]


def test_after_a_stop_only_the_list_is_asked_for(xerotier: Xerotier, asking: XerotierClient) -> None:
    xerotier.switch(NO_LIST)
    assert claimed(asking) == []
    asking.take(event(approval_id=xerotier.file_approval()))
    stop = Flag()
    asking.watch(stop)
    stop.set()
    before = xerotier.calls()
    assert [one.is_claim for one in claimed(asking)] == [True]
    assert xerotier.calls() == [*before, LIST]


def test_what_xerotier_does_not_know_yet_is_asked_for_again_for_a_minute(
    xerotier: Xerotier, url: str
) -> None:
    clock, key = Clock(), xerotier.key
    paths = (LIST_PATH, OF_ONE)
    client = XerotierClient(url, xerotier.project_id, key, paths=paths, monotonic=clock.monotonic)
    xerotier.switch(NO_LIST)
    client.take(event(approval_id=xerotier.file_approval()))
    assert len(claimed(client)) == 1
    client.take(event())
    assert len(claimed(client)) == 1
    xerotier.file_approval(id=APPROVAL_ID)
    assert len(claimed(client)) == 2
    client.take(event(approval_id=OTHER_ID))
    clock.advance(2 * LAG)
    for calls in (4, 3):
        before = len(xerotier.calls())
        assert len(claimed(client)) == 2
        assert len(xerotier.calls()) - before == calls
    client.close()


def test_while_it_cannot_be_asked_for_it_stays_what_it_was_found_to_be(
    xerotier: Xerotier, asking: XerotierClient
) -> None:
    xerotier.switch(NO_LIST)
    request_id = xerotier.file_approval()
    asking.take(event(approval_id=request_id, tool_name="harmless"))
    (request,) = claimed(asking)
    xerotier.add_fault({"operation": "get", "kind": "server_error"})
    (claim,) = claimed(asking)
    assert (claim.digest, claim.is_claim) == (request.digest, True)


def test_a_404_of_one_is_an_answer_only_where_that_path_has_answered_before(
    xerotier: Xerotier, asking: XerotierClient
) -> None:
    xerotier.switch(NO_LIST)
    with pytest.raises(NotUnderstood, match="XEROTIER_GET_PATH"):
        asking.fetch(OTHER_ID)
    asking.take(event("exec.approved", approval_id=OTHER_ID))
    assert asking.fetch(OTHER_ID).status is Status.APPROVED
    assert asking.fetch(xerotier.file_approval()).status is Status.PENDING
    assert asking.fetch(APPROVAL_ID).status is Status.UNKNOWN


def test_a_whole_list_and_a_404_of_one_agree_that_it_is_gone(
    xerotier: Xerotier, asking: XerotierClient
) -> None:
    assert asking.list_pending() == []
    assert asking.fetch(OTHER_ID).status is Status.UNKNOWN
