"""Which request is meant: whole keys first, then whole ids, and the requester's own text never for another one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from sandbox import Sandbox
from slack_bot.ledger import requests
from slack_bot.rows import State, key_of
from tests.approval_gate.gate_process import GateProcess
from tests.rig import APPROVALS, APPROVER, APPROVERS, SECOND_CHANNEL, Rig
from tests.slack_bot.conversing import command, rules
from tests.slack_bot.gated import GatedRig

BOTH = {APPROVALS: APPROVERS, SECOND_CHANNEL: APPROVERS}


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[GatedRig]:
    folder = tmp_path / "gate"
    folder.mkdir()
    with (
        GateProcess(folder, GATE_HEARTBEAT="0.1", GATE_SWEEP="0.1") as gate,
        GatedRig(sandbox, tmp_path, gate, BOTH) as running,
    ):
        running.step("name_reader")
        running.step("signpost")
        yield running


def filed(rig: GatedRig, **more: Any) -> str:
    """The key of a new ticket."""
    return key_of("gate", rig.file(**{"title": "Harmless", "action": "noop", "arguments": {}} | more))


def named(rig: GatedRig, own_name: str, **more: Any) -> str:
    """The key of a ticket that calls itself so."""
    return filed(rig, action="drop_database", labels={"request_id": own_name}, **more)


def states(rig: Rig, *keys: str) -> list[State]:
    return [rig.row(key).state for key in keys]


@pytest.mark.parametrize("length", [3, 4, 8, 11])
def test_an_own_name_that_is_how_another_key_begins_answers_neither_and_both_are_told_apart(
    rig: GatedRig, length: int
) -> None:
    key = filed(rig)
    evil = named(rig, key[:length])
    told = command(rig, APPROVER, f"approve {key[:length]}").splitlines()
    assert told[0].startswith("More than one request begins with ")
    assert sorted(told[1:]) == sorted(
        [
            f"• {key}: Harmless (Action: noop, API key: ci)",
            f"• {evil}: Harmless (Action: drop_database, Request ID (claimed): {key[:length]}, API key: ci)",
        ]
    )
    assert states(rig, key, evil) == [State.PENDING, State.PENDING]


def test_a_whole_key_and_a_whole_id_mean_their_request_whoever_calls_itself_so(rig: GatedRig) -> None:
    key, other = filed(rig), filed(rig)
    evil = [named(rig, key), named(rig, rig.row(other).upstream_id)]
    command(rig, APPROVER, f"approve {key.upper()}")
    command(rig, APPROVER, f"deny {rig.row(other).upstream_id} No.")
    assert states(rig, key, other, *evil) == [State.DECIDED, State.DECIDED, State.PENDING, State.PENDING]


def test_a_request_is_not_found_by_an_own_name_that_is_the_key_of_one_in_another_channel(
    rig: GatedRig,
) -> None:
    key = filed(rig, channel=SECOND_CHANNEL)
    evil = named(rig, key, channel=APPROVALS)
    for beginning in (key, key[:5]):
        assert command(rig, APPROVER, f"approve {beginning}").startswith("I know no request")
    assert states(rig, key, evil) == [State.PENDING, State.PENDING]


def test_an_own_name_is_enough_where_nothing_else_begins_so_but_not_a_short_one(rig: GatedRig) -> None:
    key = named(rig, "r7")
    assert "at least 3 characters" in command(rig, APPROVER, "approve r7")
    assert states(rig, key) == [State.PENDING]
    longer = named(rig, "order-7")
    command(rig, APPROVER, "approve ORDER")
    assert states(rig, key, longer) == [State.PENDING, State.DECIDED]
    assert rules(rig) == ["id too short"]


def test_the_answer_to_an_answer_names_what_a_title_cannot_choose(rig: GatedRig) -> None:
    key = filed(rig, action="drop_database", arguments={"name": "<!channel>"}, title="Harmless: deny")
    told = command(rig, APPROVER, f"approve {key}")
    assert told.splitlines()[0].startswith(f"I counted your answer to {key}: approve. ")
    assert "Action: drop_database" in told.splitlines()[1]
    assert "&lt;!channel&gt;" in told
    assert len(told.splitlines()) == 2


# What the upstream calls it


def called(rig: Rig, key: str, upstream_id: str) -> None:
    """Gives a request another id upstream; the bot does not ask for it there any more."""
    with rig.ledger.write() as tx:
        tx.execute(update(requests).where(requests.c.key == key).values(upstream_id=upstream_id))


def test_a_short_whole_id_is_meant_however_many_newer_ones_begin_with_it(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with Rig(sandbox, tmp_path, {APPROVALS: APPROVERS}) as rig:
        keys = []
        for _ in range(13):
            rig.ask()
            keys.append(rig.row().key)
        for number, key in enumerate(keys):
            called(rig, key, "7" if number == 0 else f"7{number}")
        command(rig, APPROVER, "deny 7 No.")
        assert states(rig, *keys) == [State.DECIDED] + [State.PENDING] * 12
        assert "at least 3 characters" in command(rig, APPROVER, "deny 8 No.")


# What has only one duration


@pytest.mark.parametrize(
    ("words", "left_out"),
    [("1h Reviewed with the team", "1h"), ("90", "90"), ("until 18:00 fine", "until 18:00")],
)
def test_a_time_where_none_can_be_chosen_is_refused_with_what_to_leave_out(
    rig: GatedRig, words: str, left_out: str
) -> None:
    key = filed(rig)
    told = command(rig, APPROVER, f"approve {key} {words}")
    assert told.startswith("This is approved one time and not otherwise, so I did nothing.")
    assert f"Please leave “{left_out}” out;" in told
    assert states(rig, key) == [State.PENDING]


def test_the_example_that_the_help_shows_is_taken_where_no_duration_can_be_chosen(rig: GatedRig) -> None:
    key = filed(rig)
    (line,) = (one for one in command(rig, APPROVER, "help approve").splitlines() if one.startswith("•"))
    example = line.removeprefix("• `").partition("`")[0]
    assert example.startswith("approve k7m2 ")
    command(rig, APPROVER, example.replace("k7m2", key[:4]))
    assert states(rig, key) == [State.DECIDED]
    assert rig.row(key).reason == "Reviewed with the team"
