"""Two processes over one PostgreSQL and one store hear the same: it is done, recorded and said once."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot.conversation.changing import LEASE
from slack_bot.parameter_store import DirectoryStore
from slack_bot.refresher import OR_ANOTHER
from tests.clock import Clock
from tests.rig import ADMIN, APPROVALS, Killed, Rig
from tests.slack_bot.conversing import announced, hear, posted, recorded

ON = "autoapprove on hours mon-fri 09:00-17:00 UTC"


class Slow(DirectoryStore):
    """A store during whose next change something else happens."""

    meanwhile: Callable[[], object] | None = None

    def replace(self, folder: str, name: str, text: str, before: str | None) -> None:
        happens, self.meanwhile = self.meanwhile, None
        if happens is not None:
            happens()
        super().replace(folder, name, text, before)


@pytest.fixture
def both(sandbox: Sandbox, tmp_path: Path, postgres_url: str) -> Iterator[tuple[Rig, Rig]]:
    clock, store = Clock(), Slow(tmp_path / "state")
    with (
        Rig(sandbox, tmp_path, {}, ledger_url=postgres_url, clock=clock, store=store) as a,
        Rig(sandbox, tmp_path, {}, ledger_url=postgres_url, clock=clock, store=store) as b,
    ):
        yield a, b


def rest(*rigs: Rig) -> None:
    for rig in rigs * 2:
        rig.refresher.work(rig.clock.now())
        rig.run("clerk")


def registered_once(rig: Rig) -> None:
    channel = rig.channels.get(APPROVALS)
    assert channel is not None
    assert channel.registered_by == ADMIN
    assert [len(recorded(rig, kind)) for kind in ("intent", "channel_registered")] == [1, 1]
    assert recorded(rig, "refusal") == []
    assert len(posted(rig)) == 1


def test_while_one_is_storing_it_the_other_leaves_it_alone(both: tuple[Rig, Rig]) -> None:
    a, b = both
    hear(a, ADMIN)
    assert isinstance(a.store, Slow)
    a.store.meanwhile = lambda: b.step("clerk")
    a.step("clerk")
    rest(a, b)
    registered_once(a)


def test_when_one_dies_in_the_middle_the_other_finishes_it(both: tuple[Rig, Rig]) -> None:
    a, b = both
    hear(a, ADMIN)
    with a.killed_at(2), pytest.raises(Killed):
        a.step("clerk")
    b.step("clerk")
    assert posted(b) == []
    b.clock.advance(LEASE / 1_000_000 + 1)
    rest(b)
    registered_once(b)


def test_what_one_changed_the_other_does_not_lay_to_somebody_outside(both: tuple[Rig, Rig]) -> None:
    a, b = both
    hear(a, ADMIN)
    rest(a, b)
    seen = [record.kind for record in recorded(a, "channel_registered", "changed_outside")]
    (outside,) = recorded(a, "changed_outside")
    assert seen == ["channel_registered", "changed_outside"]
    assert str(outside.detail["words"]).endswith(OR_ANOTHER)


def test_both_at_the_same_moment_do_it_once(both: tuple[Rig, Rig]) -> None:
    a, b = both
    hear(a, ADMIN)
    rest(a, b)
    for number in range(8):
        words = ON if number % 2 == 0 else "autoapprove off"
        hear(a, ADMIN, words)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda rig: rig.step("clerk"), both))
        rest(a, b)
        done = recorded(a, "schedule_changed")
        assert len(done) == number + 1
        assert len(announced(a)) == number + 2
        schedule = a.schedules.get(APPROVALS)
        assert schedule is not None
        assert schedule.on is (words == ON)
    assert recorded(a, "refusal") == []
