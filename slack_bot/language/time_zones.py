"""Time zones by their IANA names, and the clock on the wall there. Pure; knows what the tzdata package knows."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from types import MappingProxyType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from slack_bot.language.suggestion import did_you_mean, nearest, quoted

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)

_NO_PLACES = frozenset({"Factory", "localtime"})
_AREAS = (
    "Africa",
    "America",
    "Antarctica",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)
_SHORT = {
    "bst": "Europe/London",
    "cdt": "America/Chicago",
    "cest": "Europe/Berlin",
    "cst": "America/Chicago",
    "edt": "America/New_York",
    "est": "America/New_York",
    "mdt": "America/Denver",
    "mst": "America/Denver",
    "pdt": "America/Los_Angeles",
    "pst": "America/Los_Angeles",
}
"""Half a year's clock each. EST and MST are IANA names besides, of clocks that never change: hardly ever meant."""

_BY_OFFSET = re.compile(r"(etc/)?gmt[+-]?[0-9]+")
"""IANA names of this form have the sign the other way round: Etc/GMT+2 is two hours behind Greenwich."""


class UnknownZone(ValueError):
    """There is no such zone; the text is mrkdwn and says what to write."""


def zone_named(name: str) -> ZoneInfo | None:
    """The zone of this exact IANA name; None where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder's name gives an OSError
        return None


def read_zone(written: str) -> str:
    """The IANA name that ``written`` spells in any case, "europe/berlin" or "america/new york".

    Raises `UnknownZone`, with a suggestion for a misspelt name, a city, and what is not the clock of a place.
    """
    wanted = _key(written)
    if wanted in _SHORT:
        raise UnknownZone(
            f"{quoted(written)} names half a year's clock, so I cannot tell summer time from it."
            + did_you_mean(_SHORT[wanted])
        )
    if _BY_OFFSET.fullmatch(wanted):
        raise UnknownZone(
            f"{quoted(written)} can be read as ahead of Greenwich or as behind it. "
            "Name it by a place, such as `Europe/Berlin`."
        )
    known = _names().get(wanted)
    if known is None:
        raise UnknownZone(f"I know no time zone {quoted(written)}.{_advice(wanted)}")
    return known


def is_zone(written: str) -> bool:
    """Whether `read_zone` would know it."""
    wanted = _key(written)
    return wanted in _names() and wanted not in _SHORT and not _BY_OFFSET.fullmatch(wanted)


def _key(written: str) -> str:
    return "_".join(written.split()).casefold()


@cache
def _names() -> Mapping[str, str]:
    names = available_timezones() - _NO_PLACES
    return MappingProxyType({name.casefold(): name for name in names})


@cache
def _cities() -> Mapping[str, str]:
    """Cities' names to zones: the shortest where several have a city of this name."""
    places = sorted(name for name in _names().values() if name.partition("/")[0] in _AREAS)
    by_length = sorted(places, key=len, reverse=True)
    return MappingProxyType({name.rpartition("/")[2].casefold(): name for name in by_length})


def _advice(wanted: str) -> str:
    city = _cities().get(wanted)
    if city is None and len(wanted) > len("xxxx"):  # four letters are like any other four
        city = nearest(wanted, _cities().values(), likeness=0.8)
        city = city or _cities().get(nearest(wanted, _cities(), likeness=0.8) or "")
    return did_you_mean(city) or " Name it by a place, such as `Europe/Berlin`."


def wall_clock(at: int, zone: ZoneInfo) -> datetime:
    """What the clock on the wall shows at ``at``, in microseconds since 1970 UTC."""
    return (EPOCH + at * MICROSECOND).astimezone(zone)


def moments(wall: datetime, zone: ZoneInfo) -> list[int]:
    """When the clock shows ``wall``, which has no zone itself, in microseconds since 1970 UTC.

    Twice in the hour that comes again when summer time ends, never in the hour that is left out when it begins.
    """
    return sorted(
        (moment - EPOCH) // MICROSECOND
        for moment in _readings(wall, zone)
        if moment.astimezone(zone).replace(tzinfo=None) == wall
    )


def _readings(wall: datetime, zone: ZoneInfo) -> set[datetime]:
    """What ``wall`` may mean: by the zone's offset before a jump and after it, even where it is left out."""
    return {wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}


def jump(day: date, zone: ZoneInfo) -> int | None:
    """When the zone's clock is put forward or back on ``day``, in microseconds since 1970 UTC, or None."""
    midnight = datetime(day.year, day.month, day.day)
    before, after = min(_readings(midnight, zone)), max(_readings(midnight + _DAY, zone))
    if _offset(before, zone) == _offset(after, zone):
        return None
    while after - before > _SECOND:
        middle = before + (after - before) // _SECOND // 2 * _SECOND
        if _offset(middle, zone) == _offset(before, zone):
            before = middle
        else:
            after = middle
    return (after - EPOCH) // MICROSECOND


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta | None:
    return moment.astimezone(zone).utcoffset()
