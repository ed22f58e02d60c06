"""The running workflows of one namespace, page by page, with their steps where the list leaves them out."""

from collections.abc import Iterator

from pydantic import JsonValue

from upstream_client.argo_workflows import reading
from upstream_client.argo_workflows.caller import Caller
from upstream_client.argo_workflows.wire import Workflow
from upstream_client.exceptions import NotUnderstood

MOST_PAGES = 500
_Known = dict[tuple[str, str], Workflow]


class Listing:
    """A workflow that comes without its steps is asked for by itself, once for each of its versions."""

    def __init__(self, caller: Caller, namespace: str, selector: str) -> None:
        self._caller = caller
        self._namespace = namespace
        self._selector = selector
        self._known: _Known = {}

    def look(self) -> tuple[list[Workflow], list[str]]:
        """Every workflow that can be read, and what is wrong with others.

        Raises `UpstreamError` where the list cannot be had.
        """
        found: list[Workflow] = []
        wrong: list[str] = []
        still: _Known = {}
        for value in self._items():
            try:
                told = self._read(value, still)
                found += [] if told is None else [told]
            except NotUnderstood as error:
                wrong.append(str(error))
        self._known = still
        return found, wrong

    def _items(self) -> Iterator[JsonValue]:
        after, seen = "", set[str]()
        while True:
            page = reading.page(self._caller.page(self._namespace, self._selector, after).json())
            yield from page.items
            after = page.metadata.after
            if not after:
                return
            if after in seen or len(seen) >= MOST_PAGES:
                raise NotUnderstood(f"The list of workflows in {self._namespace} does not end.")
            seen.add(after)

    def _read(self, value: JsonValue, still: _Known) -> Workflow | None:
        """One of them; None where it is gone by now."""
        told = reading.workflow(value)
        if told.metadata.namespace != self._namespace:
            raise NotUnderstood(f"Asked for {self._namespace}, Argo Workflows told of another namespace.")
        return self._unpacked(told, still) if told.status.hides_nodes else told

    def _unpacked(self, told: Workflow, still: _Known) -> Workflow | None:
        """The same with its steps; None where it is gone by now."""
        version = (told.metadata.uid, told.metadata.resource_version)
        whole = self._known.get(version)
        if whole is None:
            answer = self._caller.one(told.metadata.namespace, told.metadata.name)
            whole = None if answer is None else reading.workflow(answer.json())
        if whole is None or whole.metadata.uid != told.metadata.uid:
            return None
        if whole.status.hides_nodes:
            raise NotUnderstood(reading.UNTOLD.format(name=told.metadata.name))
        if version[1]:
            still[version] = whole
        return whole
