"""What the schedules cover: by which one each channel goes, and what is approved by it."""

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import Connection

from slack_bot.closed_channels import ClosedChannels
from slack_bot.placement import Placement
from slack_bot.schedule import Schedule, is_open, should_auto_approve
from slack_bot.schedule_store import ALL
from slack_bot.stored_state import StoredState
from upstream_client.models import ApprovalRequest, Duration


class Rule(NamedTuple):
    """A schedule, and whose it is: ``scope`` is a channel's id, or "all".

    ``duration``: for how long it approves, which is no longer than any channel that goes by it allows.
    """

    scope: str
    schedule: Schedule
    duration: Duration


class Coverage:
    """The one place that tells whether a schedule approves something. Any thread may ask.

    Nothing is covered while channels, schedules or routes cannot be read, nor where nobody could see what was done.
    Only what a channel goes by in which it is shown covers a request.
    """

    def __init__(self, state: StoredState, closed: ClosedChannels, placement: Placement) -> None:
        self._state = state
        self._closed = closed
        self._placement = placement

    def holding(self) -> Mapping[str, Rule]:
        """By channel, the schedule it goes by: its own, or the one for all."""
        state = self._state
        if state.channels.trouble or state.routes.trouble:
            return {}
        schedules = state.schedules.trusted()
        scopes: dict[str, str] = {}
        durations = {scope: schedule.duration for scope, schedule in schedules.items()}
        for channel in state.channels.all():
            scope = channel.id if channel.id in schedules else ALL
            if scope in schedules and channel.id not in self._closed:
                scopes[channel.id] = scope
                durations[scope] = _shorter(durations[scope], channel.policy.longest)
        return {channel: Rule(scope, schedules[scope], durations[scope]) for channel, scope in scopes.items()}

    def open_at(self, now: int) -> Mapping[str, Rule]:
        """Those of them that approve something at this time; ``now`` is in microseconds since 1970 UTC."""
        return {channel: rule for channel, rule in self.holding().items() if is_open(rule.schedule, now)}

    def covering(self, asked: ApprovalRequest, now: int) -> Rule | None:
        """The first that approves the request now."""
        return next(iter(self._all_covering(asked, now)), None)

    @property
    def routes(self) -> str:
        """Tells the routes by which requests are shown from others; "" for none."""
        return self._state.routes.routes.mark

    def is_undecided(self, asked: ApprovalRequest) -> bool:
        """Whether nobody can tell yet in which channel the request belongs: then nothing covers it for now."""
        return self._placement.is_undecided(asked)

    def still_covers(self, asked: ApprovalRequest, duration: Duration, now: int) -> bool:
        """Whether one approves the request now, for so long at least. Reads them anew where it has to."""
        if not self._state.bring_up_to_date():
            return False
        return any(_is_within(duration, rule.duration) for rule in self._all_covering(asked, now))

    def is_current(self, connection: Connection) -> bool:
        """Whether no other replica has changed channels or schedules since they were read."""
        return self._state.is_current(connection)

    def _all_covering(self, asked: ApprovalRequest, now: int) -> list[Rule]:
        if self._placement.is_undecided(asked):
            return []
        is_there = self._placement.takes
        rules = dict.fromkeys(rule for channel, rule in self.holding().items() if is_there(asked, channel))
        return [rule for rule in rules if should_auto_approve(rule.schedule, asked, now)]


def _shorter(one: Duration, other: Duration | None) -> Duration:
    """``None`` is no limit."""
    return one if other is None or _is_within(one, other) else other


def _is_within(duration: Duration, longest: Duration) -> bool:
    """One time is the least there is."""
    if duration.seconds is None:
        return True
    return longest.seconds is not None and duration.seconds <= longest.seconds
