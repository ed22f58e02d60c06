"""The gate and the bot understand a wish for a channel alike: what is open to a key is where people are asked."""

from hypothesis import given
from hypothesis import strategies as st

from approval_gate.server.channel_wish import Channel as Told
from approval_gate.server.channel_wish import compared, judge
from slack_bot.channel import Channel
from slack_bot.channel_store import ChannelStore
from slack_bot.closed_channels import ClosedChannels
from slack_bot.placement import Placement
from slack_bot.policy import ChannelPolicy
from slack_bot.wish import LONGEST, wish_of
from upstream_client.models import ApprovalRequest

IDS = ("C01", "C02", "G0A1B")
NAMES = st.sampled_from(["", "ops", "Ops", "dev", "c01", "c02", "g0a1b", "C01", "straße", "strasse", "#ops"])
WORDS = st.sampled_from(
    [*IDS, "C99", "c01", "#C01", " C02\t", "#ops", "OPS", "Dev", "#", "*", "STRASSE", "c99"]
)
TOLD = st.lists(NAMES, min_size=len(IDS), max_size=len(IDS)).map(
    lambda names: dict(zip(IDS, names, strict=True))
)


def placement_of(names: dict[str, str]) -> Placement:
    placement = Placement(ChannelStore([Channel(one, ChannelPolicy()) for one in names]), ClosedChannels())
    placement.know({one: name for one, name in names.items() if name})
    return placement


@given(st.text() | WORDS)
def test_both_compare_a_wish_by_the_same_rule(text: str) -> None:
    assert wish_of(text).removeprefix("#") == compared(text)[:LONGEST].removeprefix("#")


@given(TOLD, WORDS)
def test_what_the_gate_follows_the_bot_shows_in_one_channel_and_what_it_cannot_tell_waits(
    names: dict[str, str], wish: str
) -> None:
    judged = judge(wish, ["*"], [Told(*one) for one in names.items()])
    asked = ApprovalRequest("gate", "1", "Deploy", channel=wish)
    placement = placement_of(names)
    assert (judged.followed is True) is (placement.channel_of(asked) != "")
    if wish != "#":  # no channel is called so, and the gate says it at once
        assert (judged.followed is None) is placement.is_undecided(asked)


@given(TOLD, WORDS, st.lists(WORDS, max_size=3))
def test_a_wish_is_followed_only_into_a_channel_that_is_open_by_its_id_or_its_name(
    names: dict[str, str], wish: str, opened: list[str]
) -> None:
    judged = judge(wish, opened, [Told(*one) for one in names.items()])
    placement = placement_of(names)
    if judged.followed and "*" not in opened:
        shown_in = placement.channel_of(ApprovalRequest("gate", "1", "Deploy", channel=wish))
        assert shown_in in {placement.channel_for(wish_of(one)) for one in opened} - {""}
