"""Twenty of the runs that ``python -m tests.crash`` makes two hundred of."""

import pytest

from tests.crash.boundary import BOUNDARIES
from tests.crash.plan import plan
from tests.crash.runs import runs

SEEDS = range(20)


@pytest.mark.timeout(400)
def test_killed_at_every_step_it_loses_no_press_doubles_no_verdict_and_settles_every_card() -> None:
    ended = runs(SEEDS)

    failed = {
        f"python -m tests.crash --first {one.seed} --seeds 1": one.failure for one in ended if one.failure
    }
    assert not failed, "\n".join(f"{again}\n{failure}" for again, failure in failed.items())
    visited = {visit for one in ended for visit in one.visited}
    assert visited == set(map(str, BOUNDARIES))


def test_a_seed_always_means_the_same_and_fourteen_in_a_row_name_every_boundary() -> None:
    assert [plan(seed) for seed in SEEDS] == [plan(seed) for seed in SEEDS]
    for first in range(14):
        named = {death.boundary for seed in range(first, first + 14) for death in plan(seed).deaths}
        assert named == set(BOUNDARIES)
