import subprocess
import sys
from datetime import date

import holidays
import pytest

from slack_bot.public_holidays import UnknownRegion, is_holiday, is_known, read_regions

REGIONS = [
    name
    for country, regions in holidays.list_supported_countries(include_aliases=False).items()
    for name in (country, *(f"{country}-{region.replace(' ', '_')}" for region in regions))
]


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("DE-BE", ("DE-BE",)),
        ("de-be", ("DE-BE",)),
        ("us-CA", ("US-CA",)),
        ("GB-SCT", ("GB-SCT",)),
        ("fr", ("FR",)),
        ("DE-augsburg", ("DE-Augsburg",)),
        ("au-nsw_western", ("AU-NSW_Western",)),
        ("DE-BE DE-BY", ("DE-BE", "DE-BY")),
        ("DE-BE, DE-BY and FR", ("DE-BE", "DE-BY", "FR")),
        ("DE, BE", ("DE", "BE")),
        ("FR DE FR", ("FR", "DE")),
    ],
)
def test_countries_and_regions_are_read_in_any_case(written: str, names: tuple[str, ...]) -> None:
    assert read_regions(written) == names


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("", "Whose public holidays? Write a country as `DE`, or a region as `DE-BE`."),
        (", and", "Whose public holidays?"),
        ("XX", "I know no public holidays of “XX”. Write a country as `DE`"),
        ("UK", "Did you mean `GB`?"),
        ("Scotland", "Did you mean `GB-SCT`?"),
        ("Germany", "Did you mean `DE`?"),
        ("germny", "Did you mean `DE`?"),
        ("DEU", "Did you mean `DE`?"),
        ("SCT", "Did you mean `GB-SCT`?"),
        ("DE_BE", "Did you mean `DE-BE`?"),
        ("DE-Berlin", "Did you mean `DE-BE`?"),
        ("DE-Bayren", "Did you mean `DE-BY`?"),
        ("GB-Scotland", "Did you mean `GB-SCT`?"),
        ("DE-XX", "I know no public holidays of “DE-XX”. Its regions: BB, BE, "),
        ("GI-XX", "I know GI as a whole only: write `GI`."),
        ("DE-", "Which region is meant by “DE-”?"),
        ("DE BE", "Write `DE-BE` for the region, `DE, BE` for two countries."),
        ("us ca", "Write `US-CA` for the region, `US, CA` for two countries."),
        ("<!channel>", "I know no public holidays of “&lt;!channel&gt;”."),
        ("DE-<!channel>", "I know no public holidays of “DE-&lt;!channel&gt;”."),
    ],
)
def test_what_is_no_region_or_may_be_two_countries_is_refused(written: str, words: str) -> None:
    with pytest.raises(UnknownRegion) as refused:
        read_regions(written)

    assert words in str(refused.value)


def test_all_regions_of_the_package_are_known_and_read_as_they_are_written() -> None:
    assert [name for name in REGIONS if not is_known(name) or read_regions(name) != (name,)] == []


@pytest.mark.parametrize("name", ["", "-", "de", "DE-", "DE-be", "DE-XX", "DEU", "DE-BE-", "AU-NSW Western"])
def test_what_is_stored_in_any_other_way_is_not_known(name: str) -> None:
    assert not is_known(name)


@pytest.mark.parametrize(
    ("names", "day", "is_one"),
    [
        ((), date(2026, 12, 25), False),
        (("DE",), date(2026, 12, 25), True),
        (("DE",), date(2027, 3, 8), False),
        (("DE-BE",), date(2027, 3, 8), True),
        (("DE", "DE-BE"), date(2027, 3, 8), True),
        (("US",), date(2026, 7, 3), True),  # the 4th is a Saturday, so this Friday is off
        (("US",), date(2021, 12, 31), True),  # for New Year's Day of the year after
        (("GB-SCT",), date(2026, 11, 30), True),
        (("AU-NSW_Western",), date(2026, 12, 25), True),
        (("DE",), date(1900, 12, 25), False),
    ],
)
def test_a_day_is_a_holiday_where_any_region_has_one(names: tuple[str, ...], day: date, is_one: bool) -> None:
    assert is_holiday(names, day) is is_one


def test_a_bot_without_holidays_does_not_load_the_package() -> None:
    """Given a schedule without holidays, when it is asked for, then 15 MB of calendars stay out of memory."""
    program = """
import sys
from slack_bot.command_parser import parse, apply
from slack_bot.schedule import is_open, next_change, why_not, describe
found = parse("autoapprove on hours mon-fri 09:00-17:30 Europe/Berlin")
schedule = apply(found.changes, None, 0)
print(is_open(schedule, 0), next_change(schedule, 0), describe(schedule) != "", "holidays" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["True", str(8 * 3600 * 1_000_000), "True", "False"]
