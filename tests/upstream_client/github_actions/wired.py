"""What GitHub sends, for tests to vary."""

from typing import Any

REPOSITORY = "octo-org/shop"
SHA = "1f2e3d4c5b6a79881f2e3d4c5b6a79881f2e3d4c"
API = "https://api.github.com"


def run(**more: Any) -> dict[str, Any]:
    """A run that waits."""
    return {
        "id": 77,
        "run_attempt": 1,
        "head_sha": SHA,
        "head_branch": "main",
        "path": ".github/workflows/deploy.yml@refs/heads/main",
        "event": "push",
        "status": "waiting",
        "conclusion": None,
        "run_number": 12,
        "display_title": "Raise the limit",
        "html_url": f"https://github.com/{REPOSITORY}/actions/runs/77",
        "actor": {"login": "octocat"},
        "triggering_actor": {"login": "octocat"},
        "repository": {"full_name": REPOSITORY},
        "head_repository": {"full_name": REPOSITORY},
        "created_at": "2026-03-02T09:30:00Z",
        "run_started_at": "2026-03-02T09:31:00Z",
        "updated_at": "2026-03-02T09:40:00Z",
        **more,
    }


def pending(**more: Any) -> dict[str, Any]:
    """An environment that waits for a review."""
    return {
        "environment": {"id": 161, "name": "production"},
        "wait_timer": 0,
        "wait_timer_started_at": None,
        "current_user_can_approve": True,
        "reviewers": [{"type": "User", "reviewer": {"login": "slack-approver"}}],
        **more,
    }


def review(
    state: str = "approved", comment: str = "", environment: int = 161, by: str = "sam"
) -> dict[str, Any]:
    """What somebody said of an environment."""
    return {
        "environments": [{"id": environment, "name": "production"}],
        "state": state,
        "user": {"login": by},
        "comment": comment,
    }
