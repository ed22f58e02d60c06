"""What stands behind "route": where to, and which requests; or what to do with the routes. Pure.

Patterns are read as they were typed, with their stars and question marks, which other commands take for emphasis.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from slack_bot.autoapprove_text import NotUnderstood
from slack_bot.commands import HERE, AddRoute, Help, RemoveRoute, ShowRoutes
from slack_bot.config import UPSTREAMS
from slack_bot.language.suggestion import did_you_mean, nearest, quoted
from slack_bot.language.typed_text import Kind, normal, tokens
from slack_bot.plain_text import one_line
from slack_bot.routes import Route
from slack_bot.schedule import RISKS
from slack_bot.written_route import MOST_CHANNELS
from upstream_client.models import Risk

LONGEST = 300
"""Characters of a pattern."""
EXAMPLE = "route here environment prod* risk high,critical"
ONLY_ASKED = (
    "Was that a question? I changed nothing. Write it without the question mark, and I do it. Where a pattern ends "
    'in one, put it in quotes, as in `environment "prod-?"`.'
)
CHANNELS_FIRST = "Please name the channels first, and then which requests go there."
_ROUTE = frozenset({"route", "routes"})
_ROUND_THE_WORD = "\"'*_.!:,`~"
_LINK = re.compile(r"<(?![@#!])(?:[^<>|]*\|)?([^<>]*)>")
_PIECE = re.compile(r'(<[^<>]*>)|"([^"]*)"|([^\s"<>]+)')
_QUOTES = str.maketrans(dict.fromkeys("“”„‟″«»", '"') | {"`": ""})
_FILLERS = frozenset({"", "and", "&", "or"})
_FACTS = ("repository", "environment")
_NAMED_FACTS = ("label:", "fact:")
_KEYWORDS = ("upstream", *_FACTS, "requester", "risk")
_KNOWN = f"It knows {', '.join(f'`{one}`' for one in _KEYWORDS)}, and `label:` and `fact:` with a name."


@dataclass(frozen=True, slots=True)
class _Piece:
    """A word as it was typed, what stood in quotes, or a channel's id."""

    text: str
    quoted: bool = False
    channel: bool = False

    @property
    def key(self) -> str:
        """The word to compare, "" for what is none."""
        return "" if self.quoted or self.channel else self.text.casefold()


@dataclass(slots=True)
class _Said:
    """What the clauses say so far."""

    upstream: str = ""
    requester: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    risks: tuple[Risk, ...] = ()

    def route(self, channels: tuple[str, ...]) -> Route:
        """The route that is meant."""
        return Route(channels, self.upstream, tuple(self.facts.items()), self.requester, self.risks)


def read_route(text: str) -> ShowRoutes | AddRoute | RemoveRoute | Help:
    """The command in ``text``, which is as Slack sends it. Raises `NotUnderstood`."""
    said = list(_pieces(_behind_the_word(text)))
    first = said[0] if said else _Piece("list")
    if first.key in _ALONE:
        if said[1:]:
            raise NotUnderstood(f"I expected nothing behind `route {first.key}`. Please write it alone.")
        return _ALONE[first.key]
    if first.key in ("remove", "delete"):
        return _remove(said[1:])
    return _add(said[1:] if first.key in ("add", "set") else said)


def _behind_the_word(text: str) -> str:
    for piece in re.finditer(r"\S+", text):
        if normal(piece[0]).strip(_ROUND_THE_WORD).casefold() in _ROUTE:
            if piece[0][0] in "*_" and piece[0][-1] != piece[0][0]:
                raise NotUnderstood(
                    "Please write that without bold or italic type: I cannot tell its signs from yours."
                )
            return text[piece.end() :]
    return ""


def _pieces(text: str) -> Iterator[_Piece]:
    """Links as they are shown; what Slack marked up as a channel by its id."""
    shown = one_line(_LINK.sub(r"\1", text).translate(_QUOTES))
    if shown.count('"') % 2:
        raise NotUnderstood(
            "A quotation mark is missing: a text in quotes needs one before and one behind it."
        )
    for markup, in_quotes, word in _PIECE.findall(shown):
        if markup:
            yield _channel(markup)
        elif word:
            yield _Piece(_unescaped(word))
        else:
            yield _Piece(_unescaped(in_quotes).strip(), quoted=True)


def _channel(markup: str) -> _Piece:
    found = tokens(markup)
    if len(found) != 1 or found[0].kind is not Kind.CHANNEL:
        raise NotUnderstood("A route leads to channels: I did not expect another mention. See `help route`.")
    return _Piece(found[0].text, channel=True)


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _remove(said: Sequence[_Piece]) -> RemoveRoute:
    number = said[0].text.removeprefix("#").rstrip(".") if len(said) == 1 else ""
    if number.endswith("?"):
        raise NotUnderstood(ONLY_ASKED)
    if not re.fullmatch(r"[0-9]{1,9}", number, re.ASCII):
        raise NotUnderstood("Which route? Write `route remove` and its number, which `route list` tells.")
    return RemoveRoute(int(number))


def _add(said: Sequence[_Piece]) -> AddRoute:
    _refuse_what_is_not_meant(said)
    channels, rest = _targets(said)
    if not channels:
        raise NotUnderstood(_no_target(said[0]))
    if len(channels) > MOST_CHANNELS:
        raise NotUnderstood(f"A route leads to {MOST_CHANNELS} channels at most.")
    clauses = _Said()
    while rest:
        rest = _read_clause(clauses, rest)
    route = clauses.route(channels)
    if route.fits_all:
        raise NotUnderstood(
            f"For which requests? Write what they are like, for example `{EXAMPLE}`. What fits no route goes to "
            "the default channel."
        )
    return AddRoute(route)


