"""One GitHub in the sandbox: its API, and what tests and the control API do to it."""

import asyncio
import time
from collections.abc import Callable

from pydantic import BaseModel, ConfigDict, JsonValue

from sandbox.github_actions.api import Api
from sandbox.github_actions.deployments import NewComparison, NewDeployment
from sandbox.github_actions.meter import Cost
from sandbox.github_actions.runs import NewRun, Review
from sandbox.github_actions.runs import State as Verdict
from sandbox.github_actions.state import State
from sandbox.upstream import Answer, Upstream


class Switches(BaseModel):
    """Rights of the token, what the owner is and wants, and the rate limit; None: as before. See `State`."""

    model_config = ConfigDict(extra="forbid")

    may_decide: bool | None = None
    may_read_code: bool | None = None
    organisation: bool | None = None
    sign_on: bool | None = None
    limit: int | None = None


class GitHubActions(Upstream):
    """With one token. The methods may be called from any thread. ``now``: seconds since 1970 UTC.

    Those that name a run raise LookupError where there is none, and ValueError where it cannot be done.
    """

    def __init__(self, token: str = "github_pat_sandbox_token", now: Callable[[], float] = time.time) -> None:
        self.token = token
        self._state = State(token, now)
        super().__init__(self._state.faults, self._state.lock)

    def add_repository(self, name: str, archived: bool = False) -> None:
        """owner/name."""
        with self._state.lock:
            self._state.repositories[name] = archived

    def file_run(self, **fields: JsonValue) -> int:
        """A run that waits, see `NewRun`; its id. Raises ValueError for what is none."""
        with self._state.lock:
            asked = NewRun.model_validate(fields)
            self._state.repositories.setdefault(asked.repository, False)
            return self._state.runs.file(asked).id

    def request_id(self, run_id: int, environment: str = "production") -> str:
        """The id under which the bot knows the latest wait for an environment of a run."""
        with self._state.lock:
            run = self._state.runs.find(run_id)
            number = self._state.runs.environment_id(run.asked.repository, environment)
            reviewed = run.began[environment][1]
            before = f"/{reviewed}" if reviewed else ""
            return f"{run.asked.repository.lower()}/{run_id}/{run.attempt}/{number}{before}"

    def review(
        self, run_id: int, state: Verdict, by: str, environment: str = "production", comment: str = ""
    ) -> None:
        """Somebody reviews on GitHub's own page."""
        with self._state.lock:
            self._state.runs.review(self._state.runs.find(run_id), Review(environment, state, by, comment))

    def ask_again(self, run_id: int, environment: str = "production") -> None:
        """Another job of the same attempt waits for an environment that was reviewed before."""
        with self._state.lock:
            self._state.runs.ask(self._state.runs.find(run_id), environment)

    def let_pass(self, run_id: int, environment: str = "production") -> None:
        """Its timer is over; or an administrator lets it pass, and it stands in no review."""
        with self._state.lock:
            self._state.runs.let_pass(self._state.runs.find(run_id), environment)

    def end(self, run_id: int, conclusion: str = "cancelled") -> None:
        """The run is over: cancelled, failure, timed_out, …"""
        with self._state.lock:
            self._state.runs.end(self._state.runs.find(run_id), conclusion)

    def rerun(self, run_id: int, by: str = "octocat") -> None:
        """Somebody starts it again: its next attempt waits."""
        with self._state.lock:
            self._state.runs.again(self._state.runs.find(run_id), by)

    def change(self, run_id: int, **fields: JsonValue) -> None:
        """What is told of a run is another thing now; see `NewRun`."""
        with self._state.lock:
            run = self._state.runs.find(run_id)
            run.asked = NewRun.model_validate(run.asked.model_dump() | fields)

    def delete(self, run_id: int) -> None:
        """The run is deleted."""
        with self._state.lock:
            self._state.runs.delete(self._state.runs.find(run_id))

    def deploy(self, **fields: JsonValue) -> int:
        """Something was deployed before, see `NewDeployment`; its id."""
        with self._state.lock:
            made = NewDeployment.model_validate(fields)
            return self._state.deployments.add(made, self._state.now()).id

    def compare(self, **fields: JsonValue) -> None:
        """What lies between two commits, see `NewComparison`."""
        with self._state.lock:
            self._state.deployments.compare(NewComparison.model_validate(fields))

    def switch(self, switches: Switches) -> None:
        """From now on it has these or lacks them."""
        with self._state.lock:
            told = switches.model_dump(exclude_none=True)
            self._state.meter.limit = told.pop("limit", self._state.meter.limit)
            for name, value in told.items():
                setattr(self._state, name, value)

    def runs(self) -> list[dict[str, JsonValue]]:
        """Every run with its fate, oldest first; see `Run.record`."""
        with self._state.lock:
            return [run.record() for run in self._state.runs]

    def calls(self) -> list[str]:
        """Every call: its method and path, oldest first."""
        with self._state.lock:
            return list(self._state.calls)

    def cost(self) -> Cost:
        """What all calls cost so far."""
        with self._state.lock:
            return self._state.meter.cost

    def reset(self) -> None:
        """As at the beginning: one repository without runs, no faults, no calls, every right."""
        with self._state.lock:
            self._state.reset()

    def _answers(self, stopping: asyncio.Event) -> Answer:
        return Api(self._state, stopping).answer
