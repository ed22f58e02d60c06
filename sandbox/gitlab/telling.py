"""What the sandbox's GitLab answers: its projects, deployments and jobs as the documentation shows them. Pure."""

from pydantic import JsonValue

from sandbox.gitlab.deployments import Deployment, NewRule, Said
from sandbox.gitlab.jobs import Job
from sandbox.gitlab.people import People

Told = dict[str, JsonValue]


def project(number: int, path: str, url: str, level: int) -> Told:
    """docs.gitlab.com/api/projects/#get-a-single-project, as far as anybody reads it."""
    return {
        "id": number,
        "name": path.rpartition("/")[2],
        "path_with_namespace": path,
        "web_url": f"{url}/{path}",
        "default_branch": "main",
        "permissions": {
            "project_access": {"access_level": level, "notification_level": 3},
            "group_access": None,
        },
    }


def commit(sha: str, title: str, message: str, url: str) -> Told:
    """One whose title says that it merges has two parents."""
    parents: list[JsonValue] = [sha[::-1], sha] if title.startswith("Merge branch ") else [sha[::-1]]
    return {
        "id": sha,
        "short_id": sha[:8],
        "title": title,
        "created_at": "2026-03-02T09:30:00.000+00:00",
        "parent_ids": parents,
        "message": message,
        "author_name": "Developer",
        "author_email": "developer@example.com",
        "authored_date": "2026-03-02T09:30:00.000+00:00",
        "committer_name": "Developer",
        "committer_email": "developer@example.com",
        "committed_date": "2026-03-02T09:30:00.000+00:00",
        "web_url": f"{url}/-/commit/{sha}",
    }


def job(one: Job, path: str, people: People) -> Told:
    """docs.gitlab.com/api/jobs/#get-a-job"""
    asked = one.asked
    page = f"{people.url}/{path}"
    return {
        "id": one.id,
        "status": one.status,
        "stage": asked.stage,
        "name": asked.name,
        "ref": asked.ref,
        "tag": asked.tag,
        "coverage": None,
        "allow_failure": False,
        "created_at": one.at,
        "started_at": one.started_at,
        "finished_at": None,
        "erased_at": None,
        "duration": None,
        "queued_duration": None,
        "user": people.whole(one.user),
        "commit": commit(asked.sha, "A change", "A change\n", page),
        "pipeline": _pipeline(one, page),
        "web_url": f"{page}/-/jobs/{one.id}",
        "project": {"ci_job_token_scope_enabled": False},
        "artifacts": [],
        "runner": None,
        "artifacts_expire_at": None,
        "archived": False,
        "source": "push",
        "tag_list": [],
    }


def pipeline(one: Job, path: str, people: People) -> Told:
    """That of a job (docs.gitlab.com/api/pipelines/#get-a-single-pipeline)."""
    return _pipeline(one, f"{people.url}/{path}") | {
        "iid": one.pipeline,
        "name": "Deploy",
        "before_sha": one.asked.before,
        "tag": one.asked.tag,
        "yaml_errors": None,
        "user": people.basic(one.asked.triggered_by),
        "started_at": one.at,
        "finished_at": None,
        "committed_at": None,
        "duration": None,
        "queued_duration": None,
        "coverage": None,
        "detailed_status": {
            "icon": "status_manual",
            "text": "Manual",
            "label": "manual action",
            "group": "manual",
            "tooltip": "manual action",
            "has_details": True,
            "details_path": f"/{path}/-/pipelines/{one.pipeline}",
            "illustration": None,
            "favicon": "/assets/ci_favicons/favicon_status_manual.png",
        },
    }


def _pipeline(one: Job, page: str) -> Told:
    return {
        "id": one.pipeline,
        "project_id": one.project,
        "sha": one.asked.sha,
        "ref": one.asked.ref,
        "status": "manual",
        "source": "push",
        "created_at": one.at,
        "updated_at": one.at,
        "web_url": f"{page}/-/pipelines/{one.pipeline}",
    }


def listed(one: Deployment, its_job: Job, path: str, people: People) -> Told:
    """As a list tells of it (docs.gitlab.com/api/deployments/#list-project-deployments)."""
    return {
        "id": one.id,
        "iid": one.id,
        "ref": one.asked.ref,
        "sha": one.asked.sha,
        "created_at": one.at,
        "updated_at": one.at,
        "status": one.status,
        "user": people.basic(one.asked.triggered_by),
        "environment": {
            "id": one.environment,
            "name": one.asked.environment,
            "external_url": None,
        },
        "deployable": job(its_job, path, people),
    }


def deployment(one: Deployment, its_job: Job, path: str, people: People) -> Told:
    """By itself: with what was said of it (docs.gitlab.com/api/deployments/#get-a-specific-deployment)."""
    needed = sum(rule.required for rule in one.asked.rules)
    given = sum(said.status == "approved" for said in one.said)
    return listed(one, its_job, path, people) | {
        "pending_approval_count": max(0, needed - given),
        "approvals": [approval(said, people) for said in one.said],
        "approval_summary": {"rules": [_rule(rule, one, people) for rule in one.asked.rules]},
    }


def approval(one: Said, people: People) -> Told:
    """docs.gitlab.com/api/deployments/#approve-or-reject-a-blocked-deployment"""
    return {
        "user": people.basic(one.by),
        "status": one.status,
        "created_at": one.at,
        "comment": one.comment,
    }


def _rule(rule: NewRule, one: Deployment, people: People) -> Told:
    return {
        "user_id": None,
        "group_id": 134,
        "access_level": None,
        "access_level_description": rule.name,
        "required_approvals": rule.required,
        "deployment_approvals": [approval(said, people) for said in one.by_rule(rule)],
    }


def comparison(base: str, target: str, titles: list[str], files: list[str], url: str, compares: bool) -> Told:
    """docs.gitlab.com/api/repositories/#compare-branches-tags-or-commits; a title may be a whole message."""
    commits: list[JsonValue] = []
    for number, message in enumerate(titles, 1):
        sha = target if number == len(titles) else f"{number:040x}"
        commits.append(commit(sha, message.split("\n", 1)[0], message, url))
    return {
        "commit": commits[-1] if commits else None,
        "commits": commits,
        "diffs": [_diff(path) for path in files],
        "compare_timeout": not compares,
        "compare_same_ref": base == target,
        "web_url": f"{url}/-/compare/{base}...{target}",
    }


def _diff(path: str) -> Told:
    return {
        "old_path": path,
        "new_path": path,
        "a_mode": "100644",
        "b_mode": "100644",
        "diff": "@@ -1 +1 @@\n-old\n+new\n",
        "new_file": False,
        "renamed_file": False,
        "deleted_file": False,
    }
