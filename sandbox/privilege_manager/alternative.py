"""Other shapes: bare answers, other names, one address for both verdicts, durations as .NET's TimeSpan."""

import re
from collections.abc import Sequence

from aiohttp import web
from pydantic import JsonValue

from sandbox.privilege_manager.answers import json_answer
from sandbox.privilege_manager.dialect import (
    Body,
    Dialect,
    Endpoint,
    Order,
    WrongDecision,
    optional_text,
)
from sandbox.privilege_manager.elevations import (
    APPROVED,
    CANCELLED,
    DENIED,
    PENDING,
    TIMED_OUT,
    Elevation,
    Verdict,
)
from sandbox.privilege_manager.faults import Operation
from sandbox.privilege_manager.schemas import listing, record, ref, text

VERDICTS: dict[str, Verdict] = {"Approve": "approve", "Reject": "deny"}
STATES = {
    PENDING: "Waiting",
    APPROVED: "Approved",
    DENIED: "Rejected",
    TIMED_OUT: "Expired",
    CANCELLED: "Withdrawn",
}
TIMESPAN = re.compile(r"(\d+\.)?\d\d:\d\d:\d\d")


def wire(elevation: Elevation) -> dict[str, JsonValue]:
    """One request: names in camelCase, nested people and computers, dates as ASP.NET wrote them."""
    asked = elevation.asked
    requested = _asp_net(elevation.requested_at)
    return {
        "itemId": elevation.id,
        "state": STATES[elevation.status],
        "requestor": {"name": asked.user, "email": ""},
        "machine": {"name": asked.computer},
        "ruleName": asked.policy,
        "businessReason": asked.reason,
        "createdOn": requested if asked.requested is None else asked.requested,
        "validUntil": _asp_net(elevation.expires_at),
        "path": asked.file,
        "arguments": asked.command_line,
        "fileHash": asked.sha1,
        "vendor": asked.publisher,
        "notes": elevation.comment,
        "handledBy": elevation.by,
    }


def _asp_net(seconds: float | None) -> str | None:
    return None if seconds is None else f"/Date({int(seconds * 1000)})/"


def _pending(waiting: Sequence[Elevation]) -> web.Response:
    return json_answer([wire(one) for one in waiting])


def _understand(operation: Operation, request_id: str, body: Body) -> Order:
    verdict = VERDICTS.get(str(body.get("decision")))
    if verdict is None:
        raise WrongDecision("decision must be Approve or Reject.")
    period = body.get("period")
    if period is not None and not (isinstance(period, str) and TIMESPAN.fullmatch(period)):
        raise WrongDecision("period must be null or a time span, such as 01:00:00.")
    return Order(request_id, verdict, optional_text(body, "notes"), period)


DEFINITIONS = {
    "Person": record(name=text(), email=text()),
    "Machine": record(name=text()),
    "ApprovalItem": record(
        itemId=text(format="uuid"),
        state=text(values=tuple(STATES.values())),
        requestor=ref("Person"),
        machine=ref("Machine"),
        ruleName=text(),
        businessReason=text(),
        createdOn=text(format="date-time"),
        validUntil=text(format="date-time"),
        path=text(),
        arguments=text(),
        fileHash=text(),
        vendor=text(),
        notes=text(),
        handledBy=text(),
    ),
    "ApprovalDecision": record(
        ("decision",),
        decision=text(values=tuple(VERDICTS)),
        notes=text(),
        period=text("How long it holds, hh:mm:ss; null for one time", format="time-span"),
    ),
}

ALTERNATIVE = Dialect(
    endpoints=(
        Endpoint("GET", "/v2/approvals", "list", "Everything that waits", gives=listing(ref("ApprovalItem"))),
        Endpoint("GET", "/v2/approvals/{itemId}", "get", "One item", gives=ref("ApprovalItem")),
        Endpoint(
            "POST",
            "/v2/approvals/{itemId}/decision",
            "approve",
            "Answers an item",
            ref("ApprovalDecision"),
            {"type": "boolean"},
        ),
    ),
    pending=_pending,
    one=lambda elevation: json_answer(wire(elevation)),
    done=lambda _: json_answer(True),
    understand=_understand,
    is_denial=lambda body: body.get("decision") == "Reject",
    base_path="/Tms/services",
    definitions=DEFINITIONS,
)
