"""Percentiles by the nearest rank."""

import pytest

from bench.percentile import percentile


@pytest.mark.parametrize(
    ("values", "share", "found"),
    [
        ([7.0], 0.5, 7.0),
        ([7.0], 0.99, 7.0),
        ([3.0, 1.0, 2.0], 0.5, 2.0),
        ([4.0, 1.0, 3.0, 2.0], 0.5, 2.0),
        ([1.0, 2.0], 0.0, 1.0),
        ([1.0, 2.0], 1.0, 2.0),
        ([float(one) for one in range(1, 101)], 0.99, 99.0),
        ([float(one) for one in range(1, 1_001)], 0.99, 990.0),
        ([float(one) for one in range(1, 201)], 0.5, 100.0),
    ],
)
def test_a_percentile_is_one_of_the_measured_values(values: list[float], share: float, found: float) -> None:
    assert percentile(values, share) == found


@pytest.mark.parametrize(("values", "share"), [([], 0.5), ([1.0], 1.1), ([1.0], -0.1)])
def test_what_has_no_percentile_is_an_error(values: list[float], share: float) -> None:
    with pytest.raises(ValueError, match=r"nothing was measured|no share"):
        percentile(values, share)
