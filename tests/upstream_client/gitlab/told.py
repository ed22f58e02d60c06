"""Deployments and jobs as GitLab tells of them, for tests to vary."""

from typing import Any

from upstream_client.gitlab.wire import Deployment, Job, Project, read
from upstream_client.models import Decision

PROJECT = "shop/web"
URL = "https://gitlab.example.com"
SHA = "9a8b7c6d5e4f3a2b1c0d9a8b7c6d5e4f3a2b1c0d"
BASE = "1f2e3d4c5b6a7f8e9d0c1f2e3d4c5b6a7f8e9d0c"
OURS = 7
"""The id of the token's user."""
DECISION = Decision("0123456789abcdef", "Approver (U02APPROVER)", "[0123456789abcdef] Approved by Approver")
WEB = Project(id=3, path_with_namespace=PROJECT, web_url=f"{URL}/{PROJECT}")


def user(number: int = 12, name: str = "developer", **more: Any) -> dict[str, Any]:
    return {"id": number, "username": name, "name": name.title(), **more}


def approval(
    number: int, status: str = "approved", comment: str | None = None, minute: int = 0
) -> dict[str, Any]:
    """What one user said."""
    at = f"2026-03-02T10:{minute:02}:00.000Z"
    return {"user": user(number, f"user-{number}"), "status": status, "comment": comment, "created_at": at}


def rule(name: str, required: int, *said: dict[str, Any]) -> dict[str, Any]:
    """An approval rule with what was said for it."""
    return {
        "access_level_description": name,
        "required_approvals": required,
        "deployment_approvals": list(said),
    }


def raw_job(**more: Any) -> dict[str, Any]:
    return {
        "id": 664,
        "name": "deploy-production",
        "stage": "deploy",
        "status": "manual",
        "ref": "main",
        "tag": False,
        "web_url": f"{URL}/{PROJECT}/-/jobs/664",
        "created_at": "2026-03-02T09:29:00.000Z",
        "user": user(public_email="developer@example.com"),
        "pipeline": {"id": 42, "sha": SHA, "ref": "main", "web_url": f"{URL}/{PROJECT}/-/pipelines/42"},
        **more,
    }


def raw_deployment(**more: Any) -> dict[str, Any]:
    return {
        "id": 41,
        "status": "blocked",
        "sha": SHA,
        "ref": "main",
        "created_at": "2026-03-02T09:30:00.000Z",
        "user": user(),
        "environment": {"id": 9, "name": "production"},
        "deployable": raw_job(),
        **more,
    }


def deployment(*rules: dict[str, Any], **more: Any) -> Deployment:
    """One with these approval rules."""
    summary = {"approval_summary": {"rules": list(rules)}} if rules else {}
    return read(Deployment, raw_deployment(**summary, **more), "a deployment")


def job(**more: Any) -> Job:
    return read(Job, raw_job(**more), "a job")
