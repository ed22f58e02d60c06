"""How a step stands: it waits, or what became of it; and that one is never taken for another."""

from typing import Any

import pytest

from tests.upstream_client.argo_workflows.told import ID, URL, node_told, workflow_told
from upstream_client.argo_workflows import reading, standing
from upstream_client.argo_workflows.reference import Reference
from upstream_client.exceptions import NotUnderstood
from upstream_client.models import Seen, Status

ENDED = "2026-11-20T12:10:00Z"
PAUSE = {"templates": [{"name": "approve", "suspend": {"duration": "5m"}}]}


def seen(told: dict[str, Any], *, stops: bool = False) -> Seen:
    return standing.seen(reading.workflow(told), Reference.parse(ID), URL, stops=stops)


def done(phase: str, message: str = "") -> dict[str, Any]:
    return node_told(phase=phase, message=message, finishedAt=ENDED)


@pytest.mark.parametrize(
    ("phase", "message", "status"),
    [
        ("Running", "", Status.PENDING),
        ("Succeeded", "", Status.APPROVED),
        ("Succeeded", "[0123456789abcdef] Approved in Slack by Approver", Status.APPROVED),
        ("Failed", "[0123456789abcdef] Denied in Slack by Approver", Status.DENIED),
        ("Failed", "[0123456789abcdef] Denied in Slack by Approver: exceeded its deadline", Status.DENIED),
        ("Failed", "Stopped with strategy 'Stop'", Status.WITHDRAWN),
        ("Failed", "Stopped with strategy 'Terminate'", Status.WITHDRAWN),
        ("Failed", "workflow shutdown with strategy:  Terminate", Status.WITHDRAWN),
        ("Failed", "Step exceeded its deadline", Status.EXPIRED),
        ("Error", "", Status.WITHDRAWN),
        ("Omitted", "", Status.WITHDRAWN),
    ],
)
def test_what_became_of_it_is_told_by_the_step(phase: str, message: str, status: Status) -> None:
    told = seen(workflow_told(done(phase, message)))
    assert (told.status, told.comment) == (status, message)
    assert (told.at is None) is (status is Status.PENDING)


def test_a_phase_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(NotUnderstood, match="no phase"):
        seen(workflow_told(done("Dancing")))


@pytest.mark.parametrize(
    ("message", "by"),
    [
        ("Resumed by: map[Email:ann@example.com PreferredUsername:ann User:CgVhZG1pbg]", "ann@example.com"),
        ("Resumed by: map[User:system:serviceaccount:argo:ci]", "system:serviceaccount:argo:ci"),
        ("look; Resumed by: map[]", ""),
        ("", ""),
    ],
)
def test_who_resumed_it_is_told_where_the_server_notes_it(message: str, by: str) -> None:
    assert seen(workflow_told(done("Succeeded", message))).by == by


@pytest.mark.parametrize(("stops", "status"), [(True, Status.DENIED), (False, Status.WITHDRAWN)])
def test_a_workflow_that_was_stopped_waits_no_more_though_its_step_still_runs(
    stops: bool, status: Status
) -> None:
    told = workflow_told(spec={"shutdown": "Stop"})
    assert seen(told, stops=stops).status is status
    failed = workflow_told(done("Failed", "Stopped with strategy 'Stop'"), spec={"shutdown": "Stop"})
    assert seen(failed, stops=stops).status is status


def test_to_terminate_it_is_no_answer() -> None:
    told = workflow_told(spec={"shutdown": "Terminate"})
    assert (seen(told).status, seen(told, stops=True).status) == (Status.WITHDRAWN, Status.WITHDRAWN)


@pytest.mark.parametrize("phase", ["Succeeded", "Failed", "Error"])
def test_in_a_workflow_that_has_ended_nothing_waits(phase: str) -> None:
    assert seen(workflow_told(status={"phase": phase})).status is Status.WITHDRAWN


def test_a_pause_that_went_on_by_itself_was_approved_by_nobody() -> None:
    told = seen(workflow_told(done("Succeeded"), spec=PAUSE))
    assert (told.status, told.comment) == (Status.WITHDRAWN, standing.BY_ITSELF)
    by_hand = done("Succeeded", "Resumed by: map[User:ann]")
    assert seen(workflow_told(by_hand, spec=PAUSE)).status is Status.APPROVED
    before = done("Succeeded", "look at the graph")
    assert seen(workflow_told(before, spec=PAUSE)).status is Status.WITHDRAWN


@pytest.mark.parametrize("duration", ["{{inputs.parameters.wait}}", "1d", None])
def test_a_step_that_may_have_gone_on_by_itself_is_not_called_approved(duration: str | None) -> None:
    """Given a time that Argo does not tell, or no template at all, only what names somebody is an approval."""
    templates = [] if duration is None else [{"name": "approve", "suspend": {"duration": duration}}]
    told = seen(workflow_told(done("Succeeded"), spec={"templates": templates}))
    assert (told.status, told.comment) == (Status.UNKNOWN, standing.UNTOLD)
    for message in ("[0123456789abcdef] Approved in Slack by Approver", "Resumed by: map[User:ann]"):
        named = workflow_told(done("Succeeded", message), spec={"templates": templates})
        assert seen(named).status is Status.APPROVED


@pytest.mark.parametrize(
    "told",
    [
        workflow_told(meta={"uid": "another-uid"}),
        workflow_told(node_told(startedAt="2026-11-20T12:00:01Z")),
        workflow_told(node_told(id="deploy-x7k2p-1")),
        workflow_told(node_told(type="Pod")),
    ],
)
def test_another_workflow_another_turn_another_step_is_never_this_one(told: dict[str, Any]) -> None:
    assert seen(told).status is Status.UNKNOWN


def test_steps_that_are_not_told_are_no_answer() -> None:
    with pytest.raises(NotUnderstood, match="persistence"):
        seen(workflow_told(status={"nodes": None, "offloadNodeStatusVersion": "fnv:1"}))
