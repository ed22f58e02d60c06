"""Whether there is a list: said once where there is none, asked for each time, and missed where there was one."""

import pytest
from structlog.testing import capture_logs

from sandbox.xerotier import Xerotier
from sandbox.xerotier.instance import Switches
from upstream_client.exceptions import Interrupted, NotAllowed, NotUnderstood, Throttled
from upstream_client.xerotier.address import LIST_PATH
from upstream_client.xerotier.approval_list import ApprovalList
from upstream_client.xerotier.caller import Caller


@pytest.fixture
def approvals(xerotier: Xerotier, url: str) -> ApprovalList:
    return ApprovalList(Caller(url, xerotier.project_id, xerotier.key, (LIST_PATH, ""), (2.0, 2.0)))


def test_where_there_is_no_list_it_is_said_once_and_asked_for_each_time(
    xerotier: Xerotier, approvals: ApprovalList
) -> None:
    xerotier.switch(Switches(has_list=False))
    with capture_logs() as logs:
        assert all(approvals.look().none for _ in range(3))
    assert [(line["event"].partition(":")[0], line["settings"]) for line in logs] == [
        ("there is no list", "XEROTIER_LIST_PATH, XEROTIER_PROJECT_ID")
    ]
    assert len(xerotier.calls()) == 3


def test_a_list_that_comes_is_found(xerotier: Xerotier, approvals: ApprovalList) -> None:
    xerotier.switch(Switches(has_list=False))
    assert approvals.look().none
    approval_id = xerotier.file_approval()
    xerotier.switch(Switches(has_list=True))
    with capture_logs() as logs:
        assert approvals.look().seen.keys() == {approval_id}
    assert [line["event"] for line in logs] == ["there is a list now"]


def test_where_there_was_a_list_its_absence_is_a_fault(xerotier: Xerotier, approvals: ApprovalList) -> None:
    assert approvals.look().trouble is None
    xerotier.switch(Switches(has_list=False))
    for _ in range(2):
        found = approvals.look()
        assert (found.none, found.seen) == (False, {})
        assert isinstance(found.trouble, NotUnderstood)
    xerotier.switch(Switches(has_list=True))
    assert approvals.look().trouble is None


@pytest.mark.parametrize(("kind", "error"), [("forbidden", NotAllowed), ("garbage", NotUnderstood)])
def test_what_somebody_has_to_put_right_is_told_beside_what_webhooks_told(
    xerotier: Xerotier, approvals: ApprovalList, kind: str, error: type[Exception]
) -> None:
    xerotier.add_fault({"operation": "list", "kind": kind})
    assert isinstance(approvals.look().trouble, error)


@pytest.mark.parametrize(("kind", "error"), [("server_error", Interrupted), ("ratelimited", Throttled)])
def test_what_passes_is_raised(
    xerotier: Xerotier, approvals: ApprovalList, kind: str, error: type[Exception]
) -> None:
    xerotier.add_fault({"operation": "list", "kind": kind})
    with pytest.raises(error):
        approvals.look()
