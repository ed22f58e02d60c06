"""docs/channels.md says what the code does: each file in it is read by the bot, and means what the page says."""

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from slack_bot.channel import Channel
from slack_bot.channel_store import ChannelStore, Declarations
from slack_bot.channels_file import schema
from slack_bot.command_parser import AddRoute, parse
from slack_bot.policy import (
    BUILT_IN_APPROVALS,
    ONE_IS_ENOUGH,
    Approvals,
    ChannelPolicy,
    OnSilence,
    Silence,
    Terms,
)
from slack_bot.risk_rules import rate
from slack_bot.routes import Routes
from slack_bot.written_terms import MOST_PEOPLE, WrittenTerms
from tests.shell_blocks import sections
from tests.slack_bot.examples import REQUEST
from tests.test_docs import table
from upstream_client.models import DAY, HOUR, MINUTE, ONE_TIME, ApprovalRequest, Duration, Fact, Risk
from upstream_client.privilege_manager.reading import FACTS

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "channels.md"
LEVELS = (Risk.LOW, Risk.MEDIUM, Risk.HIGH, Risk.CRITICAL)


def block(section: str) -> str:
    """The only file in a section of the page."""
    (found,) = re.findall(r"```json\n(.*?)```", sections(PAGE)[section], re.DOTALL)
    return str(found)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "channels.json"


def read(path: Path, section: str) -> Declarations:
    path.write_text(block(section))
    return ChannelStore.read_file(path)


def channels(path: Path, section: str) -> list[Channel]:
    """As the bot hands them out."""
    path.write_text(block(section))
    return ChannelStore.read(path).all()


def test_the_files_of_the_page_are_the_ones_that_are_read_here_and_the_schema_takes_them() -> None:
    validator = Draft202012Validator(json.loads(schema()))
    read_here = [
        "Which request goes where",
        "Declare channels by file",
        "How it is decided",
        "Defaults",
        "Risk rules",
    ]
    assert [name for name, text in sections(PAGE).items() if "```json" in text] == read_here
    for section in read_here:
        assert validator.is_valid(json.loads(block(section))), section


def test_routes_and_the_channels_to_which_they_lead(path: Path) -> None:
    found = read(path, "Which request goes where")
    prod = (Fact("repository", "Service", "acme/api"), Fact("environment", "Environment", "production"))
    team = (*prod, Fact("label:team", "Label team", "payments"))
    routes = Routes(found.routes)

    def channels(risk: Risk, *facts: Fact, upstream: str = "gate", requester: str = "") -> tuple[str, ...]:
        taken = routes.taken(ApprovalRequest(upstream, "1", "Deploy", requester, facts=facts, risk=risk))
        return (found.default_channel,) if taken is None else taken.channels

    assert channels(Risk.HIGH, *team) == ("C0234567891", "C0345678912")
    assert channels(Risk.UNRATED, *team) == ("C0456789123",)
    assert channels(Risk.HIGH, upstream="privilege_manager") == ("C0567891234",)
    assert channels(Risk.LOW, *prod, requester="Agent-7") == ("C0345678912",)
    assert channels(Risk.LOW, *prod) == ("C0123456789",)


def test_every_clause_of_a_route_in_the_page_is_understood() -> None:
    told = table(sections(PAGE)["Which request goes where"])
    clauses = [words for words in told if " " in words]
    assert len(clauses) == 7
    for words in clauses:
        assert isinstance(parse(f"route here {words}"), AddRoute), words


def test_channels_that_are_declared_by_file(path: Path) -> None:
    first, second = read(path, "Declare channels by file").channels
    assert (first.policy.users, first.policy.groups) == (("U0123456789",), ("S0123456789",))
    assert second.policy.everyone
    assert ChannelStore.read_file(ROOT / "channels.json") == Declarations()


def test_every_key_stands_in_the_table_and_in_the_example(path: Path) -> None:
    (written,) = json.loads(block("How it is decided"))["channels"]
    keys = list(WrittenTerms.model_fields)
    assert list(table(sections(PAGE)["How it is decided"])) == keys
    assert [key for key in written if key not in ("id", "approvers")] == keys
    (channel,) = read(path, "How it is decided").channels
    said = WrittenTerms.of(channel.policy.terms).said()
    assert said.keys() == set(keys)


