import hashlib
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upstream_client.models import DAY, HOUR, MINUTE, ApprovalRequest, Duration, Fact, Risk

SEEDED = settings(deadline=None, derandomize=True)
TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
FACTS = st.lists(st.builds(Fact, TEXT, TEXT, TEXT, st.booleans()), max_size=4).map(tuple)
REQUESTS = st.builds(
    ApprovalRequest, upstream=TEXT, id=TEXT, title=TEXT, requester=TEXT, justification=TEXT, facts=FACTS
)
SETUP = ApprovalRequest(
    upstream="privilege_manager",
    id="85d71683-7dac-4762-8120-76a9a564fdc1",
    title="Run setup.exe as administrator",
    requester="PC-1\\Requester",
    justification="Needed <!channel> & „Größe“\u2028\x07",
    facts=(
        Fact("file", "File", "C:\\Tools\\setup.exe"),
        Fact("reputation", "Reputation", "Good", bound=False),
    ),
)


def bound(request: ApprovalRequest) -> list[object]:
    """What a decision is bound to, by the design."""
    facts = [[fact.key, fact.value] for fact in request.facts if fact.bound]
    return [request.upstream, request.id, request.requester, request.justification, facts]


# The artefact


def test_the_artefact_is_what_bound_facts_name_that_cannot_change_under_its_name() -> None:
    facts = (
        Fact("sha1", "SHA-1", "da39a3ee"),
        Fact("file", "File", "setup.exe"),
        Fact("commit", "Commit", ""),
        Fact("sha256", "SHA-256", "e3b0c442", bound=False),
        Fact("image_digest", "Image", "sha256:e3b0c442"),
        Fact("sha1", "SHA-1 of the parent", "a94a8fe5"),
    )
    known = ("sha1:da39a3ee", "image_digest:sha256:e3b0c442", "sha1:a94a8fe5")
    assert replace(SETUP, facts=facts).artefact == known
    assert SETUP.artefact == ()


@SEEDED
@given(REQUESTS)
def test_requests_with_the_same_digest_have_the_same_artefact(request: ApprovalRequest) -> None:
    """So that a digest on record tells which artefact was meant."""
    named = tuple(replace(fact, key="commit") for fact in request.facts)
    unbound = (Fact("commit", "Commit", "aa", bound=False),)
    one, other = replace(request, facts=named), replace(request, facts=named + unbound)
    assert (one.digest, one.artefact) == (other.digest, other.artefact)


# The digest


def test_the_digest_is_the_sha256_of_the_canonical_json_and_names_its_version() -> None:
    # RFC 8785 of strings and arrays alone: no spaces, only what must be escaped is, in lower-case hex.
    canonical = (
        '["privilege_manager","85d71683-7dac-4762-8120-76a9a564fdc1","PC-1\\\\Requester",'
        '"Needed <!channel> & „Größe“\u2028\\u0007",[["file","C:\\\\Tools\\\\setup.exe"]]]'
    )
    assert SETUP.digest == "v1" + hashlib.sha256(canonical.encode()).hexdigest()


def test_the_digest_of_a_known_request_never_changes() -> None:
    """Cards posted before an upgrade carry it: a change would void every vote on them."""
    assert SETUP.digest == "v19f565491d4aa52d3c9e2867df9abb44648e3977b6dbf4738c1c186f81840acbf"


@SEEDED
@given(REQUESTS)
def test_for_any_text_the_digest_is_that_of_the_json_without_spaces(request: ApprovalRequest) -> None:
    canonical = json.dumps(bound(request), ensure_ascii=False, separators=(",", ":"))
    assert request.digest == "v1" + hashlib.sha256(canonical.encode()).hexdigest()


@SEEDED
@given(REQUESTS, REQUESTS)
def test_two_requests_have_the_same_digest_only_where_everything_bound_is_the_same(
    one: ApprovalRequest, another: ApprovalRequest
) -> None:
    assert (one.digest == another.digest) == (bound(one) == bound(another))


