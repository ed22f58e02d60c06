"""The control API of the sandbox's GitHub: /control/github_actions/…, JSON in and out."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict

from aiohttp import web
from pydantic import BaseModel, ConfigDict, JsonValue, TypeAdapter

from sandbox.github_actions import GitHubActions
from sandbox.github_actions.instance import Switches
from sandbox.github_actions.runs import State as Verdict

PREFIX = "/control/github_actions"
FIELDS = TypeAdapter(dict[str, JsonValue])


class _Named(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: int


class _Reviewed(_Named):
    state: Verdict
    environment: str = "production"
    by: str = "somebody-else"
    comment: str = ""


class _Ended(_Named):
    conclusion: str = "cancelled"


class _Rerun(_Named):
    by: str = "octocat"


class _Repository(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    archived: bool = False


def routes(github: GitHubActions) -> list[web.RouteDef]:
    """POST runs, review, end, rerun, deployments, comparisons, repositories, switches; GET runs, calls, cost.

    POST runs files one that waits (see `NewRun`), POST deployments what was deployed before, POST comparisons what
    lies between two commits; POST switches {"may_decide": false} takes a right from the token. POST answers
    {"ok": true}, with the id of what was filed; or {"ok": false, "error": words} with HTTP 400, or 404 for an
    unknown run.
    """
    control = _Control(github)
    posts: dict[str, Callable[[bytes], int | None]] = {
        "runs": lambda body: github.file_run(**FIELDS.validate_json(body)),
        "deployments": lambda body: github.deploy(**FIELDS.validate_json(body)),
        "comparisons": lambda body: github.compare(**FIELDS.validate_json(body)),
        "review": control.review,
        "end": control.end,
        "rerun": control.rerun,
        "repositories": control.add_repository,
        "switches": lambda body: github.switch(Switches.model_validate_json(body)),
    }
    gets: dict[str, Callable[[], JsonValue]] = {
        "runs": lambda: [*github.runs()],
        "calls": lambda: [*github.calls()],
        "cost": lambda: asdict(github.cost()),
    }
    return [
        *(web.post(f"{PREFIX}/{name}", _posted(act)) for name, act in posts.items()),
        *(web.get(f"{PREFIX}/{name}", _gotten(look)) for name, look in gets.items()),
    ]


class _Control:
    def __init__(self, github: GitHubActions) -> None:
        self._github = github

    def review(self, body: bytes) -> None:
        wanted = _Reviewed.model_validate_json(body)
        self._github.review(wanted.id, wanted.state, wanted.by, wanted.environment, wanted.comment)

    def end(self, body: bytes) -> None:
        wanted = _Ended.model_validate_json(body)
        self._github.end(wanted.id, wanted.conclusion)

    def rerun(self, body: bytes) -> None:
        wanted = _Rerun.model_validate_json(body)
        self._github.rerun(wanted.id, wanted.by)

    def add_repository(self, body: bytes) -> None:
        wanted = _Repository.model_validate_json(body)
        self._github.add_repository(wanted.name, wanted.archived)


def _posted(act: Callable[[bytes], int | None]) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        try:
            made = act(await request.read() or b"{}")
        except LookupError as error:
            return web.json_response({"ok": False, "error": str(error)}, status=404)
        except ValueError as error:
            return web.json_response({"ok": False, "error": str(error)}, status=400)
        return web.json_response({"ok": True} if made is None else {"ok": True, "id": made})

    return answer


def _gotten(look: Callable[[], JsonValue]) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response(look())

    return answer
