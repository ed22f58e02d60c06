"""The command `approval-gate`, as a process of its own at a real gate."""

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.approval_gate.false_gate import Reply, false_gate, pending, problem, yes
from tests.approval_gate.gate_process import GateProcess
from tests.approval_gate.person import Person
from tests.approval_gate.relay import relay
from tests.approval_gate.waiting import until

ROOT = Path(__file__).resolve().parent.parent.parent
ENDS_WITHIN = 30.0
Program = subprocess.Popen[str]


@pytest.fixture
def environment(gate: GateProcess, client_key: str) -> dict[str, str]:
    """Of a pipeline that may ask."""
    return {
        "PATH": os.defpath,
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "error",
        "GATE_URL": gate.url,
        "GATE_API_KEY": client_key,
    }


def start(environment: Mapping[str, str], *arguments: str) -> Program:
    return subprocess.Popen(
        [sys.executable, "-m", "approval_gate.command", *arguments],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end(program: Program) -> tuple[int, str, str]:
    """Exit code, stdout, stderr."""
    stdout, stderr = program.communicate(timeout=ENDS_WITHIN)
    return program.returncode, stdout, stderr


def test_a_yes_is_exit_code_0(environment: dict[str, str], person: Person) -> None:
    with person.answering("approve", comment="go") as answered:
        code, stdout, stderr = end(
            start(
                environment, "request", "--title", "Deploy", "--fact", "version=4.2", "--environment", "prod"
            )
        )

    assert (code, stdout) == (0, "")
    assert stderr.splitlines()[0].startswith("Waiting for an answer: Deploy. Time left: 30:00. Ticket: ")
    assert stderr.splitlines()[-1] == "Approved by U1: go"
    assert answered.result()["arguments"] == {"version": "4.2", "environment": "prod"}


def test_a_no_is_exit_code_1_and_says_who_and_why(environment: dict[str, str], person: Person) -> None:
    with person.answering("deny", comment="not on Friday"):
        code, stdout, stderr = end(start(environment, "request", "--title", "Deploy", "--json"))

    assert code == 1
    assert stderr.splitlines()[-1] == "Denied by U1: not on Friday"
    ticket = json.loads(stdout)
    assert (ticket["status"], ticket["decision"]["comment"]) == ("denied", "not on Friday")


def test_no_answer_in_time_is_exit_code_2_and_nobody_can_answer_any_more(
    environment: dict[str, str], person: Person
) -> None:
    code, stdout, stderr = end(start(environment, "request", "--title", "Deploy", "--wait", "0.2s", "--json"))

    assert (code, stderr.splitlines()[-1]) == (2, "Nobody answered in time.")
    assert person.ticket(json.loads(stdout)["id"])["status"] == "cancelled"


@pytest.mark.parametrize(
    ("changed", "arguments", "words"),
    [
        ({"GATE_URL": ""}, ["request", "--title", "Deploy"], "GATE_URL is not set"),
        ({"GATE_API_KEY": "gate_0000000000_x"}, ["request", "--title", "Deploy"], "keys create"),
        ({}, ["request"], "--title"),
        ({}, ["request", "--title", "two\nlines"], "title"),
        ({}, ["request", "--title", ""], "title is empty"),
        ({}, ["run", "--", "no-such-program-here"], "no program"),
    ],
)
def test_what_could_not_be_asked_is_exit_code_3(
    environment: dict[str, str], changed: dict[str, str], arguments: list[str], words: str
) -> None:
    code, stdout, stderr = end(start(environment | changed, *arguments))

    assert (code, stdout) == (3, "")
    assert words in stderr
    assert "Traceback" not in stderr


def test_json_says_also_that_it_could_not_ask(environment: dict[str, str]) -> None:
    wrong = environment | {"GATE_API_KEY": "gate_0000000000_x"}
    code, stdout, _ = end(start(wrong, "request", "--title", "Deploy", "--json"))

    told = json.loads(stdout)
    assert (code, told["status"], told["id"]) == (3, "unavailable", None)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("verb", ["request", "run"])
def test_a_signal_withdraws_the_question_and_ends_it(
    environment: dict[str, str], person: Person, tmp_path: Path, number: signal.Signals, code: int, verb: str
) -> None:
    after = [] if verb == "request" else ["--", "touch", str(tmp_path / "ran")]
    program = start(environment, verb, "--title", "Deploy", *after)
    ticket = person.sees()

    program.send_signal(number)

    ended, _, stderr = end(program)
    assert (ended, stderr.splitlines()[-1]) == (code, "Stopped. The question is withdrawn.")
    assert person.ticket(ticket["id"])["status"] == "cancelled"
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("verb", ["request", "run"])
def test_a_signal_after_the_answer_tells_the_answer_and_runs_nothing(
    environment: dict[str, str], person: Person, tmp_path: Path, verb: str
) -> None:
    """Given a yes that the program could not see yet, when it is stopped, then it does not say: withdrawn."""
    mark = tmp_path / "ran"
    after = [] if verb == "request" else ["--", "touch", str(mark)]
    program = start(environment, verb, "--title", "Deploy", "--json", *after)
    ticket = person.sees()
    program.send_signal(signal.SIGSTOP)
    person.answers(ticket["id"])

    program.send_signal(signal.SIGINT)
    program.send_signal(signal.SIGCONT)

    code, stdout, stderr = end(program)
    words, told = "Stopped. The question was approved by U1 before it could be withdrawn.", stdout
    if verb == "run":
        *_, told = stderr.splitlines()
    assert (code, words in stderr.splitlines()) == (130, True)
    assert (json.loads(told)["status"], json.loads(told)["id"]) == ("approved", ticket["id"])
    assert not mark.exists()


def test_where_nobody_can_tell_what_became_of_it_that_is_said(
    own_gate: GateProcess, environment: dict[str, str]
) -> None:
    there = environment | {"GATE_URL": own_gate.url, "GATE_API_KEY": own_gate.key("agent")}
    person = Person(own_gate.caller("bot", ["decide"]), "agent")
    program = start(there, "request", "--title", "Deploy", "--json")
    ticket = person.sees()
    own_gate.kill()

    program.send_signal(signal.SIGINT)

    code, stdout, stderr = end(program)
    assert code == 130
    assert stderr.splitlines()[-1] == f"Stopped. What became of ticket {ticket['id']} is not known."
    told = json.loads(stdout)
    assert (told["status"], told["id"], told["detail"]) == (
        "unknown",
        ticket["id"],
        "interrupted by a signal",
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_before_the_gate_has_answered_withdraws_what_it_filed(
    gate: GateProcess, environment: dict[str, str], person: Person, number: signal.Signals
) -> None:
    """Given a question that was filed, which the program was not told, when a signal comes, it is withdrawn."""
    with relay(gate.url) as proxy:
        proxy.loses_answers = True
        program = start(environment | {"GATE_URL": proxy.url}, "request", "--title", "Deploy", "--json")
        ticket = person.sees()
        until(lambda: proxy.lost)
        proxy.loses_answers = False

        program.send_signal(number)

        code, stdout, _ = end(program)
    assert code == 128 + number
    assert (json.loads(stdout)["status"], json.loads(stdout)["id"]) == ("cancelled", ticket["id"])
    assert (person.ticket(ticket["id"])["status"], person.pending()) == ("cancelled", [])


@pytest.mark.parametrize(
    ("last_reply", "status", "words"),
    [
        (problem(403, "No."), "unknown", "What became of ticket t1 is not known."),
        (lambda ticket: pending(ticket, status="cancelled"), "cancelled", "The question is withdrawn."),
        (yes, "approved", "The question was approved by U1 before it could be withdrawn."),
    ],
)
def test_a_wait_that_the_gate_refuses_tells_what_became_of_the_question(
    environment: dict[str, str], last_reply: Reply, status: str, words: str
) -> None:
    with false_gate() as gate:
        gate.then(pending, problem(403, "No waiting."), last_reply)
        there = environment | {"GATE_URL": gate.url}
        code, stdout, stderr = end(start(there, "request", "--title", "Deploy", "--json"))

    assert (code, json.loads(stdout)["status"]) == (3, status)
    assert stderr.splitlines()[-1] == f"The gate refused (403): No waiting. {words}"


# Streams and failures


def test_a_stream_that_was_closed_from_the_start_keeps_nobody_from_asking(
    environment: dict[str, str], person: Person
) -> None:
    asking = f"{shlex.quote(sys.executable)} -m approval_gate.command request --title Deploy <&- >&- 2>&-"
    with person.answering():
        yes = subprocess.run(["sh", "-c", asking], env=environment, timeout=ENDS_WITHIN, check=False)
    with person.answering("deny"):
        no = subprocess.run(["sh", "-c", asking], env=environment, timeout=ENDS_WITHIN, check=False)

    assert (yes.returncode, no.returncode) == (0, 1)


def test_when_nobody_reads_stderr_any_more_the_question_is_withdrawn(
    environment: dict[str, str], person: Person
) -> None:
    program = start(environment, "request", "--title", "Deploy", "--json")
    ticket = person.sees()
    assert program.stderr is not None

    program.stderr.close()
    person.shows(ticket["id"], "https://example.slack.com/archives/C1/p1")  # and so it has something to say

    assert program.wait(ENDS_WITHIN) == 3
    assert program.stdout is not None
    told = json.loads(program.stdout.read())
    program.stdout.close()
    assert (told["status"], told["id"]) == ("cancelled", ticket["id"])
    assert "BrokenPipeError" in told["detail"]


FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has it")


@pytest.mark.parametrize("where", [pytest.param("> /dev/full", marks=FULL), "| true"])
def test_a_yes_that_cannot_be_told_is_exit_code_3(
    environment: dict[str, str], person: Person, where: str
) -> None:
    asking = f"{shlex.quote(sys.executable)} -m approval_gate.command request --title Deploy --json"
    with person.answering():
        done = subprocess.run(
            ["bash", "-c", f"{asking} {where}; exit ${{PIPESTATUS[0]}}"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=ENDS_WITHIN,
            check=False,
        )

    assert done.returncode == 3
    assert done.stderr.splitlines()[-1].startswith("approval-gate: [Errno ")
    assert "Traceback" not in done.stderr


def test_a_fault_of_its_own_is_no_ones_no(environment: dict[str, str]) -> None:
    faulty = "import sys; from approval_gate.command import main; sys.exit(main([3]))"
    done = subprocess.run(
        [sys.executable, "-c", faulty],
        env=environment,
        capture_output=True,
        text=True,
        timeout=ENDS_WITHIN,
        check=False,
    )

    assert (done.returncode, done.stdout) == (3, "")
    assert "TypeError" in done.stderr.splitlines()[-1]


def test_the_card_is_told_once_it_is_there(environment: dict[str, str], person: Person) -> None:
    program = start(environment, "request", "--title", "Deploy")
    ticket = person.sees()
    person.shows(ticket["id"], "https://example.slack.com/archives/C1/p1")
    assert program.stderr is not None

    lines = iter(program.stderr.readline, "")
    assert any("Card: https://example.slack.com/archives/C1/p1" in line for line in lines)

    person.answers(ticket["id"])
    assert end(program)[0] == 0


# run


def test_after_a_yes_it_runs_exactly_what_was_asked_and_passes_everything_on(
    environment: dict[str, str], person: Person
) -> None:
    script = 'printf "%s|" "$@"; echo error >&2; exit 7'
    words = ["a b", "$HOME", "*", "", "--", "'", "100%"]

    with person.answering("approve") as answered:
        code, stdout, stderr = end(
            start(environment, "run", "--json", "--", "sh", "-c", script, "sh", *words)
        )

    assert (code, stdout) == (7, "".join(f"{word}|" for word in words))
    assert stderr.splitlines()[-1] == "error"
    assert json.loads(stderr.splitlines()[-2])["status"] == "approved"
    assert answered.result()["arguments"] == {"command": ["sh", "-c", script, "sh", *words]}
    assert answered.result()["title"].startswith("sh -c 'printf")


@pytest.mark.parametrize(("verdict", "code"), [("deny", 1), (None, 2)])
def test_without_a_yes_it_runs_nothing(
    environment: dict[str, str], person: Person, tmp_path: Path, verdict: str | None, code: int
) -> None:
    mark = tmp_path / "ran"
    arguments = ["run", "--wait", "10m" if verdict else "0.2s", "--", "touch", str(mark)]

    if verdict:
        with person.answering(verdict):
            ended = end(start(environment, *arguments))
    else:
        ended = end(start(environment, *arguments))

    assert ended[0] == code
    assert not mark.exists()


def test_a_command_that_a_signal_ends_ends_as_such(environment: dict[str, str], person: Person) -> None:
    program = start(environment, "run", "--", "sh", "-c", "echo up; exec sleep 60")
    with person.answering():
        assert program.stdout is not None
        assert program.stdout.readline() == "up\n"

    program.send_signal(signal.SIGTERM)

    assert end(program)[0] == -signal.SIGTERM


def test_a_command_gets_the_signals_of_pipes_as_usual(environment: dict[str, str], person: Person) -> None:
    """Python ignores SIGPIPE; a command that inherits that writes on into a pipe that nobody reads."""
    program = start(environment, "run", "--", "sh", "-c", "yes")
    with person.answering():
        assert program.stdout is not None
        program.stdout.readline()
    program.stdout.close()

    assert program.wait(ENDS_WITHIN) in (-signal.SIGPIPE, 128 + signal.SIGPIPE)
    program.communicate(timeout=ENDS_WITHIN)


def test_a_command_that_cannot_be_started_after_all_says_so(
    environment: dict[str, str], person: Person, tmp_path: Path
) -> None:
    program_file = tmp_path / "deploy"
    program_file.write_text("#!/bin/sh\n")
    program_file.chmod(0o755)
    program = start(environment, "run", "--", str(program_file))
    ticket = person.sees()
    program_file.unlink()

    person.answers(ticket["id"])

    code, _, stderr = end(program)
    assert code == 127
    assert "cannot be started" in stderr


def test_help_tells_the_exit_codes(environment: dict[str, str]) -> None:
    code, stdout, _ = end(start(environment, "request", "--help"))

    assert code == 0
    assert "3 could not ask" in " ".join(stdout.split())
