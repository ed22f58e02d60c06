"""A route as people write it in channels.json, and as the store keeps those that were set in Slack. Pure."""

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, Field, JsonValue, StringConstraints, field_validator

from slack_bot.channel import ChannelId, Strict, UserId, microseconds, moment
from slack_bot.routes import Route
from slack_bot.written_terms import Level, Sayable, UpstreamKey
from upstream_client.models import Risk

MOST_CHANNELS: Final = 20
"""Of one route."""
ONCE: Final[dict[str, JsonValue]] = {"uniqueItems": True}

Glob = Annotated[str, StringConstraints(min_length=1)]


@dataclass(frozen=True, slots=True)
class NumberedRoute:
    """A route that an admin set in Slack: ``number`` is how people call it.

    ``set_at`` is in microseconds since 1970 UTC.
    """

    number: int
    route: Route
    set_by: str = ""
    set_at: int | None = None


class WrittenRoute(Strict):
    """Requests that fit go to these channels alone. * stands for any text, ? for one character."""

    upstream: Sayable[UpstreamKey] = Field(None, description="Requests of this upstream alone; else of any.")
    facts: dict[Glob, Glob] = Field(
        {}, description="What facts are like, by their keys, such as environment: all of them must fit."
    )
    requester: Sayable[Glob] = Field(None, description="What the name or the address of who asked is like.")
    risk: Sayable[Annotated[list[Level], Field(min_length=1, json_schema_extra=ONCE)]] = Field(
        None, description="One of these risks. What is not rated counts as medium."
    )
    channels: list[ChannelId] = Field(
        description="The IDs of the channels, such as C0123456789.",
        min_length=1,
        max_length=MOST_CHANNELS,
        json_schema_extra=ONCE,
    )

    @field_validator("risk", "channels")
    @classmethod
    def _each_once(cls, said: list[str] | None) -> list[str] | None:
        if said is not None and len(said) != len(set(said)):
            raise ValueError("write each of them once")
        return said

    def route(self) -> Route:
        """The route that is meant."""
        risks = tuple(map(Risk, self.risk or ()))
        facts = tuple(self.facts.items())
        return Route(tuple(self.channels), self.upstream or "", facts, self.requester or "", risks)


class StoredRoute(WrittenRoute):
    """One that was set in Slack."""

    number: int = Field(ge=1)
    set_by: UserId | Literal[""] = ""
    set_at: AwareDatetime | None = None

    def numbered(self) -> NumberedRoute:
        """The route that is meant, with its number."""
        return NumberedRoute(self.number, self.route(), self.set_by, microseconds(self.set_at))


class StoredRoutes(Strict):
    """All of them, in their order."""

    routes: list[StoredRoute] = Field([])

    @field_validator("routes")
    @classmethod
    def _each_number_once(cls, routes: list[StoredRoute]) -> list[StoredRoute]:
        numbers = [one.number for one in routes]
        if len(numbers) != len(set(numbers)):
            raise ValueError("two routes have the same number")
        return routes

    @classmethod
    def keeping(cls, routes: tuple[NumberedRoute, ...]) -> "StoredRoutes":
        """Raises pydantic's `ValidationError` where they could not be read again."""
        kept = [
            said(one.route) | {"number": one.number, "set_by": one.set_by, "set_at": moment(one.set_at)}
            for one in routes
        ]
        return cls.model_validate({"routes": kept})

    def numbered(self) -> tuple[NumberedRoute, ...]:
        """The routes that are meant."""
        return tuple(one.numbered() for one in self.routes)

    def text(self) -> str:
        """JSON, without what is not said."""
        return self.model_dump_json(indent=2, exclude_none=True, exclude_defaults=True)


def said(route: Route) -> dict[str, object]:
    """A route as JSON has it, without what it does not say."""
    told: dict[str, object] = {
        "upstream": route.upstream,
        "facts": dict(route.facts),
        "requester": route.requester,
        "risk": [risk.value for risk in route.risks],
        "channels": list(route.channels),
    }
    return {key: value for key, value in told.items() if value}
