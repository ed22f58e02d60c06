"""``python -m tests.mutation policy``: puts small faults into a package, and says which no test notices.

All packages, unless some are named. The last line is JSON. Exit codes: 0 each fault is noticed or explained, 1 one
is not, or an explanation is of no use any more, 2 the arguments make no sense, 3 the tests fail without any fault.
"""

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Sequence

from tests.mutation.explained import FILE, Finding, compared, explanations
from tests.mutation.mutants import Fate, Mutant, mutants
from tests.mutation.workshop import GUARDS, put_faults_in, workshop

ALL_EXPLAINED, SOMETHING_LEFT, NOT_TRIED = 0, 1, 3


def main() -> int:
    """Tries the packages that are asked for. Returns the exit code."""
    asked = _arguments()
    began, found = time.monotonic(), list[Mutant]()
    for package in asked.packages or GUARDS:
        print(f"{package}:", file=sys.stderr, flush=True)
        folder = workshop(package)
        if put_faults_in(folder, asked.children):
            return NOT_TRIED
        found += mutants(folder, package)
    finding = compared(found, explanations())
    print("\n".join(_table(found, finding)))
    print("\n".join(_left(finding)))
    seconds = round(time.monotonic() - began)
    figures = {name.replace(" ", "_"): count for name, count in _counts(found, finding).items()}
    print(json.dumps({**figures, "idle": len(finding.idle), "seconds": seconds}))
    return SOMETHING_LEFT if finding.unexplained or finding.idle else ALL_EXPLAINED


def _counts(found: Sequence[Mutant], finding: Finding) -> dict[str, int]:
    """By column. What timed out or has no tests is told once more, it is explained or unexplained besides."""
    fates = [one.fate for one in found]
    return {
        "mutants": len(found),
        "killed": fates.count(Fate.KILLED),
        "timed out": fates.count(Fate.TIMED_OUT),
        "explained": sum(one in finding.explained for one in found),
        "unexplained": sum(one in finding.unexplained for one in found),
        "no tests": fates.count(Fate.NO_TESTS),
    }


def _table(found: Sequence[Mutant], finding: Finding) -> list[str]:
    packages = list(dict.fromkeys(one.package for one in found))
    rows = [["", *_counts((), finding)]]
    for package in packages:
        counts = _counts([one for one in found if one.package == package], finding)
        rows.append([package, *map(str, counts.values())])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def _left(finding: Finding) -> list[str]:
    """What has to be done, for people."""
    lines = []
    for one in finding.unexplained:
        lines += ["", f"{one.function}: {one.fate}, and not explained", one.change]
    for function, change in finding.idle:
        lines += ["", f"{function}: explained in {FILE.name}, and does not survive any more", change]
    return lines


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("packages", nargs="*", metavar="package", help=f"of {', '.join(GUARDS)} (all)")
    parser.add_argument(
        "--children", type=int, default=os.cpu_count() or 1, help="processes at a time (one a core)"
    )
    asked = parser.parse_args()
    if unknown := set(asked.packages) - set(GUARDS):
        parser.error(f"there is no package {', '.join(sorted(unknown))}")
    if asked.children < 1:
        parser.error("at least one process")
    return asked


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("stopped")
