"""The rich_text block: sections, lists, quotes and preformatted text, and what may stand in them.

As documented at https://docs.slack.dev/reference/block-kit/blocks/rich-text-block.
"""

from sandbox.block_kit.rules import Boolean, Integer, Items, Record, String, Typed, words

BOOLEAN = Boolean()
_BORDER = {"border": Integer(0, 1)}
_STYLES = ("bold", "italic", "strike", "underline")


def _style(*more: str) -> dict[str, Record]:
    return {"style": Record({}, dict.fromkeys((*_STYLES, *more), BOOLEAN))}


_TEXT_STYLE = _style("code")
_MENTION_STYLE = _style("code", "highlight", "client_highlight", "unlink")

INLINE = Typed(
    {
        "text": Record({"text": String()}, _TEXT_STYLE),
        "link": Record({"url": String()}, {"text": String(least=0), "unsafe": BOOLEAN, **_TEXT_STYLE}),
        "user": Record({"user_id": String()}, _MENTION_STYLE),
        "usergroup": Record({"usergroup_id": String()}, _MENTION_STYLE),
        "channel": Record({"channel_id": String()}, _MENTION_STYLE),
        "team": Record({"team_id": String()}, _MENTION_STYLE),
        "broadcast": Record({"range": words("here", "channel", "everyone")}, _MENTION_STYLE),
        "emoji": Record(
            {"name": String()},
            {"unicode": String(), "skin_tone": Integer(1, 6), "url": String(), **_TEXT_STYLE},
        ),
        "date": Record(
            {"timestamp": Integer(), "format": String()},
            {"url": String(), "fallback": String(least=0), **_TEXT_STYLE},
        ),
        "color": Record({"value": String()}, _TEXT_STYLE),
    }
)
_LINE = {"elements": Items(INLINE, least=0)}
SECTION = Typed({"rich_text_section": Record(_LINE)})
_LIST = Record(
    {"style": words("bullet", "ordered"), "elements": Items(SECTION)},
    {"indent": Integer(0, 8), "offset": Integer(0), **_BORDER},
)
RICH_TEXT = Typed(
    {
        "rich_text": Record(
            {
                "elements": Items(
                    Typed(
                        {
                            **SECTION.kinds,
                            "rich_text_list": _LIST,
                            "rich_text_quote": Record(_LINE, _BORDER),
                            "rich_text_preformatted": Record(_LINE, {**_BORDER, "language": String()}),
                        }
                    )
                )
            },
            {"block_id": String(255)},
        )
    }
)
