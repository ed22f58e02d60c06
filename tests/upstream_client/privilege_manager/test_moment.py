"""Points in time, as tables and as anything."""

from datetime import UTC, datetime, tzinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.upstream_client.steady import STEADY
from upstream_client.privilege_manager.moment import Moment, checked_zone, read_moment

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
        ("0001-01-01T00:00:00+02:00", Moment()),
        ("0002-01-01T00:00:00+02:00", Moment()),
        ("/Date(-62135596800000)/", Moment()),
        ("9998-12-31T23:59:59Z", Moment(at=253_370_764_799_000_000)),
        ("9999-12-31T23:59:59.9999999Z", Moment(text="9999-12-31T23:59:59.9999999Z", is_never=True)),
        ("9999-12-31T23:59:59-05:00", Moment(text="9999-12-31T23:59:59-05:00", is_never=True)),
        ("9999-01-01T00:00:00Z", Moment(text="9999-01-01T00:00:00Z", is_never=True)),
        ("9998-12-31T23:00:00-05:00", Moment(text="9998-12-31T23:00:00-05:00", is_never=True)),
        ("9999-12-31T23:59:59", Moment(text="9999-12-31T23:59:59", is_never=True)),
        ("/Date(253402300799999)/", Moment(text="/Date(253402300799999)/", is_never=True)),
        ("", Moment()),
    ],
)
def test_a_moment_is_known_only_where_the_text_names_a_zone(text: str, moment: Moment) -> None:
    assert read_moment(text) == moment


@STEADY
@given(st.datetimes(min_value=datetime(2, 1, 2), max_value=datetime(9998, 12, 30), timezones=st.timezones()))
def test_every_moment_with_a_zone_comes_out_to_the_microsecond(moment: datetime) -> None:
    in_utc = moment.astimezone(UTC)
    read = read_moment(in_utc.isoformat())
    assert read.at is not None
    assert (
        datetime.fromtimestamp(read.at // 1_000_000, UTC).replace(microsecond=read.at % 1_000_000) == in_utc
    )


@STEADY
@given(st.datetimes(timezones=st.timezones()) | st.datetimes(), st.timezones())
def test_every_moment_that_is_known_is_one_in_every_zone(moment: datetime, zone: tzinfo) -> None:
    read = read_moment(moment.isoformat(), zone)
    if read.at is not None:
        assert 1 < datetime.fromtimestamp(read.at // 1_000_000, UTC).year < 9999


@STEADY
@given(st.text() | st.from_regex(r"/Date\(.*\)/") | st.from_regex(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*"))
def test_no_text_breaks_it(text: str) -> None:
    moment = read_moment(text)
    assert moment.at is None or moment.text == ""


BERLIN, NEW_YORK = checked_zone("Europe/Berlin"), checked_zone("America/New_York")


@pytest.mark.parametrize(
    ("text", "zone", "moment"),
    [
        ("2020-11-18T13:09:00", BERLIN, Moment(at=NOON)),
        ("2020-11-18 07:09:00", NEW_YORK, Moment(at=NOON)),
        ("2020-11-18T13:09:00.5", BERLIN, Moment(at=NOON + 500_000)),
        ("11/18/20, 1:09 PM", BERLIN, Moment(at=NOON)),
        ("11/18/20, 1:09\N{NARROW NO-BREAK SPACE}PM", BERLIN, Moment(at=NOON)),
        ("2020-11-18T12:09:00Z", BERLIN, Moment(at=NOON)),
        ("2020-11-18T07:09:00-05:00", BERLIN, Moment(at=NOON)),
        ("/Date(1605701340000)/", BERLIN, Moment(at=NOON)),
        # twice on the day the clocks are set back: the first; never on the day they are set forward
        ("2020-10-25T02:30:00", BERLIN, Moment(at=1_603_585_800 * 1_000_000)),
        ("2020-03-29T02:30:00", BERLIN, Moment(text="2020-03-29T02:30:00")),
        ("2020-03-08T02:30:00", NEW_YORK, Moment(text="2020-03-08T02:30:00")),
        # whose day and whose month nobody can tell
        ("3/12/2020 1:09:00 PM", BERLIN, Moment(text="3/12/2020 1:09:00 PM")),
        ("18.11.2020 13:09", BERLIN, Moment(text="18.11.2020 13:09")),
        ("13/45/20, 1:09 PM", BERLIN, Moment(text="13/45/20, 1:09 PM")),
        ("0001-01-01T00:00:00", BERLIN, Moment()),
        ("9999-12-31T23:59:59", BERLIN, Moment(text="9999-12-31T23:59:59", is_never=True)),
        ("9998-12-31T22:00:00", NEW_YORK, Moment(text="9998-12-31T22:00:00", is_never=True)),
    ],
)
def test_a_local_time_is_a_moment_where_its_zone_is_named(
    text: str, zone: tzinfo | None, moment: Moment
) -> None:
    assert read_moment(text, zone) == moment


@STEADY
@given(st.text() | st.datetimes().map(datetime.isoformat), st.timezones())
def test_no_text_breaks_it_in_any_zone(text: str, zone: tzinfo) -> None:
    moment = read_moment(text, zone)
    assert moment.at is None or moment.text == ""


@STEADY
@given(st.datetimes(datetime(1971, 1, 1), datetime(2037, 1, 1)), st.sampled_from([BERLIN, NEW_YORK]))
def test_a_local_time_that_there_was_reads_the_same_on_that_zones_clock(
    moment: datetime, zone: tzinfo | None
) -> None:
    read = read_moment(moment.isoformat(), zone)
    if read.at is not None:
        shown = datetime.fromtimestamp(read.at // 1_000_000, zone).replace(tzinfo=None, fold=0)
        assert shown.replace(microsecond=read.at % 1_000_000) == moment


@pytest.mark.parametrize("name", ["Nowhere/City", "../etc/passwd", "/etc/localtime", "Europe", "a\x00b"])
def test_a_zone_that_there_is_not_is_refused_with_what_to_write(name: str) -> None:
    with pytest.raises(ValueError, match="write one like Europe/Berlin"):
        checked_zone(name)


def test_no_zone_is_none_and_a_zone_is_found_in_any_case() -> None:
    assert checked_zone("") is None
    assert checked_zone("europe/BERLIN") == BERLIN
