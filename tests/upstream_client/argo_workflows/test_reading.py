"""From Argo's JSON to requests: what is its own, what is claimed, and that any JSON gives one or an error."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from tests.upstream_client.argo_workflows.told import (
    AT,
    ID,
    NAME,
    NODE,
    UID,
    URL,
    both,
    node_told,
    parameters,
    supplied,
    workflow_told,
)
from tests.upstream_client.steady import STEADY
from upstream_client.argo_workflows import reading
from upstream_client.exceptions import NotUnderstood
from upstream_client.models import ApprovalRequest, Risk
from upstream_client.pipeline import CLAIMED_BY

CREATOR = "workflows.argoproj.io/creator"
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def request(told: dict[str, Any]) -> ApprovalRequest:
    return reading.request(*both(told), URL)


def facts(asked: ApprovalRequest) -> dict[str, str]:
    return {fact.key: fact.value for fact in asked.facts}


def label(asked: ApprovalRequest, key: str) -> str:
    return next(fact.label for fact in asked.facts if fact.key == key)


def test_a_step_becomes_a_request_with_what_goes_where_in_its_title() -> None:
    told = workflow_told(
        meta={"labels": {"app": "payments", f"{CREATOR}-email": "requester.at.example.com"}},
        spec={"arguments": parameters(environment="production", commit="1f2e3d4c5b6a7980", image="r/x:1.2")},
    )
    asked = request(told)
    assert (asked.upstream, asked.id) == ("argo_workflows", ID)
    assert asked.title == f"argo/{NAME} · approve · claimed: payments → production · 1.2"
    assert (asked.requester, asked.requester_email) == ("requester@example.com", "requester@example.com")
    assert (asked.requested_at, asked.expires_at) == (AT, None)
    assert asked.link == f"{URL}/workflows/argo/{NAME}?tab=workflow&nodeId={NODE}&uid={UID}"
    assert facts(asked) | {"run": f"argo/{NAME}", "step": "approve", "namespace": "argo"} == facts(asked)


def test_what_the_workflow_says_is_marked_and_what_argo_says_is_not() -> None:
    told = workflow_told(
        meta={"labels": {"app": "payments"}},
        spec={
            "arguments": parameters(environment="staging", commit="1f2e", image="r/x:1@sha256:ab"),
            "workflowTemplateRef": {"name": "deploy"},
        },
    )
    asked = request(told)
    marked = {fact.key for fact in asked.facts if CLAIMED_BY in fact.label}
    own = {"step", "namespace", "template", "run"}
    assert {fact.key for fact in asked.facts} - marked == own
    assert label(asked, "claimed:service") == f"Service ({CLAIMED_BY})"


def test_a_rule_goes_by_a_claim_only_where_it_names_it_as_one() -> None:
    """Given claims of all that platforms tell, then no key is one of theirs, and nothing is called the artefact."""
    told = workflow_told(
        node_told(inputs=parameters(namespace="docs", template="docs")),
        meta={"labels": {"app": "payments", "team": "a"}, "annotations": {"run": "x"}},
        spec={"arguments": parameters(environment="staging", commit="0" * 40, image="r/x:1@sha256:ab")},
    )
    asked = request(told)
    said = {fact.key for fact in asked.facts} - {"step", "namespace", "run"}
    assert all(key.startswith("claimed:") for key in said)
    assert {"claimed:environment", "claimed:commit", "claimed:image_digest", "claimed:label:team"} <= said
    assert (asked.artefact, asked.is_claim) == ((), False)
    assert facts(asked)["namespace"] == "argo"


def test_the_title_begins_with_what_argo_tells() -> None:
    asked = request(workflow_told(spec={"workflowTemplateRef": {"name": "deploy-payments"}}))
    assert asked.title == "argo/deploy-payments · approve"
    assert request(workflow_told()).title == f"argo/{NAME} · approve"


def test_what_the_template_gives_makes_the_risk_as_well() -> None:
    stored = {"arguments": parameters(environment="production")}
    assert request(workflow_told(status={"storedWorkflowTemplateSpec": stored})).risk is Risk.HIGH


@pytest.mark.parametrize(
    ("values", "namespace", "risk"),
    [
        ({"environment": "production"}, "argo", Risk.HIGH),
        ({"environment": "prod-eu"}, "argo", Risk.HIGH),
        ({"environment": "staging"}, "argo", Risk.UNRATED),
        ({}, "argo", Risk.UNRATED),
        ({"environment": "staging"}, "production", Risk.HIGH),
    ],
)
def test_the_risk_is_a_claim_also_where_nothing_is_said(
    values: dict[str, str], namespace: str, risk: Risk
) -> None:
    asked = request(workflow_told(meta={"namespace": namespace}, spec={"arguments": parameters(**values)}))
    assert (asked.risk, asked.risk_claimed) == (risk, True)


def test_where_a_workflow_contradicts_itself_the_worse_place_counts() -> None:
    told = workflow_told(
        node_told(inputs=parameters(environment="staging")), spec={"arguments": parameters(env="live")}
    )
    asked = request(told)
    assert (facts(asked)["claimed:environment"], asked.risk) == ("staging", Risk.HIGH)


@pytest.mark.parametrize(
    ("labels", "requester", "email"),
    [
        ({f"{CREATOR}-email": "a.b.at.example.com", CREATOR: "x"}, "a.b@example.com", "a.b@example.com"),
        ({f"{CREATOR}-email": "a.at.b.at.example.com", CREATOR: "x"}, "x", ""),
        ({f"{CREATOR}-email": "bob-ops.at.example.com", CREATOR: "x"}, "x", ""),
        (
            {f"{CREATOR}-email": "bob.at.my-example.com", CREATOR: "x"},
            "bob@my-example.com",
            "bob@my-example.com",
        ),
        ({f"{CREATOR}-email": "a" * 50 + ".at.example.com", CREATOR: "x"}, "x", ""),
        (
            {f"{CREATOR}-email": ".at.example.com", f"{CREATOR}-preferred-username": "ann", CREATOR: "x"},
            "ann",
            "",
        ),
        ({CREATOR: "system-serviceaccount-argo-ci"}, "system-serviceaccount-argo-ci", ""),
        ({}, "", ""),
    ],
)
def test_who_submitted_it_is_told_where_the_label_can_mean_one_address_only(
    labels: dict[str, str], requester: str, email: str
) -> None:
    asked = request(workflow_told(meta={"labels": labels}))
    assert (asked.requester, asked.requester_email) == (requester, email)


def test_values_that_somebody_has_to_give_are_named_with_their_choices() -> None:
    choices = {"parameters": [{"name": "go", "value": "NO", "enum": ["YES", "NO"]}]}
    asked = request(workflow_told(node_told(inputs=choices, outputs=supplied(go=None, replicas="3"))))
    assert facts(asked)["needs"].startswith("go (YES, NO). They cannot be given here")
    assert (label(asked, "default:replicas"), facts(asked)["default:replicas"]) == (
        "Value of replicas if approved here",
        "3",
    )


def test_a_workflow_that_is_suspended_as_a_whole_and_a_message_are_told_and_not_bound() -> None:
    before = request(workflow_told())
    after = request(workflow_told(node_told(message="look at the graph"), spec={"suspend": True}))
    assert facts(after)["message"] == "look at the graph"
    assert "suspended as a whole" in facts(after)["suspended"]
    assert after.digest == before.digest


def test_what_the_controller_and_the_server_write_down_meanwhile_changes_no_digest() -> None:
    labels = {"team": "a"}
    acted = {**labels, "workflows.argoproj.io/actor": "x", "workflows.argoproj.io/action": "Resume"}
    before = request(workflow_told(meta={"labels": labels, "resourceVersion": "1"}))
    after = request(workflow_told(meta={"labels": acted, "resourceVersion": "2"}))
    assert (before.digest, before.facts) == (after.digest, after.facts)


def test_another_parameter_is_another_digest() -> None:
    one, other = (request(workflow_told(spec={"arguments": parameters(image=tag)})) for tag in ("x:1", "x:2"))
    assert one.digest != other.digest


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (None, "it is no object"),
        ({"spec": {}}, "metadata"),
        ({"metadata": {"name": "a", "namespace": "b"}, "spec": {}}, "metadata.uid"),
        (workflow_told(status={"nodes": [1]}), "status.nodes"),
    ],
)
def test_what_is_no_workflow_is_named_and_not_repeated(told: JsonValue, words: str) -> None:
    with pytest.raises(NotUnderstood, match=words):
        reading.workflow(told)


def test_steps_of_other_kinds_are_not_looked_at_and_a_broken_suspended_one_is_an_error() -> None:
    pod = {"id": "pod", "type": "Pod", "phase": 3}
    told = reading.workflow(workflow_told(pod, node_told(inputs={"parameters": [{"value": "nameless"}]})))
    with pytest.raises(NotUnderstood, match=r"cannot be read \(inputs\)"):
        list(reading.pauses_of(told))
    assert [one.id for one in reading.pauses_of(reading.workflow(workflow_told(pod, node_told())))] == [NODE]


@given(ANY_JSON)
@STEADY
def test_any_json_is_read_or_refused(told: JsonValue) -> None:
    for read in (reading.page, reading.workflow):
        with suppress(NotUnderstood):
            read(told)


def test_a_list_of_nothing_is_null_as_go_writes_it() -> None:
    assert reading.page({"metadata": {}, "items": None}).items == ()
    with pytest.raises(NotUnderstood, match="no list of workflows"):
        reading.page({"metadata": {}})
