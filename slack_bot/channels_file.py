"""The file that declares channels and how they decide (CHANNELS_FILE), and its JSON Schema.

``python -m slack_bot.channels_file schema > channels.schema.json`` writes the schema anew.
"""

import codecs
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import Field, StrictBool, ValidationError, field_validator
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import ErrorDetails, core_schema

from slack_bot.channel import Channel, ChannelId, GroupId, Strict, UserId
from slack_bot.policy import ChannelPolicy, Terms
from slack_bot.risk_rules import RiskRule
from slack_bot.routes import Route
from slack_bot.written_route import Glob, WrittenRoute
from slack_bot.written_terms import ANNOUNCED, Level, Sayable, UpstreamKey, WrittenSilence, WrittenTerms
from slack_bot.written_twice import written_twice
from upstream_client.models import Risk


class ChannelsFileError(Exception):
    """The file cannot be used; the text lists every problem and what to write instead."""


@dataclass(frozen=True, slots=True)
class Declarations:
    """What the file says: channels, the terms of all channels that say nothing else, and how requests are rated.

    Of the ``risk_rules`` the first that fits a request holds, and of the ``routes``. ``default_channel`` is the id
    of the channel for what fits no route, "" for the one that SLACK_CHANNEL names.
    """

    channels: tuple[Channel, ...] = ()
    defaults: Terms = field(default_factory=Terms)
    risk_rules: tuple[RiskRule, ...] = ()
    routes: tuple[Route, ...] = ()
    default_channel: str = ""


class DeclaredApprovers(Strict):
    """Who may decide in the channel. With nobody named here, nobody may."""

    users: list[UserId] = Field([], description="People, by their member IDs, such as U0123456789.")
    groups: list[GroupId] = Field([], description="User groups, by their IDs, such as S0123456789.")
    everyone: StrictBool = Field(
        False, description="Every full member of the workspace who is in the channel."
    )


class _Declared(Strict):
    id: ChannelId = Field(description="The channel's ID, such as C0123456789: below its details in Slack.")
    approvers: DeclaredApprovers = Field(default_factory=DeclaredApprovers)


class DeclaredChannel(WrittenTerms, _Declared):
    """A channel in which requests are shown: who may decide there, and how, where the defaults do not say it."""

    def channel(self) -> Channel:
        """The channel that is meant."""
        who = self.approvers
        policy = ChannelPolicy(tuple(who.users), tuple(who.groups), who.everyone, terms=self.terms())
        return Channel(self.id, policy)


class DeclaredRiskRule(Strict):
    """Requests that fit have this risk. In facts and requester * stands for any text, ? for one character."""

    upstream: Sayable[UpstreamKey] = Field(None, description="Requests of this upstream alone; else of any.")
    facts: dict[Glob, Glob] = Field(
        {}, description="What facts are like, by their keys, such as policy: all of them must fit."
    )
    requester: Sayable[Glob] = Field(None, description="What the name or the address of who asked is like.")
    risk: Level = Field(description="How bad a wrong yes would be; it replaces what the upstream says.")

    def rule(self) -> RiskRule:
        """The rule that is meant."""
        facts = tuple(self.facts.items())
        return RiskRule(Risk(self.risk), self.upstream or "", facts, self.requester or "")


