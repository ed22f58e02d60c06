"""A job of the sandbox's GitLab."""

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, JsonValue

MANUAL, PENDING, CANCELED = "manual", "pending", "canceled"
ENDED = ("success", "failed", CANCELED)


class NewJob(BaseModel):
    """A pipeline has a job that is started by hand."""

    model_config = ConfigDict(extra="forbid")

    project: str = "shop/web"
    name: str = "deploy-production"
    stage: str = "deploy"
    sha: str = Field(default="9a8b7c6d5e4f3a2b1c0d9a8b7c6d5e4f3a2b1c0d", pattern="^[0-9a-f]{40}$")
    ref: str = "main"
    tag: bool = False
    before: str = Field(default="0" * 40, pattern="^[0-9a-f]{40}$")
    """Where the branch was before the push; zeros for nowhere."""
    triggered_by: str = "developer"
    email: str = ""
    age: float = Field(default=0.0, ge=0)
    """Seconds since it was made."""


@dataclass
class Job:
    """``user`` is who triggered its pipeline, and who started it once somebody did. ``decisions`` as elsewhere."""

    id: int
    asked: NewJob
    project: int
    pipeline: int
    at: str
    user: str
    status: str = MANUAL
    started_at: str | None = None
    decisions: int = 0

    def record(self) -> dict[str, JsonValue]:
        """For the control API and tests."""
        return {
            "id": f"job-{self.project}-{self.id}",
            "status": self.status,
            "user": self.user,
            "decisions": self.decisions,
        }
