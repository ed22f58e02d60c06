"""The client before a GitLab: jobs that wait to be started by hand."""

import pytest

from sandbox.gitlab import GitLab
from sandbox.gitlab.instance import Switches
from tests.upstream_client.gitlab.asking import approve, filed, the_one
from tests.upstream_client.gitlab.conftest import Make
from tests.upstream_client.gitlab.told import BASE, DECISION, SHA
from upstream_client.exceptions import PartlyRead, Unreachable
from upstream_client.gitlab import Gated, GitLabClient
from upstream_client.gitlab.changes import ASKS
from upstream_client.models import Outcome, OutcomeKind, Status, Verdict


def test_a_job_is_started_by_an_approval(gitlab: GitLab, jobs: GitLabClient) -> None:
    one = gitlab.file_job()
    assert approve(jobs, the_one(jobs)) == Outcome(OutcomeKind.TAKEN)
    assert gitlab.jobs()[0] == {"id": one, "status": "pending", "user": "approval-bot", "decisions": 1}
    assert (jobs.fetch(one).status, jobs.fetch(one).by) == (Status.APPROVED, "approval-bot")
    assert jobs.list_pending() == []
    assert (jobs.capabilities.comment, jobs.capabilities.get_one) == (False, True)


def test_a_job_is_canceled_by_a_rejection(gitlab: GitLab, jobs: GitLabClient) -> None:
    one = gitlab.file_job()
    assert jobs.deny(the_one(jobs), "", DECISION) == Outcome(OutcomeKind.TAKEN)
    assert jobs.fetch(one).status is Status.DENIED


def test_a_gitlab_that_cancels_no_such_job_is_no_rejection(gitlab: GitLab, jobs: GitLabClient) -> None:
    gitlab.file_job()
    gitlab.switch(Switches(cancels=False))
    outcome = jobs.deny(the_one(jobs), "", DECISION)
    assert outcome.kind is OutcomeKind.REFUSED
    assert "does not cancel a job that is started by hand" in outcome.detail
    assert len(jobs.list_pending()) == 1


def test_a_job_that_somebody_else_started_makes_ours_too_late(gitlab: GitLab, jobs: GitLabClient) -> None:
    one = gitlab.file_job()
    request = the_one(jobs)
    gitlab.start(one, "somebody")
    assert approve(jobs, request).kind is OutcomeKind.ALREADY
    assert gitlab.jobs()[0]["decisions"] == 0


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        ("running", Verdict.DENY),
        ("pending", Verdict.DENY),
        ("canceled", Verdict.APPROVE),
        ("success", Verdict.APPROVE),
        ("failed", Verdict.APPROVE),
    ],
)
def test_what_somebody_answered_about_a_job_is_never_undone(
    gitlab: GitLab, jobs: GitLabClient, status: str, verdict: Verdict
) -> None:
    """Given a GitLab that cancels what runs and starts what was canceled, then neither is asked of it."""
    one = gitlab.file_job()
    request = the_one(jobs)
    gitlab.become(one, status)
    outcome = approve(jobs, request) if verdict is Verdict.APPROVE else jobs.deny(request, "", DECISION)
    assert outcome.kind is OutcomeKind.ALREADY
    assert [(one["status"], one["decisions"]) for one in gitlab.jobs()] == [(status, 0)]
    assert not [call for call in gitlab.calls() if call.startswith("POST")]


def test_a_job_that_cannot_be_looked_at_is_not_answered(gitlab: GitLab, jobs: GitLabClient) -> None:
    gitlab.file_job()
    request = the_one(jobs)
    gitlab.add_fault({"operation": "job", "kind": "server_error"})
    with pytest.raises(Unreachable, match="Nothing was sent"):
        approve(jobs, request)
    assert gitlab.jobs()[0]["decisions"] == 0


@pytest.mark.parametrize("operation", ["play", "cancel"])
def test_an_answer_about_a_job_that_got_lost_is_unknown(
    gitlab: GitLab, jobs: GitLabClient, operation: str
) -> None:
    gitlab.file_job()
    one = the_one(jobs)
    gitlab.add_fault({"operation": operation, "kind": "reset"})
    outcome = approve(jobs, one) if operation == "play" else jobs.deny(one, "", DECISION)
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert gitlab.jobs()[0]["decisions"] == 1


def test_jobs_that_pipelines_left_behind_are_not_asked_for(gitlab: GitLab, jobs: GitLabClient) -> None:
    gitlab.file_job(age=8 * 24 * 3600)
    fresh = gitlab.file_job(age=6 * 24 * 3600)
    assert [one.id for one in jobs.list_pending()] == [fresh]


def test_the_job_of_a_deployment_that_is_blocked_is_not_asked_for_twice(gitlab: GitLab, make: Make) -> None:
    both = make(Gated.BOTH)
    one = filed(gitlab)
    assert [asked.id for asked in both.list_pending()] == [one]
    approve(both, the_one(both))
    assert [asked.id for asked in both.list_pending()] == ["job-1-101"]
    assert both.capabilities.comment


def test_without_deployments_the_job_of_one_that_is_blocked_cannot_be_started(
    gitlab: GitLab, jobs: GitLabClient
) -> None:
    filed(gitlab)
    outcome = approve(jobs, the_one(jobs))
    assert (outcome.kind, outcome.detail) == (OutcomeKind.REFUSED, "GitLab refused it: Unplayable Job.")


def test_what_was_pushed_with_its_pipeline_is_told_of_a_job(gitlab: GitLab, jobs: GitLabClient) -> None:
    gitlab.file_job(before=BASE)
    gitlab.switch(Switches(titles=["Pay by card"], files=["pay.py"]))
    one = the_one(jobs)
    told = {fact.key: fact.value for fact in one.facts if not fact.bound}
    assert told["commits"] == f"{BASE[:12]}…{SHA[:12]}"
    assert (told["changed_files"], told["changelog"]) == ("1: pay.py", "1: Pay by card")
    assert (told["commit_title"], told["source"]) == ("A change", "push")
    assert jobs.fetch(one.id).request == one


@pytest.mark.parametrize("kind", ["forbidden", "not_found", "server_error", "garbage"])
def test_a_pipeline_that_is_not_told_hides_no_job(gitlab: GitLab, jobs: GitLabClient, kind: str) -> None:
    one = gitlab.file_job(before=BASE)
    gitlab.add_fault({"operation": "pipeline", "kind": kind})
    asked = the_one(jobs)
    assert asked.id == one
    assert "commits" not in {fact.key for fact in asked.facts}


def test_of_very_many_jobs_what_comes_with_them_is_asked_by_and_by(gitlab: GitLab, make: Make) -> None:
    now = 0.0
    client = make(Gated.MANUAL_JOBS, monotonic=lambda: now)
    for _ in range(ASKS + 3):
        gitlab.file_job()
    for seconds, pipelines in ((0.0, ASKS), (1.0, ASKS), (60.0, ASKS + 3)):
        now = seconds
        assert len(client.list_pending()) == ASKS + 3
        assert sum("/pipelines/" in call for call in gitlab.calls()) == pipelines


def test_a_job_that_cannot_be_read_hides_no_other(gitlab: GitLab, jobs: GitLabClient) -> None:
    fine = gitlab.file_job()
    gitlab.file_job(name="")
    with pytest.raises(PartlyRead, match="a job of shop/web that cannot be read") as caught:
        jobs.list_pending()
    assert [one.id for one in caught.value.readable] == [fine]
