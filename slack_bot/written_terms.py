"""The terms on which a channel decides, as people write them in JSON and as the store keeps them. Pure.

What is left out is unsaid, and is left out again when it is written: see `slack_bot.policy.Terms`.
"""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Final, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    field_validator,
    model_validator,
)

from slack_bot.channel import ChannelId, GroupId, Strict, UserId
from slack_bot.config import UPSTREAMS
from slack_bot.language.duration_text import NotADuration, read_length
from slack_bot.policy import (
    Approvals,
    BreakGlass,
    OnSilence,
    RefusedFrom,
    Seat,
    Silence,
    Silences,
    Terms,
    UserName,
)
from upstream_client.models import DAY, HOUR, MINUTE, ONE_TIME, Duration, Risk

MOST_PEOPLE: Final = 20
"""So many may be asked for at most, for one request."""
ANNOUNCED: Final = "announced"
"""Where something is wrong with break_glass, its place has this in it, which nobody wrote."""

_A_LENGTH = "such as 30m, 1h30m or 2d: 1 minute at least, 30 days at most"
_UNITS = ((DAY, "d"), (HOUR, "h"), (MINUTE, "m"), (1, "s"))
_ADDRESS = re.compile(r"""[^\s@<>,;"()\[\]\\]+@[^\s@<>,;"()\[\]\\]+\.[^\s@<>,;"()\[\]\\.]+""")
_ADDRESS_WITH_ONE_STAR = rf"^(?=[^*]*\*[^*]*$){_ADDRESS.pattern}$"
"""For the schema, in the regular expressions of ECMA-262: the same as what the validators below take."""
_WITH_ONE_STAR = r"^(?!\s)(?![^*]*\*[^*]*\s$)[^*]*\*[^*]*$"

T = TypeVar("T")


def _said(value: object) -> object:
    """Nobody can tell whether null means "nothing" or "as by default"."""
    if value is None:
        raise ValueError("null says nothing: write what is meant, or leave the key out")
    return value


def _length(text: str) -> str:
    if _read(text) in (None, ONE_TIME):
        raise ValueError(f"write a length of time, {_A_LENGTH}")
    return text


def _longest(text: str) -> str:
    if _read(text) is None:
        raise ValueError(f"write “one time”, or a length of time, {_A_LENGTH}")
    return text


def _read(text: str) -> Duration | None:
    try:
        return read_length(text)
    except NotADuration:
        return None


def _known(upstream: str) -> str:
    if upstream not in UPSTREAMS:
        raise ValueError(f"is no upstream: write {' or '.join(UPSTREAMS)}")
    return upstream


def _named(name: str) -> str:
    if not name or name != name.strip():
        raise ValueError("write the user name as the upstream tells it, without spaces around it")
    return name


def _one_star(pattern: str) -> str:
    if pattern.count("*") != 1 or pattern != pattern.strip():
        raise ValueError(r"write exactly one * for the part that differs, as in CORP\*")
    return pattern


def _address(email: str) -> str:
    if email.count("*") != 1 or not _ADDRESS.fullmatch(email):
        raise ValueError("write an address with exactly one *, as in *@example.com")
    return email


Sayable = Annotated[T | None, BeforeValidator(_said)]
"""What may be left out."""
Level = Literal["low", "medium", "high", "critical"]
Count = Annotated[int, Field(strict=True, ge=1, le=MOST_PEOPLE)]
Length = Annotated[str, AfterValidator(_length)]
UpstreamKey = Annotated[str, AfterValidator(_known), Field(json_schema_extra={"enum": [*UPSTREAMS]})]
OneStar = Annotated[str, AfterValidator(_one_star), Field(json_schema_extra={"pattern": _WITH_ONE_STAR})]
Address = Annotated[
    str, AfterValidator(_address), Field(json_schema_extra={"pattern": _ADDRESS_WITH_ONE_STAR})
]
ToldName = Annotated[
    str, AfterValidator(_named), Field(json_schema_extra={"not": {"pattern": r"^\s|\s$|^$"}})
]


class WrittenApprovals(Strict):
    """How many people must approve, by risk."""

    low: Sayable[Count] = None
    medium: Sayable[Count] = Field(None, description="Holds for what is not rated, too.")
    high: Sayable[Count] = None
    critical: Sayable[Count] = None

    def approvals(self) -> Approvals:
        """What is meant."""
        return Approvals(self.low, self.medium, self.high, self.critical)


class WrittenSeat(Strict):
    """So many of those who approve must be of this user group."""

    group: GroupId = Field(description="The user group's ID, such as S0123456789.")
    count: Count = Field(1, description="How many of the group.")
    from_risk: Level = Field("low", description="From this risk upwards.")

    def seat(self) -> Seat:
        """What is meant."""
        return Seat(self.group, self.count, Risk(self.from_risk))


class WrittenUserName(Strict):
    """How an upstream's user names become e-mail addresses: what stands for the * in one stands in the other."""

    upstream: Sayable[UpstreamKey] = Field(None, description="Of this upstream alone; else of any.")
    pattern: OneStar = Field(description=r"The user name, with one *, such as CORP\*.")
    email: Address = Field(description="The address, with one *, such as *@example.com.")

    def user_name(self) -> UserName:
        """What is meant."""
        return UserName(self.pattern, self.email, self.upstream or "")


