"""``python -m tests.crash --seeds 200``: kills the bot at every step boundary, and says what came of it.

The last line is JSON. Exit codes: 0 all that was promised held, 1 it did not, 2 the arguments make no sense.
"""

import argparse
import json
import sys
import time

from tests.crash.runs import Run, runs, table

ALL_HELD, SOMETHING_FAILED = 0, 1


def main() -> int:
    """Runs the seeds that are asked for. Returns the exit code."""
    asked = _arguments()
    seeds = range(asked.first, asked.first + asked.seeds)
    began, done = time.monotonic(), list[Run]()

    def told(one: Run) -> None:
        done.append(one)
        failed = sum(bool(each.failure) for each in done)
        line = f"{len(done)} of {len(seeds)} seeds, {failed} failed, {time.monotonic() - began:.0f} s"
        print(f"\r{line}", end="", file=sys.stderr, flush=True)

    ended = runs(seeds, told)
    print(file=sys.stderr)
    print("\n".join(table(ended)))
    failed = [one for one in ended if one.failure]
    for one in failed:
        print(f"\nseed {one.seed} failed; again: python -m tests.crash --first {one.seed} --seeds 1")
        print(one.failure)
    killed = sum(len(one.visited) for one in ended)
    print(json.dumps({"seeds": len(ended), "killed": killed, "failed": [one.seed for one in failed]}))
    return SOMETHING_FAILED if failed else ALL_HELD


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--seeds", type=_positive, default=200, help="how many (200)")
    parser.add_argument("--first", type=int, default=0, help="the first one (0)")
    return parser.parse_args()


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("stopped")
