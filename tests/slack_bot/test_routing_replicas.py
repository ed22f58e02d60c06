"""Several replicas over one ledger: a route that one of them was told holds for all."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot import approvals
from tests.clock import Clock
from tests.rig import ADMIN, APPROVALS, APPROVERS, SECOND_CHANNEL, Rig
from tests.slack_bot.conversing import hear
from tests.slack_bot.examples import REQUEST


@pytest.fixture
def both(sandbox: Sandbox, tmp_path: Path, postgres_url: str) -> Iterator[tuple[Rig, Rig]]:
    clock, channels = Clock(), dict.fromkeys((APPROVALS, SECOND_CHANNEL), APPROVERS)
    with (
        Rig(sandbox, tmp_path, channels, ledger_url=postgres_url, clock=clock, default=APPROVALS) as a,
        Rig(sandbox, tmp_path, channels, ledger_url=postgres_url, clock=clock, default=APPROVALS) as b,
    ):
        yield a, b


def refresh(both: tuple[Rig, Rig]) -> None:
    for rig in both:
        rig.step("refresher")


def asked(rig: Rig, id: str) -> None:
    with rig.ledger.write() as tx:
        approvals.add(tx, rig.clock.now(), replace(REQUEST, id=id))


def test_a_route_that_one_was_told_is_known_to_be_new_by_the_other_and_holds_for_it(
    both: tuple[Rig, Rig],
) -> None:
    told, other = both
    refresh(both)
    for words, shown in (("route here requester pc-1*", [0, 1]), ("route remove 1", [2, 2])):
        hear(told, ADMIN, words, SECOND_CHANNEL)
        told.run("clerk")
        assert not other.state.is_up_to_date()
        refresh(both)
        asked(other, words)
        other.run("publisher")
        assert [len(other.cards(channel)) for channel in (APPROVALS, SECOND_CHANNEL)] == shown


def test_cards_of_one_route_are_posted_once_by_both(both: tuple[Rig, Rig]) -> None:
    one, _ = both
    refresh(both)
    hear(one, ADMIN, "route here requester pc-1*", SECOND_CHANNEL)
    one.run("clerk")
    refresh(both)
    for number in range(4):
        asked(one, str(number))
    for _ in range(4):
        for rig in both:
            rig.step("publisher")
            rig.clock.advance(1.1)
    assert [len(one.cards(channel)) for channel in (APPROVALS, SECOND_CHANNEL)] == [0, 4]
