"""One GitLab in the sandbox: its API, and what tests and the control API do to it."""

import asyncio
import time
from collections.abc import Callable
from typing import Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from sandbox.gitlab.api import Api
from sandbox.gitlab.deployments import BLOCKED, Deployment, NewDeployment
from sandbox.gitlab.jobs import MANUAL, Job, NewJob
from sandbox.gitlab.people import OURS
from sandbox.gitlab.state import State
from sandbox.upstream import Answer, Upstream

Verdict = Literal["approve", "reject"]
WORDS = {"approve": "approved", "reject": "rejected"}


class Switches(BaseModel):
    """What the token may do, and how this GitLab is; None: as before.

    ``level`` is the access level of its user in each project, 0 for none. ``cancels``: a job that waits to be
    started by hand can be canceled. ``page_size``: so many at once at most. ``titles`` and ``files``: what every
    comparison tells that goes forth; ``history``: which commits those are, the oldest first, else as they came.
    ``compares``: a comparison gets to its end.
    """

    model_config = ConfigDict(extra="forbid")

    scopes: tuple[str, ...] | None = None
    level: int | None = None
    cancels: bool | None = None
    page_size: int | None = Field(default=None, ge=1)
    titles: list[str] | None = None
    files: list[str] | None = None
    history: list[str] | None = None
    compares: bool | None = None


class GitLab(Upstream):
    """With one token. The methods may be called from any thread. ``now``: seconds since 1970 UTC."""

    def __init__(self, token: str = "glpat-sandbox", now: Callable[[], float] = time.time) -> None:
        self.token = token
        self._state = State(token, now)
        super().__init__(self._state.faults, self._state.lock)
        self._state.people.id_of(OURS)

    def add_project(self, path: str) -> int:
        """The id of a project, which is made when first named."""
        with self._state.lock:
            return self._state.project(path)

    def file_deployment(self, **fields: JsonValue) -> str:
        """A deployment that is blocked, see `NewDeployment`; its id as our client has it. Raises ValueError."""
        with self._state.lock:
            one = self._state.file_deployment(NewDeployment.model_validate(fields))
            return f"deployment-{one.project}-{one.id}"

    def file_job(self, **fields: JsonValue) -> str:
        """A job that waits to be started by hand, see `NewJob`; its id likewise. Raises ValueError."""
        with self._state.lock:
            one = self._state.file_job(NewJob.model_validate(fields))
            return f"job-{one.project}-{one.id}"

    def say(self, deployment_id: str, verdict: Verdict, by: str, comment: str = "") -> None:
        """Somebody approves or rejects it in GitLab. LookupError or ValueError with words, as from the next two."""
        with self._state.lock:
            one = self._deployment(deployment_id)
            if one.status != BLOCKED:
                raise ValueError(f"{deployment_id} is not blocked: it is {one.status}")
            self._state.say(one, by, WORDS[verdict], comment or None)

    def become(self, thing_id: str, status: str) -> None:
        """A deployment, or a job, is in another state from now on."""
        with self._state.lock:
            thing = self._job(thing_id) if thing_id.startswith("job") else self._deployment(thing_id)
            thing.status = status

    def start(self, job_id: str, by: str) -> None:
        """Somebody starts a job in GitLab."""
        with self._state.lock:
            one = self._job(job_id)
            if one.status != MANUAL:
                raise ValueError(f"{job_id} cannot be started: it is {one.status}")
            self._state.play(one, by)

    def switch(self, switches: Switches) -> None:
        """From now on it is like this."""
        with self._state.lock:
            for name, value in switches.model_dump(exclude_none=True).items():
                setattr(self._state, name, value)

    def deployments(self) -> list[dict[str, JsonValue]]:
        """Every deployment with its fate, oldest first; see `Deployment.record`."""
        with self._state.lock:
            return [one.record() for one in self._state.deployments.values()]

    def jobs(self) -> list[dict[str, JsonValue]]:
        """Every job with its fate, oldest first; see `Job.record`."""
        with self._state.lock:
            return [one.record() for one in self._state.jobs.values()]

    def calls(self) -> list[str]:
        """Every call: its method and path, oldest first."""
        with self._state.lock:
            return list(self._state.calls)

    def reset(self) -> None:
        """As at the beginning: no projects, deployments, jobs, faults, calls; the token may do all."""
        with self._state.lock:
            self._state.reset()

    def _answers(self, stopping: asyncio.Event) -> Answer:
        """It knows from each call under which address it is."""
        api = Api(self._state, stopping)

        async def answer(request: web.Request) -> web.Response:
            with self._state.lock:
                self._state.people.url = f"{request.scheme}://{request.host}"
            return await api.answer(request)

        return answer

    def _deployment(self, deployment_id: str) -> Deployment:
        found = self._state.deployments.get(_number(deployment_id))
        if found is None or not deployment_id.startswith("deployment-"):
            raise LookupError(f"there is no {deployment_id}")
        return found

    def _job(self, job_id: str) -> Job:
        found = self._state.jobs.get(_number(job_id))
        if found is None or not job_id.startswith("job-"):
            raise LookupError(f"there is no {job_id}")
        return found


def _number(thing_id: str) -> int:
    last = thing_id.rpartition("-")[2]
    return int(last) if last.isdecimal() else 0
