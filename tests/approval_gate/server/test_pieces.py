"""Long bodies: sent as fast as they are read, and no faster."""

import asyncio
from pathlib import Path

import pytest
from starlette.types import Message

from approval_gate.server.pieces import PIECE, InPieces, send_in_pieces
from tests.approval_gate.gate_process import QUICK, GateProcess
from tests.approval_gate.held import Held

WAITERS = 40
BODY = 60_000
TICKETS = 60
"""Of so many bytes: three and a half MiB, which each who waits is told."""
MOST_GROWTH = 64 * 1024
"""KiB; a list for each who waits would be more than twice as much."""


@pytest.mark.parametrize("length", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
def test_a_body_arrives_whole_whatever_its_length(length: int) -> None:
    body = bytes(range(256)) * (length // 256 + 1)
    body = body[:length]
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(send_in_pieces(send, body))

    assert b"".join(message["body"] for message in sent) == body
    assert all(len(message["body"]) <= PIECE for message in sent)
    assert [message.get("more_body", False) for message in sent] == [True] * (len(sent) - 1) + [False]


def test_an_answer_in_pieces_says_how_long_it_is() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    answer = InPieces(b"x" * (PIECE + 1), 201, media_type="application/json")
    asyncio.run(answer({"type": "http"}, receive, send))

    assert sent[0]["status"] == 201
    assert (b"content-length", str(PIECE + 1).encode()) in sent[0]["headers"]
    assert [len(message["body"]) for message in sent[1:]] == [PIECE, 1]


def test_a_long_list_that_many_wait_for_and_nobody_reads_is_in_memory_once(tmp_path: Path) -> None:
    """Given many who wait for the list, when it changes and they do not read, then the gate keeps it once."""
    with GateProcess(tmp_path, **QUICK) as gate:
        agent, bot = gate.caller("agent"), gate.caller("bot", ("decide",))
        tickets = [agent.file(arguments={"x": "y" * BODY}) for _ in range(TICKETS)]
        version = bot.get("/v1/tickets").json()["version"]
        before = _resident(gate)
        waiting = [Held(bot, "GET", "/v1/tickets", wait=60, since=version) for _ in range(WAITERS)]
        for held in waiting:
            held.wait_for_spaces(1)

        bot.decide(tickets[0]["id"], "deny")

        assert len(waiting[0].json()["tickets"]) == TICKETS - 1
        assert _resident(gate) - before < MOST_GROWTH
        assert len(waiting[1].json()["tickets"]) == TICKETS - 1
        for held in waiting:
            held.leave()


def _resident(gate: GateProcess) -> int:
    """The most memory that the process ever had, in KiB; proc(5)."""
    lines = Path(f"/proc/{gate.pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1])
