"""Where a contract and an instance's reference say different things."""

from collections.abc import Iterator

from pydantic import JsonValue

from upstream_client.privilege_manager.contract import Contract, Operation
from upstream_client.privilege_manager.rows import fold
from upstream_client.privilege_manager.swagger import Endpoint, Reference


def mismatches(contract: Contract, reference: Reference) -> list[str]:
    """Each in words: a path that the reference does not have, a name it does not take, one it must have."""
    operations = contract.operations
    named = {
        "list": operations.list_,
        "get": operations.get,
        "approve": operations.approve,
        "deny": operations.deny,
    }
    return [
        words
        for name, operation in named.items()
        if operation is not None
        for words in _of_operation(name, operation, reference)
    ]


def _of_operation(name: str, operation: Operation, reference: Reference) -> Iterator[str]:
    there = [one for one in reference.endpoints if _is_at(operation, one)]
    endpoint = min(there, key=lambda one: len(one.parameters), default=None)
    if endpoint is None:
        yield f"it has no {operation.method} {operation.path} ({name})"
    elif isinstance(operation.body, dict) and endpoint.takes.properties:
        sent = {fold(path.replace(".", "")): path for path in _leaves(operation.body, "")}
        taken = {one.key for one in endpoint.takes.properties}
        unknown = [path for key, path in sent.items() if key not in taken]
        lacking = [one.name for one in endpoint.takes.properties if one.required and one.key not in sent]
        if unknown:
            yield f"{name} takes no {', '.join(unknown)}"
        if lacking:
            yield f"{name} needs {', '.join(lacking)}"


def _is_at(operation: Operation, endpoint: Endpoint) -> bool:
    """Is it this path? A step in braces stands for any."""
    steps = operation.path.partition("?")[0].lower().strip("/").split("/")
    same = (
        theirs.startswith("{") or theirs == ours for ours, theirs in zip(steps, endpoint.steps, strict=False)
    )
    return operation.method == endpoint.method and len(steps) == len(endpoint.steps) and all(same)


def _leaves(body: dict[str, JsonValue], above: str) -> Iterator[str]:
    for key, value in body.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{above}{key}.")
        else:
            yield above + key
