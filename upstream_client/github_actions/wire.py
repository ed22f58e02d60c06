"""What GitHub sends: strict about what a decision needs, tolerant of all else.

All of it is as its OpenAPI description has it (tests/data; docs.github.com/rest).
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TIME = TypeAdapter[datetime](AwareDatetime)


def _text(value: object) -> object:
    """Nothing where nothing was said."""
    return "" if value is None else value


def _moment(value: object) -> int | None:
    """Microseconds since 1970 UTC; None for what is no time, or names no zone."""
    try:
        return None if isinstance(value, bool) else (_TIME.validate_python(value) - _EPOCH) // _MICROSECOND
    except ValidationError:
        return None


Number = Annotated[int, Field(strict=True, ge=1, lt=10**19)]
Text = Annotated[str, BeforeValidator(_text)]
Moment = Annotated[int | None, BeforeValidator(_moment)]
Commit = Annotated[str, Field(pattern=r"^[0-9a-f]{40}([0-9a-f]{24})?$")]


class _Told(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class User(_Told):
    """Somebody, or a machine."""

    login: str = Field(min_length=1)


class Account(User):
    """A user or an organisation."""

    type: Text = ""


class Repository(_Told):
    """One of an owner's, or that of a run."""

    full_name: str = Field(min_length=3)
    archived: bool = False
    disabled: bool = False


class Run(_Told):
    """One run of a workflow, as it stands in its latest attempt."""

    id: Number
    run_attempt: Number = 1
    head_sha: Commit
    head_branch: Text = ""
    path: Text = ""
    event: Text = ""
    status: Text = ""
    conclusion: Text = ""
    run_number: int = 0
    display_title: Text = ""
    html_url: Text = ""
    actor: User | None = None
    triggering_actor: User | None = None
    repository: Repository
    head_repository: Repository | None = None
    created_at: Moment = None
    run_started_at: Moment = None
    updated_at: Moment = None


class RunList(_Told):
    """A page of runs; ``total_count`` is of all pages."""

    total_count: int
    workflow_runs: tuple[object, ...]


class Environment(_Told):
    """Where to."""

    id: Number
    name: str = Field(min_length=1)


class Reviewer(_Told):
    """A user or a team."""

    login: Text = ""
    slug: Text = ""


class Asked(_Told):
    """One of those who are asked for a review."""

    type: Text = ""
    reviewer: Reviewer | None = None


class Pending(_Told):
    """An environment of a run that waits until its protection rules let it pass. ``wait_timer``: minutes."""

    environment: Environment
    wait_timer: int = 0
    wait_timer_started_at: Moment = None
    current_user_can_approve: bool = Field(strict=True)
    reviewers: tuple[Asked, ...] = ()

    @property
    def waits_for_people(self) -> bool:
        """Not for a timer or another system alone."""
        return bool(self.reviewers) or self.current_user_can_approve

    @property
    def timer_since(self) -> int | None:
        """Microseconds since 1970 UTC; None where it has no timer, or GitHub does not tell since when it runs."""
        return self.wait_timer_started_at if self.wait_timer > 0 else None


class Reviewed(_Told):
    """An environment that a review is of."""

    id: int


class Review(_Told):
    """Who reviewed what in a run, in whichever of its attempts."""

    environments: tuple[Reviewed, ...]
    state: Literal["approved", "rejected", "pending"]
    user: User | None = None
    comment: Text = ""


class Deployment(_Told):
    """Something that was, is or will be deployed."""

    id: Number
    sha: str = ""
    environment: str = ""


class DeploymentStatus(_Told):
    """How a deployment stands or stood."""

    state: str


class _Message(_Told):
    message: str


class ComparedCommit(_Told):
    """One of the commits between two."""

    commit: _Message


class ComparedFile(_Told):
    """One of the files that differ."""

    filename: str


class Comparison(_Told):
    """What lies between two commits: the oldest first, 250 at most; of the files 300 at most."""

    html_url: Text = ""
    ahead_by: int = 0
    behind_by: int = 0
    total_commits: int = 0
    commits: tuple[ComparedCommit, ...] = ()
    files: tuple[ComparedFile, ...] = ()
