"""The control API: what people do in this workspace, and what the sandbox saw. JSON in, JSON out.

People act by POST message, click, clicks, submit, close, command, home; things happen to the workspace by
POST delete, channel, user, usergroup, http, faults, reset. GET messages, views, ephemerals, calls, deliveries,
warnings, faults and state show what there is; GET changes waits until a page should draw again. What each
takes: control_requests.py.

Every POST answers {"ok": true, …} (faults: the list of those in force), or {"ok": false, "error": words}
with HTTP 400 or 404.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from sandbox import control_requests as requests
from sandbox.errors import Refused
from sandbox.faults import RateLimitFault, SocketFault
from sandbox.http_mode import Delivery
from sandbox.json_types import Json
from sandbox.memberships import change_channel, change_user, change_usergroup
from sandbox.people import People
from sandbox.slack import Slack
from sandbox.upstream import Upstream

R = TypeVar("R", bound=BaseModel)
Handler = Callable[[web.Request], Awaitable[web.Response]]


class Control:
    """Handlers of /control/…"""

    def __init__(self, slack: Slack, upstreams: Mapping[str, Upstream]) -> None:
        self._slack = slack
        self._upstreams = dict(upstreams)
        self._people = People(slack)

    def routes(self) -> list[web.RouteDef]:
        posts: dict[str, Callable[[web.Request], Awaitable[Json]]] = {
            "message": self._message,
            "click": self._click,
            "clicks": self._clicks,
            "submit": self._submit,
            "close": self._close,
            "command": self._command,
            "home": self._home,
            "delete": self._delete,
            "channel": self._channel,
            "user": self._user,
            "usergroup": self._usergroup,
            "http": self._http,
            "reset": self._reset,
        }
        gets: dict[str, Callable[[web.Request], object]] = {
            "messages": self._messages,
            "views": self._views,
            "ephemerals": self._ephemerals,
            "calls": self._calls,
            "warnings": self._warnings,
            "deliveries": lambda request: self._deliveries(),
            "faults": lambda request: self._active_faults(),
            "state": self._state,
        }
        return [
            *(web.post(f"/control/{name}", _posted(handler)) for name, handler in posts.items()),
            *(web.get(f"/control/{name}", _gotten(handler)) for name, handler in gets.items()),
            web.post("/control/faults", self._faults),
            web.get("/control/changes", self._changes),
        ]

    async def _message(self, request: web.Request) -> Json:
        return self._people.write(await _read(request, requests.MessageRequest))

    async def _click(self, request: web.Request) -> Json:
        return await self._one_click(await _read(request, requests.ClickRequest))

    async def _clicks(self, request: web.Request) -> Json:
        """Many clicks in the same moment; {"clicks": […]} both ways, in the same order."""
        wanted = await _read(request, requests.ClicksRequest)
        answers = await asyncio.gather(*(self._one_click(click) for click in wanted.clicks))
        return {"ok": True, "clicks": answers}

    async def _one_click(self, wanted: requests.ClickRequest) -> Json:
        press = wanted.press()
        if wanted.channel:
            return await self._people.click(
                wanted.user, wanted.channel, wanted.ts, press, wanted.values, wanted.wait
            )
        home = self._slack.views.home(wanted.user) if wanted.home else None
        if wanted.home and home is None:
            raise Refused("The app has published no Home tab for this person.", 404)
        view = home or self._people.visible_modal(wanted.user)
        return await self._people.click_in_view(wanted.user, view, press, wanted.values, wanted.wait)

    async def _submit(self, request: web.Request) -> Json:
        wanted = await _read(request, requests.SubmitRequest)
        return await self._people.submit(wanted.user, wanted.values, wanted.wait)

    async def _close(self, request: web.Request) -> Json:
        wanted = await _read(request, requests.CloseRequest)
        return await self._people.close(wanted.user, wanted.all, wanted.wait)

    async def _command(self, request: web.Request) -> Json:
        wanted = await _read(request, requests.CommandRequest)
        return await self._people.command(
            wanted.user, wanted.channel, wanted.command, wanted.text, wanted.wait
        )

    async def _home(self, request: web.Request) -> Json:
        wanted = await _read(request, requests.HomeRequest)
        return self._people.open_home(wanted.user, wanted.tab)

    async def _delete(self, request: web.Request) -> Json:
        wanted = await _read(request, requests.DeleteRequest)
        return self._people.delete(wanted.channel, wanted.ts)

    async def _channel(self, request: web.Request) -> Json:
        return change_channel(self._slack, await _read(request, requests.ChannelRequest))

    async def _user(self, request: web.Request) -> Json:
        return change_user(self._slack, await _read(request, requests.UserRequest))

    async def _usergroup(self, request: web.Request) -> Json:
        return change_usergroup(self._slack, await _read(request, requests.UserGroupRequest))

    async def _http(self, request: web.Request) -> Json:
        """What happens is posted to these addresses (see `Delivery`); without any, Socket Mode is on again."""
        await self._slack.http.switch(await _read(request, Delivery))
        self._slack.sockets.switch(not self._slack.http.is_on)
        return {"ok": True}

    async def _reset(self, request: web.Request) -> Json:
        await self._slack.sockets.forget()
        self._slack.http.forget()
        self._slack.reset()
        for upstream in self._upstreams.values():
            upstream.reset()
        return {"ok": True}

    async def _faults(self, request: web.Request) -> web.Response:
        """One fault or a list of them; answers with those in force."""
        try:
            wanted = await _body(request)
            for fault in wanted if isinstance(wanted, list) else [wanted]:
                await self._fault(fault)
        except (Refused, ValueError) as refusal:
            return _refusal(refusal)
        return web.json_response(self._active_faults())

    async def _fault(self, fault: object) -> None:
        if not isinstance(fault, dict):
            raise Refused("A fault is a JSON object.")
        if fault.get("clear"):
            self._slack.faults.clear()
            self._slack.sockets.clear_faults()
            for upstream in self._upstreams.values():
                upstream.clear_faults()
        elif "upstream" in fault:
            self._upstreams.get(str(fault["upstream"]), self._upstreams["privilege_manager"]).add_fault(fault)
        elif "socket" in fault:
            await self._slack.sockets.fault(SocketFault.model_validate(fault))
        elif "rate_limit" in fault:
            self._slack.faults.rate_limit = RateLimitFault.model_validate(fault).rate_limit
        else:
            self._slack.faults.order(fault)
        self._slack.changes.bump()

    def _active_faults(self) -> list[Json]:
        slack = self._slack
        of_upstreams: list[Json] = [fault for one in self._upstreams.values() for fault in one.faults()]
        return slack.faults.active() + slack.sockets.active_faults() + of_upstreams

    def _messages(self, request: web.Request) -> list[Json]:
        found = self._slack.workspace.find_channel(request.query.get("channel", ""))
        if found is None:
            raise Refused(f"There is no channel {request.query.get('channel', '')!r}.", 404)
        return [message.as_slack(with_metadata=True) for message in self._slack.messages.all(found.id)]

    def _views(self, request: web.Request) -> Json:
        """The modals of a person, the one on top last, and their Home tab."""
        user = request.query.get("user", "")
        home = self._slack.views.home(user)
        return {
            "modals": [view.json for view in self._slack.views.stack(user)],
            "home": home.json if home else None,
        }

    def _ephemerals(self, request: web.Request) -> list[Json]:
        """What only this person sees, oldest first; `channel` tells where."""
        found = self._slack.ephemerals_of(request.query.get("user", ""))
        return [{**message.as_slack(with_metadata=False), "channel": message.channel} for message in found]

    def _calls(self, request: web.Request) -> list[Json]:
        return self._slack.calls.listed(request.query.get("method"))

    def _deliveries(self) -> list[Json]:
        """By the sockets and over HTTP."""
        both = self._slack.sockets.deliveries() + self._slack.http.deliveries()
        return sorted(both, key=lambda receipt: float(receipt["sent_at"]))

    def _warnings(self, request: web.Request) -> list[Json]:
        return self._slack.notices.listed(request.query.get("user"))

    def _state(self, request: web.Request) -> Json:
        workspace = self._slack.workspace
        bot = workspace.bot.id
        connections = self._slack.sockets.connections()
        return {
            "ok": True,
            "version": self._slack.changes.version,
            "team": workspace.team.model_dump(),
            "app": workspace.app.model_dump(),
            "scopes": list(self._slack.install.bot_token.scopes),
            "commands": [known.command for known in self._slack.install.manifest.features.slash_commands],
            "channels": [
                channel.channel_object(bot) | {"name": channel.name, "members": channel.members}
                for channel in workspace.channels.values()
            ],
            "users": [user.user_object(with_email=True) for user in workspace.users.values()],
            "usergroups": [
                group.usergroup_object(workspace.team.id, include_users=True)
                for group in workspace.usergroups.values()
            ],
            **self._slack.upstreams,
            "slack_api_url": f"{self._slack.url}/api/",
            "num_connections": len(connections),
            "over_http": self._slack.http.is_on,
            "connections": connections,
            "faults": self._active_faults(),
            "warnings": self._slack.notices.listed(),
            "unknown_methods": self._slack.calls.unknown_methods,
        }

    async def _changes(self, request: web.Request) -> web.Response:
        """`?since=N&wait=S`: the version once it is not N any more, after S seconds at the latest."""
        try:
            wanted = requests.ChangesQuery.model_validate(dict(request.query))
        except ValidationError as refusal:
            return _refusal(refusal)
        return web.json_response({"version": await self._slack.changes.wait(wanted.since, wanted.wait)})


def _posted(handler: Callable[[web.Request], Awaitable[Json]]) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        try:
            return web.json_response(await handler(request))
        except (Refused, ValidationError) as refusal:
            return _refusal(refusal)

    return answer


def _gotten(handler: Callable[[web.Request], object]) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        try:
            return web.json_response(handler(request))
        except Refused as refusal:
            return _refusal(refusal)

    return answer


def _refusal(refusal: Refused | ValueError) -> web.Response:
    if not isinstance(refusal, ValidationError):
        status = refusal.status if isinstance(refusal, Refused) else 400
        return web.json_response({"ok": False, "error": str(refusal)}, status=status)
    problems = [f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in refusal.errors()]
    return web.json_response({"ok": False, "error": "; ".join(problems)}, status=400)


async def _read(request: web.Request, model: type[R]) -> R:
    return model.model_validate(await _body(request))


async def _body(request: web.Request) -> object:
    try:
        return json.loads(await request.read() or b"{}")
    except ValueError as malformed:
        raise Refused("The body is not JSON.") from malformed
