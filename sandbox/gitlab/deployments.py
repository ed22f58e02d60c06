"""A deployment of the sandbox's GitLab, and what its approval rules make of what people say."""

from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field, JsonValue

BLOCKED, CREATED, FAILED = "blocked", "created", "failed"


class NewRule(BaseModel):
    """One approval rule of the environment. ``users`` may fill it, anybody where there are none."""

    model_config = ConfigDict(extra="forbid")

    name: str = "Release managers"
    required: int = Field(default=1, ge=0)
    users: tuple[str, ...] = ()


class NewDeployment(BaseModel):
    """A pipeline has come to a job that deploys to a protected environment."""

    model_config = ConfigDict(extra="forbid")

    project: str = "shop/web"
    environment: str = "production"
    sha: str = Field(default="9a8b7c6d5e4f3a2b1c0d9a8b7c6d5e4f3a2b1c0d", pattern="^[0-9a-f]{40}$")
    ref: str = "main"
    tag: bool = False
    triggered_by: str = "developer"
    email: str = ""
    job: str = "deploy-production"
    rules: tuple[NewRule, ...] = (NewRule(),)
    status: str = BLOCKED


@dataclass(frozen=True)
class Said:
    """What one user said; ``at`` as GitLab writes times."""

    by: str
    status: str
    at: str
    comment: str | None


@dataclass
class Deployment:
    """``decisions``: how many the API recorded. ``job`` is the id of its job."""

    id: int
    asked: NewDeployment
    project: int
    environment: int
    job: int
    at: str
    status: str = BLOCKED
    said: list[Said] = field(default_factory=list)
    decisions: int = 0

    def may(self, user: str) -> NewRule | None:
        """The first rule that this user may fill."""
        return next((rule for rule in self.asked.rules if not rule.users or user in rule.users), None)

    def by_rule(self, rule: NewRule) -> list[Said]:
        return [one for one in self.said if self.may(one.by) is rule]

    def is_satisfied(self) -> bool:
        return all(
            sum(one.status == "approved" for one in self.by_rule(rule)) >= rule.required
            for rule in self.asked.rules
        )

    def record(self) -> dict[str, JsonValue]:
        """For the control API and tests."""
        return {
            "id": f"deployment-{self.project}-{self.id}",
            "status": self.status,
            "decisions": self.decisions,
            "job": self.job,
            "said": [[one.by, one.status, one.comment] for one in self.said],
        }