@pytest.mark.parametrize(
    "changed",
    [
        replace(SETUP, upstream="gate"),
        replace(SETUP, id="another"),
        replace(SETUP, requester="PC-1\\Outsider"),
        replace(SETUP, requester=""),
        replace(SETUP, justification="Needed"),
        replace(SETUP, facts=()),
        replace(SETUP, facts=(Fact("file", "File", "C:\\Tools\\setup.exe "), SETUP.facts[1])),
        replace(SETUP, facts=(Fact("process", "File", "C:\\Tools\\setup.exe"), SETUP.facts[1])),
        replace(SETUP, facts=(*SETUP.facts, Fact("sha1", "SHA-1", "ab"))),
        replace(SETUP, facts=tuple(replace(fact, bound=True) for fact in SETUP.facts)),
        replace(SETUP, facts=tuple(replace(fact, bound=False) for fact in SETUP.facts)),
    ],
)
def test_a_change_of_what_is_bound_changes_the_digest(changed: ApprovalRequest) -> None:
    assert changed.digest != SETUP.digest


def test_the_order_of_bound_facts_is_part_of_what_was_shown() -> None:
    one, two = Fact("a", "A", "1"), Fact("b", "B", "2")
    assert replace(SETUP, facts=(one, two)).digest != replace(SETUP, facts=(two, one)).digest


@pytest.mark.parametrize(
    "changed",
    [
        replace(SETUP, title="Another"),
        replace(SETUP, requester_email="requester@example.com"),
        replace(SETUP, risk=Risk.CRITICAL),
        replace(SETUP, risk_claimed=True),
        replace(SETUP, channel="#ops", channel_undecided=True),
        replace(SETUP, link="https://example.com"),
        replace(SETUP, requested_at=1),
        replace(SETUP, requested="today"),
        replace(SETUP, expires_at=2),
        replace(SETUP, durations=(Duration(60),)),
        replace(SETUP, facts=(replace(SETUP.facts[0], label="Program"), SETUP.facts[1])),
        replace(SETUP, facts=(SETUP.facts[0], replace(SETUP.facts[1], value="Bad"))),
        replace(SETUP, facts=SETUP.facts[:1]),
        replace(SETUP, facts=SETUP.facts[::-1]),
    ],
)
def test_what_may_change_while_people_think_does_not_change_the_digest(changed: ApprovalRequest) -> None:
    assert changed.digest == SETUP.digest


def test_a_fact_does_not_run_into_its_neighbour() -> None:
    split = (Fact("a", "A", "1"), Fact("b", "B", "2"))
    joined = (Fact("a", "A", '1"],["b","2'),)
    assert replace(SETUP, facts=split).digest != replace(SETUP, facts=joined).digest


# Durations in words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "one time"),
        (1, "1 second"),
        (45, "45 seconds"),
        (MINUTE, "1 minute"),
        (90, "90 seconds"),
        (15 * MINUTE, "15 minutes"),
        (30 * MINUTE, "30 minutes"),
        (HOUR, "1 hour"),
        (90 * MINUTE, "90 minutes"),
        (119 * MINUTE, "119 minutes"),
        (121 * MINUTE, "2 hours 1 minute"),
        (4 * HOUR, "4 hours"),
        (889 * MINUTE, "14 hours 49 minutes"),
        (DAY, "1 day"),
        (36 * HOUR, "36 hours"),
        (7 * DAY, "7 days"),
    ],
)
def test_a_duration_reads_in_its_largest_units_as_people_say_it(seconds: int | None, words: str) -> None:
    assert Duration(seconds).words == words


@SEEDED
@given(st.integers(1, 10**9))
def test_a_durations_words_say_exactly_that_long(seconds: int) -> None:
    told = Duration(seconds).words.split()
    parts = [(int(number), unit) for number, unit in zip(told[::2], told[1::2], strict=True)]
    sizes = {"second": 1, "minute": MINUTE, "hour": HOUR, "day": DAY}
    assert sum(number * sizes[unit.removesuffix("s")] for number, unit in parts) == seconds
    assert all(unit.endswith("s") == (number != 1) for number, unit in parts)
