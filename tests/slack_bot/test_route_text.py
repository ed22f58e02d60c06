"""Routes as people write them in Slack."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slack_bot.command_parser import AddRoute, Help, Misunderstood, RemoveRoute, ShowRoutes, parse
from slack_bot.commands import HERE
from slack_bot.routes import Route
from tests.rig import OUR_BOT
from upstream_client.models import Risk

ONE = (HERE,)


def route(words: str) -> Route:
    command = parse(words, OUR_BOT)
    assert isinstance(command, AddRoute), command
    return command.route


def refused(words: str) -> str:
    command = parse(words, OUR_BOT)
    assert isinstance(command, Misunderstood), command
    return command.words


def test_all_that_a_route_can_say_is_read() -> None:
    words = (
        "route here upstream gate repository acme/api environment prod* requester *@example.com "
        "label:team payments fact:policy “Install *” risk high,critical"
    )
    facts = (
        ("repository", "acme/api"),
        ("environment", "prod*"),
        ("label:team", "payments"),
        ("policy", "Install *"),
    )
    assert route(words) == Route(ONE, "gate", facts, "*@example.com", (Risk.HIGH, Risk.CRITICAL))


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("route here risk high", Route(ONE, risks=(Risk.HIGH,))),
        ("Routes add HERE, Risk High or critical", Route(ONE, risks=(Risk.HIGH, Risk.CRITICAL))),
        (f"<@{OUR_BOT}> route here risk low", Route(ONE, risks=(Risk.LOW,))),
        (f"<@{OUR_BOT}|bot> *route* `here risk low, low`", Route(ONE, risks=(Risk.LOW,))),
        ("route <#C03SECOND|second> risk low", Route(("C03SECOND",), risks=(Risk.LOW,))),
        (
            "route here and <#C03SECOND>, <#C02GENERAL> risk low",
            Route((HERE, "C03SECOND", "C02GENERAL"), risks=(Risk.LOW,)),
        ),
        ("route here here risk low", Route(ONE, risks=(Risk.LOW,))),
        ("route here upstream GATE", Route(ONE, "gate")),
        ("route here environment *prod*", Route(ONE, facts=(("environment", "*prod*"),))),
        ("route here environment _x_, risk low", Route(ONE, "", (("environment", "_x_"),), "", (Risk.LOW,))),
        ('route here environment "prod-??"', Route(ONE, facts=(("environment", "prod-??"),))),
        ("route here environment prod-?? risk low", Route(ONE, "", (("environment", "prod-??"),), "", (Risk.LOW,))),
        ('route here environment "Prod EU"', Route(ONE, facts=(("environment", "Prod EU"),))),
        ('route here environment "risk"', Route(ONE, facts=(("environment", "risk"),))),
        ("route here label:Team A", Route(ONE, facts=(("label:Team", "A"),))),
        ("route here label:a 1 label:b 2", Route(ONE, facts=(("label:a", "1"), ("label:b", "2")))),
        ("route here environment a&lt;b&amp;c", Route(ONE, facts=(("environment", "a<b&c"),))),
        (
            "route here repository <http://gitlab.example.com/a/b|gitlab.example.com/a/b>*",
            Route(ONE, facts=(("repository", "gitlab.example.com/a/b*"),)),
        ),
        (
            "route here requester <mailto:agent@example.com|agent@example.com>",
            Route(ONE, requester="agent@example.com"),
        ),
    ],
)  # fmt: skip
def test_patterns_are_read_as_they_were_typed(words: str, meant: Route) -> None:
    assert route(words) == meant


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("route", ShowRoutes()),
        ("routes", ShowRoutes()),
        ("route list", ShowRoutes()),
        ("route LIST", ShowRoutes()),
        ("route help", Help("route")),
        ("help route", Help("route")),
        ("route remove 2", RemoveRoute(2)),
        ("route delete #2", RemoveRoute(2)),
        ("route remove 12.", RemoveRoute(12)),
    ],
)
def test_the_other_words_are_read(words: str, command: object) -> None:
    assert parse(words, OUR_BOT) == command


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("rout here risk high", "Did you mean `route`?"),
        ("route hre risk high", "Did you mean `route here`?"),
        ("route lsit", "Did you mean `route list`?"),
        ("route remov 2", "Did you mean `route remove`?"),
        ("route list now", "I expected nothing behind `route list`."),
        ("route remove", "Which route?"),
        ("route remove two", "Which route?"),
        ("route remove 1 2", "Which route?"),
        ("route remove 2?", "Was that a question?"),
        ("route here", "For which requests?"),
        ("route here risk", "`risk` needs a value"),
        ("route here environment", "“environment” needs a value"),
        ("route here environment <#C03SECOND>", "“environment” needs a value"),
        ("route here enviroment prod*", "Did you mean `environment`?"),
        ("route here environment Prod EU", "A text with spaces stands in quotes"),
        ("route here environment a environment b", "You wrote “environment” twice."),
        ("route here label:a 1 label:a 2", "You wrote “label:a” twice."),
        ("route here upstream gate upstream gate", "You wrote “upstream” twice."),
        ("route here risk low risk high", "You wrote “risk” twice."),
        ("route here requester a requester b", "You wrote “requester” twice."),
        ("route here upstream gat", "“gat” is no upstream. Did you mean `gate`?"),
        ("route here risk hihg", "“hihg” is no risk. Did you mean `high`?"),
        ("route here risk unrated", "“unrated” is no risk."),
        ("route here label payments", "`label` needs a name"),
        ("route here label: payments", "`label` needs a name"),
        ("route here label:team=payments risk low", "Please put a space between a name and its value"),
        ("route here risk high <#C03SECOND>", "Please name the channels first"),
        ("route here environment prod <#C03SECOND>", "Please name the channels first"),
        ("route #ops risk high", "I cannot tell which channel “#ops” is."),
        ("route <@U04ADMIN> risk high", "A route leads to channels"),
        ("route risk high", "Where to?"),
        ("route here environment prod?", "Was that a question?"),
        ("route here risk high ?", "Was that a question?"),
        ("route here ~environment prod~", "struck out"),
        ("~route here risk high~", "I do not know “~route”."),
        ("*route here environment prod*", "without bold or italic type"),
        ("_route here environment prod_", "without bold or italic type"),
        ('route here environment "prod', "A quotation mark is missing"),
        (f"route here environment {'x' * 301}", "is too long"),
        ("route " + " ".join(f"<#C{number:03}>" for number in range(21)) + " risk low", "20 channels at most"),
    ],
)  # fmt: skip
def test_what_cannot_be_understood_changes_nothing_and_says_what_to_write(words: str, answer: str) -> None:
    assert answer in refused(words)


@given(st.text(max_size=60), st.sampled_from(["", "here ", "here risk ", "here environment ", "remove "]))
def test_whatever_is_written_it_is_a_command_or_words(text: str, begin: str) -> None:
    command = parse(f"route {begin}{text}", OUR_BOT)
    assert isinstance(command, AddRoute | RemoveRoute | ShowRoutes | Help | Misunderstood)
    if isinstance(command, AddRoute):
        assert command.route.channels
        assert not command.route.fits_all