def test_what_is_built_in_is_what_the_table_says() -> None:
    told = {key: cells[-1] for key, cells in table(sections(PAGE)["How it is decided"]).items()}
    nothing = ChannelPolicy()
    assert told["approvals"] == "1; 2 for `high` and `critical`"
    assert (
        Approvals(*(nothing.needed(risk) for risk in LEVELS)) == BUILT_IN_APPROVALS == Approvals(1, 1, 2, 2)
    )
    assert (told["seats"], nothing.all_seats) == ("none", ())
    assert (told["own_requests"], nothing.allows_own) == ("`refuse`", False)
    assert told["unknown_requester_refused_from"] == f"`{nothing.unknown_refused_from}`"
    assert (told["requesters"], nothing.requesters) == ("nobody", ())
    assert (told["user_names"], nothing.user_names) == ("none", ())
    assert (told["silence"], nothing.silence(Risk.HIGH)) == ("nothing", Silence())
    assert (told["longest"], nothing.longest) == ("as long as the upstream takes", None)
    assert (told["break_glass"], nothing.break_glass.allowed) == ("no", False)
    assert ONE_IS_ENOUGH.of(Risk.UNRATED) == ONE_IS_ENOUGH.medium


def test_the_example_means_what_the_page_says_of_it(path: Path) -> None:
    (channel,) = channels(path, "How it is decided")
    policy = channel.policy
    assert [policy.needed(risk) for risk in LEVELS] == [1, 1, 2, 3]
    assert [seat.group for seat in policy.seats(Risk.HIGH)] == ["S0234567891"]
    assert [seat.group for seat in policy.seats(Risk.CRITICAL)] == ["S0234567891", "S0345678912"]
    assert {seat.count for seat in policy.all_seats} == {1}
    assert policy.silence(Risk.UNRATED) == Silence(remind_after=30 * MINUTE, deadline=8 * HOUR)
    assert policy.silence(Risk.HIGH).then is OnSilence.DENY
    assert policy.requesters == (("CORP\\svc-build", "U0123456789"),)
    assert policy.break_glass.announce_in == "C0345678912"
    assert f"at most {MOST_PEOPLE} people" in sections(PAGE)["How it is decided"]


def test_the_defaults_hold_as_the_page_says(path: Path) -> None:
    first, second = channels(path, "Defaults")
    assert (first.policy.needed(Risk.MEDIUM), second.policy.needed(Risk.MEDIUM)) == (1, 2)
    assert (first.policy.longest, second.policy.longest) == (Duration(DAY), ONE_TIME)
    assert first.policy.silence(Risk.HIGH) == Silence(remind_after=HOUR)
    assert second.policy.silence(Risk.HIGH) == Silence()


def test_a_number_of_a_channel_leaves_the_other_numbers_of_the_defaults(path: Path) -> None:
    defaults = read(path, "Defaults").defaults
    policy = ChannelPolicy(terms=Terms(Approvals(high=4)), defaults=defaults)
    assert [policy.needed(risk) for risk in LEVELS] == [1, 2, 4, 2]


def of_risk(path: Path, asked: ApprovalRequest) -> Risk:
    return rate(asked, read(path, "Risk rules").risk_rules).risk


def asked(requester: str = "PC-1\\Requester", **facts: str) -> ApprovalRequest:
    told = tuple(Fact(key, key, value) for key, value in facts.items())
    return ApprovalRequest(REQUEST.upstream, REQUEST.id, REQUEST.title, requester, facts=told)


def test_the_risk_rules_rate_as_the_page_says(path: Path) -> None:
    assert of_risk(path, asked(policy="Install tools", computer="PROD-01")) is Risk.HIGH
    assert of_risk(path, asked(policy="Install tools", computer="prod-123")) is Risk.MEDIUM
    assert of_risk(path, asked(policy="Install tools")) is Risk.MEDIUM
    assert of_risk(path, asked("corp\\svc-build", publisher="Example Corporation")) is Risk.CRITICAL
    assert of_risk(path, asked(publisher="Example Corporation")) is Risk.LOW


def test_the_facts_that_the_page_names_are_those_of_privilege_manager() -> None:
    (told,) = re.findall(
        r"The facts of Privilege Manager are (.*?)\.", sections(PAGE)["Risk rules"], re.DOTALL
    )
    assert re.findall(r"`(\w+)`", told) == [*(key for key, _, _ in FACTS), "expires"]
