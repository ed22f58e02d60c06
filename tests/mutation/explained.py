"""Why a fault that no test notices does no harm: explained.toml, and which faults it speaks of."""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from tests.mutation.mutants import Mutant

FILE = Path(__file__).with_name("explained.toml")


class Explanation(BaseModel):
    """One sentence, and the changes of one function of which it is true."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    function: str
    why: str
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """The mutants that no test noticed, with a reason and without, and the reasons that no mutant needs."""

    explained: list[Mutant]
    unexplained: list[Mutant]
    idle: list[tuple[str, str]]


def explanations(path: Path = FILE) -> list[Explanation]:
    """All that are written down."""
    told = tomllib.loads(path.read_text())
    return [Explanation.model_validate(one) for one in told.get("explained", [])]


def compared(found: Sequence[Mutant], known: Iterable[Explanation]) -> Finding:
    """Holds the mutants of some packages against the explanations of just these."""
    reasons = {(one.function, change.strip()) for one in known for change in one.changes}
    tried = tuple(f"slack_bot.{package}." for package in {one.package for one in found})
    survivors = {(one.function, one.change): one for one in found if not one.is_noticed}
    return Finding(
        [one for key, one in survivors.items() if key in reasons],
        [one for key, one in survivors.items() if key not in reasons],
        sorted(key for key in reasons - set(survivors) if key[0].startswith(tried)),
    )