def _refuse_what_is_not_meant(said: Sequence[_Piece]) -> None:
    if said and said[-1].key.endswith("?"):
        raise NotUnderstood(ONLY_ASKED)
    if any(one.key.startswith("~") or one.key.endswith("~") for one in said):
        raise NotUnderstood(
            "A part of that is struck out, so I changed nothing. Please write it without that."
        )


def _targets(said: Sequence[_Piece]) -> tuple[tuple[str, ...], Sequence[_Piece]]:
    """The channels, `HERE` among them, and what stands behind them."""
    channels: dict[str, None] = {}
    for place, one in enumerate(said):
        if one.channel:
            channels[one.text] = None
        elif one.key.strip(",") == HERE:
            channels[HERE] = None
        elif one.quoted or one.key.strip(",") not in _FILLERS:
            return tuple(channels), said[place:]
    return tuple(channels), ()


def _no_target(first: _Piece) -> str:
    if first.text.startswith("#"):
        return (
            f"I cannot tell which channel {quoted(first.text)} is. Choose it from Slack's list as you type."
        )
    likely = nearest(first.key, (*_ALONE, "remove", HERE), likeness=0.6)
    where = f"Where to? Write `route here` or `route #channel`, for example `{EXAMPLE}`."
    return f"I do not know {quoted(first.text)} behind `route`.{did_you_mean(likely and f'route {likely}')} {where}"


def _read_clause(said: _Said, rest: Sequence[_Piece]) -> Sequence[_Piece]:
    """What is left behind the first clause."""
    keyword = rest[0].key.rstrip(",")
    if keyword in _FILLERS and not rest[0].quoted and not rest[0].channel:
        return rest[1:]
    if keyword == "risk":
        end = next((at for at, one in enumerate(rest) if at and _begins_a_clause(one)), len(rest))
        _once(bool(said.risks), keyword)
        said.risks = tuple(_risks(rest[1:end]))
        return rest[end:]
    if not _begins_a_clause(rest[0]):
        raise NotUnderstood(_unexpected(rest[0]))
    _set(said, rest[0], _value(rest))
    return rest[2:]


def _begins_a_clause(one: _Piece) -> bool:
    return one.key in _KEYWORDS or any(
        one.key.startswith(prefix) and one.key != prefix for prefix in _NAMED_FACTS
    )


def _value(rest: Sequence[_Piece]) -> str:
    written = rest[1].text if len(rest) > 1 and not rest[1].channel else ""
    value = written if len(rest) > 1 and rest[1].quoted else written.rstrip(",")
    if not value:
        raise NotUnderstood(f"{quoted(rest[0].text)} needs a value, for example `{EXAMPLE}`.")
    if len(value) > LONGEST:
        raise NotUnderstood(f"{quoted(value)} is too long: a pattern has at most {LONGEST} characters.")
    return value


def _set(said: _Said, keyword: _Piece, value: str) -> None:
    if keyword.key == "upstream":
        _once(bool(said.upstream), keyword.key)
        said.upstream = _upstream(value)
    elif keyword.key == "requester":
        _once(bool(said.requester), keyword.key)
        said.requester = value
    else:
        key = _fact(keyword)
        _once(key in said.facts, key)
        said.facts[key] = value


def _fact(keyword: _Piece) -> str:
    """A label's name, and that of any other fact, is as it was typed: capitals count."""
    if keyword.key in _FACTS:
        return keyword.key
    prefix, _, name = keyword.text.partition(":")
    if "=" in name:
        raise NotUnderstood("Please put a space between a name and its value, as in `label:team payments`.")
    return name if prefix.casefold() == "fact" else f"label:{name}"


def _once(is_said: bool, keyword: str) -> None:
    if is_said:
        raise NotUnderstood(f"You wrote {quoted(keyword)} twice. Which one is it?")


def _upstream(value: str) -> str:
    if value.casefold() in UPSTREAMS:
        return value.casefold()
    known = " and ".join(f"`{one}`" for one in UPSTREAMS)
    suggestion = did_you_mean(nearest(value, UPSTREAMS, likeness=0.5))
    raise NotUnderstood(f"{quoted(value)} is no upstream.{suggestion} There are {known}.")


def _risks(written: Sequence[_Piece]) -> Iterator[Risk]:
    if any(one.channel for one in written):
        raise NotUnderstood(CHANNELS_FIRST)
    names = [name for one in written for name in one.text.casefold().split(",") if name not in _FILLERS]
    if not names:
        raise NotUnderstood("`risk` needs a value, for example `risk high,critical`.")
    for name in dict.fromkeys(names):
        if name not in RISKS:
            likely = nearest(name, (*RISKS, *_KEYWORDS), likeness=0.5)
            known = "There are `low`, `medium`, `high` and `critical`; what is not rated counts as medium."
            raise NotUnderstood(f"{quoted(name)} is no risk.{did_you_mean(likely)} {known}")
        yield Risk(name)


def _unexpected(one: _Piece) -> str:
    if one.channel:
        return CHANNELS_FIRST
    if one.key.rstrip(":") in ("label", "fact"):
        return f"`{one.key.rstrip(':')}` needs a name, for example `label:team payments`."
    likely = nearest(one.text, _KEYWORDS, likeness=0.6)
    hint = did_you_mean(likely) or ' A text with spaces stands in quotes, as in `environment "Prod EU"`.'
    return f"I do not know {quoted(one.text)} here.{hint} {_KNOWN}"


_ALONE: dict[str, ShowRoutes | Help] = {
    "list": ShowRoutes(),
    "show": ShowRoutes(),
    "status": ShowRoutes(),
    "help": Help("route"),
}
