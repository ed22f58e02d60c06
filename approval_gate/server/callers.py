"""Who calls, and whether they may: the API key of a request and its scopes."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPBearer
from starlette.requests import Request

from approval_gate.server.desk import Desk
from approval_gate.server.keys import ApiKey, Scope
from approval_gate.server.problem import Refused

BEARER = HTTPBearer(auto_error=False, description="A key of `python -m approval_gate keys create`.")
"""For the documentation; the key itself is checked before the body is read."""


async def key_of(desk: Desk, request: Request) -> ApiKey:
    """The living key that the request presents. Raises `Refused`."""
    scheme, _, presented = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not presented:
        raise _unauthorized("Send the header Authorization: Bearer and an API key of this gate.")
    key = await desk.key_for(presented.strip())
    if key is None:
        raise unknown_key()
    return key


def unknown_key() -> Refused:
    """401, for a revoked key as well."""
    return _unauthorized("This gate knows no such API key, or it was revoked.")


def _unauthorized(detail: str) -> Refused:
    headers = {"WWW-Authenticate": "Bearer"}
    return Refused(HTTPStatus.UNAUTHORIZED, "no-key", "No valid API key", detail, headers)


def _with_one_of(*scopes: Scope) -> Callable[[Request], Awaitable[ApiKey]]:
    """A dependency: the request's key, which must have one of these scopes."""

    async def check(request: Request) -> ApiKey:
        key: ApiKey = request.state.key
        if key.scopes.isdisjoint(scopes):
            raise _lacks(key, scopes)
        return key

    return check


def _lacks(key: ApiKey, scopes: tuple[Scope, ...]) -> Refused:
    wanted = " or ".join(scopes)
    has = ", ".join(sorted(key.scopes)) or "none"
    return Refused(
        HTTPStatus.FORBIDDEN,
        "scope-missing",
        "The key lacks a scope",
        f"This needs a key with the scope {wanted}; {key.name} has {has}.",
        needs=[scope.value for scope in scopes],
    )


def sees_all(key: ApiKey) -> bool:
    """Whether the key may read tickets of others."""
    return not key.scopes.isdisjoint((Scope.DECIDE, Scope.READ))


Requester = Annotated[ApiKey, Depends(_with_one_of(Scope.REQUEST))]
Decider = Annotated[ApiKey, Depends(_with_one_of(Scope.DECIDE))]
Watcher = Annotated[ApiKey, Depends(_with_one_of(Scope.DECIDE, Scope.READ))]
AnyKey = Annotated[ApiKey, Depends(_with_one_of(*Scope))]
