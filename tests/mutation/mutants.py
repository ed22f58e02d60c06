"""What became of each mutant: a function with one small fault in it."""

import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code
from mutmut.utils.format_utils import orig_function_and_class_names_from_key


class Fate(StrEnum):
    """What the tests made of a mutant."""

    KILLED = "killed"
    TIMED_OUT = "timed out"
    """The tests did not end, and be it because the machine was busy."""
    SURVIVED = "survived"
    NO_TESTS = "no tests"
    UNCLEAR = "unclear"
    """It was not tried to the end."""


_FATES = {
    "killed": Fate.KILLED,
    "timeout": Fate.TIMED_OUT,
    "survived": Fate.SURVIVED,
    "no tests": Fate.NO_TESTS,
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """``function`` is its full name; ``change`` the lines that differ, without their indentation.

    Where the same change can be made in several places of a function, all but the first are numbered. ``name`` is
    mutmut's, which shifts with every edit.
    """

    package: str
    function: str
    change: str
    fate: Fate
    name: str

    @property
    def is_noticed(self) -> bool:
        """Whether a test failed because of it."""
        return self.fate is Fate.KILLED


def mutants(folder: Path, package: str) -> list[Mutant]:
    """All that mutmut made of a package in this folder, in their order."""
    with contextlib.chdir(folder):
        return [
            mutant
            for path in sorted(Path("slack_bot", package).glob("*.py"))
            for mutant in _of_module(path, package)
        ]


def _of_module(path: Path, package: str) -> Iterator[Mutant]:
    told = SourceFileMutationData(path=path)
    told.load()
    before = Counter[tuple[str, str]]()
    for name, exit_code in told.exit_code_by_key.items():
        function, change = _function(path, name), _change(get_diff_for_mutant(name, path=path))
        before[function, change] += 1
        number = before[function, change]
        change = change if number == 1 else f"{change}\n# {number}"
        yield Mutant(
            package, function, change, _FATES.get(status_by_exit_code[exit_code], Fate.UNCLEAR), name
        )


def _function(path: Path, name: str) -> str:
    function, owner = orig_function_and_class_names_from_key(name)
    module = ".".join(path.with_suffix("").parts)
    return ".".join(part for part in (module, owner, function) if part)


def _change(diff: str) -> str:
    """The lines that go and come, from a unified diff, without those of which only the space around changes."""
    changed = [(line[0], line[1:].strip()) for line in diff.splitlines()[2:] if line.startswith(("-", "+"))]
    other = {"-": "+", "+": "-"}
    return "\n".join(f"{sign} {text}" for sign, text in changed if (other[sign], text) not in changed)
