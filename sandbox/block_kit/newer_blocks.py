"""Blocks that came with Slack's agents: tables, charts, cards, plans. Few clients draw all of them yet.

As documented under https://docs.slack.dev/reference/block-kit/blocks.
"""

from collections.abc import Iterator, Mapping

from sandbox.block_kit.elements import BOOLEAN, BUTTONS, IMAGE, IMAGE_URL, URL, plain, text
from sandbox.block_kit.rich_text import RICH_TEXT
from sandbox.block_kit.rules import (
    Fields,
    Integer,
    Items,
    Number,
    Object,
    Record,
    String,
    Typed,
    at_least_one,
    found,
    listed,
    unique,
    words,
)

_ID: Fields = {"block_id": String(255)}
_PICTURE = Typed({"image": IMAGE})
_RAW = {
    "raw_text": Record({"text": String()}, {"emoji": BOOLEAN}),
    "raw_number": Record({"value": Number(), "text": String()}),
}
_CELL = Typed({**_RAW, **RICH_TEXT.kinds})
_COLUMN = Record({}, {"align": words("left", "center", "right"), "is_wrapped": BOOLEAN})

_TABLE = Record(
    {"rows": Items(Items(_CELL, 20), 100)},
    {**_ID, "column_settings": Items(_COLUMN, 20)},
)


def _even_rows(block: Object, at: str) -> Iterator[str]:
    widths = {len(row) for row, _ in listed(block, "rows", at) if isinstance(row, list)}
    if len(widths) > 1:
        yield found("must have the same number of cells in every row", f"{at}/rows")


_DATA_TABLE = Record(
    {"rows": Items(Items(_CELL, 20), 201, least=2), "caption": String()},
    {**_ID, "page_size": Integer(1, 100), "row_header_column_index": Integer(0, 19)},
    (_even_rows,),
)

_POINT = Record({"label": String(20), "value": Number()})
_SEGMENT = Record({"label": String(20), "value": Number(above=0)})
_SERIES = Record({"name": String(20), "data": Items(_POINT, 20)})
_AXES = Record({"categories": Items(String(20), 20)}, {"x_label": String(50), "y_label": String(50)})
_CURVES = Record({"series": Items(_SERIES, 12), "axis_config": _AXES})
_CHART = Typed(
    {"pie": Record({"segments": Items(_SEGMENT, 12)}), "bar": _CURVES, "area": _CURVES, "line": _CURVES}
)

_CARD_PARTS: Fields = {
    "hero_image": _PICTURE,
    "icon": _PICTURE,
    "slack_icon": Typed({"icon": Record({"name": String()})}),
    "title": text(150),
    "subtitle": text(150),
    "body": text(200),
    "subtext": text(200),
    "actions": Items(BUTTONS, 3),
}
_CARD = Record({}, {**_ID, **_CARD_PARTS}, (at_least_one("hero_image", "title", "actions", "body"),))

_SOURCE = Typed({"url": Record({"url": URL, "text": String()}, {"icon_url": IMAGE_URL})})
_TASK: Fields = {"task_id": String(), "title": String()}
_TASK_MORE: Fields = {"details": RICH_TEXT, "output": RICH_TEXT, "sources": Items(_SOURCE, least=0)}
_STANDING = words("in_progress", "complete", "error")
_PLANNED = Record(
    {**_TASK, "status": words("pending", *_STANDING.values)},
    {**_ID, **_TASK_MORE, "type": words("task_card")},
)


def _unique_tasks(block: Object, at: str) -> Iterator[str]:
    yield from unique("task_id", listed(block, "tasks", at))


def _container_switches(block: Object, at: str) -> Iterator[str]:
    folds = block.get("is_collapsible") is True
    if block.get("default_collapsed") is True and not folds:
        yield found("requires `is_collapsible`", f"{at}/default_collapsed")
    if block.get("has_header_divider") is True and folds:
        yield found("must not be set with `is_collapsible`", f"{at}/has_header_divider")


def _container(inside: Typed) -> Record:
    children = Typed({**inside.kinds, "table": _TABLE})
    switches: Fields = dict.fromkeys(("is_collapsible", "default_collapsed", "has_header_divider"), BOOLEAN)
    return Record(
        {"child_blocks": Items(children, 10)},
        {
            **_ID,
            **switches,
            "title": plain(150),
            "rich_text_title": RICH_TEXT,
            "subtitle": text(150),
            "width": words("narrow", "standard", "wide", "full"),
            "icon": _PICTURE,
        },
        (at_least_one("title", "rich_text_title"), _container_switches),
    )


def blocks(inside_container: Typed) -> Mapping[str, Record]:
    """The records by type; `inside_container` are the older blocks that a container may hold."""
    levels = words("default", "info", "warning", "error", "success")
    return {
        "table": _TABLE,
        "data_table": _DATA_TABLE,
        "data_visualization": Record({"title": String(50), "chart": _CHART}, _ID),
        "alert": Record({"text": text(200)}, {**_ID, "level": levels}),
        "card": _CARD,
        "carousel": Record({"elements": Items(Typed({"card": _CARD}), 10)}, _ID),
        "container": _container(inside_container),
        "task_card": Record({**_TASK, "status": _STANDING}, {**_ID, **_TASK_MORE}),
        "plan": Record({"title": String()}, {**_ID, "tasks": Items(_PLANNED, 50, least=0)}, (_unique_tasks,)),
    }
