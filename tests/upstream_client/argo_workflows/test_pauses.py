"""A suspended step that goes on by itself: until when, in words, and whether it did."""

from typing import Any

import pytest

from tests.upstream_client.argo_workflows.told import both, node_told, parameters, workflow_told
from upstream_client.argo_workflows import pauses

PAUSE = "even if nobody answers: this is a pause and no barrier"


def suspended(duration: str) -> dict[str, Any]:
    return {"templates": [{"name": "approve", "suspend": {"duration": duration} if duration else {}}]}


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        ("", ""),
        ("20", f"at 2026-11-20 12:00:20 UTC, {PAUSE}"),
        ("2m", f"at 2026-11-20 12:02:00 UTC, {PAUSE}"),
        ("1h30m", f"at 2026-11-20 13:30:00 UTC, {PAUSE}"),
        ("1.5h", f"at 2026-11-20 13:30:00 UTC, {PAUSE}"),
        ("{{inputs.parameters.wait}}", f"{{{{inputs.parameters.wait}}}} after it began, {PAUSE}"),
        ("999999999h", f"999999999h after it began, {PAUSE}"),
    ],
)
def test_it_is_said_when_a_step_goes_on_by_itself(duration: str, words: str) -> None:
    assert pauses.words(*both(workflow_told(spec=suspended(duration)))) == words


def test_the_template_may_be_that_of_a_workflow_template() -> None:
    stored = {"storedWorkflowTemplateSpec": suspended("5m")}
    told = workflow_told(spec={"templates": None, "workflowTemplateRef": {"name": "deploy"}}, status=stored)
    assert pauses.words(*both(told)).startswith("at 2026-11-20 12:05:00 UTC")


def test_the_template_may_be_in_another_resource_and_then_that_of_the_same_name_here_is_not_it() -> None:
    node = node_told(templateName=None, templateRef={"name": "gates", "template": "approve"})
    stored = {
        "storedTemplates": {"namespaced/gates/approve": {"name": "approve", "suspend": {"duration": "1h"}}}
    }
    told = workflow_told(node, spec=suspended("5m"), status=stored)
    assert pauses.words(*both(told)).startswith("at 2026-11-20 13:00:00 UTC")


def test_a_template_that_is_not_told_is_said_not_to_be_known() -> None:
    assert pauses.words(*both(workflow_told(spec={"templates": []}))) == pauses.UNKNOWN


@pytest.mark.parametrize(
    ("finished", "duration", "by_itself"),
    [
        ("2026-11-20T12:01:00Z", "2m", False),
        ("2026-11-20T12:02:00Z", "2m", True),
        ("2026-11-20T12:01:59Z", "2m", False),
        ("2026-11-20T12:02:00Z", "", False),
        ("2026-11-20T12:00:00Z", "600ms", True),
        ("2026-11-20T12:02:00Z", "{{inputs.parameters.wait}}", True),
        ("2026-11-20T12:01:59Z", "{{ inputs.parameters.wait }}", False),
        ("2026-11-20T12:05:00Z", "{{workflow.parameters.wait}}", True),
        ("2026-11-20T12:02:00Z", "{{workflow.parameters.wait}}", False),
        ("2026-11-20T12:00:30Z", "{{inputs.parameters.unknown}}", None),
        ("2026-11-20T12:00:30Z", "{{=sprig.atoi('30')}}", None),
        ("2026-11-20T12:00:30Z", "1d", None),
        (None, "2m", None),
    ],
)
def test_a_step_that_ended_when_its_time_was_over_went_on_by_itself(
    finished: str | None, duration: str, by_itself: bool | None
) -> None:
    """None is where Argo does not tell enough to say."""
    node = node_told(phase="Succeeded", finishedAt=finished, inputs=parameters(wait="2m"))
    told = workflow_told(node, spec={**suspended(duration), "arguments": parameters(wait="5m")})
    assert pauses.went_on_by_itself(*both(told)) is by_itself


def test_of_a_step_whose_template_is_not_told_nobody_can_say_why_it_went_on() -> None:
    told = workflow_told(
        node_told(phase="Succeeded", finishedAt="2026-11-20T12:00:01Z"), spec={"templates": []}
    )
    assert pauses.went_on_by_itself(*both(told)) is None


def test_the_time_may_be_an_argument_of_the_template() -> None:
    stored = {**suspended("{{workflow.parameters.wait}}"), "arguments": parameters(wait="5m")}
    told = workflow_told(
        spec={"templates": None, "workflowTemplateRef": {"name": "deploy"}},
        status={"storedWorkflowTemplateSpec": stored},
    )
    assert pauses.words(*both(told)) == f"at 2026-11-20 12:05:00 UTC, {PAUSE}"
