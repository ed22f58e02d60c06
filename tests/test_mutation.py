"""The mutation test itself: what it reads of mutmut's work, and what it makes of the explanations."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mutation.__main__ import main
from tests.mutation.explained import Explanation, compared, explanations
from tests.mutation.mutants import Fate, Mutant, mutants
from tests.mutation.workshop import GUARDS, ROOT, opened, put_faults_in

TALLY = """class Tally:
    given = 1

    @property
    def more(self) -> int:
        return 3 - self.given

    def less(self) -> int:
        return self.more - 1
"""
SETTINGS = """[tool.mutmut]
source_paths = ["slack_bot"]
use_git_change_detection = false
pytest_add_cli_args_test_selection = ["tests"]
"""
TEST = """from slack_bot.policy.tally import Tally

def test_more():
    assert Tally().more == 2
"""
FUNCTION = "slack_bot.policy.tally.more"
ONE_MORE, ONE_LESS = "- return 1\n+ return 2", "- return 1\n+ return 0"


def test_a_property_is_opened_for_faults_and_stays_one() -> None:
    scope: dict[str, type] = {}
    exec(compile(opened(TALLY), "tally.py", "exec"), scope)  # noqa: S102  the lines above

    assert (scope["Tally"]().more, scope["Tally"]().less()) == (2, 1)
    assert "@property" not in opened(TALLY)
    assert opened(TALLY).count("more = property(more)") == 1


def test_each_fault_is_told_by_its_function_and_its_lines_with_what_became_of_it(tmp_path: Path) -> None:
    for name, text in {
        "pyproject.toml": SETTINGS,
        "slack_bot/__init__.py": "",
        "slack_bot/policy/__init__.py": "",
        "slack_bot/policy/tally.py": opened(TALLY),
        "tests/test_tally.py": TEST,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    assert put_faults_in(tmp_path, children=1) == 0

    found = {(one.function, one.change): one.fate for one in mutants(tmp_path, "policy")}
    more, less = "slack_bot.policy.tally.Tally.more", "slack_bot.policy.tally.Tally.less"
    assert found == {
        (more, "- return 3 - self.given\n+ return 3 + self.given"): Fate.KILLED,
        (more, "- return 3 - self.given\n+ return 4 - self.given"): Fate.KILLED,
        (less, "- return self.more - 1\n+ return self.more + 1"): Fate.NO_TESTS,
        (less, "- return self.more - 1\n+ return self.more - 2"): Fate.NO_TESTS,
    }


def mutant(change: str, fate: Fate, package: str = "policy") -> Mutant:
    return Mutant(package, FUNCTION, change, fate, "slack_bot.policy.tally.x_more__mutmut_1")


@pytest.mark.parametrize("fate", [fate for fate in Fate if fate is not Fate.KILLED])
def test_what_no_test_noticed_needs_an_explanation_of_its_own(fate: Fate) -> None:
    found = [mutant(ONE_MORE, fate), mutant(ONE_LESS, fate)]
    finding = compared(found, [Explanation(function=FUNCTION, why="It is.", changes=(f"\n{ONE_MORE}\n",))])

    assert (finding.explained, finding.unexplained, finding.idle) == (found[:1], found[1:], [])


def test_an_explanation_of_what_a_test_notices_is_idle() -> None:
    known = [Explanation(function=FUNCTION, why="It is.", changes=(ONE_MORE,))]

    assert compared([mutant(ONE_MORE, Fate.KILLED)], known).idle == [(FUNCTION, ONE_MORE)]
    assert compared([mutant(ONE_MORE, Fate.KILLED, "audit")], known).idle == []


def test_an_unknown_package_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["mutation", "clerk"])

    with pytest.raises(SystemExit, match="2"):
        main()
    assert "there is no package clerk" in capsys.readouterr().err


def test_every_explanation_is_one_sentence_of_lines_that_are_there() -> None:
    code = {function: lines for package in GUARDS for function, lines in lines_of(package)}
    known = explanations()

    for one in known:
        assert one.why.endswith("."), one
        gone = [line[2:] for change in one.changes for line in change.split("\n") if line.startswith("- ")]
        assert [line for line in gone if line not in code[one.function]] == [], one.function
    keys = [json.dumps([one.function, change.strip()]) for one in known for change in one.changes]
    assert len(set(keys)) == len(keys)


def lines_of(package: str) -> Iterator[tuple[str, set[str]]]:
    """The functions of a package by their full names, and their lines without indentation."""
    for path in (ROOT / "slack_bot" / package).glob("*.py"):
        source = path.read_text()
        for owner, body in [("", ast.parse(source).body)] + [
            (node.name, node.body) for node in ast.parse(source).body if isinstance(node, ast.ClassDef)
        ]:
            for node in body:
                if isinstance(node, ast.FunctionDef):
                    name = ".".join(
                        part for part in ("slack_bot", package, path.stem, owner, node.name) if part
                    )
                    text = ast.get_source_segment(source, node) or ""
                    yield name, {line.strip() for line in text.splitlines()}
