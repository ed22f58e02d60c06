"""Who tells the operator something replaces what was told before, and leaves alone what others tell."""

from slack_bot.operator_note import OperatorNote


def test_what_was_said_before_gives_way_and_what_others_say_stays() -> None:
    notes = ["another's"]
    note = OperatorNote(notes)
    assert note.say("one")
    assert notes == ["another's", "one"]
    assert note.say("two")
    assert not note.say("two")
    assert notes == ["another's", "two"]
    assert note.say("")
    assert notes == ["another's"]


def test_nothing_to_say_is_no_news() -> None:
    notes: list[str] = []
    assert not OperatorNote(notes).say("")
    assert notes == []
