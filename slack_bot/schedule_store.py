"""Auto-approve schedules, one for each channel and one for all, as they are kept."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, Field, StringConstraints, ValidationError

from slack_bot.business_hours import DAYS, Hours, Window
from slack_bot.channel import Strict, UserId, is_channel_id, microseconds, moment
from slack_bot.language.duration_text import LONGEST
from slack_bot.parameter_store import ParameterStore, StateError
from slack_bot.schedule import Schedule, should_auto_approve
from slack_bot.shelf import Kind, NotReadable, OutsideChange, Shelf, what_is_wrong
from upstream_client.models import Duration, Risk

__all__ = ["ScheduleStore", "Schedule", "should_auto_approve", "OutsideChange", "StateError"]

FOLDER: Final = "schedules"
ALL: Final = "all"
"""The scope of the schedule that holds for every channel."""


class ScheduleStore:
    """Schedules by scope: a channel's id, or "all"."""

    def __init__(self, store: ParameterStore | None = None) -> None:
        self._shelf = Shelf(_KIND, store)

    @property
    def trouble(self) -> str:
        """Why the schedules are not to be trusted, in words; "" where they are."""
        return self._shelf.trouble

    def get(self, scope: str) -> Schedule | None:
        """The schedule of one scope, as it was last read: to show it, and to change it."""
        return self._shelf.items.get(scope)

    def all(self) -> Mapping[str, Schedule]:
        """The schedules as they were last read: to show them."""
        return self._shelf.items

    def trusted(self) -> Mapping[str, Schedule]:
        """The schedules by which something may be approved: none while there is trouble with any of them."""
        return self._shelf.trusted

    def refresh(self) -> list[OutsideChange]:
        """Reads them anew; see `Shelf.refresh`."""
        return self._shelf.refresh()

    def look(self) -> str:
        """Reads them anew, and returns why that could not be, "" where it could; see `Shelf.look`."""
        return self._shelf.look()

    def put(self, scope: str, schedule: Schedule) -> None:
        """Keeps a schedule. Raises `StateError`; see `Shelf.update` for what somebody else changed meanwhile."""
        if not _is_scope(scope):
            raise StateError("Schedules are for channels, or for all of them.")
        try:
            _check_hours(schedule)
            _Stored.of(schedule)
        except (NotReadable, ValidationError) as error:
            why = what_is_wrong(error) if isinstance(error, ValidationError) else error
            raise StateError(f"This schedule cannot be kept: {why}.") from error
        self._shelf.update(scope, lambda _: schedule)

    def remove(self, scope: str) -> None:
        """Removes a schedule; none there is fine. Raises `StateError`."""
        self._shelf.remove(scope)


_Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_ClockTime = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$")]


class _StoredWindow(Strict):
    days: list[_Day]
    start: _ClockTime
    end: _ClockTime

    @classmethod
    def of(cls, window: Window) -> "_StoredWindow":
        days = [DAYS[day] for day in window.days]
        return cls.model_validate({"days": days, "start": _clock(window.start), "end": _clock(window.end)})

    def window(self) -> Window:
        return Window(tuple(DAYS.index(day) for day in self.days), _minutes(self.start), _minutes(self.end))


class _StoredHours(Strict):
    windows: list[_StoredWindow]
    zone: str

    @classmethod
    def of(cls, hours: Hours) -> "_StoredHours":
        return cls(windows=[_StoredWindow.of(window) for window in hours.windows], zone=hours.zone)

    def hours(self) -> Hours:
        return Hours(tuple(window.window() for window in self.windows), self.zone)


class _Stored(Strict):
    """A schedule as JSON that people can read. ``duration_seconds``: null for one time."""

    on: bool
    hours: _StoredHours | None = None
    holidays: list[str] = Field([])
    duration_seconds: Annotated[int, Field(ge=60, le=LONGEST)] | None = None
    max_risk: Literal[Risk.LOW, Risk.MEDIUM, Risk.HIGH, Risk.CRITICAL] = Risk.LOW
    rated_only: bool = False
    until: date | None = None
    set_by: UserId | Literal[""] = ""
    set_at: AwareDatetime | None = None

    @classmethod
    def of(cls, schedule: Schedule) -> "_Stored":
        return cls.model_validate(
            {
                "on": schedule.on,
                "hours": None if schedule.hours is None else _StoredHours.of(schedule.hours),
                "holidays": list(schedule.holidays),
                "duration_seconds": schedule.duration.seconds,
                "max_risk": schedule.max_risk,
                "rated_only": schedule.rated_only,
                "until": schedule.until,
                "set_by": schedule.set_by,
                "set_at": moment(schedule.set_at),
            }
        )

    def schedule(self) -> Schedule:
        return Schedule(
            on=self.on,
            hours=None if self.hours is None else self.hours.hours(),
            holidays=tuple(self.holidays),
            duration=Duration(self.duration_seconds),
            max_risk=self.max_risk,
            rated_only=self.rated_only,
            until=self.until,
            set_by=self.set_by,
            set_at=microseconds(self.set_at),
        )


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


def _is_scope(name: str) -> bool:
    return name == ALL or is_channel_id(name)


def _read(name: str, text: str) -> Schedule:
    if not _is_scope(name):
        raise NotReadable(f"its name is neither “{ALL}” nor a channel's ID, such as C0123456789")
    try:
        schedule = _Stored.model_validate_json(text).schedule()
    except ValidationError as error:
        raise NotReadable(what_is_wrong(error)) from error
    _check_hours(schedule)
    return schedule


def _check_hours(schedule: Schedule) -> None:
    if schedule.hours is not None and schedule.hours.problem:
        raise NotReadable(f"hours: {schedule.hours.problem}")


def _write(schedule: Schedule) -> str:
    return _Stored.of(schedule).model_dump_json(indent=2)


_KIND: Final = Kind("schedule", FOLDER, _read, _write, "Set fewer hours.")
