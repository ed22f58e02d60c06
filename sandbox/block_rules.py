"""Slack's answers to blocks and views that break its rules; the rules are in `sandbox.block_kit`."""

from sandbox.block_kit import Surface, problems, view_problems
from sandbox.errors import SlackError, invalid_arguments
from sandbox.json_types import Json

TOO_LARGE = "must be less than 250 kB"


def check_blocks(blocks: list[Json]) -> None:
    """Raises `invalid_blocks` with one line per problem, as chat.postMessage answers. No blocks are fine."""
    found = problems(blocks, "message") if blocks else []
    if found:
        metadata = {"messages": [f"[ERROR] {problem}" for problem in found]}
        raise SlackError("invalid_blocks", errors=found, response_metadata=metadata)


def check_view(view: Json, allowed: Surface) -> None:
    """Raises `invalid_arguments` with one line per problem, or `view_too_large`, as views.open answers."""
    if view.get("type") != allowed:
        raise invalid_arguments(f"must be a {allowed} view [json-pointer:/view/type]")
    found = view_problems(view)
    if any(problem.startswith(TOO_LARGE) for problem in found):
        raise SlackError("view_too_large")
    if found:
        raise invalid_arguments(*found)
