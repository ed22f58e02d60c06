"""What is tried on an instance without changing anything: its list, and one request by itself."""

from dataclasses import dataclass
from datetime import tzinfo

from pydantic import JsonValue

from upstream_client.exceptions import PartlyRead, UpstreamError
from upstream_client.models import ApprovalRequest
from upstream_client.privilege_manager.caller import Caller, check_read
from upstream_client.privilege_manager.contract import Contract
from upstream_client.privilege_manager.envelope import open_envelope
from upstream_client.privilege_manager.reading import Reading
from upstream_client.privilege_manager.rows import names_in
from upstream_client.session import Answer


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


def trouble_with_get(contract: Contract, caller: Caller, listed: ApprovalRequest) -> str:
    """What speaks against asking for one request, in words that follow "get"; "" where nothing does.

    If it tells other facts than the list, each approval finds the request changed, and voids the answers.
    """
    operation = contract.operations.get
    if operation is None:
        return ""
    try:
        answer = caller.call(operation, listed.id, {"request_id": listed.id}, harmless=True)
        check_read(answer, operation)
        seen = Reading(contract, caller.base_url).seen(answer.json(), listed.id)
    except UpstreamError as error:
        return f"does not work: {error}"
    if seen.request is None or seen.request.digest == listed.digest:
        return ""
    told = {fact.key: fact.value for fact in seen.request.facts if fact.bound}
    before = {fact.key: fact.value for fact in listed.facts if fact.bound}
    other = [key for key in {**before, **told} if told.get(key) != before.get(key)]
    return f"tells other facts than the list ({', '.join(other) or 'user or reason'})"
