"""Asking for one request: discover and doctor find out where it is told otherwise than in the list."""

from contextlib import closing

import pytest
from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import JsonValue

from sandbox.privilege_manager import PrivilegeManager
from sandbox.privilege_manager.classic import wire
from tests.upstream_client.privilege_manager.commands import Desk
from tests.upstream_client.privilege_manager.test_doctor import levels, line
from upstream_client.exceptions import NotUnderstood
from upstream_client.models import Status
from upstream_client.privilege_manager import Contract, PrivManClient

GET = "/Tms/services/api/v1/approval/"


class Talkative(PrivilegeManager):
    """One that tells of each request but ``plain`` by itself what it ``adds`` to what the list tells."""

    def __init__(self, **adds: JsonValue) -> None:
        super().__init__()
        self.adds = adds
        self.plain = ""

    def app(self) -> web.Application:
        app = super().app()
        app.middlewares.append(self._by_itself)
        return app

    @web.middleware
    async def _by_itself(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        elevation = self._state.elevations.find(request.path.removeprefix(GET))
        if elevation is None or elevation.id == self.plain:
            return await handler(request)
        return web.json_response({**wire(elevation), **self.adds})


def test_a_request_that_tells_other_facts_by_itself_is_found_out(desk: Desk) -> None:
    pm = Talkative(UserName="", UserReason="Another.", FilePath="C:\\other.exe")
    pm.file_request()
    with desk.at(pm):
        assert desk.run("doctor") == 1
        assert "tells other facts than the list (user, reason, file)" in line(desk.said, "one")
        # and where the first that waits is told alike, the next ones are asked for too
        pm.reset()
        pm.plain, _ = pm.file_request(), pm.file_request()
        assert desk.run("doctor") == 1
        assert "tells other facts than the list" in line(desk.said, "one")
        # and discover leaves it out
        assert desk.run("discover", "--write", "mine.json") == 0
    assert "left out: it tells other facts than the list (user, reason, file)" in desk.said
    assert Contract.load(desk.folder / "mine.json").operations.get is None


def test_a_request_that_waits_and_by_itself_does_not_is_found_out(desk: Desk) -> None:
    pm = Talkative(Status="Denied")
    request_id = pm.file_request()
    with desk.at(pm):
        assert desk.run("doctor") == 1
        assert f"tells that request {request_id} is denied, and the list that it waits" in line(
            desk.said, "one"
        )
        # but one of several may just have been answered
        pm.plain = pm.file_request()
        assert desk.run("doctor") == 0


def test_one_of_several_that_was_just_answered_may_be_there_no_more(desk: Desk) -> None:
    pm = PrivilegeManager()
    for _ in range(3):
        pm.file_request()
    pm.add_fault({"operation": "get", "kind": "not_found", "nth": 2})
    with desk.at(pm):
        assert desk.run("doctor") == 0
        # but where there is none of them, get asks in a wrong way
        pm.add_fault({"operation": "get", "kind": "not_found", "times": 3})
        assert desk.run("doctor") == 1
    assert "is unknown, and the list that it waits. Take operations.get out" in line(desk.said, "one")


def test_what_is_listed_and_called_invalid_by_itself_is_not_called_gone(desk: Desk) -> None:
    pm = Talkative(Status="Invalid")
    request_id = pm.file_request()
    with desk.at(pm) as url, closing(PrivManClient(url, pm.username, pm.password)) as client:
        with pytest.raises(NotUnderstood, match=r"lists request .* Take operations.get out of the contract"):
            client.fetch(request_id)
        pm.withdraw(request_id)
        assert client.fetch(request_id).status is Status.UNKNOWN


def test_while_nothing_waits_one_is_no_ok(desk: Desk) -> None:
    with desk.at(PrivilegeManager()):
        assert desk.run("doctor") == 0
    assert levels(desk.said)["one"] == "warning"
    assert "run doctor again while a request waits" in line(desk.said, "one")
