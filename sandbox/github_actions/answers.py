"""What the sandbox's GitHub answers to each operation, before faults, ETags and the rate limit."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from sandbox.github_actions import shapes
from sandbox.github_actions.deployments import Deployment, NewDeployment
from sandbox.github_actions.faults import Operation
from sandbox.github_actions.runs import Review, Run
from sandbox.github_actions.runs import State as Verdict
from sandbox.github_actions.state import State

T = TypeVar("T")
MOST = 100
COMMITS = 250
"""docs.github.com/rest/commits/commits#compare-two-commits"""


@dataclass(frozen=True)
class Told:
    """What is answered. ``headers`` beyond those of every answer."""

    status: int
    body: JsonValue
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """One call. ``base`` is the address it went to; ``parts`` are those of the path, by name."""

    base: str
    url: str
    parts: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


class _Decision(BaseModel):
    """All three keys are required, says the description."""

    model_config = ConfigDict(strict=True)

    environment_ids: list[int]
    state: Verdict
    comment: str


def refused(status: int, words: str) -> Told:
    """In the shape of GitHub's errors."""
    return Told(status, {"message": words, "documentation_url": "https://docs.github.com/rest"})


NOT_FOUND = refused(404, "Not Found")


class Answers:
    """Callers hold the lock of ``state``."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._by_operation: Mapping[Operation, Callable[[Asked], Told]] = {
            "list": self._list,
            "run": self._run,
            "pending": self._pending,
            "decide": self._decide,
            "reviews": self._reviews,
            "deployments": self._deployments,
            "statuses": self._statuses,
            "compare": self._compare,
            "environments": self._environments,
            "repositories": self._repositories,
            "account": self._account,
            "user": self._user,
        }

    def to(self, operation: Operation, asked: Asked) -> Told:
        """The answer to one call, with what it does done."""
        if "repository" in asked.parts and self._state.name_of(asked.parts["repository"]) is None:
            return NOT_FOUND
        return self._by_operation[operation](asked)

    def _list(self, asked: Asked) -> Told:
        status = asked.query.get("status")
        found = [
            one
            for one in self._state.runs
            if one.asked.repository.casefold() == asked.parts["repository"].casefold()
            and status in (None, one.status)
        ]
        page, headers = _page(asked, list(reversed(found)))
        runs: list[JsonValue] = [shapes.run(asked.base, one) for one in page if not one.asked.unlisted]
        return Told(200, {"total_count": len(found), "workflow_runs": runs}, headers)

    def _run(self, asked: Asked) -> Told:
        run = self._found(asked)
        return NOT_FOUND if run is None else Told(200, shapes.run(asked.base, run))

    def _pending(self, asked: Asked) -> Told:
        run = self._found(asked)
        if run is None:
            return NOT_FOUND
        return Told(
            200, [shapes.pending(asked.base, self._state.runs, run, name) for name in (*run.waits, *run.held)]
        )

    def _reviews(self, asked: Asked) -> Told:
        run = self._found(asked)
        if run is None:
            return NOT_FOUND
        return Told(200, [shapes.review(asked.base, self._state.runs, run, one) for one in run.reviews])

    def _decide(self, asked: Asked) -> Told:
        run = self._found(asked)
        if run is None:
            return NOT_FOUND
        if not self._state.may_decide:
            words = refused(403, "Resource not accessible by personal access token")
            return Told(403, words.body, {"X-Accepted-GitHub-Permissions": "deployments=write"})
        try:
            wanted = _Decision.model_validate_json(asked.body)
        except ValidationError as error:
            return refused(422, f"Invalid request: {error.error_count()} keys are missing or wrong.")
        return self._review(asked, run, wanted)

    def _review(self, asked: Asked, run: Run, wanted: _Decision) -> Told:
        runs = self._state.runs
        named = {runs.environment_id(run.asked.repository, name): name for name in run.waits}
        if not wanted.environment_ids or not set(wanted.environment_ids) <= named.keys():
            return refused(422, "No pending deployment requests to approve or reject.")
        if not run.asked.can_approve:
            return refused(422, "You are not a required reviewer of this environment.")
        made: list[JsonValue] = []
        for number in wanted.environment_ids:
            review = Review(named[number], wanted.state, self._state.user, wanted.comment)
            runs.review(run, review)
            run.decisions += 1
            made.append(shapes.deployment(asked.base, self._deployed(run, named[number])))
        return Told(200, made)

    def _deployed(self, run: Run, environment: str) -> Deployment:
        """What goes on its way now, which has not succeeded yet."""
        made = NewDeployment(
            repository=run.asked.repository,
            environment=environment,
            commit=run.asked.commit,
            state="in_progress",
        )
        return self._state.deployments.add(made, self._state.now())

    def _deployments(self, asked: Asked) -> Told:
        found = self._state.deployments.of(asked.parts["repository"], asked.query.get("environment"))
        page, headers = _page(asked, list(found))
        return Told(200, [shapes.deployment(asked.base, one) for one in page], headers)

    def _statuses(self, asked: Asked) -> Told:
        found = self._state.deployments.of(asked.parts["repository"], None)
        one = next((one for one in found if one.id == int(asked.parts["deployment"])), None)
        return NOT_FOUND if one is None else Told(200, [shapes.status(asked.base, one)])

    def _compare(self, asked: Asked) -> Told:
        base, _, head = asked.parts["range"].partition("...")
        found = self._state.deployments.between(asked.parts["repository"], base, head)
        if found is None or not self._state.may_read_code:
            return NOT_FOUND
        page, _ = _page(asked, list(found.titles))
        first = "page" not in asked.query
        titles = found.titles[:COMMITS] if first else tuple(page)
        return Told(200, shapes.comparison(asked.base, found, titles, first))

    def _environments(self, asked: Asked) -> Told:
        runs = [one for one in self._state.runs if one.asked.repository == asked.parts["repository"]]
        names = dict.fromkeys(name for one in runs for name in one.asked.environments)
        reviewer: JsonValue = {"type": "User", "reviewer": shapes.user(asked.base, self._state.user)}
        rule: JsonValue = {"id": 1, "type": "required_reviewers", "reviewers": [reviewer]}
        told: list[JsonValue] = [{"id": 1, "name": name, "protection_rules": [rule]} for name in names]
        return Told(200, {"total_count": len(told), "environments": told})

    def _repositories(self, asked: Asked) -> Told:
        if (asked.parts["kind"] == "orgs") != self._state.organisation:
            return NOT_FOUND
        if self._state.sign_on:
            words = refused(403, "Resource protected by organization SAML enforcement.")
            return Told(403, words.body, {"X-GitHub-SSO": f"required; url={asked.base}/sso"})
        prefix = f"{asked.parts['owner']}/".casefold()
        names = [one for one in self._state.repositories if one.casefold().startswith(prefix)]
        page, headers = _page(asked, names)
        shown = [shapes.repository(asked.base, one, self._state.repositories[one]) for one in page]
        return Told(200, [*shown], headers)

    def _account(self, asked: Asked) -> Told:
        kind = "Organization" if self._state.organisation else "User"
        return Told(200, shapes.account(asked.base, asked.parts["owner"], kind))

    def _user(self, asked: Asked) -> Told:
        return Told(200, shapes.user(asked.base, self._state.user))

    def _found(self, asked: Asked) -> Run | None:
        try:
            run = self._state.runs.find(int(asked.parts["run"]))
        except LookupError:
            return None
        return run if run.asked.repository.casefold() == asked.parts["repository"].casefold() else None


def _page(asked: Asked, found: Sequence[T]) -> tuple[Sequence[T], dict[str, str]]:
    """One page, and the header that leads on to the next."""
    size = min(int(asked.query.get("per_page", "30")), MOST)
    number = int(asked.query.get("page", "1"))
    page = found[(number - 1) * size : number * size]
    if number * size >= len(found):
        return page, {}
    others = "&".join(f"{name}={value}" for name, value in asked.query.items() if name != "page")
    return page, {"Link": f'<{asked.url}?{others}&page={number + 1}>; rel="next"'}


def written(told: Told) -> bytes:
    """The body as it is sent."""
    return json.dumps(told.body).encode()
