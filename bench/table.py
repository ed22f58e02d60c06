"""What a bench prints: tables, aims, and one last line of JSON with the same figures."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Cell = str | int | float | None
Figures = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Aim:
    """A figure that is to be at most ``limit``. ``value`` None: it could not be measured, so it is not met."""

    what: str
    value: float | None
    limit: float

    @property
    def met(self) -> bool:
        """Whether it was measured and is within the limit."""
        return self.value is not None and self.value <= self.limit


def written(cell: Cell) -> str:
    """A figure as a table shows it: three significant digits, whole numbers whole, a dash for what is none."""
    if cell is None:
        return "-"
    if isinstance(cell, float):
        return f"{cell:.0f}" if abs(cell) >= 100 else f"{cell:.3g}"
    return f"{cell:,}" if isinstance(cell, int) else cell


def table(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """A table in Markdown, its columns aligned: the first to the left, the others to the right."""
    cells = [list(columns), *([written(cell) for cell in row] for row in rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(columns))]
    lines = [_line(row, widths) for row in cells]
    ruler = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join([lines[0], f"| {' | '.join(ruler)} |", *lines[1:]])


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(row, widths, strict=True)
    return f"| {' | '.join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)])} |"


def aims_table(aims: Sequence[Aim]) -> str:
    """The aims, each with what was measured."""
    rows = [(aim.what, aim.value, aim.limit, "met" if aim.met else "missed") for aim in aims]
    return table(("aim", "measured", "at most", ""), rows)


def show(title: str, tables: Sequence[str], figures: Figures) -> None:
    """Prints it all; the figures are the last line."""
    print(f"\n{title}\n")
    for one in tables:
        print(f"{one}\n")
    print(json.dumps(json.loads(json.dumps(figures), parse_float=_rounded)), flush=True)


def _rounded(text: str) -> float:
    """Four digits after the point: more is noise."""
    return round(float(text), 4)


def say(words: str) -> None:
    """A line of progress."""
    print(f"  {words}", flush=True)
