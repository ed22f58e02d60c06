"""From a deployment as GitLab tells it to a request, and to what became of it."""

from typing import Any

import pytest

from tests.upstream_client.gitlab.told import (
    OURS,
    PROJECT,
    SHA,
    URL,
    WEB,
    approval,
    deployment,
    raw_deployment,
    raw_job,
    rule,
    user,
)
from upstream_client.exceptions import NotUnderstood
from upstream_client.gitlab.deployment_reading import note_of, request, seen_of
from upstream_client.gitlab.wire import Deployment, read
from upstream_client.models import ApprovalRequest, Risk, Seen, Status
from upstream_client.pipeline import Change, Named


def asked(*rules: dict[str, Any], **more: Any) -> ApprovalRequest:
    return request(deployment(*rules, **more), WEB, URL, None)


def seen(*rules: dict[str, Any], **more: Any) -> Seen:
    told = deployment(*rules, **more)
    return seen_of(told, request(told, WEB, URL, None), OURS)


def values(one: ApprovalRequest) -> dict[str, str]:
    return {fact.key: fact.value for fact in one.facts}


def test_a_deployment_becomes_a_request_with_what_people_need_to_see() -> None:
    one = asked(rule("Release managers", 2, approval(1)))
    assert (one.upstream, one.id) == ("gitlab", "deployment-3-41")
    assert one.title == f"{PROJECT} → production · {SHA[:12]}"
    assert (one.requester, one.requester_email) == ("developer", "developer@example.com")
    assert values(one) == {
        "repository": PROJECT,
        "environment": "production",
        "ref": "main",
        "commit": SHA,
        "triggered_by": "developer",
        "run": "pipeline 42",
        "label:job": "deploy-production",
        "label:stage": "deploy",
        "needs": "Release managers 1 of 2",
    }
    assert one.risk is Risk.HIGH
    assert one.link == f"{URL}/{PROJECT}/-/environments/9"
    assert next(fact.link for fact in one.facts if fact.key == "run") == f"{URL}/{PROJECT}/-/pipelines/42"
    assert one.requested_at == 1_772_443_800_000_000
    assert one.artefact == (f"commit:{SHA}",)


def test_what_changes_while_people_think_is_not_bound() -> None:
    before = deployment(rule("QA", 2))
    after = deployment(rule("QA", 2, approval(1)), updated_at="2026-03-02T10:00:00.000Z")
    change = Change(Named("1f2e3d4c5b6a…9a8b7c6d5e4f"), ("app.py",), 0, ("A change",))
    assert request(before, WEB, URL, None).digest == request(after, WEB, URL, change).digest


@pytest.mark.parametrize(
    "more",
    [
        {"sha": "0" * 40},
        {"ref": "other"},
        {"environment": {"id": 9, "name": "staging"}},
        {"deployable": raw_job(name="other")},
        {"deployable": raw_job(user=user(13, "somebody-else"))},
        {"id": 42},
    ],
)
def test_what_is_deployed_where_by_whom_is_bound(more: dict[str, Any]) -> None:
    assert asked(**more).digest != asked().digest


def test_a_tag_is_the_version() -> None:
    one = asked(ref="v1.2.3", deployable=raw_job(tag=True))
    assert one.title == f"{PROJECT} → production · v1.2.3"


def test_what_leads_to_another_host_is_no_link() -> None:
    pipeline = {"id": 42, "web_url": "https://evil.example/shop/web/-/pipelines/42"}
    one = asked(deployable=raw_job(pipeline=pipeline))
    assert all(not fact.link for fact in one.facts)


def test_without_a_job_what_is_known_is_told() -> None:
    one = asked(deployable=None)
    assert one.requester == "developer"
    assert values(one).keys() == {"repository", "environment", "ref", "commit", "triggered_by"}


def test_what_nobody_of_us_has_answered_waits_whoever_else_has() -> None:
    found = seen(rule("QA", 2, approval(1)))
    assert (found.status, found.note) == (Status.PENDING, "")


def test_what_we_approved_is_approved_and_its_note_says_who_else_is_needed() -> None:
    found = seen(rule("QA", 1, approval(OURS, comment="[0123] Approved")), rule("Security", 2, approval(1)))
    assert (found.status, found.by, found.comment) == (Status.APPROVED, "user-7", "[0123] Approved")
    assert found.note == (
        "the approval is recorded, and the deployment is still blocked. It still needs: Security 1 of 2."
    )


def test_that_others_approved_after_us_takes_nothing_from_our_approval() -> None:
    found = seen(
        rule("QA", 2, approval(OURS, comment="ours", minute=1), approval(1, comment="theirs", minute=2)),
        status="created",
    )
    assert (found.status, found.comment) == (Status.APPROVED, "ours")
    assert found.note == "nothing more is needed, and the job does not start by itself: press Run there."


def test_that_others_approved_it_without_us_is_theirs() -> None:
    found = seen(rule("QA", 1, approval(1, comment="Looks good")), status="success")
    assert (found.status, found.by, found.comment) == (Status.APPROVED, "user-1", "Looks good")


def test_a_rejection_by_anybody_ends_it_also_after_our_approval() -> None:
    found = seen(rule("QA", 2, approval(OURS), approval(1, "rejected", "No")), status="failed")
    assert (found.status, found.by, found.comment) == (Status.DENIED, "user-1", "No")


def test_of_several_rejections_ours_is_told() -> None:
    said = (approval(1, "rejected", "theirs"), approval(OURS, "rejected", "ours", minute=1))
    assert seen(rule("QA", 2, *said), status="failed").comment == "ours"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("canceled", Status.WITHDRAWN),
        ("skipped", Status.WITHDRAWN),
        ("failed", Status.WITHDRAWN),
        ("running", Status.UNKNOWN),
        ("success", Status.UNKNOWN),
        ("a word of next year", Status.UNKNOWN),
    ],
)
def test_what_ended_without_a_word_is_said_to_be_nobodys(status: str, expected: Status) -> None:
    assert seen(rule("QA", 1), status=status).status is expected


def test_what_was_canceled_before_all_had_approved_is_not_approved_by_those_who_had() -> None:
    assert seen(rule("QA", 2, approval(1)), status="canceled").status is Status.WITHDRAWN


def test_the_note_of_ours_says_that_it_was_canceled_since() -> None:
    found = seen(rule("QA", 1, approval(OURS)), status="canceled")
    assert (found.status, found.note) == (
        Status.APPROVED,
        "the approval is recorded, and the deployment was canceled.",
    )


def test_nothing_is_noted_where_the_job_runs() -> None:
    assert note_of(deployment(status="running", deployable=raw_job(status="running"))) == ""


def test_a_deployment_that_cannot_be_read_is_named_without_its_values() -> None:
    with pytest.raises(NotUnderstood, match=r"sha, environment\.name") as caught:
        read(Deployment, raw_deployment(sha="s3cret", environment={"id": 9, "name": ""}), "a deployment")
    assert "s3cret" not in str(caught.value)