class ChannelsFile(Strict):
    """The channels that the approval bot knows without being told in Slack, and how all channels decide."""

    schema_: str = Field("", alias="$schema", description="Where this schema is, for your editor.")
    channels: list[DeclaredChannel] = Field([])
    defaults: WrittenTerms = Field(
        default_factory=WrittenTerms,
        description="What holds in every channel that does not say it otherwise, whoever registered it.",
    )
    risk_rules: list[DeclaredRiskRule] = Field(
        [], description="How risky requests are. The first rule that fits holds; else what the upstream says."
    )
    routes: list[WrittenRoute] = Field(
        [],
        description="Which requests go to which channels. The first route that fits holds; what fits none goes "
        "to the default channel. Without any route every channel gets every request.",
    )
    default_channel: Sayable[ChannelId] = Field(
        None,
        description="The channel for requests that fit no route; left out, the one that SLACK_CHANNEL names.",
    )

    @field_validator("channels")
    @classmethod
    def _once(cls, channels: list[DeclaredChannel]) -> list[DeclaredChannel]:
        ids = [channel.id for channel in channels]
        if twice := sorted({channel for channel in ids if ids.count(channel) > 1}):
            raise ValueError(f"declared more than once: {', '.join(twice)}: write all of it in one place")
        return channels

    @field_validator("risk_rules")
    @classmethod
    def _each_may_hold(cls, rules: list[DeclaredRiskRule]) -> list[DeclaredRiskRule]:
        for number, rule in enumerate(rules[:-1]):
            if rule.rule().fits_all:
                raise ValueError(
                    f"risk_rules.{number} fits every request, so that none after it ever holds: put it last"
                )
        return rules

    @field_validator("routes")
    @classmethod
    def _each_may_be_taken(cls, routes: list[WrittenRoute]) -> list[WrittenRoute]:
        said = [one.route() for one in routes]
        for number, route in enumerate(said):
            first = next((place for place in range(number) if said[place].hides(route)), None)
            if first is not None:
                raise ValueError(
                    f"routes.{first} fits every request that routes.{number} fits, so that routes.{number} never "
                    "holds: put it first, or leave it out"
                )
        return routes


def read_file(path: Path) -> Declarations:
    """What the file declares, in its order. Raises `ChannelsFileError`."""
    try:
        text = path.read_bytes().removeprefix(codecs.BOM_UTF8)  # some editors put it there
        if twice := written_twice(text):
            raise ChannelsFileError(_refused(path, map(_said_twice, twice)))
        written = ChannelsFile.model_validate_json(text)
    except OSError as error:
        raise ChannelsFileError(
            f"CHANNELS_FILE: {path} cannot be read ({error.strerror}). {how_to_mend(error)}"
        ) from error
    except ValidationError as error:
        raise ChannelsFileError(_refused(path, map(_in_words, error.errors()))) from error
    return Declarations(
        tuple(one.channel() for one in written.channels),
        written.defaults.terms(),
        tuple(one.rule() for one in written.risk_rules),
        tuple(one.route() for one in written.routes),
        written.default_channel or "",
    )


def how_to_mend(error: OSError) -> str:
    """What to do where the file cannot be read, a sentence. Only what is not there is to be written anew."""
    match error:
        case FileNotFoundError():
            return 'To begin with, write {"channels": []} into it.'
        case PermissionError():
            return "Let the user as whom the bot runs read it, and open the folders around it."
        case _:
            return "Name a file that can be read."


