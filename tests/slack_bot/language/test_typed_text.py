import pytest

from slack_bot.language.typed_text import COMMA, Kind, Token, asks, normal, tokens


def words(*texts: str) -> list[Token]:
    return [Token(Kind.WORD, text) for text in texts]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("a b", words("a", "b")),
        ("  a\u00a0b\u2009c\nd\te ", words("a", "b", "c", "d", "e")),
        ("*a* _b_ `d` “e” \u2018f\u2019 «g» h: i! j. k?", words(*"abdefghijk")),
        ("~a~ ~b c~", words("~a~", "~b", "c~")),
        ("?", words("?")),
        ("... ' \"", []),
        ("a,b; c", [*words("a"), COMMA, *words("b"), COMMA, *words("c")]),
        ("a=b", words("a", "b")),
        ("9:00\u201317:30 \u2212 \u2014", words("9:00-17:30", "-", "-")),
        ("America/New_York", words("America/New_York")),
        ("&lt;&amp;&gt;", words("<&>")),
        (
            "&amp;lt;",
            [*words("&lt"), COMMA],
        ),
        ("\uff19\uff1a\uff10\uff10", words("9:00")),
        ("on\u202e\u200b\x00off", words("onoff")),
        ("<@U02APPROVER>", [Token(Kind.USER, "U02APPROVER")]),
        ("<@W02APPROVER|approver>x", [Token(Kind.USER, "W02APPROVER"), *words("x")]),
        ("<#C0AB12CD3|payroll>", [Token(Kind.CHANNEL, "C0AB12CD3")]),
        ("<!subteam^S01OPS|@ops>", [Token(Kind.GROUP, "S01OPS")]),
        ("<!here> <!channel|@channel>", [Token(Kind.BROADCAST, "here"), Token(Kind.BROADCAST, "channel")]),
        ("<!date^1700000000^{date_num}|2026-12-24>", words("2026-12-24")),
        ("<https://example.com/a|Europe/Berlin>", words("Europe/Berlin")),
        ("<https://example.com>", words("https://example.com")),
        ("<@nobody>", words("@nobody")),
        ("&lt;@U02APPROVER&gt;", words("<@U02APPROVER>")),
        ("<a|&lt;@U02APPROVER&gt;>", words("<@U02APPROVER>")),
        ("<@U02APPROVER", words("<@U02APPROVER")),
        ("<<@U02APPROVER>>", [*words("<"), Token(Kind.USER, "U02APPROVER"), *words(">")]),
    ],
)
def test_a_message_is_taken_to_pieces(text: str, expected: list[Token]) -> None:
    assert tokens(text) == expected


def test_only_words_have_a_key_to_compare() -> None:
    assert [token.key for token in tokens("STATUS <@U02APPROVER>,")] == ["status", "", ""]


def test_text_is_normal_once_for_all() -> None:
    for text in ("Mon\u2013Fri\u00a09:00", "“a”; b=c", "\ufdfa\u202e"):
        assert normal(normal(text)) == normal(text)


@pytest.mark.parametrize(
    ("text", "is_question"),
    [
        ("on?", True),
        ("on ?", True),
        ("on? <@U02APPROVER>", True),
        ("on\uff1f", True),
        ("*on?*", True),
        ("on", False),
        ("<#C0AB12CD3|what?> on", False),
        ("<https://example.com/?a=b|on>", False),
    ],
)
def test_a_question_is_told_by_its_mark(text: str, is_question: bool) -> None:
    assert asks(text) is is_question
