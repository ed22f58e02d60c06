"""What GitLab sends: strict about what a decision needs, tolerant of all else.

docs.gitlab.com/api/deployments, /api/jobs, /api/projects, /api/users and /api/repositories
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeVar

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    TypeAdapter,
    ValidationError,
)

from upstream_client.exceptions import NotUnderstood

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TIME = TypeAdapter[datetime](AwareDatetime)
T = TypeVar("T", bound=BaseModel)


def _text(value: object) -> object:
    """Nothing where nothing was said."""
    return "" if value is None else value


def _list(value: object) -> object:
    return [] if value is None else value


def _count(value: object) -> object:
    return 0 if value is None else value


def _moment(value: object) -> int | None:
    """Microseconds since 1970 UTC; None for what is no time, or names no zone."""
    if not isinstance(value, str):
        return None
    try:
        return (_TIME.validate_python(value) - _EPOCH) // _MICROSECOND
    except ValidationError:
        return None


Count = Annotated[int, BeforeValidator(_count)]
Number = Annotated[int, Field(ge=1, strict=True)]
Text = Annotated[str, BeforeValidator(_text)]
Moment = Annotated[int | None, BeforeValidator(_moment)]
Commit = Annotated[str, Field(pattern=r"^[0-9a-f]{7,64}$")]


class _Told(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class User(_Told):
    """``public_email`` is one of the user's verified addresses, or ""."""

    id: Number
    username: Text = ""
    name: Text = ""
    public_email: Text = ""

    @property
    def called(self) -> str:
        return self.username or self.name


class Project(_Told):
    id: Number
    path_with_namespace: str = Field(min_length=1)
    web_url: Text = ""


class Pipeline(_Told):
    """``before_sha``, zeros for none, comes with one asked for by itself: where the branch was before the push."""

    id: Number
    sha: Text = ""
    ref: Text = ""
    source: Text = ""
    before_sha: Text = ""
    web_url: Text = ""


class CommitTold(_Told):
    title: Text = ""
    message: Text = ""
    parent_ids: Annotated[tuple[str, ...], BeforeValidator(_list)] = ()


class Job(_Told):
    """Also what a deployment calls its deployable."""

    id: Number
    name: str = Field(min_length=1)
    status: Text = ""
    stage: Text = ""
    ref: Text = ""
    tag: bool = False
    web_url: Text = ""
    created_at: Moment = None
    started_at: Moment = None
    user: User | None = None
    pipeline: Pipeline | None = None
    commit: CommitTold | None = None


class Environment(_Told):
    id: Number
    name: str = Field(min_length=1)


class Approval(_Told):
    """What one user said of a deployment: status is approved or rejected."""

    user: User
    status: Text = ""
    created_at: Moment = None
    comment: Text = ""


class Rule(_Told):
    """``access_level_description`` names the user, the group or the role."""

    access_level_description: Text = ""
    required_approvals: Count = 0
    deployment_approvals: Annotated[tuple[Approval, ...], BeforeValidator(_list)] = ()


class Summary(_Told):
    rules: Annotated[tuple[Rule, ...], BeforeValidator(_list)] = ()


class Deployment(_Told):
    """``pending_approval_count``, ``approvals`` and ``approval_summary`` come with one, not with a list."""

    id: Number
    status: str = Field(min_length=1)
    sha: Commit
    ref: Text = ""
    created_at: Moment = None
    updated_at: Moment = None
    user: User | None = None
    environment: Environment
    deployable: Job | None = None
    pending_approval_count: int | None = None
    approvals: Annotated[tuple[Approval, ...], BeforeValidator(_list)] = ()
    approval_summary: Summary | None = None


class Diff(_Told):
    new_path: str = ""
    old_path: str = ""


class Comparison(_Told):
    commits: Annotated[tuple[CommitTold, ...], BeforeValidator(_list)] = ()
    diffs: Annotated[tuple[Diff, ...], BeforeValidator(_list)] = ()
    compare_timeout: bool = False


def read(model: type[T], body: JsonValue, what: str) -> T:
    """``body`` as ``model``. Raises `NotUnderstood`, naming what is wrong and repeating none of it."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        wrong = ", ".join(dict.fromkeys(".".join(map(str, one["loc"][:2])) for one in error.errors()))
        raise NotUnderstood(f"GitLab told of {what} that cannot be read ({wrong or 'no object'}).") from error


def read_all(
    model: type[T], items: Iterable[JsonValue], what: str, wrong: list[str] | None = None
) -> list[T]:
    """Those of a list that can be read; what is wrong with the others is added to ``wrong``, in words.

    Raises `NotUnderstood` at the first one where there is no such list.
    """
    found: list[T] = []
    for item in items:
        try:
            found.append(read(model, item, what))
        except NotUnderstood as error:
            if wrong is None:
                raise
            wrong.append(str(error))
    return found
