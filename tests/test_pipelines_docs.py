"""docs/pipelines.md and what it links to: the cards and the schema are what the code makes of them now."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from approval_gate.command import COULD_NOT_ASK, NO, TIMED_OUT, YES
from sandbox.block_kit import problems
from slack_bot.audit import Record
from slack_bot.audit.schema import schema
from slack_bot.ledger import Ledger
from tests.audit_key import AUDIT_KEY
from tests.pipeline_cards import ASKED, COMMIT, DATA, RUN, STARTED_BY, cards
from tests.shell_blocks import sections
from tests.slack_bot.auditor.commands import run
from tests.slack_bot.chains import filled

PAGE = DATA.parent / "pipelines.md"
SCHEMA = DATA / "audit-record.schema.json"


def test_the_cards_are_committed_as_the_bot_draws_them() -> None:
    assert cards() == {path.name: path.read_text() for path in DATA.glob("card-*.json")}


@pytest.mark.parametrize("path", sorted(DATA.glob("card-*.json")), ids=lambda path: path.name)
def test_slack_would_take_them_and_they_tell_what_is_to_go_where(path: Path) -> None:
    message: dict[str, Any] = json.loads(path.read_text())
    assert [*problems(message["blocks"], "message")] == []
    told = json.dumps(message, ensure_ascii=False)
    assert all(words in told for words in (ASKED.title, COMMIT, RUN.html_url, STARTED_BY, "#118"))
    assert ("approve_request" in told) == ("waiting" in path.name)
    assert message["metadata"]["event_payload"]["digest"] == ASKED.digest


def test_what_the_pipeline_says_of_itself_is_marked_as_that() -> None:
    told = cards()["card-waiting.json"]
    assert "Title (claimed by the pipeline): " in told


def test_the_schema_is_committed_as_the_documented_command_writes_it() -> None:
    assert "`python -m slack_bot.audit schema`" in " ".join(PAGE.read_text().split())
    written = run("", "schema", key="")
    assert (written.code, written.out) == (0, schema())
    assert SCHEMA.read_text() == schema()


def test_every_record_of_an_export_is_one_of_the_schema(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    ledger = Ledger(url, AUDIT_KEY)
    records = filled(ledger)
    ledger.close()
    validator = Draft202012Validator(json.loads(SCHEMA.read_text()))
    lines = [json.loads(line) for line in run(url, "export").out.splitlines()]
    assert len(lines) == len(records)
    for line in lines:
        validator.validate(line)


@pytest.mark.parametrize(
    ("key", "value"),
    [("seq", 0), ("seq", "1"), ("at", 1.5), ("kind", "guess"), ("prev", "00"), ("hash", ""), ("actor", None)],
)
def test_what_is_no_record_is_none_of_the_schema(key: str, value: object) -> None:
    good = Record(1, 1, "vote", None, "bot", {}, prev="0" * 64, hash="a" * 64).as_json()
    validator = Draft202012Validator(json.loads(SCHEMA.read_text()))
    assert validator.is_valid(good)
    assert not validator.is_valid(good | {key: value})
    assert not validator.is_valid({name: told for name, told in good.items() if name != key})


def test_the_exit_codes_are_the_ones_of_the_command() -> None:
    told = sections(PAGE)["Asking the gate, and waiting"].split("Exit codes: ")[1].split(". ")[0]
    assert [int(code) for code in re.findall(r"\b\d\b", told)] == [YES, NO, TIMED_OUT, COULD_NOT_ASK]


def test_the_lines_of_a_drawing_stand_below_each_other() -> None:
    """Given a sequence diagram, when a life line is drawn, then it is in the column in which it began."""
    drawings = re.findall(r"^```text\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert len(drawings) == 5
    for drawing in drawings:
        names, *lines = drawing.splitlines()
        columns = {at for line in lines for at, sign in enumerate(line) if sign == "│"}
        assert len(columns) == len(re.split(r" {2,}", names.strip())), drawing
