"""What the roles of an API client may do, as the vendor's table of them says."""

from typing import Literal

from sandbox.privilege_manager.faults import Operation

Role = Literal["administrators", "users", "helpdesk", "none"]
"""Privilege Manager Administrators, Users, Helpdesk Users; no role at all."""
ANYBODY: frozenset[Operation] = frozenset({"logon", "logoff", "version"})
APPROVALS: frozenset[Operation] = ANYBODY | {"list", "get", "approve", "deny"}
ITEMS: frozenset[Operation] = APPROVALS | {"report", "catalog"}
MAY: dict[Role, frozenset[Operation]] = {
    "administrators": ITEMS | {"swagger"},
    "users": ITEMS,
    "helpdesk": APPROVALS,
    "none": ANYBODY,
}


def may(role: Role, operation: Operation, *, by_report: bool) -> bool:
    """``by_report``: what waits is listed by a report, and who may not run reports may not see it."""
    needed: Operation = "report" if operation == "list" and by_report else operation
    return needed in MAY[role]
