"""Under which names instances may tell what the contract needs: what `discover` looks for.

Names are folded: "Computer Name" and "computer_name" are "computername", "User.Name" is "username". The better
name comes first. These are our reading of the vendor's pages and of common sense, so whatever is found by them
is shown to the operator before it is used.
"""

from collections.abc import Iterable, Mapping

from pydantic import JsonValue

from upstream_client.models import Status, Verdict
from upstream_client.privilege_manager.rows import fold


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ID = _words("approvalrequestid requestid approvalid pmapprovalid approvaltaskid taskid itemid guid id")
FIELDS: Mapping[str, tuple[str, ...]] = {
    "id": ID,
    "status": _words("status approvalstatus requeststatus state statusname"),
    "user": _words(
        "username initiatorname initiatorusername requestorname requestername requestedbyname "
        "requestedby requestor requester initiator accountname user"
    ),
    "email": _words("useremail requestoremail requesteremail initiatoremail emailaddress email mail"),
    "computer": _words(
        "computername agentname machinename devicename hostname endpointname computer machine device "
        "endpoint agent"
    ),
    "policy": _words("policyname rulename policy rule policyid"),
    "reason": _words(
        "userreason businessreason requestreason justification businessjustification reason usercomment"
    ),
    "requested": _words(
        "requested requestedon requesteddate requestdate requestedat requesttime createddate "
        "createdon createdat created datecreated timestamp"
    ),
    "expires": _words(
        "expires expiresdate expirationdate expirydate expireson expiresat expiration validuntil timeoutdate"
    ),
    "file": _words("filepath fullpath path filename file applicationpath"),
    "command_line": _words("filecommandline commandline commandlinearguments arguments parameters"),
    "process": _words("processname process applicationname application"),
    "sha1": _words("filesha1hash sha1hash sha1 filehash hash"),
    "publisher": _words("filecompanyname companyname publisher company vendor signer"),
    "product": _words("fileproductname productname product"),
    "version": _words("fileproductversion fileversion productversion version"),
    "reputation": _words("reputation securityrating rating securityratingname"),
    "decided_by": _words(
        "approvername decidedby approvedby handledby completedby respondedby actionedby approver"
    ),
    "decided_at": _words("decideddate approvaldate decidedon decidedat completeddate responsedate handledon"),
    "comment": _words(
        "comment comments approvercomment approvercomments decisioncomment responsecomment notes note"
    ),
}
"""By the contract's name of a field."""
STATUSES: Mapping[Status, frozenset[str]] = {
    Status.PENDING: frozenset(
        _words("pending waiting open new requested submitted awaiting awaitingapproval pendingapproval")
    ),
    Status.APPROVED: frozenset({"approved", "approve", "accepted", "granted"}),
    Status.DENIED: frozenset({"denied", "deny", "rejected", "reject", "declined", "refused"}),
    Status.EXPIRED: frozenset({"timedout", "timeout", "expired", "lapsed"}),
    Status.WITHDRAWN: frozenset({"cancelled", "canceled", "withdrawn"}),
    Status.UNKNOWN: frozenset({"invalid", "unknown"}),
}
VERDICTS: Mapping[Verdict, frozenset[str]] = {
    Verdict.APPROVE: frozenset({"approve", "approved", "accept", "allow", "grant"}),
    Verdict.DENY: frozenset({"deny", "denied", "reject", "rejected", "decline", "refuse"}),
}
PLAIN_VERDICTS = frozenset({"approve", "approved", "deny", "denied", "reject", "rejected"})
"""Of these nobody asks about anything but the request; what is allowed or accepted may be something beside it."""
VERDICT_NAMES = ("response", "decision", "verdict", "answer", "action", "status", "state", "result")
YES_NAMES = ("approved", "approve", "isapproved")
"""Of a value that is true for a yes."""
COMMENT = _words(
    "comment comments approvercomment approvercomments decisioncomment message notes note remark remarks"
)
REASON = ("reason", "denyreason", "denialreason", "rejectreason", "justification")
ONE_TIME = ("onetime", "isonetime", "onetimeonly", "once", "singleuse")
DURATION = ("duration", "period", "timespan", "timelimit", "validfor", "validity", "lifetime")
"""A part of the name of the value that says how long an approval holds."""


def verdict_value(values: Iterable[tuple[JsonValue, str]], verdict: Verdict) -> tuple[JsonValue] | None:
    """Of an enumeration the one value that stands for ``verdict``; None where none does, or several do."""
    found = [value for value, word in values if fold(word) in VERDICTS[verdict]]
    return (found[0],) if len(found) == 1 else None


def status_of(word: str) -> Status | None:
    """What a word for a status most probably means."""
    return next((status for status, words in STATUSES.items() if fold(word) in words), None)
