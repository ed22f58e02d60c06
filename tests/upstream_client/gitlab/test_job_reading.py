"""From a job that is started by hand to a request, and to what became of it."""

import pytest

from tests.upstream_client.gitlab.told import PROJECT, SHA, URL, WEB, job, raw_job, user
from upstream_client.gitlab.job_reading import request, seen_of
from upstream_client.models import Risk, Status
from upstream_client.pipeline import Change, Named


def test_a_job_becomes_a_request_that_says_that_it_is_no_barrier() -> None:
    one = request(job(), WEB, URL)
    assert (one.id, one.title) == ("job-3-664", f"Run deploy-production: {PROJECT} · {SHA[:12]}")
    assert (one.requester, one.risk, one.risk_claimed) == ("developer", Risk.HIGH, True)
    assert {fact.key: fact.value for fact in one.facts if fact.bound} == {
        "repository": PROJECT,
        "ref": "main",
        "commit": SHA,
        "triggered_by": "developer",
        "run": "pipeline 42",
        "claimed:job": "deploy-production",
        "claimed:stage": "deploy",
    }
    assert {fact.label for fact in one.facts} >= {
        "job (claimed by the pipeline)",
        "stage (claimed by the pipeline)",
    }
    assert "by whoever may run pipelines" in one.facts[-1].value
    assert one.link == f"{URL}/{PROJECT}/-/jobs/664"


def test_a_job_whose_name_says_nothing_is_not_rated() -> None:
    one = request(job(name="deploy-review"), WEB, URL)
    assert (one.risk, one.risk_claimed) == (Risk.UNRATED, True)


def test_what_gitlab_tells_besides_is_shown_and_not_bound() -> None:
    pipeline = {"id": 42, "sha": SHA, "source": "schedule"}
    told = job(commit={"id": SHA, "title": "Pay by card"}, pipeline=pipeline)
    change = Change(Named("1f2e3d4c5b6a…9a8b7c6d5e4f"), ("app.py",), 0, ("A change",))
    one, plain = request(told, WEB, URL, change), request(job(), WEB, URL)
    assert {fact.key: fact.value for fact in one.facts if not fact.bound and fact.key != "no_barrier"} == {
        "commits": "1f2e3d4c5b6a…9a8b7c6d5e4f",
        "changed_files": "1: app.py",
        "changelog": "1: A change",
        "commit_title": "Pay by card",
        "source": "schedule",
    }
    assert one.digest == plain.digest


def test_a_pipeline_without_a_page_is_linked_to_where_it_must_be() -> None:
    one = request(job(pipeline={"id": 42, "sha": SHA}), WEB, URL)
    assert next(fact.link for fact in one.facts if fact.key == "run") == f"{URL}/{PROJECT}/-/pipelines/42"


@pytest.mark.parametrize(
    ("status", "expected", "by"),
    [
        ("manual", Status.PENDING, ""),
        ("pending", Status.APPROVED, "operator"),
        ("success", Status.APPROVED, "operator"),
        ("failed", Status.APPROVED, "operator"),
        ("canceled", Status.DENIED, ""),
        ("skipped", Status.WITHDRAWN, ""),
        ("created", Status.WITHDRAWN, ""),
        ("a word of next year", Status.WITHDRAWN, ""),
    ],
)
def test_what_became_of_a_job_is_told_by_its_status(status: str, expected: Status, by: str) -> None:
    told = job(**raw_job(status=status, user=user(5, "operator")))
    found = seen_of(told, request(told, WEB, URL))
    assert (found.status, found.by, found.comment) == (expected, by, "")
