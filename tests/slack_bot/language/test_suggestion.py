import pytest

from slack_bot.language.suggestion import did_you_mean, nearest, quoted


@pytest.mark.parametrize(
    ("word", "found"),
    [("statsu", "status"), ("PENDNG", "pending"), ("xyzzy", None), ("", None), ("status" * 7, None)],
)
def test_the_nearest_word_is_the_one_most_alike(word: str, found: str | None) -> None:
    assert nearest(word, ["status", "pending", "policy"]) == found


def test_how_alike_it_must_be_is_for_the_caller_to_say() -> None:
    assert nearest("stat", ["status"], likeness=0.9) is None
    assert nearest("stat", ["status"], likeness=0.5) == "status"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a\nb", "“a b”"),
        ("<!channel> & <@U1>", "“&lt;!channel&gt; &amp; &lt;@U1&gt;”"),
        ("x" * 61, f"“{'x' * 59}…”"),
        ("a\u202eb", "“ab”"),
    ],
)
def test_what_somebody_wrote_is_shown_harmless_and_short(written: str, shown: str) -> None:
    assert quoted(written) == shown


def test_where_there_is_nothing_to_suggest_nothing_is_asked() -> None:
    assert did_you_mean("status") == " Did you mean `status`?"
    assert did_you_mean(None) == did_you_mean("") == ""
