"""What is tried on an instance without changing anything: its list, and one request by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

from pydantic import JsonValue

from upstream_client.exceptions import PartlyRead, UpstreamError
from upstream_client.models import ApprovalRequest, Seen, Status
from upstream_client.privilege_manager.caller import Caller, check_read, read_one
from upstream_client.privilege_manager.contract import Contract, Operation
from upstream_client.privilege_manager.envelope import open_envelope
from upstream_client.privilege_manager.reading import Reading
from upstream_client.privilege_manager.rows import names_in
from upstream_client.session import Answer

ASKED_FOR = 3
"""So many requests are asked for one by one: some have what others leave out."""
FIELDS = {"requester": "user", "justification": "reason"}
"""How the contract names parts of a request that are no facts."""


def ask_list(caller: Caller, contract: Contract) -> Answer:
    """The list's answer, which is a 2xx; or an `UpstreamError`."""
    answer = caller.call(contract.operations.list_, harmless=True)
    check_read(answer, contract.operations.list_)
    return answer


def names_of_list(body: JsonValue) -> list[str]:
    """How the items of a list call their parts."""
    return names_in(open_envelope(body).result)


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list told: the requests that wait, and what is wrong with the rest of it."""

    waiting: tuple[ApprovalRequest, ...]
    wrong: str = ""


def read_list(contract: Contract, caller: Caller, body: JsonValue, zone: tzinfo | None = None) -> Listed:
    """Raises `UpstreamError` where nothing of it can be read."""
    try:
        return Listed(tuple(Reading(contract, caller.base_url, zone).pending(body)))
    except PartlyRead as error:
        return Listed(error.readable, str(error))


def trouble_with_get(contract: Contract, caller: Caller, listed: Sequence[ApprovalRequest]) -> str:
    """What speaks against asking for one request, in words that follow "get"; "" where nothing does.

    If it tells other facts than the list, each approval finds the request changed, and voids the answers; if it
    tells of what waits that it does not, or that there is none such, each approval is given up. The first few of
    the list are asked for; one of them may just have been answered.
    """
    if contract.operations.get is None:
        return ""
    try:
        seen = [_ask_for(contract, contract.operations.get, caller, one) for one in listed[:ASKED_FOR]]
    except UpstreamError as error:
        return f"does not work: {error}".rstrip(".")
    if seen and all(one.status is not Status.PENDING for one in seen):
        return f"tells that request {listed[0].id} is {seen[0].status.value}, and the list that it waits"
    for before, after in zip(listed, seen, strict=False):
        other = before.differing(after.request) if after.request is not None else []
        if other:
            fields = dict.fromkeys(FIELDS.get(name, name) for name in other)
            return f"tells other facts than the list ({', '.join(fields)})"
    return ""


def _ask_for(contract: Contract, operation: Operation, caller: Caller, listed: ApprovalRequest) -> Seen:
    answer = caller.call(operation, listed.id, {"request_id": listed.id}, harmless=True)
    return read_one(answer, operation, Reading(contract, caller.base_url), listed.id)
