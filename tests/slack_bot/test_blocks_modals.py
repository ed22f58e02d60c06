"""The forms behind a card: what they show, what they ask, and that Slack takes them."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from sandbox.block_kit import view_problems
from slack_bot.blocks import Asking, UpstreamName, View, approve_form, deny_form, told_duration
from slack_bot.rows import RequestRow
from tests.slack_bot.any_rows import NASTY, any_rows
from tests.slack_bot.examples import EITHER, PRIVMAN
from tests.slack_bot.shown import PENDING, asking, objects, words
from upstream_client.models import HOUR, ONE_TIME, Duration, Fact

TAKES_OTHERS = replace(PRIVMAN, other_durations=True)
METADATA = json.dumps({"key": "value"})


def approve(
    row: RequestRow = PENDING, upstream: UpstreamName = PRIVMAN, menu: str | None = None
) -> dict[str, Any]:
    return taken(approve_form(Asking(row, upstream, EITHER, menu, "Europe/Berlin", METADATA)))


def deny(row: RequestRow = PENDING, upstream: UpstreamName = PRIVMAN) -> dict[str, Any]:
    return taken(deny_form(row, upstream, METADATA))


def taken(view: View) -> View:
    assert view_problems(view) == []
    return view


def asked(view: View) -> list[str]:
    return words(view["blocks"][0]).splitlines()


def inputs(view: View) -> list[dict[str, Any]]:
    return [block for block in view["blocks"] if block["type"] == "input"]


@pytest.mark.parametrize("form", [approve, deny])
def test_a_form_shows_what_is_being_decided(form: Any) -> None:
    assert asked(form()) == [
        "Run setup.exe as administrator",
        "User: PC-1\\Requester",
        "File: C:\\Tools\\setup.exe",
        "Reason given: Needed for the release.",
        "Risk: ◇ medium",
        "From: Privilege Manager",
    ]


@pytest.mark.parametrize("form", [approve, deny])
def test_a_form_says_who_else_may_see_what_is_written(form: Any) -> None:
    hint = inputs(form())[-1]["hint"]["text"]
    assert hint == "Shown on the card. Privilege Manager and whoever asked may be told it too."


def test_of_many_or_long_facts_it_shows_the_beginning_and_counts_the_rest() -> None:
    facts = tuple(Fact(str(number), f"F{number}", "x" * 200) for number in range(13))
    shown = asked(deny(asking(facts=facts, requester="")))
    assert shown[1] == f"F0: {'x' * 150}… (50 more characters)"
    assert shown[11] == "And 3 more: see Details."


@pytest.mark.parametrize("upstream", [PRIVMAN, TAKES_OTHERS])
def test_a_denial_asks_for_a_reason_that_is_required(upstream: UpstreamName) -> None:
    (reason,) = inputs(deny(PENDING, upstream))
    assert (reason["block_id"], reason["optional"]) == ("reason", False)
    assert (reason["element"]["multiline"], reason["element"]["max_length"]) == (True, 1_000)


def test_an_approval_asks_for_a_comment_that_is_not() -> None:
    comment = inputs(approve())[-1]
    assert (comment["block_id"], comment["optional"]) == ("reason", True)
    assert (comment["element"]["multiline"], comment["element"]["max_length"]) == (True, 1_000)


@pytest.mark.parametrize(
    ("menu", "initial"),
    [("900", "15 minutes"), ("once", "one time"), ("other.abc.def", None), (None, None), ("17", None)],
)
def test_where_others_are_taken_a_duration_is_typed_beginning_with_the_menus(
    menu: str | None, initial: str | None
) -> None:
    duration = inputs(approve(PENDING, TAKES_OTHERS, menu))[0]
    assert duration["element"]["action_id"] == "typed_duration"
    assert duration["element"].get("initial_value") == initial
    assert "until 18:00 (by the clock of Europe/Berlin)" in duration["hint"]["text"]
    assert not duration.get("optional")


@pytest.mark.parametrize("seconds", [45, 90 * 86_400])
def test_an_offered_duration_that_nobody_could_type_is_left_to_be_typed(seconds: int) -> None:
    row = asking(durations=(ONE_TIME, Duration(seconds)))
    assert "initial_value" not in inputs(approve(row, TAKES_OTHERS, str(seconds)))[0]["element"]


def test_where_none_are_taken_besides_one_of_those_offered_is_chosen() -> None:
    duration = inputs(approve(PENDING, PRIVMAN, "3600"))[0]
    assert [one["value"] for one in duration["element"]["options"]][:2] == ["once", "900"]
    assert duration["element"]["initial_option"]["value"] == "3600"
    assert "initial_option" not in inputs(approve(PENDING, PRIVMAN, None))[0]["element"]


@pytest.mark.parametrize("number", [100, 101, 250, 5_000])
def test_a_hundred_and_one_durations_are_offered_in_groups_that_slack_takes(number: int) -> None:
    row = asking(durations=tuple(Duration(minutes * 60) for minutes in range(1, number + 1)))
    menu = inputs(approve(row, PRIVMAN, "60"))[0]["element"]
    groups = menu.get("option_groups", [menu])
    assert sum(len(group["options"]) for group in groups) == min(number, 1_000)
    assert menu["initial_option"] == groups[0]["options"][0]


@pytest.mark.parametrize("upstream", [PRIVMAN, TAKES_OTHERS])
@pytest.mark.parametrize("durations", [(), (ONE_TIME,), (Duration(HOUR),), (ONE_TIME, Duration(HOUR))])
def test_a_duration_is_told_only_where_no_other_can_be_chosen(
    upstream: UpstreamName, durations: tuple[Duration, ...]
) -> None:
    only = len(durations) == 1 and upstream is PRIVMAN
    assert told_duration(asking(durations=durations).asked, upstream, EITHER) == (
        durations[0] if only else None
    )


@pytest.mark.parametrize("durations", [(ONE_TIME,), (Duration(HOUR),)])
def test_the_only_duration_is_told_and_not_asked(durations: tuple[Duration, ...]) -> None:
    view = approve(asking(durations=durations))
    assert [one["block_id"] for one in inputs(view)] == ["reason"]
    assert words(view["blocks"][1]) == f"For: {durations[0].words}\n"


def test_a_form_carries_the_upstreams_own_verbs_cut_to_what_slack_takes() -> None:
    long = UpstreamName("GitLab", "Accept this merge request now", "Reject\nit")
    assert (approve(PENDING, long)["submit"]["text"], len(approve(PENDING, long)["submit"]["text"])) == (
        "Accept this merge reque…",
        24,
    )
    assert deny(PENDING, long)["title"]["text"] == deny(PENDING, long)["submit"]["text"] == "Reject it"
    assert approve()["private_metadata"] == METADATA


@pytest.mark.parametrize("text", [one for one in NASTY if one])
def test_an_outside_text_is_never_parsed_in_a_form(text: str) -> None:
    row = asking(title=text, requester=text, justification=text, facts=(Fact("key", text, text),))
    for view in (approve(row), approve(row, TAKES_OTHERS), deny(row)):
        kinds = {part["type"] for part in objects(view["blocks"]) if "type" in part}
        assert not kinds & {"mrkdwn", "link", "user", "broadcast", "emoji"}


@settings(max_examples=60)
@given(any_rows())
def test_slack_takes_the_forms_whatever_stands_in_the_request(row: RequestRow) -> None:
    for upstream in (PRIVMAN, TAKES_OTHERS):
        approve(row, upstream, "once")
        deny(row, upstream)
