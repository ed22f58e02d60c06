"""Admins say in Slack which requests go to which channels; everybody concerned is told."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot.conversation.route_words import EXISTING_STAY, NO_DEFAULT, NONE
from slack_bot.routes import Route
from tests.rig import ADMIN, APPROVALS, APPROVER, APPROVERS, OUTSIDER, SECOND_CHANNEL, Killed, Rig
from tests.slack_bot.conversing import (
    announced,
    block_state,
    command,
    hear,
    mention,
    recorded,
    rules,
    unblock_state,
    write,
)
from upstream_client.models import Risk

BOTH = dict.fromkeys((APPROVALS, SECOND_CHANNEL), APPROVERS)
WORDS = "route here environment prod* risk high,critical"
MEANT = Route((APPROVALS,), facts=(("environment", "prod*"),), risks=(Risk.HIGH, Risk.CRITICAL))
TOLD = "environment `prod*`, risk high or critical"
DEFAULT = f"What fits no route goes to the default channel <#{SECOND_CHANNEL}>."


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with Rig(sandbox, tmp_path, BOTH, default=SECOND_CHANNEL) as running:
        yield running


def kept(rig: Rig) -> list[tuple[int, Route]]:
    return [(one.number, one.route) for one in rig.routes.numbered]


def test_an_admin_sets_a_route_and_both_channels_are_told_of_the_first_one(rig: Rig) -> None:
    assert mention(rig, ADMIN, WORDS) == (
        f"Route 1 is set: requests with {TOLD} go to <#{APPROVALS}> alone. {DEFAULT} {EXISTING_STAY}"
    )
    assert kept(rig) == [(1, MEANT)]
    line = f"From now on I post requests with {TOLD} in <#{APPROVALS}> alone. <@{ADMIN}> has set this."
    assert [announced(rig, channel)[-1] for channel in BOTH] == [line, line]
    mention(rig, ADMIN, f"route <#{APPROVALS}|approvals> upstream gate")
    assert (len(announced(rig)), len(announced(rig, SECOND_CHANNEL))) == (2, 1)


def test_each_change_is_on_record_with_what_was_before_and_after(rig: Rig) -> None:
    mention(rig, ADMIN, WORDS)
    mention(rig, ADMIN, "route remove 1")
    first, second = recorded(rig, "routes_changed")
    assert (first.actor, first.detail["what"], first.detail["before"]) == (ADMIN, "routes", [])
    assert first.detail["after"] == [
        {
            "number": 1,
            "facts": {"environment": "prod*"},
            "risk": ["high", "critical"],
            "channels": [APPROVALS],
            "set_by": ADMIN,
        }
    ]
    assert (second.detail["before"], second.detail["after"]) == (first.detail["after"], [])


def test_nobody_but_an_admin_changes_routes_and_who_decides_may_ask(rig: Rig) -> None:
    assert mention(rig, APPROVER, WORDS).startswith("This is for admins:")
    assert mention(rig, APPROVER, "route remove 1").startswith("This is for admins:")
    assert rules(rig) == ["admins only", "admins only"]
    assert kept(rig) == []
    assert mention(rig, APPROVER, "route list") == NONE
    assert mention(rig, OUTSIDER, "route list").startswith("I tell this to those who may decide")


def test_the_list_tells_every_route_in_its_order_and_what_is_wrong_with_it(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    declared = Route(("C02GENERAL",), upstream="gate", requester="a`b <!here>")
    half = Route((APPROVALS, "C02GENERAL"), facts=(("label:team", "payments"),))
    with Rig(sandbox, tmp_path, BOTH, routes=(declared, half)) as rig:
        mention(rig, ADMIN, WORDS)
        assert write(rig, ADMIN, "route").splitlines() == [
            "The first route that fits a request holds:",
            "• channels.json: upstream `gate`, requester `a'b &lt;!here&gt;` → <#C02GENERAL> "
            "(⚠️ not registered: I post these nowhere)",
            f"• channels.json: label:team `payments` → <#{APPROVALS}> and <#C02GENERAL> "
            "(<#C02GENERAL> not registered)",
            f"• 1: {TOLD} → <#{APPROVALS}> (set by <@{ADMIN}>)",
            NO_DEFAULT,
        ]
        assert "3 routes send requests to channels" in write(rig, ADMIN, "status")


def test_a_default_channel_that_is_not_registered_is_told_of(sandbox: Sandbox, tmp_path: Path) -> None:
    with Rig(sandbox, tmp_path, BOTH, default="C02GENERAL") as rig:
        told = mention(rig, ADMIN, WORDS)
        assert "the default channel <#C02GENERAL>, which is not registered: I post that nowhere" in told


def test_a_removed_route_is_no_more_and_numbers_stay_what_they_are(rig: Rig) -> None:
    for environment in ("one", "two", "three"):
        mention(rig, ADMIN, f"route here environment {environment}")
    assert mention(rig, ADMIN, "route remove 2") == (
        f"Route 2 is removed: requests with environment `two`. {DEFAULT} {EXISTING_STAY}"
    )
    assert [number for number, _ in kept(rig)] == [1, 3]
    assert announced(rig)[-1] == (
        f"From now on there is no route any more for requests with environment `two`. <@{ADMIN}> has set this."
    )
    assert mention(rig, ADMIN, "route remove 2").startswith("There is no route 2 that was set in Slack.")
    mention(rig, ADMIN, "route remove 1")
    assert NONE in mention(rig, ADMIN, "route remove 3")
    assert "no route any more" in announced(rig, SECOND_CHANNEL)[-1]


def test_a_declared_route_is_not_to_be_removed_in_slack(sandbox: Sandbox, tmp_path: Path) -> None:
    with Rig(sandbox, tmp_path, BOTH, routes=(MEANT,), default=SECOND_CHANNEL) as rig:
        assert mention(rig, ADMIN, "route remove 1").startswith("There is no route 1 that was set in Slack.")
        assert rig.routes.routes.rules == (MEANT,)


@pytest.mark.parametrize(
    ("declared", "words", "first"),
    [
        ((MEANT,), WORDS, "of channels.json"),
        ((Route((SECOND_CHANNEL,)),), "route here upstream gate", "of channels.json"),
        ((), f"{WORDS} upstream gate", "1"),
        ((), WORDS, "1"),
    ],
)
def test_a_route_that_would_never_be_taken_is_not_set(
    sandbox: Sandbox, tmp_path: Path, declared: tuple[Route, ...], words: str, first: str
) -> None:
    with Rig(sandbox, tmp_path, BOTH, routes=declared, default=SECOND_CHANNEL) as rig:
        if not declared:
            mention(rig, ADMIN, WORDS)
        before = kept(rig)
        assert mention(rig, ADMIN, words).startswith(f"The route {first} comes first and fits all of these")
        assert kept(rig) == before


def test_a_route_leads_to_registered_channels_only_and_here_is_a_channel(rig: Rig) -> None:
    assert mention(rig, ADMIN, "route here <#C09NOWHERE> risk low") == (
        "<#C09NOWHERE> is not registered, so no route can lead there."
    )
    assert write(rig, ADMIN, "route here risk low").startswith("Which channel do you mean?")
    assert kept(rig) == []
    told = write(rig, ADMIN, f"route <#{SECOND_CHANNEL}> risk low upstream gate")
    assert "I am not connected to `gate`, so nothing takes this route for now." in told
    assert kept(rig) == [(1, Route((SECOND_CHANNEL,), "gate", risks=(Risk.LOW,)))]


def test_the_slash_command_and_the_help_tell_of_it(rig: Rig) -> None:
    told = command(rig, APPROVER, "help route")
    assert all(f"`{words}`" in told for words in ("route list", WORDS, "route remove 2"))
    assert command(rig, APPROVER, "route lst") == mention(rig, APPROVER, "route lst")


def test_whoever_removes_a_channel_hears_that_routes_still_lead_there(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with Rig(sandbox, tmp_path, {APPROVALS: APPROVERS}, default=APPROVALS) as rig:
        mention(rig, ADMIN, "", SECOND_CHANNEL)
        mention(rig, ADMIN, "route here risk low", SECOND_CHANNEL)
        assert "Requests are still routed there" in mention(rig, ADMIN, "remove", SECOND_CHANNEL)


def test_while_the_routes_cannot_be_read_nothing_is_changed(rig: Rig, tmp_path: Path) -> None:
    mention(rig, ADMIN, WORDS)
    block_state(tmp_path, "routes")
    rig.step("refresher")
    for words in ("route here risk low", "route remove 1"):
        assert "So I changed nothing" in mention(rig, ADMIN, words)
    assert rules(rig) == ["state cannot be read"] * 2
    told = mention(rig, ADMIN, "route list")
    assert f"• 1: {TOLD}" in told
    assert "I cannot read the routes that are stored" in told
    unblock_state(tmp_path, "routes")


@pytest.mark.parametrize("words", [WORDS, "route remove 1"])
@pytest.mark.parametrize("transaction", [1, 2, 3])
def test_killed_at_any_point_it_is_done_once_and_told_once(rig: Rig, words: str, transaction: int) -> None:
    if words != WORDS:
        mention(rig, ADMIN, WORDS)
    before, heard = len(recorded(rig, "routes_changed")), len(announced(rig))
    hear(rig, ADMIN, words)
    with pytest.raises(Killed), rig.killed_at(transaction):
        rig.run("clerk")
    rig.restart()
    rig.clock.advance(61)
    rig.run("clerk")
    assert kept(rig) == ([(1, MEANT)] if words == WORDS else [])
    assert len(recorded(rig, "routes_changed")) == before + 1
    assert len(announced(rig)) == heard + 1
