"""What is called at intervals during a wait."""

import math

import pytest

from approval_gate.errors import ApprovalCancelled
from approval_gate.pulse import Pulse, must_hold


@pytest.mark.parametrize("every", [None, 0, -1, math.inf, math.nan])
def test_a_keepalive_needs_an_interval(every: float | None) -> None:
    with pytest.raises(ValueError, match="every=seconds"):
        Pulse(lambda: None, every)


def test_without_a_keepalive_nothing_is_ever_due() -> None:
    pulse = Pulse(None, None)

    assert pulse.due == math.inf
    assert pulse.beat() is None


def test_before_its_time_it_is_not_called() -> None:
    called: list[int] = []
    pulse = Pulse(lambda: called.append(1), 60.0)

    pulse.beat()

    assert called == []


def test_only_false_itself_says_that_a_lock_is_lost() -> None:
    for kept in (None, True, 0, ""):
        must_hold(kept)
    with pytest.raises(ApprovalCancelled):
        must_hold(False)