class WrittenBackup(Strict):
    """Who is called after a while, and may decide from then on."""

    after: Length = Field(description="How long after the request was shown, such as 1h.")
    users: list[UserId] = Field([], description="People, by their member IDs, such as U0123456789.")
    groups: list[GroupId] = Field([], description="User groups, by their IDs, such as S0123456789.")

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if not self.users and not self.groups:
            raise ValueError("names nobody to call: write users, groups or both, or leave the backup out")
        return self


class WrittenSilence(Strict):
    """What happens while nobody answers. {} says: nothing, whatever the defaults say."""

    remind_after: Sayable[Length] = Field(
        None, description="When those who may decide are reminded for the first time, such as 30m."
    )
    backup: Sayable[WrittenBackup] = None
    deadline: Sayable[Length] = Field(None, description="When it is decided without a person, such as 4h.")
    then: Sayable[Literal["deny", "approve", "leave"]] = Field(
        None,
        description="What is done at the deadline. Left out: it is left to an upstream that escalates by itself, "
        "and denied for all others.",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.deadline is None:
            if self.then is not None:
                raise ValueError(f"then is for a deadline: write one, {_A_LENGTH}, or leave then out")
            return self
        for key, text in (("remind_after", self.remind_after), ("backup.after", self._backup_after)):
            if text is not None and _seconds(text) >= _seconds(self.deadline):
                raise ValueError(f"{key} is not before the deadline: write a shorter time, or leave it out")
        return self

    @property
    def _backup_after(self) -> str | None:
        return None if self.backup is None else self.backup.after

    def silence(self) -> Silence:
        """What is meant."""
        backup = self.backup
        return Silence(
            remind_after=_seconds_or_never(self.remind_after),
            backup_after=_seconds_or_never(self._backup_after),
            backup_users=() if backup is None else tuple(backup.users),
            backup_groups=() if backup is None else tuple(backup.groups),
            deadline=_seconds_or_never(self.deadline),
            then=None if self.then is None else OnSilence(self.then),
        )


class WrittenSilences(Strict):
    """What happens while nobody answers, by risk. What is said for a risk holds as a whole."""

    any: Sayable[WrittenSilence] = Field(None, description="For every risk of which nothing is said here.")
    low: Sayable[WrittenSilence] = None
    medium: Sayable[WrittenSilence] = Field(None, description="Holds for what is not rated, too.")
    high: Sayable[WrittenSilence] = None
    critical: Sayable[WrittenSilence] = None

    def silences(self) -> Silences:
        """What is meant."""
        written = (self.any, self.low, self.medium, self.high, self.critical)
        return Silences(*(None if one is None else one.silence() for one in written))


class WrittenBreakGlass(Strict):
    """One approver may decide for the whole quorum, with a reason; never on their own request."""

    announce_in: ChannelId = Field(
        description="The channel in which that is announced besides, such as C0123456789. The bot must be in it."
    )


def _off_or_announced(value: object) -> str:
    return "off" if value is False else ANNOUNCED


WrittenGlass = Annotated[
    Annotated[Literal[False], Tag("off")] | Annotated[WrittenBreakGlass, Tag(ANNOUNCED)],
    Discriminator(_off_or_announced),
]


class WrittenTerms(Strict):
    """How it is decided. What is left out holds as the defaults say, and where they say nothing, as built in."""

    approvals: Sayable[WrittenApprovals] = Field(
        None, description="How many people must approve, by risk. Built in: 1, and 2 from high upwards."
    )
    seats: Sayable[list[WrittenSeat]] = Field(
        None,
        description="Of which user groups those who approve must be; one person fills one seat. [] says: of none.",
    )
    own_requests: Sayable[Literal["refuse", "allow"]] = Field(
        None, description="Whether people may approve what they asked for themselves. Built in: refuse."
    )
    unknown_requester_refused_from: Sayable[Literal["never", "low", "medium", "high", "critical"]] = Field(
        None,
        description="From which risk upwards nobody may approve what somebody asked for whom the bot does not "
        "find in Slack. Built in: high.",
    )
    requesters: Sayable[dict[ToldName, UserId]] = Field(
        None, description="Who is who: user names as the upstream tells them, and their member IDs in Slack."
    )
    user_names: Sayable[list[WrittenUserName]] = Field(
        None, description="How the upstream's user names become the e-mail addresses that Slack knows."
    )
    silence: Sayable[WrittenSilences] = Field(
        None, description="What happens while nobody answers. Built in: nothing."
    )
    longest: Sayable[Annotated[str, AfterValidator(_longest)]] = Field(
        None,
        description="How long an approval may hold at most, such as 4h, or one time. Built in: as long as the "
        "upstream takes.",
    )
    break_glass: Sayable[WrittenGlass] = Field(
        None,
        description="Whether one approver may decide for all in an emergency, and where that is announced. "
        "false says: no. Built in: no.",
    )

    @field_validator("seats")
    @classmethod
    def _few(cls, seats: list[WrittenSeat] | None) -> list[WrittenSeat] | None:
        if sum(seat.count for seat in seats or ()) > MOST_PEOPLE:
            raise ValueError(f"asks for more than {MOST_PEOPLE} people together: write fewer")
        return seats

    @field_validator("requesters")
    @classmethod
    def _once(cls, requesters: Mapping[str, str] | None) -> Mapping[str, str] | None:
        times = Counter(name.casefold() for name in requesters or ())
        if twice := sorted(name for name in requesters or () if times[name.casefold()] > 1):
            raise ValueError(f"the same user name is written more than once: {', '.join(twice)}")
        return requesters

    @classmethod
    def of(cls, terms: Terms) -> Self:
        """Raises pydantic's `ValidationError` where terms could not be read again as they are."""
        return cls.model_validate(_as_written(terms))

    def said(self) -> dict[str, object]:
        """What is said of it, as JSON."""
        keys = set(WrittenTerms.model_fields)
        return self.model_dump(mode="json", include=keys, exclude_none=True)

    def terms(self) -> Terms:
        """What is meant."""
        refused_from, longest = self.unknown_requester_refused_from, self.longest
        return Terms(
            approvals=Approvals() if self.approvals is None else self.approvals.approvals(),
            seats=None if self.seats is None else tuple(seat.seat() for seat in self.seats),
            own_requests=None if self.own_requests is None else self.own_requests == "allow",
            unknown_requester_refused_from=None if refused_from is None else RefusedFrom(refused_from),
            requesters=tuple((self.requesters or {}).items()),
            user_names=tuple(one.user_name() for one in self.user_names or ()),
            silence=Silences() if self.silence is None else self.silence.silences(),
            longest=None if longest is None else read_length(longest),
            break_glass=_break_glass(self.break_glass),
        )


def _break_glass(written: WrittenBreakGlass | Literal[False] | None) -> BreakGlass | None:
    if written is None:
        return None
    return BreakGlass(allowed=True, announce_in=written.announce_in) if written else BreakGlass(allowed=False)


def _seconds(length: str) -> int:
    return read_length(length).seconds or 0


def _seconds_or_never(length: str | None) -> int | None:
    return None if length is None else _seconds(length)


def _as_written(terms: Terms) -> dict[str, object]:
    """Not checked yet; what is unsaid is left out."""
    own, refused_from, seats = terms.own_requests, terms.unknown_requester_refused_from, terms.seats
    return _without_none(
        approvals=_without_none(**_by_risk(terms.approvals)) or None,
        seats=None if seats is None else [_seat(seat) for seat in seats],
        own_requests=None if own is None else "allow" if own else "refuse",
        unknown_requester_refused_from=None if refused_from is None else refused_from.value,
        requesters=_requesters(terms.requesters),
        user_names=[_user_name(one) for one in terms.user_names] or None,
        silence=_silences(terms.silence),
        longest=None if terms.longest is None else _written(terms.longest.seconds),
        break_glass=None if terms.break_glass is None else _glass(terms.break_glass),
    )


def _without_none(**values: object) -> dict[str, object]:
    return {key: value for key, value in values.items() if value is not None}


def _by_risk(of: Approvals | Silences) -> dict[str, object]:
    return {"low": of.low, "medium": of.medium, "high": of.high, "critical": of.critical}


def _seat(seat: Seat) -> dict[str, object]:
    return {"group": seat.group, "count": seat.count, "from_risk": seat.from_risk.value}


def _requesters(pairs: tuple[tuple[str, str], ...]) -> dict[str, str] | None:
    """Of a name that is there twice the first one holds."""
    return dict(reversed(dict(reversed(pairs)).items())) or None


def _user_name(one: UserName) -> dict[str, object]:
    return _without_none(upstream=one.upstream or None, pattern=one.pattern, email=one.email)


def _silences(of: Silences) -> dict[str, object] | None:
    said = _without_none(any=of.any, **_by_risk(of))
    return {risk: _silence(one) for risk, one in said.items() if isinstance(one, Silence)} or None


def _silence(of: Silence) -> dict[str, object]:
    backup = _without_none(
        after=_length_or_none(of.backup_after),
        users=list(of.backup_users) or None,
        groups=list(of.backup_groups) or None,
    )
    return _without_none(
        remind_after=_length_or_none(of.remind_after),
        backup=backup or None,
        deadline=_length_or_none(of.deadline),
        then=None if of.then is None else of.then.value,
    )


def _glass(of: BreakGlass) -> object:
    return {"announce_in": of.announce_in} if of.allowed else False


def _length_or_none(seconds: int | None) -> str | None:
    return None if seconds is None else _written(seconds)


def _written(seconds: int | None) -> str:
    """ "1h30m"; what are no whole minutes is written as well, though it could not be read again."""
    if seconds is None:
        return ONE_TIME.words
    words = ""
    for size, unit in _UNITS:
        count, seconds = divmod(seconds, size)
        words += f"{count}{unit}" if count else ""
    return words
