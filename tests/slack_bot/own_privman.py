"""A Privilege Manager of the test's own, held as an object: for what the sandbox's control API does not do."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import JsonValue

from sandbox import Sandbox
from sandbox.privilege_manager import BASE_PATH, PrivilegeManager
from tests.rig import Rig
from tests.upstream_client.serving import serving


class SlowPrivilegeManager(PrivilegeManager):
    """One whose answer to the list may take so long that something ``happens`` before it arrives, once."""

    happens: Callable[[], object] | None = None

    def run_out(self, request_id: str) -> None:
        """The time of what was answered is over: it is told as expired, with the comment it was answered with."""
        elevation = self._state.elevations.find(request_id)
        assert elevation is not None
        self._state.elevations.time_out(elevation)

    def app(self) -> web.Application:
        """A new aiohttp application that serves this instance below /Tms."""
        app = super().app()
        app.middlewares.append(self._slowly)
        return app

    @web.middleware
    async def _slowly(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        answer = await handler(request)
        if self.happens is not None and request.path.endswith("/pending"):
            happens, self.happens = self.happens, None
            await asyncio.to_thread(happens)
        return answer


@contextmanager
def rig_over(pm: PrivilegeManager, sandbox: Sandbox, folder: Path) -> Iterator[Rig]:
    """The bot between the sandbox's Slack and this Privilege Manager."""
    with serving(pm.app()) as address:
        rig = Rig(sandbox, folder)
        rig.privman_url = address + BASE_PATH
        rig.upstream_timeout = (1.0, 10.0)
        with rig:
            yield rig


def tell_anew(pm: PrivilegeManager, request_id: str, **fields: JsonValue) -> None:
    """The only request there is has these fields from now on, and is otherwise as made by default."""
    pm.reset()
    pm.file_request(id=request_id, **fields)


def only_request(pm: PrivilegeManager) -> dict[str, JsonValue]:
    """The only request there is, as Privilege Manager has it."""
    (request,) = pm.requests()
    return request
