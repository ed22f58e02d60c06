"""Which request takes which route."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slack_bot.routes import MARK_DIGITS, Route, Routes
from tests.slack_bot.examples import REQUEST
from upstream_client.models import Fact, Risk

HERE, THERE = ("C01APPROVALS",), ("C03SECOND",)
ASKED = replace(
    REQUEST,
    facts=(
        Fact("repository", "Service", "Acme/api"),
        Fact("environment", "Environment", "Production-EU"),
        Fact("label:team", "Label team", "payments"),
    ),
    risk=Risk.HIGH,
)
PROD = (("environment", "prod*"),)


@pytest.mark.parametrize(
    ("route", "fits"),
    [
        (Route(HERE), True),
        (Route(HERE, upstream="privilege_manager"), True),
        (Route(HERE, upstream="gate"), False),
        (Route(HERE, facts=PROD), True),
        (Route(HERE, facts=(("environment", "PROD*-??"),)), True),
        (Route(HERE, facts=(("environment", "prod"),)), False),
        (Route(HERE, facts=(("repository", "acme/*"), ("label:team", "payments"))), True),
        (Route(HERE, facts=(("repository", "acme/*"), ("label:team", "search"))), False),
        (Route(HERE, facts=(("label:Team", "payments"),)), False),
        (Route(HERE, facts=(("label:region", "*"),)), False),
        (Route(HERE, risks=(Risk.HIGH, Risk.CRITICAL)), True),
        (Route(HERE, risks=(Risk.LOW, Risk.MEDIUM)), False),
        (Route(HERE, requester="*@example.com"), True),
        (Route(HERE, requester="somebody"), False),
        (Route(HERE, "privilege_manager", PROD, "*", (Risk.HIGH,)), True),
        (Route(HERE, "privilege_manager", PROD, "*", (Risk.LOW,)), False),
    ],
)
def test_a_request_fits_where_all_that_is_said_does(route: Route, *, fits: bool) -> None:
    assert route.fits(ASKED) is fits
    assert Routes((route,)).taken(ASKED) == (route if fits else None)


def test_what_is_not_rated_counts_as_medium() -> None:
    unrated = replace(ASKED, risk=Risk.UNRATED)
    assert Route(HERE, risks=(Risk.MEDIUM,)).fits(unrated)
    assert not Route(HERE, risks=(Risk.LOW, Risk.HIGH, Risk.CRITICAL)).fits(unrated)


def test_the_first_that_fits_is_taken() -> None:
    other, first, second = Route(HERE, upstream="gate"), Route(THERE, facts=PROD), Route(HERE)
    assert Routes((other, first, second)).taken(ASKED) == first
    assert Routes((other, second, first)).taken(ASKED) == second
    assert Routes((other,)).taken(ASKED) is None


@pytest.mark.parametrize(
    ("earlier", "hides"),
    [
        (Route(THERE), True),
        (Route(THERE, facts=PROD), True),
        (Route(THERE, "gate", PROD, "agent", (Risk.HIGH, Risk.LOW)), True),
        (Route(THERE, "gate", PROD, "agent", (Risk.HIGH,)), True),
        (Route(THERE, "xerotier", PROD), False),
        (Route(THERE, facts=(*PROD, ("repository", "acme/*"))), False),
        (Route(THERE, facts=(("environment", "test"),)), False),
        (Route(THERE, requester="another"), False),
        (Route(THERE, risks=(Risk.LOW,)), False),
    ],
)
def test_a_route_hides_a_later_one_that_says_the_same_and_more(earlier: Route, *, hides: bool) -> None:
    assert earlier.hides(Route(HERE, "gate", PROD, "agent", (Risk.HIGH,))) is hides


def test_what_is_said_of_some_risks_hides_nothing_of_all() -> None:
    assert not Route(HERE, risks=(Risk.LOW, Risk.MEDIUM, Risk.HIGH, Risk.CRITICAL)).hides(Route(THERE))


_texts = st.text("ab*?", min_size=1, max_size=3)
_routes = st.builds(
    Route,
    channels=st.sampled_from([HERE, THERE]),
    upstream=st.sampled_from(["", "gate", "privilege_manager"]),
    facts=st.dictionaries(st.sampled_from(["environment", "repository"]), _texts).map(
        lambda facts: tuple(facts.items())
    ),
    requester=st.sampled_from(["", "a", "*"]),
    risks=st.lists(st.sampled_from([Risk.LOW, Risk.MEDIUM, Risk.HIGH]), unique=True).map(tuple),
)
_asked = st.builds(
    lambda upstream, environment, requester, risk: replace(
        ASKED,
        upstream=upstream,
        facts=(Fact("environment", "Environment", environment),),
        requester=requester,
        requester_email="",
        risk=risk,
    ),
    st.sampled_from(["gate", "privilege_manager"]),
    st.text("ab", max_size=3),
    st.sampled_from(["", "a", "b"]),
    st.sampled_from(Risk),
)


@given(_routes, _routes, _asked)
def test_nothing_that_fits_a_hidden_route_is_left_for_it(earlier: Route, later: Route, asked: object) -> None:
    assert isinstance(asked, type(ASKED))
    if earlier.hides(later) and later.fits(asked):
        assert earlier.fits(asked)


@given(st.lists(_routes, max_size=3), st.lists(_routes, max_size=3))
def test_the_mark_tells_routes_apart_and_there_is_none_without_routes(
    one: list[Route], other: list[Route]
) -> None:
    marks = Routes(tuple(one)).mark, Routes(tuple(other)).mark
    assert (marks[0] == marks[1]) is (one == other)
    assert [len(mark) for mark in marks] == [MARK_DIGITS if routes else 0 for routes in (one, other)]
