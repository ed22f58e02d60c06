from collections.abc import Iterable

import pytest

from approval_gate.server.channel_wish import Channel, judge

OPS, DEV = Channel("C01", "ops"), Channel("C02", "#dev")
REGISTERED = (OPS, DEV)


@pytest.mark.parametrize("wish", ["ops", "#ops", "#Ops", "C01", " #ops ", "ops\u200b"])
@pytest.mark.parametrize("opened", [["ops"], ["#ops"], ["OPS"], ["C01"], ["*"], ["dev", "C01"]])
def test_a_channel_that_is_open_and_registered_is_followed_however_it_is_written(
    wish: str, opened: Iterable[str]
) -> None:
    assert judge(wish, opened, REGISTERED).followed is True


def test_without_a_wish_there_is_nothing_to_judge() -> None:
    assert judge("", [], REGISTERED) == judge("", ["*"], None)
    assert judge("", ["*"], REGISTERED).followed is None


@pytest.mark.parametrize(
    ("wish", "opened", "why"),
    [
        ("#ops", [], "No channel is open to this API key."),
        ("#ops", ["dev"], "#ops is not open to this API key."),
        ("#off", ["*"], "#off is not registered."),
        ("#off", ["off"], "#off is not registered."),
        ("*", ["*"], "* is not registered."),
        ("#", ["*"], "# is not registered."),
        ("\u200b", ["*"], "\u200b is not registered."),
        ("c01", ["*"], "c01 is not registered."),
        ("#C01", ["*"], "#C01 is not registered."),
        ("OPS", ["c01"], "OPS is not open to this API key."),
    ],
)
def test_any_other_is_not_followed_and_the_note_says_why(wish: str, opened: list[str], why: str) -> None:
    judged = judge(wish, opened, REGISTERED)

    assert judged.followed is not True
    assert judged.note == why


def test_before_the_bot_told_which_are_registered_nobody_can_tell() -> None:
    assert judge("#ops", ["*"], None).followed is None
    assert "has not said yet" in judge("#ops", ["*"], None).note
    assert judge("#ops", [], None).followed is False


@pytest.mark.parametrize(
    ("wish", "opened", "followed"),
    [
        ("ops", ["*"], True),
        ("#new", ["*"], None),
        ("#", ["*"], False),
        ("C02", ["*"], True),
        ("C99", ["*"], False),
        ("C02", ["C02"], True),
        ("C02", ["#new"], None),
        ("C02", ["ops", "C01", "C99"], False),
        ("ops", ["#new"], False),
    ],
)
def test_while_the_bot_does_not_know_a_name_nobody_can_tell_what_that_may_mean(
    wish: str, opened: list[str], followed: bool | None
) -> None:
    judged = judge(wish, opened, (OPS, Channel("C02")))
    assert judged.followed is followed
    assert bool(judged.note) is (followed is not True)


def test_a_name_that_is_anothers_id_is_no_way_round() -> None:
    """Given a channel that is called as the id of another, then neither stands for the other one."""
    registered = (Channel("C01", "c02"), Channel("C02", "dev"))
    assert judge("C02", ["C01"], registered).followed is False
    assert judge("c02", ["C01"], registered).followed is True
    assert judge("c02", ["C02"], registered).followed is False
    assert judge("C02", ["#c02"], registered).followed is False
    assert judge("C03", ["*"], (Channel("C01", "c03"),)).followed is False


def test_a_name_of_several_channels_opens_none_and_means_none() -> None:
    registered = (Channel("C01", "ops"), Channel("C02", "OPS"))
    assert "several channels" in judge("#ops", ["*"], registered).note
    assert judge("#ops", ["*"], registered).followed is False
    assert judge("C01", ["ops"], registered).followed is False
    assert judge("C01", ["C01"], registered).followed is True
