"""What the OpenAPI description says of refusals, and of answers that are held."""

from http import HTTPStatus
from typing import Any, Final

from approval_gate.server.problem import MEDIA_TYPE, Problem

Responses = dict[int | str, dict[str, Any]]

WHY: Final = {
    401: "No API key, or an unknown or revoked one.",
    403: "The key lacks the scope, which is named.",
    404: "There is no such ticket, or it is not this key's to see.",
    409: "It was settled otherwise; who and when is in ``ticket``.",
    413: "The body is larger than GATE_MOST_BODY.",
    415: "The body is not sent as application/json.",
    422: "Something cannot be used; the field is named.",
    429: "Too many in this time, or too many pending; Retry-After says when to come back.",
    503: "The gate cannot reach its database; Retry-After says when to come back.",
}
ALWAYS: Final = (401, 403, 422, 503)
WITH_A_BODY: Final = (413, 415)


def refusals(*statuses: int) -> Responses:
    """For ``responses`` of a route with a key: these, besides those that any such route may answer."""
    return refusals_alone(*ALWAYS, *statuses)


def refusals_alone(*statuses: int) -> Responses:
    """For ``responses`` of a route: these."""
    schema = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    return {
        status: {"description": WHY[status], "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in sorted(set(statuses))
    }


def answer(model: type[Any], words: str, status: HTTPStatus = HTTPStatus.OK) -> Responses:
    """For ``responses`` of a route: its answer."""
    return {status.value: {"model": model, "description": words}}
