"""Refusals as problem+json (RFC 9457): a type for programs, a sentence for people."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, JsonValue
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from approval_gate.server.bodies import PATTERNS
from approval_gate.server.errors import DatabaseAway

TYPE = "urn:approval-gate:problem:"
MEDIA_TYPE = "application/problem+json"
AGAIN = {"Retry-After": "1"}
"""When a call that failed through no fault of its own is worth another try."""

WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is not known here",
    "model_attributes_type": "must be a JSON object",
    "model_type": "must be a JSON object",
    "dict_type": "must be a JSON object",
}
"""Our words for pydantic's commonest complaints."""

log = structlog.stdlib.get_logger(__name__)


class Problem(BaseModel):
    """What every refusal looks like."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["urn:approval-gate:problem:scope-missing"])
    title: str = Field(examples=["The key lacks a scope"])
    status: int = Field(examples=[403])
    detail: str = Field(examples=["This needs a key with the scope decide; ci has request."])


class Refused(HTTPException):
    """A refusal on its way to the client.

    ``kind`` is the last word of the problem's type, ``more`` are members besides the usual ones.
    """

    def __init__(
        self,
        status: HTTPStatus,
        kind: str,
        title: str,
        detail: str,
        headers: Mapping[str, str] | None = None,
        **more: JsonValue,
    ) -> None:
        super().__init__(status, detail, headers)
        self.kind = kind
        self.title = title
        self.more = more


class ProblemResponse(Response):
    """The refusal as an answer."""

    media_type = MEDIA_TYPE

    def __init__(self, refused: Refused) -> None:
        members: dict[str, JsonValue] = {
            "type": TYPE + refused.kind,
            "title": refused.title,
            "status": int(refused.status_code),
            "detail": refused.detail,
            **refused.more,
        }
        headers = {"Cache-Control": "no-store", **(refused.headers or {})}
        super().__init__(json.dumps(members).encode(), refused.status_code, headers)


def answer_with_problems(app: FastAPI) -> None:
    """Makes problem+json of every error that comes out of a route, or that the framework raises itself."""
    app.add_exception_handler(HTTPException, _of_framework)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(DatabaseAway, _of_absence)
    app.add_exception_handler(Exception, _of_defect)


async def _of_framework(_request: Request, error: Exception) -> Response:
    if isinstance(error, Refused):
        return ProblemResponse(error)
    assert isinstance(error, HTTPException)  # noqa: S101 - Starlette chose this handler by the class
    status = HTTPStatus(error.status_code)
    kind = status.phrase.lower().replace(" ", "-")
    words = {404: "There is nothing at this address.", 405: "This address takes another method."}
    detail = words.get(status, f"{error.detail}.")
    return ProblemResponse(Refused(status, kind, status.phrase, detail, error.headers))


async def _of_validation(_request: Request, error: Exception) -> Response:
    """Names the fields, and never repeats what stood in them: it may be secret."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
    told = [(_field(one["loc"]), _words(one)) for one in error.errors()]
    words = "; ".join(f"{field}: {what}" for field, what in told[:3])
    more = f"; and {len(told) - 3} more" if len(told) > 3 else ""
    faults: list[JsonValue] = [{"field": field, "detail": what} for field, what in told]
    return ProblemResponse(invalid(f"{words}{more}.", errors=faults))


def _words(fault: Mapping[str, Any]) -> str:
    pattern = fault.get("ctx", {}).get("pattern", "")
    return PATTERNS.get(pattern) or WORDS.get(fault["type"]) or str(fault["msg"])


def invalid(detail: str, **more: JsonValue) -> Refused:
    """422: what was sent cannot be used; ``detail`` names the field."""
    return Refused(
        HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", "The request cannot be used", detail, None, **more
    )


def stopping() -> Refused:
    """503: there will be no answer from this process."""
    words = "This process is about to end; another one, or the next one, answers."
    return Refused(HTTPStatus.SERVICE_UNAVAILABLE, "stopping", "The gate stops", words, AGAIN)


def _field(place: tuple[int | str, ...]) -> str:
    """``("body", "labels", "x")`` as ``labels.x``; a whole body as ``body``."""
    inner = place[1:] if len(place) > 1 else place
    return ".".join(str(part) for part in inner)[:200]


async def _of_absence(request: Request, _error: Exception) -> Response:
    log.warning("the database does not answer", path=request.scope["path"])
    return ProblemResponse(
        Refused(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "database-away",
            "The gate cannot reach its database",
            "Whether this was recorded is not known: ask again in a moment.",
            AGAIN,
        )
    )


async def _of_defect(request: Request, error: Exception) -> Response:
    log.error("a request failed", path=request.scope["path"], exc_info=error)
    return ProblemResponse(
        Refused(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "defect",
            "The gate failed",
            "This is a defect of the gate; its log tells more.",
        )
    )
