"""When a look is worth it."""

from queue import Empty, Queue
from threading import Event, Thread

import pytest

from upstream_client.xerotier.lookout import Lookout


def test_it_looks_at_once_when_told_and_once_more_soon_after() -> None:
    """Given a long poll interval, when something is told, then there are two looks and no third."""
    lookout, stop, looks = Lookout(600.0, second_look=0.05), Event(), Queue[int]()

    def watch() -> None:
        for _ in lookout.watch(stop):
            looks.put(1)

    watching = Thread(target=watch)
    watching.start()
    try:
        looks.get(timeout=5)
        with pytest.raises(Empty):
            looks.get(timeout=0.05)
        lookout.tell()
        looks.get(timeout=5)
        looks.get(timeout=5)
        with pytest.raises(Empty):
            looks.get(timeout=0.15)
    finally:
        stop.set()
        lookout.tell()
        watching.join(5)
    assert not watching.is_alive()


def test_it_looks_every_so_often_where_nothing_is_told() -> None:
    stop, looks = Event(), 0
    for _ in Lookout(0.01).watch(stop):
        looks += 1
        if looks == 3:
            stop.set()
    assert looks == 3
