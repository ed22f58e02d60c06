"""The welcome of a channel: who decides there now, and the picker."""

from typing import Any

import pytest

from slack_bot.blocks import (
    EVERYONE,
    PICK_EVERYONE,
    PICK_GROUPS,
    PICK_PEOPLE,
    SAVE_APPROVERS,
    Message,
    declared_in_file,
    farewell,
    mark_of,
    welcome,
)
from slack_bot.blocks.welcome import PICK_QUORUM
from slack_bot.command_parser import HELP
from slack_bot.policy import ONE_IS_ENOUGH, Approvals, ChannelPolicy, Seat, Silence, Silences, Terms
from tests.slack_bot.shown import objects, taken_by_slack, words
from upstream_client.models import Duration, Risk

CHANNEL = "C01APPROVALS"
GROUPS = [("S01APPROVERS", "approvers"), ("S02ONCALL", "oncall")]
FRESH = ChannelPolicy(registered_by="U04ADMIN")


def drawn(policy: ChannelPolicy = FRESH, **changes: Any) -> Message:
    given = {"help_lines": HELP, "groups": GROUPS, "notes": ()} | changes
    message = welcome(CHANNEL, policy, **given)
    taken_by_slack(message)
    return message


def block(message: Message, block_id: str) -> dict[str, Any]:
    return next(block for block in message.blocks if block["block_id"].partition(".")[0] == block_id)


def who(message: Message) -> str:
    return words(block(message, "about")).splitlines()[1]


def element(message: Message, action_id: str) -> dict[str, Any]:
    return next(part for part in objects(message.blocks) if part.get("action_id") == action_id)


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (
            FRESH,
            "Until approvers are picked, only @U04ADMIN may decide here. An admin picks them below.",
        ),
        (ChannelPolicy(), "Nobody may decide here yet. An admin picks them below."),
        (ChannelPolicy(users=("U02APPROVER",)), "Deciding is for @U02APPROVER."),
        (
            ChannelPolicy(users=("U02APPROVER",), groups=("S01APPROVERS",), everyone=True),
            "Deciding is for @U02APPROVER, @S01APPROVERS and the full members of this channel.",
        ),
        (
            ChannelPolicy(everyone=True, defaults=Terms(seats=(Seat("S02", 1, Risk.HIGH),))),
            "Deciding is for the full members of this channel. From high risk upwards it is for @S02 too.",
        ),
        (
            ChannelPolicy(registered_by="U04ADMIN", defaults=Terms(seats=(Seat("S02", 1, Risk.HIGH),))),
            "Until approvers are picked, only @U04ADMIN may decide here what has low or medium risk. "
            "From high risk upwards it is for @S02. An admin picks them below.",
        ),
    ],
)
def test_it_says_in_the_words_of_every_other_answer_who_may_decide_now(
    policy: ChannelPolicy, said: str
) -> None:
    assert who(drawn(policy)) == f"Who may decide: {said}"


def test_of_very_many_it_names_some_and_counts_the_others() -> None:
    policy = ChannelPolicy(users=tuple(f"U{number:09}" for number in range(180)))
    assert who(drawn(policy)).endswith(", @U000000019 and 160 more.")
    assert element(drawn(policy), PICK_PEOPLE)["initial_users"] == list(policy.users)


def test_its_picker_shows_what_is_picked() -> None:
    fresh = drawn()
    assert "initial_users" not in element(fresh, PICK_PEOPLE)
    assert "initial_options" not in element(fresh, PICK_GROUPS)
    assert "initial_options" not in element(fresh, PICK_EVERYONE)

    picked = drawn(ChannelPolicy(users=("U02APPROVER",), groups=("S02ONCALL",), everyone=True))
    assert element(picked, PICK_PEOPLE)["initial_users"] == ["U02APPROVER"]
    assert [one["value"] for one in element(picked, PICK_GROUPS)["initial_options"]] == ["S02ONCALL"]
    assert [one["value"] for one in element(picked, PICK_EVERYONE)["initial_options"]] == [EVERYONE]
    assert element(picked, SAVE_APPROVERS)["text"]["text"] == "Save approvers"


