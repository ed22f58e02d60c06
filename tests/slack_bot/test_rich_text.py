from slack_bot import rich_text


def test_words_are_a_text_element_with_the_style_that_is_asked_for() -> None:
    assert rich_text.text("*a*") == {"type": "text", "text": "*a*"}
    assert rich_text.text("a", bold=True) == {"type": "text", "text": "a", "style": {"bold": True}}
    assert rich_text.text("a", bold=True, code=True)["style"] == {"bold": True, "code": True}


def test_lines_are_parted_by_newlines_only_between_them() -> None:
    one, two = rich_text.line(rich_text.text("a"), rich_text.user("U1")), rich_text.line(rich_text.text("b"))
    shown = rich_text.section([one, two, one])["elements"]
    assert [element.get("text", element.get("user_id")) for element in shown] == [
        "a",
        "U1",
        "\n",
        "b",
        "\n",
        "a",
        "U1",
    ]
    assert one == rich_text.line(rich_text.text("a"), rich_text.user("U1"))  # not grown by being drawn


def test_a_moment_is_drawn_in_the_readers_own_zone_and_readable_without() -> None:
    moment = rich_text.moment(1_795_168_800_999_999, "2026-11-20 10:00 UTC")
    assert moment["timestamp"] == 1_795_168_800
    assert moment["fallback"] == "2026-11-20 10:00 UTC"


def test_a_block_holds_its_parts_in_order() -> None:
    said = rich_text.quote("Because.")
    label = rich_text.section([rich_text.line(rich_text.text("Reason"))])
    block = rich_text.block("justification", label, said)
    assert block == {"type": "rich_text", "block_id": "justification", "elements": [label, said]}
    assert rich_text.link("https://example.com", "Console") == {
        "type": "link",
        "url": "https://example.com",
        "text": "Console",
    }


def test_preformatted_words_keep_their_lines() -> None:
    assert rich_text.preformatted("one\n  two") == {
        "type": "rich_text_preformatted",
        "elements": [{"type": "text", "text": "one\n  two"}],
    }


def test_groups_and_channels_are_drawn_by_the_names_that_readers_know() -> None:
    assert rich_text.group("S01") == {"type": "usergroup", "usergroup_id": "S01"}
    assert rich_text.channel("C01") == {"type": "channel", "channel_id": "C01"}
