"""The command of `python -m slack_bot.policy`: explain."""

import argparse
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from slack_bot.channel import is_channel_id
from slack_bot.channels_file import ChannelsFileError, read_file
from slack_bot.directory import Busy, CannotTell
from slack_bot.explainer.asked import read_request
from slack_bot.explainer.explanation import explanation, plain, told_by, unregistered
from slack_bot.explainer.judgement import Case, judge
from slack_bot.explainer.known import Known
from slack_bot.explainer.people import InSlack, Offline
from slack_bot.explainer.settings import CannotExplain, load_explainer_settings
from slack_bot.parameter_store import StateError
from slack_bot.policy import Standing
from slack_bot.slack_api import SlackFailure
from slack_bot.web_client import web_client

ALLOWED, NOT_ALLOWED, CANNOT_SAY = 0, 1, 2
"""Exit codes."""
CALL_TIMEOUT = 10
"""Seconds for a call of Slack's."""

_USER = r"[UW][A-Z0-9]{2,19}"
_GROUP = r"S[A-Z0-9]{2,19}"


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 allowed, 1 not allowed, 2 nobody can tell, or something that was given is wrong."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    _refuse_contradictions(parser, asked)
    try:
        return _explain(asked)
    except (CannotExplain, ChannelsFileError, StateError) as error:
        print(error, file=sys.stderr)
    except CannotTell as error:
        print(f"Cannot tell: {plain(str(error))}", file=sys.stderr)
    except (SlackFailure, Busy) as error:
        print(f"Cannot tell: Slack does not say who people are. {error}", file=sys.stderr)
    return CANNOT_SAY


def _explain(asked: argparse.Namespace) -> int:
    request = read_request(asked.request)
    settings = load_explainer_settings(offline=asked.offline)
    slack = None if asked.offline else web_client(settings, timeout=CALL_TIMEOUT, retries=True)
    known = Known(settings, read_file(settings.channels_file), slack)
    channel = known.channel(asked.channel)
    if channel is None:
        _say(unregistered(asked.channel))
        return NOT_ALLOWED
    request, rule = known.rated(request)
    given = tuple(user for user, _ in asked.votes)
    case = Case(channel.policy, channel.id, asked.user, request, given, asked.backup_called)
    people = _described(asked) if slack is None else InSlack(slack)
    judged = judge(case, people)
    _say(explanation(judged, channel, told_by(request.risk, rule)))
    return ALLOWED if judged.refusal is None else NOT_ALLOWED


def _described(asked: argparse.Namespace) -> Offline:
    return Offline(
        asked.user,
        Standing(asked.standing or Standing.MEMBER),
        frozenset(asked.groups),
        asked.in_channel,
        asked.email,
        dict(asked.votes),
    )


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)


def _refuse_contradictions(parser: argparse.ArgumentParser, asked: argparse.Namespace) -> None:
    """What only holds offline would be taken for what Slack says."""
    described = asked.standing or asked.groups or asked.in_channel or asked.email
    if not asked.offline and (described or any(groups for _, groups in asked.votes)):
        parser.error("who people are is asked of Slack: describe them with --offline only")


def _channel(text: str) -> str:
    if not is_channel_id(text):
        raise ValueError
    return text


def _user(text: str) -> str:
    return _matching(_USER, text)


def _groups(text: str) -> tuple[str, ...]:
    return tuple(_matching(_GROUP, one.strip()) for one in text.split(","))


def _votes(text: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """People, each with the groups that stand behind them."""
    parts = [one.strip().split(":") for one in text.split(",")]
    return tuple((_user(user), tuple(_matching(_GROUP, one) for one in groups)) for user, *groups in parts)


def _matching(pattern: str, text: str) -> str:
    if not re.fullmatch(pattern, text):
        raise ValueError
    return text


_channel.__name__ = "channel's id such as C0123456789"
_user.__name__ = "person's id such as U0123456789"
_groups.__name__ = "list of user groups' ids such as S0123456789,S0123456790"
_votes.__name__ = "list of people's ids such as U0123456789,U0123456790"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m slack_bot.policy",
        description="Reads the settings, the channels and their policies as the bot does. Changes nothing, and "
        "works while the bot runs: the ledger is not opened.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    explain = commands.add_parser("explain", help="tell whether somebody's approval would count, and why")
    explain.add_argument(
        "request", type=Path, metavar="request.json", help="upstream, title and what is known"
    )
    explain.add_argument("--channel", type=_channel, required=True, metavar="C…", help="where it is approved")
    explain.add_argument("--user", type=_user, required=True, metavar="U…", help="who approves it")
    explain.add_argument(
        "--votes",
        type=_votes,
        default=(),
        metavar="U…,U…",
        help="who has approved it already; offline each with their groups, U…:S…:S…",
    )
    explain.add_argument("--backup-called", action="store_true", help="the backup was called meanwhile")
    _add_offline(explain.add_argument_group("without Slack, and without its token"))
    return parser


def _add_offline(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--offline", action="store_true", help="do not ask Slack who people are")
    group.add_argument(
        "--standing", choices=[one.value for one in Standing], help="the account; member if left out"
    )
    group.add_argument(
        "--groups", type=_groups, default=(), metavar="S…,S…", help="the user groups they are in"
    )
    group.add_argument("--in-channel", action="store_true", help="they are in the channel")
    group.add_argument("--email", default="", help="the address that Slack has of them")
