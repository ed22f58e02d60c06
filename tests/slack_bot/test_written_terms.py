"""The terms of a channel as people write them: what each key means, and that nothing is lost on the way."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

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
from slack_bot.written_terms import WrittenTerms
from upstream_client.models import DAY, HOUR, MINUTE, ONE_TIME, Duration, Risk

GROUP, OTHER_GROUP, PERSON = "S01SRE", "S02SECURITY", "U02APPROVER"


def read(written: object) -> Terms:
    return WrittenTerms.model_validate_json(json.dumps(written)).terms()


def said(terms: Terms) -> object:
    """What is written of terms, as it comes back from JSON."""
    return json.loads(json.dumps(WrittenTerms.of(terms).said()))


def problems(written: object) -> list[tuple[str, str]]:
    """The places and the words in which it is refused."""
    with pytest.raises(ValidationError) as refused:
        read(written)
    return [
        (".".join(map(str, one["loc"])), one["msg"].removeprefix("Value error, "))
        for one in refused.value.errors()
    ]


EVERYTHING = {
    "approvals": {"low": 1, "medium": 1, "high": 2, "critical": 3},
    "seats": [{"group": GROUP, "count": 1, "from_risk": "high"}],
    "own_requests": "refuse",
    "unknown_requester_refused_from": "medium",
    "requesters": {"CORP\\jane": "U0123456789"},
    "user_names": [{"upstream": "privilege_manager", "pattern": "CORP\\*", "email": "*@example.com"}],
    "silence": {
        "any": {"remind_after": "30m", "deadline": "4h", "then": "deny"},
        "high": {
            "backup": {"after": "1h", "users": [PERSON], "groups": [OTHER_GROUP]},
            "deadline": "1d12h",
            "then": "leave",
        },
    },
    "longest": "4h",
    "break_glass": {"announce_in": "C09LOUD"},
}
MEANT = Terms(
    approvals=Approvals(1, 1, 2, 3),
    seats=(Seat(GROUP, 1, Risk.HIGH),),
    own_requests=False,
    unknown_requester_refused_from=RefusedFrom.MEDIUM,
    requesters=(("CORP\\jane", "U0123456789"),),
    user_names=(UserName("CORP\\*", "*@example.com", "privilege_manager"),),
    silence=Silences(
        any=Silence(remind_after=30 * MINUTE, deadline=4 * HOUR, then=OnSilence.DENY),
        high=Silence(
            backup_after=HOUR,
            backup_users=(PERSON,),
            backup_groups=(OTHER_GROUP,),
            deadline=36 * HOUR,
            then=OnSilence.LEAVE,
        ),
    ),
    longest=Duration(4 * HOUR),
    break_glass=BreakGlass(allowed=True, announce_in="C09LOUD"),
)


def test_every_key_means_what_it_says_and_is_written_as_it_was() -> None:
    assert read(EVERYTHING) == MEANT
    assert said(MEANT) == EVERYTHING
    assert list(EVERYTHING) == list(WrittenTerms.model_fields)


def test_what_is_not_said_is_left_out() -> None:
    assert read({}) == Terms()
    assert said(Terms()) == {}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ({"approvals": {}}, Terms()),
        ({"approvals": {"critical": 20}}, Terms(approvals=Approvals(critical=20))),
        ({"seats": []}, Terms(seats=())),
        ({"seats": [{"group": GROUP}]}, Terms(seats=(Seat(GROUP, 1, Risk.LOW),))),
        ({"own_requests": "allow"}, Terms(own_requests=True)),
        (
            {"unknown_requester_refused_from": "never"},
            Terms(unknown_requester_refused_from=RefusedFrom.NEVER),
        ),
        ({"requesters": {}, "user_names": [], "silence": {}}, Terms()),
        ({"silence": {"low": {}}}, Terms(silence=Silences(low=Silence()))),
        ({"silence": {"any": {"deadline": "1h"}}}, Terms(silence=Silences(any=Silence(deadline=HOUR)))),
        (
            {"silence": {"critical": {"backup": {"after": "2 hours", "groups": [GROUP]}}}},
            Terms(silence=Silences(critical=Silence(backup_after=2 * HOUR, backup_groups=(GROUP,)))),
        ),
        ({"longest": "one time"}, Terms(longest=ONE_TIME)),
        ({"longest": "90 minutes"}, Terms(longest=Duration(90 * MINUTE))),
        ({"break_glass": False}, Terms(break_glass=BreakGlass(allowed=False))),
    ],
)
def test_each_may_be_said_alone(written: object, meant: Terms) -> None:
    assert read(written) == meant
    assert read(said(meant)) == meant


@pytest.mark.parametrize("length", ["1m", "1h30m", "2d", "1 day and 2 hours", "a week", "30d", "for 2 hours"])
def test_times_are_written_as_people_write_them(length: str) -> None:
    (silence,) = {read({"silence": {"any": {"deadline": length}}}).silence.any}
    assert silence is not None
    assert silence.deadline is not None
    assert read(said(Terms(silence=Silences(any=silence)))).silence.any == silence


A_LENGTH = "write a length of time, such as 30m, 1h30m or 2d: 1 minute at least, 30 days at most"
NULL = "null says nothing: write what is meant, or leave the key out"


@pytest.mark.parametrize("length", ["one time", "once", "0m", "30s", "31d", "30", "soon", "", "until 18:00"])
def test_what_is_no_time_to_wait_is_refused(length: str) -> None:
    assert problems({"silence": {"any": {"remind_after": length}}}) == [
        ("silence.any.remind_after", A_LENGTH)
    ]


@pytest.mark.parametrize(
    ("silence", "place", "words"),
    [
        ({"then": "deny"}, "", "then is for a deadline: write one, such as"),
        ({"remind_after": "4h", "deadline": "4h"}, "", "remind_after is not before the deadline"),
        (
            {"backup": {"after": "5h", "users": [PERSON]}, "deadline": "4h"},
            "",
            "backup.after is not before the deadline",
        ),
        ({"backup": {"after": "1h"}}, ".backup", "names nobody to call"),
        ({"backup": {"after": "1h", "users": [], "groups": []}}, ".backup", "names nobody to call"),
        ({"backup": {"users": [PERSON]}}, ".backup.after", "Field required"),
        ({"backup": {"after": "1h", "users": [GROUP]}}, ".backup.users.0", "String should match pattern"),
        ({"deadline": "4h", "then": "escalate"}, ".then", "Input should be 'deny', 'approve' or 'leave'"),
        ({"deadline": 14_400}, ".deadline", "Input should be a valid string"),
        ({"deadline": None}, ".deadline", NULL),
        ({"reminder": "1h"}, ".reminder", "Extra inputs are not permitted"),
    ],
)
def test_a_silence_that_cannot_be_kept_is_refused(silence: object, place: str, words: str) -> None:
    ((where, told),) = problems({"silence": {"high": silence}})
    assert where == f"silence.high{place}"
    assert told.startswith(words)


@pytest.mark.parametrize(
    ("written", "place", "words"),
    [
        ({"approvals": {"high": 0}}, "approvals.high", "Input should be greater than or equal to 1"),
        ({"approvals": {"high": 21}}, "approvals.high", "Input should be less than or equal to 20"),
        ({"approvals": {"high": True}}, "approvals.high", "Input should be a valid integer"),
        ({"approvals": {"high": "2"}}, "approvals.high", "Input should be a valid integer"),
        ({"approvals": {"high": None}}, "approvals.high", NULL),
        ({"approvals": {"unrated": 1}}, "approvals.unrated", "Extra inputs are not permitted"),
        ({"approvals": 2}, "approvals", "Input should be an object"),
        ({"seats": None}, "seats", NULL),
        ({"seats": [{"group": "sre"}]}, "seats.0.group", "String should match pattern"),
        ({"seats": [{"group": GROUP, "count": 0}]}, "seats.0.count", "Input should be greater than"),
        ({"seats": [{"group": GROUP, "from_risk": "unrated"}]}, "seats.0.from_risk", "Input should be 'low'"),
        (
            {"seats": [{"group": GROUP, "count": 20}, {"group": OTHER_GROUP}]},
            "seats",
            "asks for more than 20 people together",
        ),
        ({"own_requests": True}, "own_requests", "Input should be 'refuse' or 'allow'"),
        ({"unknown_requester_refused_from": "high "}, "unknown_requester_refused_from", "Input should be"),
        ({"requesters": {"CORP\\jane": "jane"}}, "requesters.CORP\\jane", "String should match pattern"),
        ({"requesters": {"": PERSON}}, "requesters..[key]", "write the user name as the upstream tells it"),
        ({"requesters": {" x": PERSON}}, "requesters. x.[key]", "write the user name as the upstream"),
        (
            {"requesters": {"CORP\\jane": PERSON, "corp\\JANE": "U03SECOND"}},
            "requesters",
            "the same user name is written more than once: CORP\\jane, corp\\JANE",
        ),
        ({"longest": "forever"}, "longest", "write “one time”, or a length of time, such as 30m"),
        ({"longest": "0h"}, "longest", "write “one time”"),
        ({"break_glass": True}, "break_glass.announced", "Input should be an object"),
        ({"break_glass": 0}, "break_glass.announced", "Input should be an object"),
        ({"break_glass": None}, "break_glass", NULL),
        ({"break_glass": {}}, "break_glass.announced.announce_in", "Field required"),
        (
            {"break_glass": {"announce_in": "#loud"}},
            "break_glass.announced.announce_in",
            "String should match",
        ),
        ({"approver": 1}, "approver", "Extra inputs are not permitted"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_place(written: object, place: str, words: str) -> None:
    ((where, told),) = problems(written)
    assert where == place
    assert told.startswith(words)


@pytest.mark.parametrize(
    ("name", "key", "words"),
    [
        ({"pattern": "CORP\\jane", "email": "*@example.com"}, "pattern", "write exactly one *"),
        ({"pattern": "*\\*", "email": "*@example.com"}, "pattern", "write exactly one *"),
        ({"pattern": " CORP\\*", "email": "*@example.com"}, "pattern", "write exactly one *"),
        ({"pattern": "*", "email": "jane@example.com"}, "email", "write an address with exactly one *"),
        ({"pattern": "*", "email": "*.*@example.com"}, "email", "write an address with exactly one *"),
        ({"pattern": "*", "email": "*"}, "email", "write an address"),
        ({"pattern": "*", "email": "*@example"}, "email", "write an address"),
        ({"pattern": "*", "email": "*@example.com\n"}, "email", "write an address"),
        ({"pattern": "*", "email": "*@example.com, x@example.com"}, "email", "write an address"),
        ({"pattern": "*", "email": "*@example.com", "upstream": ""}, "upstream", "is no upstream"),
        (
            {"pattern": "*", "email": "*@example.com", "upstream": "privman"},
            "upstream",
            "is no upstream: write privilege_manager",
        ),
    ],
)
def test_a_rule_for_user_names_that_makes_no_address_is_refused(name: object, key: str, words: str) -> None:
    ((where, told),) = problems({"user_names": [name]})
    assert where == f"user_names.0.{key}"
    assert told.startswith(words)


@pytest.mark.parametrize(
    "terms",
    [
        Terms(approvals=Approvals(high=0)),
        Terms(seats=(Seat(GROUP, 1, Risk.UNRATED),)),
        Terms(seats=(Seat("sre"),)),
        Terms(longest=Duration(90)),
        Terms(silence=Silences(any=Silence(deadline=0))),
        Terms(silence=Silences(any=Silence(deadline=61))),
        Terms(silence=Silences(any=Silence(then=OnSilence.APPROVE))),
        Terms(silence=Silences(any=Silence(backup_users=(PERSON,)))),
        Terms(silence=Silences(any=Silence(backup_after=HOUR))),
        Terms(user_names=(UserName("CORP", "*@example.com"),)),
        Terms(requesters=(("CORP\\jane", PERSON), ("corp\\jane", PERSON))),
        Terms(break_glass=BreakGlass(allowed=True)),
    ],
)
def test_terms_that_could_not_be_read_again_are_not_written(terms: Terms) -> None:
    with pytest.raises(ValidationError):
        WrittenTerms.of(terms)


def test_of_a_user_name_that_is_there_twice_the_one_that_holds_is_written() -> None:
    terms = Terms(requesters=(("b", PERSON), ("a", PERSON), ("b", "U03SECOND")))
    assert said(terms) == {"requesters": {"b": PERSON, "a": PERSON}}


COUNTS = st.none() | st.integers(1, 20)
LENGTHS = st.integers(1, 30 * DAY // MINUTE).map(lambda minutes: minutes * MINUTE)
LEVELS = st.sampled_from([Risk.LOW, Risk.MEDIUM, Risk.HIGH, Risk.CRITICAL])
IDS = st.text("ABCXYZ0189", min_size=2, max_size=19)
USERS = st.lists(IDS.map("U".__add__), max_size=3).map(tuple)
GROUPS = st.lists(IDS.map("S".__add__), max_size=3).map(tuple)
SEATS = st.lists(st.builds(Seat, IDS.map("S".__add__), st.integers(1, 5), LEVELS), max_size=4).map(tuple)
NAMES = st.text(min_size=1, max_size=20).filter(lambda name: name == name.strip())


def _in_order(times: list[int], who: tuple[tuple[str, ...], tuple[str, ...]], **more: Any) -> Silence:
    """A silence that keeps to its deadline, and calls a backup where there is somebody to call."""
    remind, backup, deadline = (*sorted(set(times)), None, None, None)[:3]
    users, groups = who
    if not (users or groups):
        backup = None
    return Silence(
        remind,
        backup,
        () if backup is None else users,
        () if backup is None else groups,
        deadline,
        more["then"] if deadline else None,
    )


SILENCES = st.builds(
    _in_order,
    st.lists(LENGTHS, max_size=3),
    st.tuples(USERS, GROUPS),
    then=st.none() | st.sampled_from(OnSilence),
)
TERMS = st.builds(
    Terms,
    approvals=st.builds(Approvals, COUNTS, COUNTS, COUNTS, COUNTS),
    seats=st.none() | SEATS,
    own_requests=st.none() | st.booleans(),
    unknown_requester_refused_from=st.none() | st.sampled_from(RefusedFrom),
    requesters=st.lists(
        st.tuples(NAMES, IDS.map("U".__add__)), max_size=4, unique_by=lambda one: one[0].casefold()
    ).map(tuple),
    user_names=st.lists(
        st.builds(
            UserName,
            st.sampled_from(["*", "CORP\\*", "*-admin", "a[*]b"]),
            st.sampled_from(["*@example.com", "a.*@mail.example.com"]),
            st.sampled_from(["", "privilege_manager"]),
        ),
        max_size=3,
    ).map(tuple),
    silence=st.builds(Silences, *[st.none() | SILENCES] * 5),
    longest=st.none() | st.just(ONE_TIME) | LENGTHS.map(Duration),
    break_glass=st.none()
    | st.just(BreakGlass(allowed=False))
    | IDS.map(lambda id: BreakGlass(allowed=True, announce_in=f"C{id}")),
)


@given(TERMS)
@settings(max_examples=200)
def test_any_terms_come_back_as_they_were(terms: Terms) -> None:
    """Given terms, when they are written as JSON and read again, then nothing is lost, and nothing is added."""
    written = said(terms)
    assert read(written) == terms
    assert said(read(written)) == written


@given(TERMS)
def test_what_is_unsaid_is_no_key(terms: Terms) -> None:
    unsaid: dict[str, Callable[[Terms], bool]] = {
        "approvals": lambda of: of.approvals == Approvals(),
        "seats": lambda of: of.seats is None,
        "own_requests": lambda of: of.own_requests is None,
        "unknown_requester_refused_from": lambda of: of.unknown_requester_refused_from is None,
        "requesters": lambda of: not of.requesters,
        "user_names": lambda of: not of.user_names,
        "silence": lambda of: of.silence == Silences(),
        "longest": lambda of: of.longest is None,
        "break_glass": lambda of: of.break_glass is None,
    }
    assert set(WrittenTerms.of(terms).said()) == {
        key for key, is_unsaid in unsaid.items() if not is_unsaid(terms)
    }