def test_where_groups_cannot_be_read_there_is_no_menu_of_them_and_a_note_says_so() -> None:
    message = drawn(groups=(), notes=("I cannot read user groups.",))
    assert all(part.get("action_id") != PICK_GROUPS for part in objects(message.blocks))
    assert words(block(message, "notes")) == "⚠️ I cannot read user groups.\n"


def test_of_a_hundred_and_one_groups_the_chosen_ones_and_others_are_listed_and_the_words_say_how_to_go_on() -> (
    None
):
    groups = [(f"S{number:09}", f"group-{number}") for number in range(101)]
    message = drawn(ChannelPolicy(groups=("S000000100",)), groups=groups)
    options = element(message, PICK_GROUPS)["options"]
    assert len(options) == 100
    assert options[0]["value"] == "S000000100"
    assert "Of 101 groups 100 are listed." in block(message, "groups")["hint"]["text"]
    assert "approvers @group" in block(message, "groups")["hint"]["text"]


def test_it_tells_what_can_be_written() -> None:
    told = words(block(drawn(), "help"))
    assert all(f"{command} {does.replace('`', '')}\n" in told for command, does in HELP)
    assert "`" not in told
    code = [part["text"] for part in objects(block(drawn(), "help")) if part.get("style") == {"code": True}]
    assert "approvers everyone" in code


def test_without_help_or_notes_there_are_no_empty_blocks() -> None:
    ids = [block["block_id"] for block in drawn(help_lines=(), groups=()).blocks]
    names = [id.partition(".")[0] for id in ids]
    assert names == ["headline", "about", "people", "everyone", "quorum", "save"]


def test_what_can_be_picked_carries_the_mark_of_the_policy_that_is_shown() -> None:
    policies = [
        FRESH,
        ChannelPolicy(),
        ChannelPolicy(users=("U02APPROVER",)),
        ChannelPolicy(groups=("S01APPROVERS",)),
        ChannelPolicy(everyone=True),
        ChannelPolicy(everyone=True, terms=Terms(approvals=ONE_IS_ENOUGH)),
        ChannelPolicy(everyone=True, terms=Terms(longest=Duration(3_600))),
        ChannelPolicy(everyone=True, defaults=Terms(longest=Duration(3_600))),
        ChannelPolicy(everyone=True, defaults=Terms(approvals=Approvals(high=3))),
        ChannelPolicy(everyone=True, defaults=Terms(silence=Silences(any=Silence(deadline=60)))),
    ]
    names = ("people", "groups", "everyone", "quorum", "save")
    for policy in policies:
        marked = [block["block_id"] for block in drawn(policy).blocks if "." in block["block_id"]]
        assert marked == [f"{name}.{mark_of(policy)}" for name in names]
    assert len({mark_of(policy) for policy in policies}) == len(policies)


def test_it_says_how_many_must_approve_and_offers_to_ask_for_one_alone() -> None:
    message = drawn()
    assert words(block(message, "about")).splitlines()[2] == (
        "How many: 1 person must approve what has low or medium risk. What has no risk counts as medium. "
        "2 people must approve what has high or critical risk."
    )
    box = element(message, PICK_QUORUM)
    assert box["initial_options"] == box["options"]
    assert box["options"][0]["text"]["text"] == "Ask for two approvers from high risk upwards"


@pytest.mark.parametrize(
    ("approvals", "ticked"),
    [
        (ONE_IS_ENOUGH, False),
        (Approvals(high=1), False),
        (Approvals(critical=1), False),
        (Approvals(low=3), True),
        (Approvals(high=2, critical=4), True),
    ],
)
def test_the_tick_shows_whether_the_channel_asks_for_no_fewer_than_if_it_said_nothing(
    approvals: Approvals, ticked: bool
) -> None:
    message = drawn(ChannelPolicy(terms=Terms(approvals=approvals)))
    assert ("initial_options" in element(message, PICK_QUORUM)) is ticked