_PERSON = "a person's id is like U0123456789: open the profile in Slack, ⋮, Copy member ID"
_GROUP = "a user group's id is like S0123456789: open the group in Slack, ⋮, Copy group ID"
_CHANNEL = "a channel's id is like C0123456789: open the channel's details in Slack, it stands at the bottom"
_APPROVERS = 'such as {"users": ["U0123456789"], "groups": ["S0123456789"]}'
_BY_RISK = 'such as {"any": {"remind_after": "30m", "deadline": "4h", "then": "deny"}}'
_EXAMPLES = {
    "id": _CHANNEL,
    "approvers": _APPROVERS,
    "announce_in": _CHANNEL,
    "users": _PERSON,
    "requesters": _PERSON,
    "groups": _GROUP,
    "group": _GROUP,
    "approvals": 'such as {"medium": 1, "high": 2}',
    "seats": 'such as [{"group": "S0123456789", "count": 1, "from_risk": "high"}], or [] for none',
    "user_names": r'such as [{"pattern": "CORP\\*", "email": "*@example.com"}]',
    "silence": _BY_RISK,
    "backup": 'such as {"after": "1h", "groups": ["S0123456789"]}',
    "longest": 'such as "4h", or "one time"',
    "break_glass": 'such as {"announce_in": "C0123456789"}, or false',
    "facts": 'such as {"policy": "Install *"}',
    "routes": 'such as [{"facts": {"environment": "prod*"}, "channels": ["C0123456789"]}]',
    "default_channel": _CHANNEL,
}
"""What to write instead, by the key that is nearest to the problem."""
_JSON = (
    'the file must be JSON in UTF-8: keys and texts in double quotes, as in {"channels": []}, a comma between two '
    "things and none behind the last, no comments"
)
_OUTERMOST = {
    (): 'such as {"channels": []}',
    ("channels",): 'such as [{"id": "C0123456789", "approvers": {"users": ["U0123456789"]}}]',
    ("defaults",): 'such as {"approvals": {"medium": 2}}',
    ("risk_rules",): 'such as [{"facts": {"policy": "Install *"}, "risk": "high"}]',
    ("$schema",): 'such as "./channels.schema.json"',
}
"""The same for what is nearest to the outside, by its place without numbers."""
_NO_KEY = "is no key that may stand here: check its spelling, or leave it out"
_WORDS = {
    "extra_forbidden": _NO_KEY,
    "missing": "is missing",
    "string_pattern_mismatch": "is no such id",
}


def _refused(path: Path, problems: Iterable[str]) -> str:
    return "\n".join([f"CHANNELS_FILE: {path} cannot be used:", *(f"  {problem}" for problem in problems)])


def _said_twice(twice: tuple[str, str]) -> str:
    where, key = twice
    return f"{where or 'the file'}: {key} is written twice: only one of them would hold, so leave one out"


def _in_words(problem: ErrorDetails) -> str:
    kind, place = problem["type"], problem["loc"]
    where = ".".join(str(part) for part in place if part != ANNOUNCED) or "the file"
    if kind == "extra_forbidden":
        words, hint = _misplaced(place)
    else:
        words = _WORDS.get(kind, problem["msg"].removeprefix("Value error, "))
        hint = "" if kind == "value_error" else _JSON if kind == "json_invalid" else _example(place)
    return f"{where}: {words}" + (f" ({hint})" if hint else "")


def _example(place: tuple[int | str, ...]) -> str:
    """What to write there, or around it; "" where the key says it all."""
    names = tuple(part for part in place if isinstance(part, str))
    if names in _OUTERMOST:
        return _OUTERMOST[names]
    return next((_EXAMPLES[name] for name in reversed(names) if name in _EXAMPLES), "")


def _misplaced(place: tuple[int | str, ...]) -> tuple[str, str]:
    """What is wrong with a key that may not stand there, and what may."""
    *around, key = place
    parent = around[-1] if around else ""
    if key == "unrated" and parent in ("approvals", "silence"):
        return "is no key that may stand here: what is not rated counts as medium, so write medium", ""
    if parent == "silence" and key in WrittenSilence.model_fields:
        return "stands inside a risk, or inside any, which is for every risk that is not written", _BY_RISK
    if around[:-1] == ["channels"] and key in DeclaredApprovers.model_fields:
        return 'stands inside "approvers"', _APPROVERS
    return _NO_KEY, _example(tuple(around))


class _WithoutNull(GenerateJsonSchema):
    """Draws what may be left out as just that: null is refused."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        if schema.get("default", ...) is None:
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)


def schema() -> str:
    """The JSON Schema of the file, as it is committed."""
    drawn = ChannelsFile.model_json_schema(schema_generator=_WithoutNull)
    drawn = {"$schema": "https://json-schema.org/draft/2020-12/schema", **drawn}
    return json.dumps(drawn, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    if sys.argv[1:] != ["schema"]:
        sys.exit("Usage: python -m slack_bot.channels_file schema > channels.schema.json")
    sys.stdout.write(schema())
