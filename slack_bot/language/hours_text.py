"""Business hours as people write them: "mon-fri 09:00-17:30, sat 10:00-14:00 Europe/Berlin". Pure."""

import re
from itertools import groupby

from slack_bot.business_hours import DAY_MINUTES, DAYS, Hours, Window
from slack_bot.language.clock_text import Clock, NotATime, read_clock
from slack_bot.language.suggestion import LONGEST, did_you_mean, nearest, quoted
from slack_bot.language.time_zones import UnknownZone, is_zone, read_zone
from slack_bot.language.typed_text import normal

EXAMPLE = "mon-fri 09:00-17:30 Europe/Berlin"
_FULL = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEK = tuple(range(len(DAYS)))
_GROUPS = {
    "weekday": _WEEK[:5],
    "weekdays": _WEEK[:5],
    "weekend": _WEEK[5:],
    "weekends": _WEEK[5:],
    "daily": _WEEK,
    "everyday": _WEEK,
}
_ALSO = {"weds": 2}
_SHORTEST = 2
_EARLY = 7 * 60
_TO = re.compile(r" ?- ?| (?:to|till|through|thru) ")
_HALF = re.compile(r"(?<=[0-9]) (?=[ap]\.?m\b)", re.IGNORECASE)
_FILLERS = frozenset({"and", "&", "from"})


class NotHours(ValueError):
    """The text is no business hours; the error's text is mrkdwn and says what to write."""


def read_hours(written: str) -> Hours:
    """The business hours that ``written`` says: days and times, perhaps more of them, a zone. Raises `NotHours`."""
    words = _split(written)
    if not words:
        raise NotHours(f"Which hours? For example `{EXAMPLE}`.")
    try:
        windows, zone = _windows(words)
        if not zone:
            raise NotHours(f"In which time zone? Name it by a place, for example `{EXAMPLE}`.")
        return Hours(windows, read_zone(" ".join(zone)))
    except (NotATime, UnknownZone) as error:
        raise NotHours(str(error)) from error


def _split(written: str) -> list[str]:
    text = re.sub("[,()]", " ", normal(written)).casefold()
    text = " ".join(text.split()).replace("every day", "daily")
    text = _TO.sub("-", _HALF.sub("", text))
    return [word for word in text.split() if word not in _FILLERS]


def _windows(words: list[str]) -> tuple[tuple[Window, ...], list[str]]:
    """The windows, and the words behind them: the zone."""
    windows: list[Window] = []
    days: tuple[int, ...] = ()
    waiting = False
    for position, word in enumerate(words):
        if word[0].isdigit():
            if not days:
                raise NotHours(f"On which days? Write them first, for example `{EXAMPLE}`.")
            windows.append(Window(days, *_range(word)))
            waiting = False
        elif (more := _days(word)) is not None:
            days = tuple(sorted({*more, *(days if waiting else ())}))
            waiting = True
        elif windows and not waiting and is_zone(word) and words[position + 1 :]:
            raise NotHours(f"I do not understand {quoted(words[position + 1])} behind the time zone.")
        elif waiting or not windows or any(later[0].isdigit() for later in words[position:]):
            raise NotHours(_not_a_day(word, waiting))
        else:
            return tuple(windows), words[position:]
    if waiting or not windows:
        raise NotHours(f"From when to when? For example `{EXAMPLE}`.")
    return tuple(windows), []


def _not_a_day(word: str, waiting: bool) -> str:
    suggestion = did_you_mean(_like_a_day(word))
    if waiting and not suggestion:
        return f"I expected times such as `09:00-17:30` before {quoted(word)}."
    return f"{quoted(word)} is no day of the week.{suggestion or f' For example `{EXAMPLE}`.'}"


def _like_a_day(word: str) -> str | None:
    if len(word) > LONGEST:
        return None
    known = [*DAYS, *_FULL, *_GROUPS]
    parts = [
        part if _day(part) is not None else nearest(part, known, likeness=0.6) for part in word.split("-")
    ]
    return "-".join(part for part in parts if part) if all(parts) else None


def _days(word: str) -> tuple[int, ...] | None:
    """The days of "mon", "mon-fri", "fri-mon" or "weekdays"; None where it is no days."""
    if word in _GROUPS:
        return _GROUPS[word]
    first, dash, last = word.partition("-")
    start, end = _day(first), _day(last) if dash else _day(first)
    if start is None or end is None:
        return None
    if dash and start == end:
        raise NotHours(f"Is {quoted(word)} one day or a week? Write `{DAYS[start]}`, or `daily`.")
    return tuple((start + step) % len(DAYS) for step in range((end - start) % len(DAYS) + 1))


def _day(word: str) -> int | None:
    if word in _ALSO:
        return _ALSO[word]
    short = word.removesuffix("s") if word.removesuffix("s") in _FULL else word
    if len(short) < _SHORTEST:
        return None
    return next((day for day, name in enumerate(_FULL) if name.startswith(short)), None)


def _range(word: str) -> tuple[int, int]:
    first, dash, last = word.partition("-")
    if not dash or not last:
        raise NotHours(f"{quoted(word)} is one time. From when to when? For example `09:00-17:30`.")
    start, end = read_clock(first), read_clock(last)
    _refuse_doubt(word, start, end)
    if start.minute == DAY_MINUTES:
        raise NotHours(f"{quoted(word)}: `24:00` can only be an end; write `00:00` for a start.")
    if start.minute == end.minute % DAY_MINUTES and end.minute != DAY_MINUTES:
        raise NotHours(f"{quoted(word)} is no time or all day. For all day, write `00:00-24:00`.")
    return start.minute, end.minute or DAY_MINUTES


def _refuse_doubt(word: str, start: Clock, end: Clock) -> None:
    """Refuses "9-5", "9:00-5:30", "1-5pm": whoever writes this may mean another half of the day."""
    over_night = end.minute <= start.minute and not (start.full and end.full)
    odd = start.bare or end.bare or over_night or start.minute < _EARLY
    if start.half_named != end.half_named or (start.vague and end.vague and odd):
        raise NotHours(
            f"I cannot tell morning from evening in {quoted(word)}. "
            "Write both as `09:00-17:30`, or both as `9am-5:30pm`."
        )


def write_windows(hours: Hours) -> str:
    """As `read_hours` reads them, without the zone: "mon-fri 09:00-12:00, 13:00-17:30, sat 10:00-14:00"."""
    return ", ".join(
        f"{_write_days(days)} {', '.join(f'{_write_clock(one.start)}-{_write_clock(one.end)}' for one in some)}"
        for days, some in groupby(hours.windows, key=lambda window: window.days)
    )


def _write_days(days: tuple[int, ...]) -> str:
    if set(days) == set(_WEEK):
        return "daily"
    runs = groupby(enumerate(sorted(set(days))), key=lambda item: item[1] - item[0])
    return ", ".join(_write_run([day for _, day in run]) for _, run in runs)


def _write_run(run: list[int]) -> str:
    return DAYS[run[0]] if len(run) == 1 else f"{DAYS[run[0]]}-{DAYS[run[-1]]}"


def _write_clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
