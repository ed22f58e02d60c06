"""A route that knows its caller before it reads a byte of the body, and reads no more of it than is allowed."""

from collections.abc import Callable, Coroutine
from email.message import Message
from http import HTTPStatus
from typing import Any

from fastapi.routing import APIRoute
from pydantic import JsonValue
from starlette.requests import Request
from starlette.responses import Response

from approval_gate.server.callers import key_of
from approval_gate.server.json_text import Unreadable, parse
from approval_gate.server.parts import parts_of
from approval_gate.server.problem import Refused, invalid


class StrictRequest(Request):
    """A request whose body is bounded, and whose JSON is read strictly. Both raise `Refused`."""

    async def body(self) -> bytes:
        """The whole body, however it is sent."""
        if not hasattr(self, "_body"):
            self._body = await self._read(parts_of(self).settings.most_body)
        if self._body and not _is_json(self.headers.get("Content-Type", "")):
            raise Refused(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                "not-json",
                "The body is not JSON",
                "Send JSON, and with it the header Content-Type: application/json.",
            )
        return self._body

    async def json(self) -> JsonValue:
        """The body's value."""
        try:
            return parse(await self.body())
        except Unreadable as error:
            raise invalid(f"The body {error}.") from error

    async def _read(self, most: int) -> bytes:
        said = self.headers.get("Content-Length", "0")
        if said.isdecimal() and int(said[:12]) > most:
            raise _too_large(most)
        body = bytearray()
        async for chunk in self.stream():
            body += chunk
            if len(body) > most:
                raise _too_large(most)
        return bytes(body)


def _too_large(most: int) -> Refused:
    return Refused(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "too-large",
        "The body is too large",
        f"This gate takes at most {most} bytes (GATE_MOST_BODY). Send what people need to see, not all there is.",
    )


def _is_json(content_type: str) -> bool:
    message = Message()
    message["Content-Type"] = content_type
    return message.get_content_type() == "application/json"


class KeyedRoute(APIRoute):
    """For ``route_class`` of a router all of whose routes need a key."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, behind the check of the caller and of the query."""
        handle = super().get_route_handler()

        async def handle_known(request: Request) -> Response:
            request.state.key = await key_of(parts_of(request).desk, request)
            self.check_query(request)
            return await handle(StrictRequest(request.scope, request.receive))

        return handle_known

    def check_query(self, request: Request) -> None:
        """Takes any query: programs that others wrote may send more than we know."""


class StrictRoute(KeyedRoute):
    """Refuses what it does not know in the query as well: a misspelt `wait` would be a wait that is none."""

    def check_query(self, request: Request) -> None:
        """Raises `Refused` where the query holds what the route does not take."""
        known = {parameter.alias for parameter in self.dependant.query_params}
        if unknown := [name for name in request.query_params if name not in known]:
            raise invalid(f"{unknown[0][:40]} is not known in this address's query.")
