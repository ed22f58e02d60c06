"""What stands behind "autoapprove": clauses in any order, each a change to a schedule, and whose it is. Pure."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from slack_bot.commands import ALL, HERE, AutoApprove
from slack_bot.language.duration_text import NotADuration, read_length
from slack_bot.language.hours_text import EXAMPLE, NotHours, read_hours
from slack_bot.language.suggestion import did_you_mean, nearest, quoted
from slack_bot.language.typed_text import Kind, Token
from slack_bot.public_holidays import UnknownRegion, is_known, read_regions
from slack_bot.schedule import RISKS
from slack_bot.schedule_changes import (
    Change,
    SetDuration,
    SetHolidays,
    SetHours,
    SetMaxRisk,
    SetRatedOnly,
    SetUntil,
    ShowStatus,
    TurnOff,
    TurnOn,
)
from upstream_client.models import Risk


class NotUnderstood(ValueError):
    """The text is no command; the error's text is mrkdwn and says what to write."""


@dataclass(frozen=True, slots=True)
class _Clause:
    keyword: str
    arguments: tuple[Token, ...]

    @property
    def words(self) -> list[str]:
        return [token.text for token in self.arguments if token.kind is not Kind.COMMA]

    @property
    def written(self) -> str:
        return " ".join(token.text for token in self.arguments).strip(" ,")


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_YES_OR_NO = {"on": True, "yes": True, "off": False, "no": False}
_SCOPES = {"all": ALL, "here": HERE}
_PAIRS = {("max", "risk"): "max-risk", ("rated", "only"): "rated-only"}
_SPELT = {
    "holiday": "holidays",
    "max_risk": "max-risk",
    "maxrisk": "max-risk",
    "rated_only": "rated-only",
    "ratedonly": "rated-only",
}
_EXAMPLES = {
    "hours": f"hours {EXAMPLE}",
    "holidays": "holidays DE-BE",
    "duration": "duration 1h",
    "max-risk": "max-risk medium",
    "until": "until 2026-12-24",
}
"""Of the clauses that say nothing without a value."""


def read_autoapprove(tokens: Sequence[Token]) -> AutoApprove:
    """The changes that stand behind "autoapprove", and where they are for. Raises `NotUnderstood`."""
    scopes, clauses = _split(_joined(tokens))
    if len(scopes) > 1:
        raise NotUnderstood("For which channel? Write `all`, or one #channel, or nothing for this one.")
    _refuse_half_a_region(clauses)
    _refuse_contradictions([clause.keyword for clause in clauses])
    changes = tuple(_change(clause) for clause in clauses)
    return AutoApprove(next(iter(scopes), HERE), changes or (ShowStatus(),))


def _joined(tokens: Sequence[Token]) -> list[Token]:
    """With each keyword as one word in the one way we spell it."""
    joined: list[Token] = []
    for token in tokens:
        bare = token.key.lstrip("-")
        keyword = _SPELT.get(bare, bare)
        if joined and (pair := _PAIRS.get((joined[-1].key, keyword))):
            joined[-1] = Token(Kind.WORD, pair)
        else:
            joined.append(Token(Kind.WORD, keyword) if keyword in KEYWORDS else token)
    return joined


def _split(tokens: Sequence[Token]) -> tuple[set[str], list[_Clause]]:
    scopes: set[str] = set()
    found: list[tuple[str, list[Token]]] = []
    for token in tokens:
        if found and _belongs(token, *found[-1]):
            found[-1][1].append(token)
        elif token.kind is Kind.CHANNEL or token.key in _SCOPES:
            scopes.add(_SCOPES.get(token.key, token.text))
        elif token.key in _READERS:
            found.append((token.key, []))
        elif token.kind is not Kind.COMMA:
            raise NotUnderstood(_unexpected(token, found[-1][0] if found else "autoapprove"))
    return scopes, [_Clause(keyword, tuple(arguments)) for keyword, arguments in found]


def _belongs(token: Token, keyword: str, so_far: list[Token]) -> bool:
    """Whether the token is part of the clause before it."""
    if keyword == "rated-only":
        return not so_far and (token.key in _YES_OR_NO or token.kind is Kind.COMMA)
    if keyword not in _EXAMPLES or token.kind not in (Kind.WORD, Kind.COMMA):
        return False
    if keyword == "duration" and so_far and so_far[-1].text.isdigit():
        return True  # the hours of "2 hours" are no business hours
    return token.key not in KEYWORDS


def _unexpected(token: Token, before: str) -> str:
    if token.kind is not Kind.WORD:
        return (
            f"I did not expect a mention behind `{before}`. Write `help autoapprove` for what it understands."
        )
    if token.text.startswith("#"):
        return (
            f"I cannot tell which channel {quoted(token.text)} is. Choose it from Slack's list as you type."
        )
    suggestion = did_you_mean(nearest(token.text, KEYWORDS, likeness=0.6))
    return f"I do not know {quoted(token.text)} behind `{before}`.{suggestion or _WHAT_IT_KNOWS}"


