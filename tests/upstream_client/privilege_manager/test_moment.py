"""Points in time, as tables and as anything."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.upstream_client.steady import STEADY
from upstream_client.privilege_manager.moment import Moment, read_moment

NOON = 1_605_701_340 * 1_000_000
"""2020-11-18 12:09:00 UTC."""


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2020-11-18T12:09:00Z", Moment(at=NOON)),
        ("2020-11-18T12:09:00z", Moment(at=NOON)),
        ("2020-11-18T13:09:00+01:00", Moment(at=NOON)),
        ("2020-11-18 07:09:00-05:00", Moment(at=NOON)),
        ("2020-11-18T12:09:00.1234567Z", Moment(at=NOON + 123_456)),
        ("2020-11-18T12:09:00.5+00:00", Moment(at=NOON + 500_000)),
        ("/Date(1605701340000)/", Moment(at=NOON)),
        ("/Date(1605701340000+0100)/", Moment(at=NOON)),
        ("/Date(-1)/", Moment(at=-1000)),
        ("2020-11-18T12:09:00", Moment(text="2020-11-18T12:09:00")),
        ("2015-09-30 13:48:00", Moment(text="2015-09-30 13:48:00")),
        ("11/18/20, 12:09 PM", Moment(text="11/18/20, 12:09 PM")),
        ("yesterday", Moment(text="yesterday")),
        ("2020-13-45T99:99:99Z", Moment(text="2020-13-45T99:99:99Z")),
        ("/Date(999999999999999999)/", Moment(text="/Date(999999999999999999)/")),
        ("20201118", Moment(text="20201118")),
        ("0001-01-01T00:00:00", Moment()),
        ("0001-01-01T00:00:00Z", Moment()),
        ("", Moment()),
    ],
)
def test_a_moment_is_known_only_where_the_text_names_a_zone(text: str, moment: Moment) -> None:
    assert read_moment(text) == moment


@STEADY
@given(st.datetimes(min_value=datetime(2, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.timezones()))
def test_every_moment_with_a_zone_comes_out_to_the_microsecond(moment: datetime) -> None:
    in_utc = moment.astimezone(UTC)
    read = read_moment(in_utc.isoformat())
    assert read.at is not None
    assert (
        datetime.fromtimestamp(read.at // 1_000_000, UTC).replace(microsecond=read.at % 1_000_000) == in_utc
    )


@STEADY
@given(st.text() | st.from_regex(r"/Date\(.*\)/") | st.from_regex(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*"))
def test_no_text_breaks_it(text: str) -> None:
    moment = read_moment(text)
    assert moment.at is None or moment.text == ""
