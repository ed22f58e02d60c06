"""The blocks themselves, and which of them each surface takes.

As documented under https://docs.slack.dev/reference/block-kit/blocks. `call` and `auth_provider` are left
out: Slack refuses them to an app that has registered no call and no provider.
"""

from collections.abc import Iterator, Mapping

from sandbox.block_kit import elements, newer_blocks
from sandbox.block_kit.elements import BOOLEAN, IMAGE, IMAGE_URL, URL, plain, text
from sandbox.block_kit.rich_text import RICH_TEXT
from sandbox.block_kit.rules import (
    Check,
    Fields,
    Items,
    Object,
    Record,
    String,
    Typed,
    at_least_one,
    listed,
    unique,
    words,
)


def _unique_action_ids(block: Object, at: str) -> Iterator[str]:
    """Slack wants action_ids unique within their block."""
    yield from unique("action_id", listed(block, "elements", at))


def _block(required: Fields, optional: Fields | None = None, *checks: Check) -> Record:
    return Record(required, {"block_id": String(255), **(optional or {})}, checks)


BLOCKS: Mapping[str, Record] = {
    "section": _block(
        {},
        {
            "text": text(3000),
            "fields": Items(text(2000), 10),
            "accessory": elements.IN_SECTION,
            "expand": BOOLEAN,
        },
        at_least_one("text", "fields"),
    ),
    "header": _block({"text": plain(150)}),
    "divider": _block({}),
    "context": _block({"elements": Items(elements.IN_CONTEXT, 10)}),
    "actions": _block({"elements": Items(elements.IN_ACTIONS, 25)}, {}, _unique_action_ids),
    "input": _block(
        {"label": plain(2000), "element": elements.IN_INPUT},
        {"hint": plain(2000), "optional": BOOLEAN, "dispatch_action": BOOLEAN},
    ),
    "image": _block(IMAGE.required, {**IMAGE.optional, "title": plain(2000)}, *IMAGE.checks),
    "rich_text": RICH_TEXT.kinds["rich_text"],
    "markdown": _block({"text": String(12_000)}),
    "file": _block({"external_id": String(), "source": words("remote")}),
    "video": _block(
        {
            "alt_text": String(2000, least=0),
            "title": plain(200),
            "thumbnail_url": IMAGE_URL,
            "video_url": IMAGE_URL,
        },
        {
            "author_name": String(50),
            "description": plain(200),
            "provider_icon_url": IMAGE_URL,
            "provider_name": String(50),
            "title_url": URL,
        },
    ),
    "context_actions": _block({"elements": Items(elements.IN_CONTEXT_ACTIONS, 5)}, {}, _unique_action_ids),
}

_EVERYWHERE = (
    "actions",
    "card",
    "context",
    "divider",
    "header",
    "image",
    "input",
    "rich_text",
    "section",
    "video",
)
_WIDE = ("carousel", "container", "data_table", "data_visualization", "table")
_IN_CONTAINER = (
    "actions",
    "context",
    "divider",
    "file",
    "header",
    "image",
    "input",
    "rich_text",
    "section",
    "video",
)

_ALL = Typed({**BLOCKS, **newer_blocks.blocks(Typed(BLOCKS).only(*_IN_CONTAINER))})
SURFACES: Mapping[str, Typed] = {
    "message": _ALL.only(*_EVERYWHERE, *_WIDE, "context_actions", "file", "markdown", "plan", "task_card"),
    "modal": _ALL.only(*_EVERYWHERE, "alert"),
    "home": _ALL.only(*_EVERYWHERE, *_WIDE),
}
