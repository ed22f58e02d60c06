"""Pauses between tries."""

from approval_gate.backoff import Backoff


def test_pauses_double_up_to_a_bound_and_never_shrink_by_more_than_a_half() -> None:
    backoff = Backoff(1.0, 8.0)
    lengths = [1.0, 2.0, 4.0, 8.0, 8.0]

    pauses = [backoff.pause() for _ in lengths]

    assert all(length / 2 <= pause <= length for pause, length in zip(pauses, lengths, strict=True))


def test_after_something_went_well_the_next_pause_is_short() -> None:
    backoff = Backoff(1.0, 8.0)
    for _ in range(5):
        backoff.pause()

    backoff.reset()

    assert backoff.pause() <= 1.0


def test_those_who_fail_together_do_not_come_back_together() -> None:
    assert len({Backoff().pause() for _ in range(20)}) > 15