def _refuse_contradictions(keywords: list[str]) -> None:
    if twice := [keyword for keyword in keywords if keywords.count(keyword) > 1]:
        raise NotUnderstood(f"You wrote `{twice[0]}` twice. Which one is it?")
    if "on" in keywords and "off" in keywords:
        raise NotUnderstood("On or off? Please write one of them.")
    if "status" in keywords and len(keywords) > 1:
        raise NotUnderstood(
            "`autoapprove status` stands alone. Please write the changes in a message of their own."
        )
    if "off" in keywords and "until" in keywords:
        raise NotUnderstood(
            "`until` is the last day on which I approve, so it does not go with `off`: "
            "I stay off until somebody writes `autoapprove on`."
        )


def _refuse_half_a_region(clauses: Sequence[_Clause]) -> None:
    """Behind holidays, CA ON may mean Ontario, or Canada and to be turned on."""
    for holidays, following in pairwise(clauses):
        name = f"{''.join(holidays.words[-1:])}-{following.keyword}".upper()
        if holidays.keyword == "holidays" and is_known(name) and holidays.arguments[-1].kind is Kind.WORD:
            raise NotUnderstood(
                f"Do you mean the region `{name}`? Then write it so. "
                f"Else write `{following.keyword}` before `holidays`."
            )


def _change(clause: _Clause) -> Change:
    if clause.keyword in _EXAMPLES and not clause.words:
        raise NotUnderstood(f"`{clause.keyword}` needs a value, for example `{_EXAMPLES[clause.keyword]}`.")
    try:
        return _READERS[clause.keyword](clause)
    except (NotHours, UnknownRegion, NotADuration, NotUnderstood) as error:
        raise NotUnderstood(f"{error}{_misspelt_keyword(clause)}") from error


def _misspelt_keyword(clause: _Clause) -> str:
    """A hint for "hours ... Europe/Berlin duratoin 1h", where the next clause was taken for a part of this one."""
    for token in clause.arguments[1:]:
        if likely := nearest(token.text, _DISTINCT, likeness=0.75):
            return f" Is {quoted(token.text)} meant to be `{likely}`?"
    return ""


def _hours(clause: _Clause) -> Change:
    return SetHours(read_hours(clause.written))


def _holidays(clause: _Clause) -> Change:
    if clause.written.casefold() == "none":
        return SetHolidays(())
    return SetHolidays(read_regions(clause.written))


def _duration(clause: _Clause) -> Change:
    return SetDuration(read_length(clause.written))


def _max_risk(clause: _Clause) -> Change:
    written = " ".join(clause.words)
    risk = next((risk for risk in RISKS if risk == written.casefold()), None)
    if written.casefold() == Risk.UNRATED:
        raise NotUnderstood("Requests of no stated risk are covered anyway, unless you write `rated-only`.")
    if risk is None:
        suggestion = did_you_mean(nearest(written, RISKS, likeness=0.5))
        raise NotUnderstood(
            f"{quoted(written)} is no risk.{suggestion} There are `low`, `medium`, `high` and `critical`."
        )
    return SetMaxRisk(risk)


def _rated_only(clause: _Clause) -> Change:
    return SetRatedOnly(all(_YES_OR_NO[word.casefold()] for word in clause.words))


def _until(clause: _Clause) -> Change:
    written = " ".join(clause.words)
    if written.casefold() in ("never", "none"):
        return SetUntil(None)
    if not _DAY.fullmatch(written):
        raise NotUnderstood(
            f"I cannot read {quoted(written)} as a day. Write the last day as `until 2026-12-24`, "
            "or `until never` for no end."
        )
    try:
        return SetUntil(date.fromisoformat(written))
    except ValueError as error:
        raise NotUnderstood(f"There is no day {quoted(written)} in the calendar.") from error


_READERS: dict[str, Callable[[_Clause], Change]] = {
    "on": lambda _: TurnOn(),
    "off": lambda _: TurnOff(),
    "status": lambda _: ShowStatus(),
    "hours": _hours,
    "holidays": _holidays,
    "duration": _duration,
    "max-risk": _max_risk,
    "rated-only": _rated_only,
    "until": _until,
}
KEYWORDS = (*_READERS, *_SCOPES)
"""The words that begin a clause, and those that say where it is for."""
_DISTINCT = ("holidays", "duration", "max-risk", "rated-only", "until")
"""Hours are part of a duration as well, and many words are like "on"."""
_WHAT_IT_KNOWS = f" It knows {', '.join(f'`{keyword}`' for keyword in KEYWORDS)}."
