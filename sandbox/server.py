"""The sandbox as a whole: a Slack workspace and the upstreams; started from any thread."""

import asyncio
import threading
from collections.abc import Collection
from concurrent.futures import Future
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from sandbox import (
    argo_workflows_control,
    github_actions_control,
    gitlab_control,
    page_files,
    privilege_manager_control,
    xerotier_control,
)
from sandbox.argo_workflows import ArgoWorkflows
from sandbox.changes import Changes
from sandbox.control import Control
from sandbox.control_client import ControlClient
from sandbox.github_actions import GitHubActions
from sandbox.gitlab import GitLab
from sandbox.guard import guard
from sandbox.install import Install
from sandbox.json_types import Json
from sandbox.privilege_manager import BASE_PATH, PrivilegeManager
from sandbox.scopes import Manifest
from sandbox.slack import Slack
from sandbox.socket_mode import SocketMode
from sandbox.timing import Timing
from sandbox.upstream import Upstream
from sandbox.web_api import WebApi
from sandbox.workspace import Workspace
from sandbox.xerotier import Xerotier

HOST = "127.0.0.1"
MANIFEST = Path(__file__).parent.parent / "manifest.json"
WORKSPACE = Path(__file__).parent / "workspace.json"
LARGEST_BODY = 4 * 1024 * 1024


class Sandbox:
    """A Slack workspace with our app installed, and the upstreams, as servers on 127.0.0.1.

    Use it as a context manager, or call `start` and `stop`. Port 0: the kernel chooses. ``declined_scopes``:
    optional scopes the installer did not grant. Tokens are made up unless given. ``public_url``: what the app
    is told to call, such as https://slack.test, where something stands before this server.
    The upstreams may be used from any thread; everything else of the workspace through ``control``.
    """

    def __init__(
        self,
        port: int = 0,
        privman_port: int = 0,
        manifest: Path = MANIFEST,
        workspace: Path = WORKSPACE,
        timing: Timing | None = None,
        declined_scopes: Collection[str] = (),
        bot_token: str = "",
        app_token: str = "",
        public_url: str = "",
    ) -> None:
        loaded = Manifest.load(manifest)
        timing = timing or Timing()
        app_id = Workspace.load(workspace).app.id
        install = Install.new(loaded, workspace, timing, declined_scopes, bot_token, app_token)
        changes = Changes()
        sockets = SocketMode(app_id, loaded.settings.socket_mode_enabled, timing, changes)
        self._ports = (port, privman_port)
        self._public_url = public_url
        self._slack = Slack(install, sockets, changes)
        self._loop: asyncio.AbstractEventLoop | None = None
        self.privilege_manager = PrivilegeManager()
        self.privilege_manager.on_change(self._redraw)
        self.xerotier = Xerotier()
        self.github_actions = GitHubActions()
        self.gitlab = GitLab()
        self.argo_workflows = ArgoWorkflows()
        self.url = ""
        self.privman_url = ""
        self.xerotier_url = ""
        self.github_actions_url = ""
        self.gitlab_url = ""
        self.argo_workflows_url = ""
        self.bot_token = install.bot_token.value
        self.signing_secret = install.signing_secret
        self.app_token = install.app_token.value
        self.privman_username = self.privilege_manager.username
        self.privman_password = self.privilege_manager.password

    @property
    def slack_api_url(self) -> str:
        """For `WebClient(base_url=…)` and the setting SLACK_API_URL."""
        return f"{self.url}/api/"

    def start(self) -> Self:
        """Returns once the ports are open. Raises OSError when one is taken."""
        started: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, args=(started,), name="sandbox", daemon=True)
        self._thread.start()
        try:
            started.result()
        except OSError:
            self._thread.join()
            raise
        self.control = ControlClient(self.url)
        return self

    def stop(self) -> None:
        """Closes every connection and both ports, and ends the thread."""
        self.control.close()
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _redraw(self) -> None:
        """Privilege Manager changed, in whatever thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._slack.changes.bump)

    def _run(self, started: "Future[None]") -> None:
        try:
            asyncio.run(self._serve(started))
        finally:
            if not started.done():
                started.set_exception(RuntimeError("the sandbox could not start: see its thread's error"))

    async def _serve(self, started: "Future[None]") -> None:
        self._stopping = asyncio.Event()
        port, privman_port = self._ports
        async with AsyncExitStack() as stack:
            try:
                self.url = await _listen(stack, self._app(), port)
                self.privman_url = (
                    await _listen(stack, self.privilege_manager.app(), privman_port) + BASE_PATH
                )
                self.xerotier_url = await _listen(stack, self.xerotier.app(), 0)
                self.github_actions_url = await _listen(stack, self.github_actions.app(), 0)
                self.gitlab_url = await _listen(stack, self.gitlab.app(), 0)
                self.argo_workflows_url = await _listen(stack, self.argo_workflows.app(), 0)
            except OSError as failure:
                started.set_exception(failure)
                return
            self._slack.url = self._public_url or self.url
            self._slack.upstreams = self._where_upstreams_are()
            self._loop = asyncio.get_running_loop()
            stack.push_async_callback(self._slack.http.stop)
            stack.push_async_callback(self._slack.sockets.stop)
            started.set_result(None)
            await self._stopping.wait()
            self._loop = None
            self._slack.changes.bump()  # ends the long polls

    def _upstreams(self) -> dict[str, Upstream]:
        return {
            "privilege_manager": self.privilege_manager,
            "xerotier": self.xerotier,
            "github_actions": self.github_actions,
            "gitlab": self.gitlab,
            "argo_workflows": self.argo_workflows,
        }

    def _where_upstreams_are(self) -> dict[str, Json]:
        return {
            "privilege_manager": {"base_url": self.privman_url},
            "xerotier": {"base_url": self.xerotier_url, "project_id": self.xerotier.project_id},
            "github_actions": {"api_url": self.github_actions_url},
            "gitlab": {"base_url": self.gitlab_url},
            "argo_workflows": {"base_url": self.argo_workflows_url},
        }

    def _app(self) -> web.Application:
        api = WebApi(self._slack, self._stopping)
        app = web.Application(middlewares=[guard], client_max_size=LARGEST_BODY)
        app.add_routes(
            [
                web.route("*", "/api/{method}", api.method),
                web.post("/response/{secret}", api.response_url),
                web.get("/link", self._slack.sockets.handle),
                web.get("/link/", self._slack.sockets.handle),
                web.get("/", page_files.index),
                web.get("/page/{name:[A-Za-z0-9._-]+}", page_files.asset),
                *Control(self._slack, self._upstreams()).routes(),
                *privilege_manager_control.routes(self.privilege_manager),
                *xerotier_control.routes(self.xerotier),
                *github_actions_control.routes(self.github_actions),
                *gitlab_control.routes(self.gitlab),
                *argo_workflows_control.routes(self.argo_workflows),
            ]
        )
        return app


async def _listen(stack: AsyncExitStack, app: web.Application, port: int) -> str:
    """Serve ``app`` until ``stack`` is closed; its address. Raises OSError when the port is taken."""
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=1.0)
    stack.push_async_callback(runner.cleanup)
    await runner.setup()
    await web.TCPSite(runner, HOST, port).start()
    return f"http://{HOST}:{runner.addresses[0][1]}"
