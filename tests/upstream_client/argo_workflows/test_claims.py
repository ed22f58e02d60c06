"""What a workflow says of itself: all of it marked, and what is to go where found by its usual names."""

import pytest

from tests.upstream_client.argo_workflows.told import both, node_told, parameters, workflow_told
from upstream_client.argo_workflows import claims
from upstream_client.argo_workflows.claims import Claim, values_of
from upstream_client.models import Fact
from upstream_client.pipeline import CLAIMED_BY, Image


def test_what_is_said_closest_to_the_step_comes_first() -> None:
    told = workflow_told(
        node_told(inputs=parameters(env="staging")),
        meta={"labels": {"environment": "test"}, "annotations": {"env": "live"}},
        spec={"arguments": parameters(environment="production")},
    )
    said = claims.claims(*both(told))
    assert values_of(claims.ENVIRONMENT, said) == ("staging", "production", "test", "live")


def test_of_two_names_in_one_place_the_plainer_one_comes_first() -> None:
    said = (
        Claim("parameter", "sha", "a"),
        Claim("parameter", "git-commit", "b"),
        Claim("parameter", "COMMIT", "c"),
    )
    assert values_of(claims.COMMIT, said) == ("c", "a", "b")


@pytest.mark.parametrize(
    ("name", "is_service"),
    [("app.kubernetes.io/name", True), ("name", False), ("example.com/app", True), ("SERVICE", True)],
)
def test_a_name_is_that_of_the_service_where_nothing_else_is_meant(name: str, is_service: bool) -> None:
    assert bool(values_of(claims.SERVICE, (Claim("label", name, "payments"),))) is is_service


def test_labels_and_annotations_that_argo_and_kubernetes_keep_are_left_out() -> None:
    labels = {
        "workflows.argoproj.io/phase": "Running",
        "workflows.argoproj.io/actor-email": "somebody.at.example.com",
        "argocd.argoproj.io/instance": "x",
        "app.kubernetes.io/version": "1.2",
        "team": "payments",
    }
    annotations = {
        "kubectl.kubernetes.io/last-applied-configuration": "{}",
        "workflows.argoproj.io/pod-name-format": "v2",
        "workflows.argoproj.io/title": "Deploy payments",
        "change": "CHG-1",
    }
    said = claims.claims(*both(workflow_told(meta={"labels": labels, "annotations": annotations})))
    assert [one.name for one in said] == [
        "app.kubernetes.io/version",
        "team",
        "change",
        "workflows.argoproj.io/title",
    ]


def test_each_is_a_line_that_says_that_it_is_a_claim_however_long_its_name_is() -> None:
    said = (Claim("label", "team", "payments"), Claim("annotation", "x" * 200, "y"), Claim("input", "a", "b"))
    label, annotation, given = claims.facts(said)
    assert label == Fact("claimed:label:team", f"Label team ({CLAIMED_BY})", "payments")
    assert annotation.key == f"claimed:annotation:{'x' * 200}"
    assert annotation.label.endswith(f"… ({CLAIMED_BY})")
    assert len(annotation.label) <= 75
    assert given.key == "claimed:input:a"


@pytest.mark.parametrize(
    ("image", "digest", "found"),
    [
        ("r.example.com/x:1.2@sha256:ab", "", Image("r.example.com/x:1.2", "sha256:ab")),
        ("x:1.2", "sha256:cd", Image("x:1.2", "sha256:cd")),
        ("", "", Image()),
    ],
)
def test_the_digest_of_an_image_may_stand_in_its_name(image: str, digest: str, found: Image) -> None:
    said = (Claim("parameter", "image", image), Claim("parameter", "image-digest", digest))
    assert claims.image_of(said) == found


def test_a_value_that_nobody_gave_is_its_default() -> None:
    told = workflow_told(spec={"arguments": {"parameters": [{"name": "env", "default": "production"}]}})
    assert values_of(claims.ENVIRONMENT, claims.claims(*both(told))) == ("production",)


def test_what_the_template_gives_stands_beneath_what_the_workflow_gives() -> None:
    """Given a template with arguments of its own, when the workflow says one otherwise, then that one counts."""
    stored = {"arguments": parameters(environment="production", image="x:1", region="eu")}
    told = workflow_told(
        spec={"arguments": {"parameters": [{"name": "image", "value": "x:2"}, {"name": "region"}]}},
        status={"storedWorkflowTemplateSpec": stored},
    )
    said = {one.name: one.value for one in claims.claims(*both(told))}
    assert said == {"environment": "production", "image": "x:2", "region": "eu"}


def test_a_value_that_the_workflow_leaves_empty_is_not_that_of_the_template() -> None:
    told = workflow_told(
        spec={"arguments": parameters(image="")},
        status={"storedWorkflowTemplateSpec": {"arguments": parameters(image="x:1")}},
    )
    assert [one.value for one in claims.claims(*both(told))] == [""]
