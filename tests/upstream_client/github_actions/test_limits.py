"""What GitHub's headers of its limits mean: a table, and the wait that follows."""

import pytest

from tests.clock import Clock
from upstream_client.exceptions import Throttled
from upstream_client.github_actions.limits import RESERVE, SECONDARY_WAIT, Limits
from upstream_client.session import Answer

DATE = "Mon, 02 Mar 2026 09:30:00 GMT"
RESET = str(1_772_443_800 + 120)


def answer(status: int = 403, body: bytes = b"{}", headers: dict[str, str] | None = None) -> Answer:
    return Answer(status, {"Date": DATE, **(headers or {})}, body)


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        (answer(429, headers={"Retry-After": "7"}), 7),
        (answer(403, headers={"Retry-After": "7", "x-ratelimit-remaining": "0"}), 7),
        (answer(403, headers={"x-ratelimit-remaining": "0", "x-ratelimit-reset": RESET}), 120),
        (answer(429, headers={"x-ratelimit-remaining": "12"}), SECONDARY_WAIT),
        (answer(403, b'{"message": "You have exceeded a secondary rate limit."}'), SECONDARY_WAIT),
    ],
)
def test_a_refusal_for_the_limits_is_waited_out(told: Answer, seconds: float) -> None:
    clock = Clock()
    limits = Limits(clock.monotonic)
    with pytest.raises(Throttled) as refused:
        limits.note(told)
    assert refused.value.retry_after == seconds
    clock.advance(seconds - 1)
    with pytest.raises(Throttled):
        limits.check()
    clock.advance(2)
    limits.check()


@pytest.mark.parametrize(
    "told",
    [
        answer(403, b'{"message": "Resource not accessible"}'),
        answer(403, headers={"x-ratelimit-remaining": "12"}),
        answer(200, headers={"x-ratelimit-remaining": "0"}),
        answer(404, headers={"Retry-After": "7"}),
    ],
)
def test_any_other_answer_is_none_of_the_limits(told: Answer) -> None:
    limits = Limits()
    limits.note(told)
    limits.check()


def test_few_calls_are_scarce_and_a_server_that_counts_none_is_not() -> None:
    limits = Limits()
    told = [answer(200)]
    told += [answer(200, headers={"x-ratelimit-remaining": str(left)}) for left in (RESERVE - 1, RESERVE)]
    scarce = []
    for one in told:
        limits.note(one)
        scarce.append(limits.is_scarce)
    assert scarce == [False, True, False]
