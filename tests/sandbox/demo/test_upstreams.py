import pytest

from sandbox.demo import CannotStart, wanted


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ("privilege_manager", "gate")),
        ("gate", ("gate",)),
        (" gate , privilege_manager,gate,", ("gate", "privilege_manager")),
        ("xerotier", ("xerotier",)),
    ],
)
def test_the_demo_shows_the_upstreams_that_are_named_and_two_where_none_is(
    text: str, names: tuple[str, ...]
) -> None:
    assert wanted(text) == names


def test_a_name_that_is_none_is_told() -> None:
    with pytest.raises(CannotStart, match="“Gate”"):
        wanted("privilege_manager,Gate")
