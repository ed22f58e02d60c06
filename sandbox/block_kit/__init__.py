"""Block Kit as Slack enforces it: what its API would refuse in a message, a modal or a Home tab, and where.

The rules are tables: elements.py, rich_text.py, blocks.py, newer_blocks.py; rules.py is their vocabulary.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Final, Literal

from sandbox.block_kit.blocks import SURFACES
from sandbox.block_kit.elements import BOOLEAN, plain
from sandbox.block_kit.rules import Check, Fields, Items, Object, Record, String, Typed, found, listed, unique

__all__ = ["Surface", "VIEW_BYTES", "problems", "view_problems"]

Surface = Literal["message", "modal", "home"]
MOST_BLOCKS: Final[Mapping[Surface, int]] = {"message": 50, "modal": 100, "home": 100}
MARKDOWN_CHARACTERS: Final = 12_000
"""Of all markdown blocks of a message together."""
VIEW_BYTES: Final = 250_000
"""The JSON of a view may not be larger; Slack answers `view_too_large`."""


def problems(blocks: object, surface: Surface, at: str = "/blocks") -> list[str]:
    """What Slack would refuse in `blocks` (parsed JSON), in its words: [] if nothing.

    Each reads like `must be less than 151 characters [json-pointer:/blocks/0/text/text]`. `at` is the pointer
    of `blocks` itself. The caller answers `invalid_blocks`, each with `[ERROR] ` before it.
    """
    found_here = list(Items(SURFACES[surface], MOST_BLOCKS[surface], least=0).problems(blocks, at))
    if isinstance(blocks, list):
        found_here += _between_blocks(blocks, at)
    return found_here


def view_problems(view: object) -> list[str]:
    """What Slack would refuse in a view of views.open, push, update or publish: [] if nothing.

    Pointers begin with `/view`. The caller answers `invalid_arguments`, or `view_too_large` where the
    words are `must be less than 250 kB`.
    """
    found_here = list(VIEWS.problems(view, "/view"))
    if len(json.dumps(view, ensure_ascii=False, separators=(",", ":")).encode()) > VIEW_BYTES:
        found_here.append(found("must be less than 250 kB", "/view"))
    return found_here


def _between_blocks(blocks: list[object], at: str) -> Iterator[str]:
    """What only shows when the blocks are seen together."""
    yield from unique("block_id", [(block, f"{at}/{index}") for index, block in enumerate(blocks)])
    texts = [
        block.get("text") for block in blocks if isinstance(block, dict) and block.get("type") == "markdown"
    ]
    if len(texts) > 1 and sum(len(text) for text in texts if isinstance(text, str)) > MARKDOWN_CHARACTERS:
        yield found(f"markdown blocks must be less than {MARKDOWN_CHARACTERS + 1} characters together", at)


def _submit_for_inputs(view: Object, at: str) -> Iterator[str]:
    inputs = [
        pointer
        for block, pointer in listed(view, "blocks", at)
        if isinstance(block, dict) and block.get("type") == "input"
    ]
    if inputs and "submit" not in view:
        yield found("must define `submit` to use an `input` block in modals", f"{inputs[0]}/input")


class _Blocks:
    """The blocks of a view, as a rule."""

    def __init__(self, surface: Surface) -> None:
        self._surface: Surface = surface

    def problems(self, value: object, at: str) -> Iterator[str]:
        yield from problems(value, self._surface, at)


def _view(surface: Surface, required: Fields, optional: Fields, *checks: Check) -> Record:
    ids = {"private_metadata": String(3000, least=0), "callback_id": String(255, least=0)}
    more = {"external_id": String(255, least=0)}
    return Record({"blocks": _Blocks(surface), **required}, {**ids, **more, **optional}, checks)


_BUTTONS: Fields = {"submit": plain(24), "close": plain(24)}
_SWITCHES: Fields = dict.fromkeys(("clear_on_close", "notify_on_close", "submit_disabled"), BOOLEAN)
VIEWS: Final = Typed(
    {
        "modal": _view("modal", {"title": plain(24)}, {**_BUTTONS, **_SWITCHES}, _submit_for_inputs),
        "home": _view("home", {}, {}),
    }
)
