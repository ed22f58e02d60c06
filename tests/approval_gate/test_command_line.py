"""What the command is told, and what it makes of it."""

import pytest

from approval_gate.command_line import UsageError, read
from approval_gate.json_text import canonical
from approval_gate.question import Question

FULL = [
    *(
        "request",
        "--title",
        "Deploy",
        "--fact",
        "version=4.2=rc1",
        "--fact",
        "note=",
        "--environment",
        "prod",
    ),
    *(
        "--risk",
        "high",
        "--justification",
        "fixes it",
        "--channel",
        "#ops",
        "--requester",
        "ci",
        "--wait",
        "30m",
    ),
]


def test_everything_that_is_said_is_asked() -> None:
    errand = read(FULL)

    assert errand.question == {
        "title": "Deploy",
        "action": "request",
        "arguments": {"version": "4.2=rc1", "note": "", "environment": "prod"},
        "requester": "ci",
        "justification": "fixes it",
        "risk": "high",
        "channel": "#ops",
        "expires_in": 1800.0,
        "cancel_on_disconnect": True,
    }
    assert (errand.command, errand.as_json) == ((), False)


def test_what_is_run_is_what_stands_after_the_dashes_word_for_word() -> None:
    command = ("kubectl", "--", "drain", "a b", "$HOME", "--wait", "1s", "--title=x", "")

    errand = read(["run", "--json", "--", "sh", *command])

    assert errand.command == ("sh", *command)
    assert errand.question["arguments"] == {"command": ["sh", *command]}
    assert errand.question["title"] == "sh kubectl -- drain 'a b' '$HOME' --wait 1s --title=x ''"
    assert errand.question["action"] == "run sh"
    assert errand.as_json


def test_a_word_that_is_no_text_is_shown_with_its_bytes() -> None:
    errand = read(["run", "--", "sh", "\udcff\n\x1b[31m"])

    assert errand.command == ("sh", "\udcff\n\x1b[31m")
    assert canonical(Question(**errand.question).body())
    assert errand.question["arguments"] == {"command": ["sh", r"'\udcff\n\x1b[31m'"]}
    assert errand.question["title"].isprintable()


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("90", 90), ("90s", 90), ("1.5m", 90), ("2h", 7200), ("1d", 86400), ("0.2s", 0.2)],
)
def test_times_are_written_as_people_write_them(written: str, seconds: float) -> None:
    assert read(["request", "--title", "x", "--wait", written]).wait == pytest.approx(seconds)


def test_who_asks_is_the_user_and_the_machine_unless_said_otherwise() -> None:
    assert "@" in read(["request", "--title", "x"]).question["requester"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "required"),
        (["request"], "--title"),
        (["request", "--title", "x", "--wait", "soon"], "no time"),
        (["request", "--title", "x", "--wait", "0"], "no time"),
        (["request", "--title", "x", "--risk", "huge"], "huge"),
        (["request", "--title", "x", "--fact", "version"], "name=value"),
        (["request", "--title", "x", "--fact", "=1"], "name=value"),
        (["request", "--title", "x", "--fact", "a=1", "--fact", "a=2"], "given twice"),
        (["request", "--title", "x", "--environment", "a", "--fact", "environment=b"], "given twice"),
        (["request", "--title", "x", "--", "ls"], "request runs nothing"),
        (["run", "ls"], "unrecognized arguments: ls"),
        (["run"], "after --"),
        (["run", "--"], "after --"),
        (["run", "--", "no-such-program-here"], "no program"),
        (["run", "--fact", "command=x", "--", "ls"], "given twice"),
    ],
)
def test_what_cannot_be_meant_is_told_before_anybody_is_asked(arguments: list[str], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        read(arguments)
