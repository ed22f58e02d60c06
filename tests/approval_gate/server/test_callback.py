"""A callback's signature and its pauses."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approval_gate.server.callback import PATIENCE, PAUSES, Attempt, next_attempt, signed
from approval_gate.server.clock import DAY, SECOND

NOW = 1_700_000_000 * SECOND


def test_the_signature_is_over_the_seconds_and_the_very_bytes() -> None:
    headers = signed(b'{"a": 1}', "secret", NOW + 999_999)

    wanted = hmac.new(b"secret", b'1700000000.{"a": 1}', hashlib.sha256).hexdigest()
    assert headers == {"X-Gate-Timestamp": "1700000000", "X-Gate-Signature": f"sha256={wanted}"}


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 1), (2, 5), (3, 30), (4, 120), (7, 3600), (20, 3600)])
def test_the_pauses_grow_up_to_an_hour(attempt: int, seconds: int) -> None:
    assert next_attempt(NOW, attempt, NOW) == NOW + seconds * SECOND


def test_it_is_tried_for_a_day_and_then_no_more() -> None:
    now, attempt, made = NOW, 1, [NOW]
    while (due := next_attempt(NOW, attempt, now)) is not None:
        now, attempt = due, attempt + 1
        made.append(now)

    assert made[-1] <= NOW + DAY < made[-1] + PAUSES[-1]
    assert 24 < len(made) < 40


@given(st.integers(1, 1000), st.integers(0, 2 * DAY))
def test_the_next_attempt_is_later_and_within_the_day(attempt: int, after: int) -> None:
    due = next_attempt(NOW, attempt, NOW + after)

    assert due is None or NOW + after < due <= NOW + PATIENCE


@pytest.mark.parametrize(
    ("status", "delivered"), [(200, True), (204, True), (302, False), (500, False), (None, False)]
)
def test_only_a_success_is_delivered(status: int | None, delivered: bool) -> None:
    assert Attempt(NOW, 1, status, "", None).delivered is delivered
