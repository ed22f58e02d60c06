"""An instance that lists what waits by a report only, and says little of itself in its reference."""

from collections.abc import Sequence
from datetime import UTC, datetime

from aiohttp import web
from pydantic import JsonValue

from sandbox.privilege_manager.answers import enveloped, json_answer
from sandbox.privilege_manager.dialect import (
    Body,
    Dialect,
    Endpoint,
    Order,
    minutes,
    needed_text,
    optional_text,
)
from sandbox.privilege_manager.elevations import Elevation, braced
from sandbox.privilege_manager.faults import Operation
from sandbox.privilege_manager.schemas import Schema, integer, record, ref, text

PENDING_REPORT = "7d0f4c0e-93f2-4b55-8f0b-2f6d6a2f9a11"
"""The id of the report, as a person finds it in the console's address."""
COLUMNS = (
    "Approval Request Id",
    "User Name",
    "Computer Name",
    "Policy",
    "User Reason",
    "Requested",
    "File Path",
    "Command Line",
)
TYPE = "Thycotic.Tms.Managers."


def _column(number: int, title: str) -> dict[str, JsonValue]:
    return {
        "$type": f"{TYPE}Column, Thycotic.Tms",
        "field": f"[{number}]",
        "title": title,
        "columnName": title,
        "hidden": number == 0,
        "format": None,
        "dataType": "System.Guid" if number == 0 else "System.String",
    }


def _row(elevation: Elevation) -> list[JsonValue]:
    asked = elevation.asked
    return [
        braced(elevation.id),
        asked.user,
        asked.computer,
        asked.policy,
        asked.reason,
        asked.requested if asked.requested is not None else _local(elevation.requested_at),
        asked.file,
        asked.command_line,
    ]


def _local(seconds: float) -> str:
    """A time that names no zone; this server's clock stands on UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def pending_report(waiting: Sequence[Elevation]) -> web.Response:
    """Rows by position, without an envelope, as the vendor's picture shows a report."""
    return json_answer(
        {
            "$type": f"{TYPE}ThinResults, Thycotic.Tms",
            "Columns": [_column(number, title) for number, title in enumerate(COLUMNS)],
            "Data": [_row(one) for one in waiting],
        }
    )


def _understand(operation: Operation, request_id: str, body: Body) -> Order:
    return Order(
        needed_text(body, "ApprovalRequestId"),
        "approve" if operation == "approve" else "deny",
        optional_text(body, "Message"),
        minutes(body, "DurationMinutes") if operation == "approve" else None,
    )


OBJECT: Schema = {"type": "object"}
DEFINITIONS = {
    "ApproveModel": record(
        ("ApprovalRequestId",), ApprovalRequestId=text(), Message=text(), DurationMinutes=integer()
    ),
    "DenyModel": record(("ApprovalRequestId",), ApprovalRequestId=text(), Message=text()),
}

REPORT = Dialect(
    endpoints=(
        Endpoint("POST", "/v1/approval/approve", "approve", "Approval_Approve", ref("ApproveModel"), OBJECT),
        Endpoint("POST", "/v1/approval/deny", "deny", "Approval_Deny", ref("DenyModel"), OBJECT),
    ),
    pending=pending_report,
    one=lambda elevation: enveloped(_row(elevation)),
    done=lambda _: enveloped(None),
    understand=_understand,
    is_denial=lambda _: False,
    base_path="/",
    definitions=DEFINITIONS,
)