@pytest.mark.parametrize(
    ("defaults", "offered"),
    [
        (Approvals(high=3, critical=3), "Ask for three approvers from high risk upwards"),
        (Approvals(low=2, medium=2), "Ask for two approvers"),
        (Approvals(high=1, critical=5), "Ask for 5 approvers for critical risk"),
        (Approvals(critical=4), "Ask for several: 2 for high, 4 for critical"),
        (Approvals(medium=2, high=1), "Ask for several: 2 for medium, 2 for critical"),
        (
            Approvals(20, 19, 18, 17),
            "Ask for several: 20 for low, 19 for medium, 18 for high, 17 for critical",
        ),
    ],
)
def test_what_is_offered_is_what_the_defaults_ask_for(defaults: Approvals, offered: str) -> None:
    (box,) = element(drawn(ChannelPolicy(defaults=Terms(approvals=defaults))), PICK_QUORUM)["options"]
    assert box["text"]["text"] == offered


def test_where_one_is_enough_by_the_defaults_there_is_nothing_to_opt_out_of() -> None:
    message = drawn(ChannelPolicy(defaults=Terms(approvals=ONE_IS_ENOUGH)))
    assert all(part.get("action_id") != PICK_QUORUM for part in objects(message.blocks))


@pytest.mark.parametrize(
    ("terms", "unticked"),
    [
        (Terms(), "1 person must approve what has any risk. What has no risk counts as medium."),
        (
            Terms(seats=(Seat("S02", 2, Risk.HIGH),)),
            "1 person must approve what has low or medium risk. What has no risk counts as medium. "
            "2 people must approve what has high or critical risk.",
        ),
        (
            Terms(approvals=Approvals(low=2, medium=3, high=3, critical=1)),
            "2 people must approve what has low risk. "
            "3 people must approve what has medium or high risk. What has no risk counts as medium. "
            "1 person must approve what has critical risk.",
        ),
    ],
)
def test_the_offer_says_what_holds_without_the_tick(terms: Terms, unticked: str) -> None:
    message = drawn(ChannelPolicy(terms=terms))
    (hint,) = [one["hint"]["text"] for one in message.blocks if one["block_id"].startswith("quorum")]
    assert hint == f"Without the tick: {unticked}"
    taken_by_slack(message)


def test_groups_that_have_seats_are_named_as_those_who_decide() -> None:
    message = drawn(ChannelPolicy(defaults=Terms(seats=(Seat("S01APPROVERS"),)), registered_by="U04ADMIN"))
    assert who(message) == "Who may decide: Deciding is for @S01APPROVERS."


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (farewell(CHANNEL), "I post no requests in"),
        (
            declared_in_file(CHANNEL, "It is declared in a & b.json."),
            "It is declared in a & b.json. To see who",
        ),
    ],
)
def test_where_the_channel_was_removed_or_is_declared_there_is_nothing_to_pick(
    message: Message, said: str
) -> None:
    taken_by_slack(message)
    assert [block["block_id"] for block in message.blocks] == ["headline", "about"]
    assert said in words(block(message, "about"))


@pytest.mark.parametrize(
    "name",
    ["<!channel>", "& <@U04ADMIN>", "\u202eexe", "\n", "x" * 3_001, "👩\u200d👩\u200d👧🏽", "שלום", ""],
)
def test_whatever_a_group_is_called_slack_takes_the_welcome_and_nothing_is_parsed(name: str) -> None:
    message = drawn(groups=[("S01APPROVERS", name)], notes=(name,), help_lines=((name or "x", name),))
    assert all(part.get("type") != "mrkdwn" for part in objects(message.blocks))
    assert "<" not in message.text
