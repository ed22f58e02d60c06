"""Public holidays of countries and their regions, by the `holidays` package. Pure.

The package takes about 15 MB once it is used, so it is imported only where a schedule names holidays.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache, lru_cache
from itertools import pairwise
from types import MappingProxyType

from slack_bot.language.suggestion import did_you_mean, nearest, quoted

NO_COUNTRY = " Write a country as `DE`, or a region as `DE-BE`."

_ALSO = {"uk": "GB", "england": "GB-ENG", "scotland": "GB-SCT", "wales": "GB-WLS"}


class UnknownRegion(ValueError):
    """No holidays are known of such a country or region; the text is mrkdwn and says what to write."""


def is_known(name: str) -> bool:
    """Whether holidays are known of exactly this country or region: "FR", "DE-BE", "AU-NSW_Western"."""
    country, _, region = name.partition("-")
    regions = _countries().get(country)
    return regions is not None and name == _joined(country, region) and (not region or region in regions)


def is_holiday(names: Sequence[str], day: date) -> bool:
    """Whether ``day`` is a public holiday of one of these countries and regions, which must be known."""
    return any(day in _holidays(name, day.year) for name in names)


def has_any(name: str, years: Sequence[int]) -> bool:
    """Whether the calendar of this country or region, which must be known, has a day in one of these years."""
    return any(_holidays(name, year) for year in years)


@lru_cache(maxsize=256)
def _holidays(name: str, year: int) -> frozenset[date]:
    import holidays

    country, _, region = name.partition("-")
    found = holidays.country_holidays(country, subdiv=region.replace("_", " ") or None, years=year)
    return frozenset(found)


@cache
def _countries() -> Mapping[str, tuple[str, ...]]:
    """Countries' codes with those of their regions, whose spaces are written as underscores."""
    import holidays

    listed = holidays.list_supported_countries(include_aliases=False)
    spelt = {country: tuple(one.replace(" ", "_") for one in regions) for country, regions in listed.items()}
    return MappingProxyType(spelt)


def _joined(country: str, region: str) -> str:
    return f"{country}-{region}" if region else country


def read_regions(written: str) -> tuple[str, ...]:
    """The countries and regions that ``written`` lists, "de-be, DE-BY" or "GB-SCT FR", each once.

    Raises `UnknownRegion`; also for "DE BE" without a comma, since BE is Belgium as well as Berlin.
    """
    found: list[str] = []
    for group in re.split(r",|(?:^|\s)and(?=\s|$)", written):
        words = group.split()
        for first, second in pairwise(words):
            _refuse_halves(first, second)
        found += [read_region(word) for word in words]
    if not found:
        raise UnknownRegion(f"Whose public holidays?{NO_COUNTRY}")
    return tuple(dict.fromkeys(found))


def _refuse_halves(first: str, second: str) -> None:
    country, region = first.upper(), second.upper()
    if any(region == one.upper() for one in _countries().get(country, ())):
        raise UnknownRegion(
            f"Is {quoted(f'{first} {second}')} one region, or are those two countries? "
            f"Write `{country}-{region}` for the region, `{country}, {region}` for two countries."
        )


def read_region(written: str) -> str:
    """The country or region that ``written`` spells in any case: "DE-BE" for "de-be". Raises `UnknownRegion`."""
    code, _, region = written.partition("-")
    country = code.upper()
    regions = _countries().get(country)
    if regions is None:
        raise UnknownRegion(f"I know no public holidays of {quoted(written)}.{_country_advice(written)}")
    if not region:
        if "-" in written:
            raise UnknownRegion(f"Which region is meant by {quoted(written)}?{NO_COUNTRY}")
        return country
    spelt = {one.casefold(): one for one in regions}
    if region.casefold() not in spelt:
        raise UnknownRegion(
            f"I know no public holidays of {quoted(written)}.{_region_advice(country, region)}"
        )
    return _joined(country, spelt[region.casefold()])


def _country_advice(written: str) -> str:
    from holidays.registry import COUNTRIES

    names = {name: entities[1] for name, entities in COUNTRIES.items()}
    names |= {entities[2]: entities[1] for entities in COUNTRIES.values()}
    spelt = _ALSO.get(written.casefold()) or _spelt(re.sub("[_/.]", "-", written))
    likely = spelt or _home(written) or names.get(nearest(written, names, likeness=0.8) or "")
    return did_you_mean(likely) or NO_COUNTRY


def _spelt(written: str) -> str | None:
    """The country or region of this code in any case."""
    country, _, region = written.partition("-")
    found = {one.casefold(): one for one in _countries().get(country.upper(), ())}.get(region.casefold())
    return _joined(country.upper(), found) if found else None


def _home(written: str) -> str | None:
    """The one country that has a region of this code."""
    homes = [
        f"{country}-{region}"
        for country, regions in _countries().items()
        for region in regions
        if region.casefold() == written.casefold()
    ]
    return homes[0] if len(homes) == 1 else None


def _region_advice(country: str, region: str) -> str:
    import holidays

    regions = _countries()[country]
    if not regions:
        return f" I know {country} as a whole only: write `{country}`."
    aliases = holidays.country_holidays(country).get_subdivision_aliases()
    named = {alias: code for code, many in aliases.items() for alias in many} | {one: one for one in regions}
    likely = named.get(nearest(region, named) or "")
    code = likely.replace(" ", "_") if likely else None
    return (
        did_you_mean(_joined(country, code) if code else None) or f" Its regions: {', '.join(regions[:60])}."
    )
