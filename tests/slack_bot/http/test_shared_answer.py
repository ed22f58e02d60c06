"""An answer that many ask for at once: made once, in another thread, and anew once it is old."""

import asyncio
import itertools
import threading

import pytest

from slack_bot.http.shared_answer import SharedAnswer


def test_those_who_ask_at_once_get_one_answer_from_another_thread() -> None:
    made: list[str] = []

    def make() -> int:
        made.append(threading.current_thread().name)
        return len(made)

    async def ask() -> list[int]:
        answer = SharedAnswer(make, fresh=60.0)
        first = await asyncio.gather(*(answer.get() for _ in range(20)))
        return [*first, await answer.get()]

    assert asyncio.run(ask()) == [1] * 21
    assert made[0].startswith("http-answer")


def test_an_old_answer_is_made_anew() -> None:
    counted = itertools.count(1)

    async def ask() -> list[int]:
        answer = SharedAnswer(lambda: next(counted), fresh=0.0)
        return [await answer.get() for _ in range(3)]

    assert asyncio.run(ask()) == [1, 2, 3]


def test_what_went_wrong_is_told_to_all_and_tried_again() -> None:
    made: list[int] = []

    def make() -> str:
        made.append(0)
        if len(made) == 1:
            raise LookupError
        return "made"

    async def ask() -> str:
        answer = SharedAnswer(make, fresh=60.0)
        with pytest.raises(LookupError):
            await answer.get()
        return await answer.get()

    assert asyncio.run(ask()) == "made"


def test_whoever_stops_waiting_stops_nobody_else() -> None:
    released = threading.Event()

    async def ask() -> bool:
        answer = SharedAnswer(lambda: released.wait(10), fresh=60.0)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(answer.get(), 0.05)
        released.set()
        return await answer.get()

    assert asyncio.run(ask())
