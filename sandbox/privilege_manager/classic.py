"""The shapes of the packaged contract: an envelope, PascalCase, an address for each verdict."""

import uuid
from collections.abc import Sequence

from aiohttp import web
from pydantic import JsonValue

from sandbox.privilege_manager.answers import enveloped
from sandbox.privilege_manager.dialect import (
    Body,
    Dialect,
    Endpoint,
    Order,
    WrongDecision,
    minutes,
    needed_text,
    optional_text,
)
from sandbox.privilege_manager.elevations import STATUSES, Elevation, Verdict, braced, iso
from sandbox.privilege_manager.faults import Operation
from sandbox.privilege_manager.schemas import in_envelope, integer, listing, record, ref, text

VERDICTS: dict[str, Verdict] = {"Approve": "approve", "Deny": "deny"}
TEXTS = (
    "UserName",
    "UserEmail",
    "ComputerName",
    "PolicyId",
    "PolicyName",
    "UserReason",
    "FilePath",
    "FileCommandLine",
    "ProcessName",
    "FileSha1Hash",
    "FileCompanyName",
    "FileProductName",
    "FileProductVersion",
    "Reputation",
    "ApproverName",
    "Comment",
)


def wire(elevation: Elevation) -> dict[str, JsonValue]:
    """One request: PascalCase names, a type, GUIDs in braces and upper case."""
    asked = elevation.asked
    return {
        "$type": "Thycotic.Tms.Managers.ApprovalRequest, Thycotic.Tms",
        "RequestId": braced(elevation.id),
        "Status": elevation.status,
        "UserName": asked.user or None,
        "UserEmail": asked.email or None,
        "ComputerName": asked.computer or None,
        "PolicyId": braced(str(uuid.uuid5(uuid.NAMESPACE_URL, asked.policy))),
        "PolicyName": asked.policy,
        "UserReason": asked.reason,
        "Requested": asked.requested if asked.requested is not None else iso(elevation.requested_at),
        "Expires": iso(elevation.expires_at),
        "FilePath": asked.file,
        "FileCommandLine": asked.command_line,
        "ProcessName": asked.process,
        "FileSha1Hash": asked.sha1,
        "FileCompanyName": asked.publisher,
        "FileProductName": asked.product,
        "FileProductVersion": asked.version,
        "Reputation": asked.reputation,
        "ApproverName": elevation.by or None,
        "DecidedDate": iso(elevation.decided_at),
        "Comment": elevation.comment or None,
    }


def _pending(waiting: Sequence[Elevation]) -> web.Response:
    return enveloped([wire(one) for one in waiting], len(waiting))


def _understand(operation: Operation, request_id: str, body: Body) -> Order:
    """The address of approve takes both answers, as the ServiceNow application posts them; deny only its own."""
    named = needed_text(body, "RequestId")
    verdict = VERDICTS.get(str(body.get("Response")))
    if verdict != operation:
        raise WrongDecision("Response must be Approve or Deny.")
    return Order(named, verdict, optional_text(body, "Comment"), minutes(body, "Duration"))


DEFINITIONS = {
    "ApprovalRequest": record(
        RequestId=text(format="uuid"),
        Status=text(values=STATUSES),
        Requested=text(format="date-time"),
        Expires=text(format="date-time"),
        DecidedDate=text(format="date-time"),
        **{name: text() for name in TEXTS},
    ),
    "ApprovalResponse": record(
        ("RequestId", "Response"),
        RequestId=text(format="uuid"),
        Response=text(values=tuple(VERDICTS)),
        Comment=text(),
        Duration=integer(),
    ),
    "ApprovalRequestListResult": in_envelope(listing(ref("ApprovalRequest"))),
    "ApprovalRequestResult": in_envelope(ref("ApprovalRequest")),
    "GuidResult": in_envelope(text(format="uuid")),
}

CLASSIC = Dialect(
    endpoints=(
        Endpoint(
            "GET",
            "/v1/approval/pending",
            "list",
            "Approval requests that wait",
            gives=ref("ApprovalRequestListResult"),
        ),
        Endpoint(
            "POST",
            "/v1/approval/approve",
            "approve",
            "Approves a request",
            ref("ApprovalResponse"),
            ref("GuidResult"),
        ),
        Endpoint(
            "POST",
            "/v1/approval/deny",
            "deny",
            "Denies a request",
            ref("ApprovalResponse"),
            ref("GuidResult"),
        ),
        Endpoint(
            "GET",
            "/v1/approval/{requestId}",
            "get",
            "One approval request",
            gives=ref("ApprovalRequestResult"),
        ),
    ),
    pending=_pending,
    one=lambda elevation: enveloped(wire(elevation)),
    done=lambda elevation: enveloped(elevation.id),
    understand=_understand,
    is_denial=lambda body: body.get("Response") == "Deny",
    base_path="/TMS/services",
    definitions=DEFINITIONS,
)
