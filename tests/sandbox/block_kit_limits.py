"""Every size that Block Kit limits, and how to build a block of any size: as JSON and with two libraries."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import slackblocks as sb
from slack_sdk.models import blocks as sdk

from tests.sandbox.block_json import (
    Json,
    actions,
    button,
    confirm,
    context,
    header,
    image,
    input_block,
    menu,
    mrkdwn,
    option,
    options,
    plain,
    section,
)

PNG = "https://example.com/i.png"


@dataclass(frozen=True)
class Limit:
    """`most` characters or items at the place `where` of a block."""

    name: str
    most: int
    where: str
    block: Callable[[int], Json]
    slackblocks: Callable[[int], Any]
    models: Callable[[int], sdk.Block] | None = None
    """Where slack_sdk checks only objects of its own, not JSON given to `Block.parse`."""
    items: bool = False

    @property
    def words(self) -> str:
        """What Slack says one above the limit."""
        least = (
            f"no more than {self.most} items allowed"
            if self.items
            else f"must be less than {self.most + 1} characters"
        )
        return f"{least} [json-pointer:/blocks/0/{self.where}]"

    def sdk_block(self, size: int) -> sdk.Block:
        parsed = sdk.Block.parse(self.block(size))
        assert parsed is not None
        return self.models(size) if self.models else parsed


def _buttons(count: int) -> list[Json]:
    return [button(action_id=f"button_{number}") for number in range(count)]


def _sb_button(**fields: Any) -> Any:
    return sb.Button(**{"text": "Text", "action_id": "approve", **fields})


def _sb_confirm(**texts: str) -> Any:
    return sb.ConfirmationDialogue(
        title=texts.get("title", "T"),
        text=texts.get("text", "T"),
        confirm=texts.get("confirm", "Y"),
        deny=texts.get("deny", "N"),
    )


def _sb_option(text: str = "T", value: str = "v", **fields: Any) -> Any:
    return sb.Option(sb.PlainText(text), value, **fields)


def _sb_options(count: int) -> list[Any]:
    return [_sb_option(value=str(number)) for number in range(count)]


def _sb_menu(**fields: Any) -> Any:
    return sb.ActionsBlock([sb.StaticSelectMenu(action_id="duration", **fields)])


def _sdk_options(count: int) -> list[sdk.Option]:
    return [sdk.Option(text="T", value=str(number)) for number in range(count)]


def _sdk_menu(options: list[sdk.Option]) -> sdk.ActionsBlock:
    return sdk.ActionsBlock(elements=[sdk.StaticSelectElement(options=options)])


def _sdk_grouped(label: str, count: int) -> sdk.ActionsBlock:
    groups = [sdk.OptionGroup(label=label, options=_sdk_options(count))]
    return sdk.ActionsBlock(elements=[sdk.StaticSelectElement(option_groups=groups)])


def _x(size: int) -> str:
    return "x" * size


def _text_limits() -> Iterator[Limit]:
    yield Limit("header", 150, "text/text", lambda n: header(_x(n)), lambda n: sb.HeaderBlock(_x(n)))
    yield Limit(
        "section text",
        3000,
        "text/text",
        lambda n: section(text=mrkdwn(_x(n))),
        lambda n: sb.SectionBlock(_x(n)),
    )
    yield Limit(
        "field",
        2000,
        "fields/0/text",
        lambda n: section(fields=[plain(_x(n))]),
        lambda n: sb.SectionBlock(fields=[_x(n)]),
    )
    yield Limit(
        "block_id",
        255,
        "block_id",
        lambda n: {"type": "divider", "block_id": _x(n)},
        lambda n: sb.DividerBlock(block_id=_x(n)),
    )
    yield Limit(
        "input label",
        2000,
        "label/text",
        lambda n: input_block(label=plain(_x(n))),
        lambda n: sb.InputBlock(_x(n), sb.PlainTextInput("why")),
    )
    yield Limit(
        "input hint",
        2000,
        "hint/text",
        lambda n: input_block(hint=plain(_x(n))),
        lambda n: sb.InputBlock("L", sb.PlainTextInput("why"), hint=_x(n)),
    )
    yield Limit(
        "markdown",
        12_000,
        "text",
        lambda n: {"type": "markdown", "text": _x(n)},
        lambda n: sb.MarkdownBlock(_x(n)),
    )


def _image_limits() -> Iterator[Limit]:
    yield Limit(
        "image url",
        3000,
        "image_url",
        lambda n: image(image_url=PNG.ljust(n, "g")),
        lambda n: sb.ImageBlock(PNG.ljust(n, "g"), "A lock"),
    )
    yield Limit(
        "image alt text",
        2000,
        "alt_text",
        lambda n: image(alt_text=_x(n)),
        lambda n: sb.ImageBlock(PNG, _x(n)),
    )
    yield Limit(
        "image title",
        2000,
        "title/text",
        lambda n: image(title=plain(_x(n))),
        lambda n: sb.ImageBlock(PNG, "A lock", title=_x(n)),
    )


def _button_limits() -> Iterator[Limit]:
    def limit(
        name: str, most: int, where: str, fields: Callable[[int], Json], sb_fields: Callable[[int], Json]
    ) -> Limit:
        return Limit(
            name,
            most,
            f"elements/0/{where}",
            lambda n: actions(button(**fields(n))),
            lambda n: sb.ActionsBlock([_sb_button(**sb_fields(n))]),
        )

    def asked(part: str, most: int) -> Limit:
        return limit(
            f"confirm {part}",
            most,
            f"confirm/{part}/text",
            lambda n: {"confirm": confirm(**{part: plain("x" * n)})},
            lambda n: {"confirm": _sb_confirm(**{part: "x" * n})},
        )

    def attribute(name: str, most: int, start: str = "") -> Limit:
        return limit(
            f"button {name}",
            most,
            name,
            lambda n: {name: start.ljust(n, "x")},
            lambda n: {name: start.ljust(n, "x")},
        )

    yield limit("button text", 75, "text/text", lambda n: {"text": "x" * n}, lambda n: {"text": "x" * n})
    yield attribute("action_id", 255)
    yield attribute("value", 2000)
    yield attribute("url", 3000, "https://")
    yield attribute("accessibility_label", 75)
    yield asked("title", 100)
    yield asked("text", 300)
    yield asked("confirm", 30)
    yield asked("deny", 30)


def _option_limits() -> Iterator[Limit]:
    yield Limit(
        "option text",
        75,
        "elements/0/options/0/text/text",
        lambda n: actions(menu(options=[option("x" * n)])),
        lambda n: _sb_menu(options=[_sb_option("x" * n)]),
        lambda n: _sdk_menu([sdk.Option(text="x" * n, value="v")]),
    )
    yield Limit(
        "option value",
        150,
        "elements/0/options/0/value",
        lambda n: actions(menu(options=[option(value="x" * n)])),
        lambda n: _sb_menu(options=[_sb_option(value="x" * n)]),
        lambda n: _sdk_menu([sdk.Option(text="T", value="x" * n)]),
    )
    yield Limit(
        "option description",
        75,
        "elements/0/options/0/description/text",
        lambda n: actions(menu(options=[option(description=plain("x" * n))])),
        lambda n: _sb_menu(options=[_sb_option(description=sb.PlainText("x" * n))]),
        lambda n: _sdk_menu([sdk.Option(text="T", value="v", description="x" * n)]),
    )
    yield Limit(
        "group label",
        75,
        "elements/0/option_groups/0/label/text",
        lambda n: actions(menu(option_groups=[{"label": plain("x" * n), "options": options(1)}])),
        lambda n: _sb_menu(option_groups=[sb.OptionGroup("x" * n, _sb_options(1))]),
        lambda n: _sdk_grouped("x" * n, 1),
    )
    yield Limit(
        "placeholder",
        150,
        "elements/0/placeholder/text",
        lambda n: actions(menu(options=options(1), placeholder=plain("x" * n))),
        lambda n: _sb_menu(options=_sb_options(1), placeholder="x" * n),
    )


def _choice_counts() -> Iterator[Limit]:
    def choices(name: str, most: int, kind: str, build: Callable[[list[Any]], Any]) -> Limit:
        return Limit(
            name,
            most,
            "elements/0/options",
            lambda n: actions({"type": kind, "options": options(n)}),
            lambda n: sb.ActionsBlock([build(_sb_options(n))]),
            items=True,
        )

    yield choices("options", 100, "static_select", lambda given: sb.StaticSelectMenu("pick", options=given))
    yield choices("overflow", 5, "overflow", lambda given: sb.OverflowMenu("more", given))
    yield choices("checkboxes", 10, "checkboxes", lambda given: sb.CheckboxGroup("ticks", given))
    yield choices("radio buttons", 10, "radio_buttons", lambda given: sb.RadioButtonGroup("ticks", given))
    yield Limit(
        "option groups",
        100,
        "elements/0/option_groups",
        lambda n: actions(menu(option_groups=[{"label": plain(), "options": options(1)}] * n)),
        lambda n: _sb_menu(option_groups=[sb.OptionGroup("G", _sb_options(1))] * n),
        items=True,
    )
    yield Limit(
        "options of a group",
        100,
        "elements/0/option_groups/0/options",
        lambda n: actions(menu(option_groups=[{"label": plain(), "options": options(n)}])),
        lambda n: _sb_menu(option_groups=[sb.OptionGroup("G", _sb_options(n))]),
        lambda n: _sdk_grouped("G", n),
        items=True,
    )


def _block_counts() -> Iterator[Limit]:
    cell = {"type": "raw_text", "text": "x"}
    yield Limit(
        "fields",
        10,
        "fields",
        lambda n: section(fields=[plain()] * n),
        lambda n: sb.SectionBlock(fields=["x"] * n),
        items=True,
    )
    yield Limit(
        "context",
        10,
        "elements",
        lambda n: context(*[mrkdwn()] * n),
        lambda n: sb.ContextBlock([sb.Text("x")] * n),
        items=True,
    )
    yield Limit(
        "actions",
        25,
        "elements",
        lambda n: actions(*_buttons(n)),
        lambda n: sb.ActionsBlock([_sb_button(action_id=f"button_{number}") for number in range(n)]),
        items=True,
    )
    yield Limit(
        "table rows",
        100,
        "rows",
        lambda n: {"type": "table", "rows": [[cell]] * n},
        lambda n: sb.TableBlock([[sb.RawText("x")]] * n),
        items=True,
    )
    yield Limit(
        "table cells",
        20,
        "rows/0",
        lambda n: {"type": "table", "rows": [[cell] * n]},
        lambda n: sb.TableBlock([[sb.RawText("x")] * n]),
        items=True,
    )


LIMITS = [
    limit
    for table in (_text_limits, _image_limits, _button_limits, _option_limits, _choice_counts, _block_counts)
    for limit in table()
]
