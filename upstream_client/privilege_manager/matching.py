"""Where a contract and an instance's reference say different things."""

from collections.abc import Iterator
from urllib.parse import parse_qsl

from pydantic import JsonValue

from upstream_client.models import Verdict
from upstream_client.privilege_manager import vocabulary
from upstream_client.privilege_manager.contract import PLACEHOLDER, Contract, Operation
from upstream_client.privilege_manager.rows import fold
from upstream_client.privilege_manager.swagger import Endpoint, Property, Reference
from upstream_client.privilege_manager.text import scalar_text

MOST_VALUES = 10
"""So many that a value may have are told."""
OPPOSITE = {"approve": Verdict.DENY, "deny": Verdict.APPROVE}


def mismatches(contract: Contract, reference: Reference) -> list[str]:
    """Each in words: a path that the reference does not have, a name or value it does not take, a name it needs."""
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
        return
    query = dict(parse_qsl(operation.path.partition("?")[2]))
    yield from _wrong_values(name, {fold(key): (key, value) for key, value in query.items()}, endpoint.query)
    if isinstance(operation.body, dict):
        sent = {fold(path.replace(".", "")): (path, value) for path, value in _leaves(operation.body, "")}
        yield from _opposite(name, sent)
        if endpoint.takes.properties:
            yield from _of_names(name, sent, endpoint.takes.properties)
            yield from _wrong_values(name, sent, endpoint.takes.properties)


Leaves = dict[str, tuple[str, JsonValue]]
"""By folded names: the name as it is written, and the value."""


def _of_names(name: str, sent: Leaves, properties: tuple[Property, ...]) -> Iterator[str]:
    taken = {one.key for one in properties}
    unknown = [path for key, (path, _) in sent.items() if key not in taken]
    lacking = [one.name for one in properties if one.required and one.key not in sent]
    if unknown:
        yield f"{name} takes no {', '.join(unknown)}"
    if lacking:
        yield f"{name} needs {', '.join(lacking)}"


def _wrong_values(name: str, sent: Leaves, properties: tuple[Property, ...]) -> Iterator[str]:
    """Values that are always the same and are none of those that may stand there."""
    for one in properties:
        _, value = sent.get(one.key, ("", None))
        word = scalar_text(value)
        if not one.values or not word or PLACEHOLDER.search(word):
            continue
        taken = {_compared(each) for pair in one.values for each in pair}
        if word.casefold() not in taken:
            words = ", ".join(word for _, word in one.values[:MOST_VALUES])
            yield f"{name} sends {word} as {one.name}, which is one of {words}"


def _compared(value: JsonValue) -> str:
    return (scalar_text(value) or "").casefold()


def _opposite(name: str, sent: Leaves) -> Iterator[str]:
    """Words that mean the other verdict, whatever the reference says of them."""
    words = vocabulary.VERDICTS[OPPOSITE[name]] if name in OPPOSITE else frozenset[str]()
    for path, value in sent.values():
        if isinstance(value, str) and fold(value) in words:
            yield f"{name} sends {value} as {path}"


def _is_at(operation: Operation, endpoint: Endpoint) -> bool:
    """Is it this path? A step in braces stands for the id of a request, or of the report that lists them."""
    steps = operation.path.partition("?")[0].lower().strip("/").split("/")
    if operation.method != endpoint.method or len(steps) != len(endpoint.steps):
        return False
    above = ("", *steps)
    return all(
        ours == "{request_id}" or (over == "reports" and ours != "")
        if theirs.startswith("{")
        else theirs == ours
        for ours, theirs, over in zip(steps, endpoint.steps, above, strict=False)
    )


def _leaves(body: dict[str, JsonValue], above: str) -> Iterator[tuple[str, JsonValue]]:
    for key, value in body.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{above}{key}.")
        else:
            yield above + key, value
