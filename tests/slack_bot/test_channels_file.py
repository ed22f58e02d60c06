"""The file that declares channels: what it may say, and what is said where it says something else."""

import json
from pathlib import Path

import pytest

from slack_bot.channel import Channel
from slack_bot.channels_file import ChannelsFileError, Declarations, how_to_mend, read_file
from slack_bot.policy import Approvals, BreakGlass, ChannelPolicy, Seat, Terms
from slack_bot.risk_rules import RiskRule
from upstream_client.models import HOUR, Duration, Risk

WHERE_CHANNEL = "a channel's id is like C0123456789: open the channel's details in Slack"
WHERE_PERSON = "a person's id is like U0123456789: open the profile in Slack"
WHERE_GROUP = "a user group's id is like S0123456789: open the group in Slack"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "channels.json"


def declared(path: Path, *channels: object) -> Path:
    path.write_text(json.dumps({"channels": channels}))
    return path


def words_of(path: Path) -> list[str]:
    """The lines in which the file is refused, after the first, which names it."""
    with pytest.raises(ChannelsFileError) as refused:
        read_file(path)
    first, *rest = str(refused.value).splitlines()
    assert first == f"CHANNELS_FILE: {path} cannot be used:"
    return rest


def test_channels_and_their_approvers_are_read_in_the_files_order(path: Path) -> None:
    approvers = {"users": ["U02APPROVER", "W03SECOND"], "groups": ["S01APPROVERS"], "everyone": True}
    declared(path, {"id": "C03SECOND", "approvers": approvers}, {"id": "G01APPROVALS"})
    second = Channel(
        "C03SECOND", ChannelPolicy(("U02APPROVER", "W03SECOND"), ("S01APPROVERS",), everyone=True)
    )
    assert read_file(path) == Declarations((second, Channel("G01APPROVALS", ChannelPolicy())))


@pytest.mark.parametrize(
    "text",
    [
        '{"channels": []}',
        "{}",
        '{"$schema": "./channels.schema.json", "channels": []}',
        '{"$schema": ""}',
        '{"channels": [], "defaults": {}, "risk_rules": []}',
    ],
)
def test_no_channels_is_a_beginning(path: Path, text: str) -> None:
    path.write_text(text)
    assert read_file(path) == Declarations()


@pytest.mark.parametrize("approvers", [{}, {"users": [], "groups": [], "everyone": False}])
def test_without_approvers_nobody_may_decide(path: Path, approvers: object) -> None:
    (channel,) = read_file(declared(path, {"id": "C01APPROVALS", "approvers": approvers})).channels
    assert channel.policy == ChannelPolicy()


def test_a_channel_says_on_which_terms_it_decides_beside_who_does(path: Path) -> None:
    one = {"id": "C01APPROVALS", "approvers": {"everyone": True}, "longest": "4h", "own_requests": "allow"}
    (channel,) = read_file(declared(path, one)).channels
    terms = Terms(longest=Duration(4 * HOUR), own_requests=True)
    assert channel == Channel("C01APPROVALS", ChannelPolicy(everyone=True, terms=terms))


def test_the_defaults_are_read_beside_the_channels_and_not_into_them(path: Path) -> None:
    defaults = {
        "approvals": {"medium": 2},
        "seats": [{"group": "S01SRE"}],
        "break_glass": {"announce_in": "C09LOUD"},
    }
    path.write_text(json.dumps({"defaults": defaults, "channels": [{"id": "C01APPROVALS"}]}))
    assert read_file(path) == Declarations(
        (Channel("C01APPROVALS", ChannelPolicy()),),
        Terms(Approvals(medium=2), (Seat("S01SRE"),), break_glass=BreakGlass(True, "C09LOUD")),
    )


def test_risk_rules_are_read_in_their_order(path: Path) -> None:
    facts = {"policy": "Install *", "environment": "prod*"}
    rules = [
        {"upstream": "privilege_manager", "facts": facts, "risk": "high"},
        {"requester": "CORP\\admin-*", "risk": "critical"},
        {"risk": "medium"},
    ]
    path.write_text(json.dumps({"risk_rules": rules}))
    assert read_file(path).risk_rules == (
        RiskRule(Risk.HIGH, "privilege_manager", (("policy", "Install *"), ("environment", "prod*"))),
        RiskRule(Risk.CRITICAL, requester="CORP\\admin-*"),
        RiskRule(Risk.MEDIUM),
    )


def test_a_missing_file_is_named_with_what_to_write_into_it(path: Path) -> None:
    with pytest.raises(ChannelsFileError) as refused:
        read_file(path)
    assert str(refused.value) == (
        f"CHANNELS_FILE: {path} cannot be read (No such file or directory). "
        'To begin with, write {"channels": []} into it.'
    )


def test_a_directory_in_its_place_is_named(tmp_path: Path) -> None:
    words = r"CHANNELS_FILE: .* cannot be read \(Is a directory\)\. Name a file that can be read\."
    with pytest.raises(ChannelsFileError, match=words):
        read_file(tmp_path)


def test_where_the_bot_may_not_read_it_nobody_is_told_to_write_it_anew() -> None:
    assert how_to_mend(PermissionError(13, "Permission denied")).startswith(
        "Let the user as whom the bot runs"
    )


@pytest.mark.parametrize("content", [b"", b"{", b"channels: []", b'{"channels": [],}', b"\xff\xfe{"])
def test_what_is_no_json_is_said_so_with_the_place_and_what_json_is(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    (problem,) = words_of(path)
    assert problem.startswith("  the file: Invalid JSON: ")
    assert "line 1 column" in problem
    assert problem.endswith("a comma between two things and none behind the last, no comments)")


@pytest.mark.parametrize("text", ["[]", '"C01APPROVALS"', "null"])
def test_what_is_no_object_is_said_so(path: Path, text: str) -> None:
    path.write_text(text)
    assert words_of(path) == ['  the file: Input should be an object (such as {"channels": []})']


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        (
            {"channels": {}},
            'channels: Input should be a valid array (such as [{"id": "C0123456789", "approvers"',
        ),
        ({"channels": ["C01"]}, 'channels.0: Input should be an object (such as [{"id": "C0123456789", '),
        ({"defaults": []}, 'defaults: Input should be an object (such as {"approvals": {"medium": 2}})'),
        (
            {"risk_rules": {}},
            'risk_rules: Input should be a valid array (such as [{"facts": {"policy": "Install',
        ),
        ({"$schema": 5}, '$schema: Input should be a valid string (such as "./channels.schema.json")'),
        (
            {"chanels": []},
            "chanels: is no key that may stand here: check its spelling, or leave it out (such as",
        ),
    ],
)
def test_what_is_wrong_far_outside_is_told_with_what_to_write(
    path: Path, written: dict[str, object], problem: str
) -> None:
    path.write_text(json.dumps(written))
    (words,) = words_of(path)
    assert words.startswith(f"  {problem}")


def test_a_channel_that_is_declared_twice_is_named(path: Path) -> None:
    one = {"id": "C01APPROVALS", "approvers": {"users": ["U02APPROVER"]}}
    declared(path, one, {"id": "C03SECOND"}, {"id": "C01APPROVALS"})
    assert words_of(path) == [
        "  channels: declared more than once: C01APPROVALS: write all of it in one place"
    ]


@pytest.mark.parametrize(
    ("channel", "where", "instead"),
    [
        (
            {"approver": {"users": ["U02APPROVER"]}},
            "channels.0.approver",
            ' (such as [{"id": "C0123456789", "approvers": {"users": ["U0123456789"]}}])',
        ),
        (
            {"approvers": {"user": ["U02APPROVER"]}},
            "channels.0.approvers.user",
            ' (such as {"users": ["U0123456789"], "groups": ["S0123456789"]})',
        ),
        (
            {"silence": {"any": {"backup": {"at": "1h", "after": "1h", "users": ["U02"]}}}},
            "channels.0.silence.any.backup.at",
            ' (such as {"after": "1h", "groups": ["S0123456789"]})',
        ),
        (
            {"break_glass": {"announce_in": "C02", "who": "S01"}},
            "channels.0.break_glass.who",
            ' (such as {"announce_in": "C0123456789"}, or false)',
        ),
    ],
)
def test_an_unknown_key_is_refused_because_a_misspelt_rule_would_not_hold(
    path: Path, channel: dict[str, object], where: str, instead: str
) -> None:
    words = f"  {where}: is no key that may stand here: check its spelling, or leave it out{instead}"
    assert words_of(declared(path, {"id": "C01APPROVALS", **channel})) == [words]


def test_who_decides_is_looked_for_where_it_belongs(path: Path) -> None:
    for key in ("users", "groups", "everyone"):
        assert words_of(declared(path, {"id": "C01APPROVALS", key: []})) == [
            f'  channels.0.{key}: stands inside "approvers" '
            '(such as {"users": ["U0123456789"], "groups": ["S0123456789"]})'
        ]


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (
            '{"channels": [{"id": "C01", "approvals": {"low": 2}, "approvals": {"low": 1}}]}',
            ["channels.0: approvals"],
        ),
        ('{"defaults": {}, "channels": [], "defaults": {}}', ["the file: defaults"]),
        (
            '{"channels": [{"id": "C01", "id": "C02", "approvers": {"users": [], "users": []}}]}',
            ["channels.0: id", "channels.0.approvers: users"],
        ),
    ],
)
def test_a_key_that_is_written_twice_is_refused_because_the_first_would_be_lost(
    path: Path, text: str, problems: list[str]
) -> None:
    path.write_text(text)
    twice = "is written twice: only one of them would hold, so leave one out"
    assert words_of(path) == [f"  {problem} {twice}" for problem in problems]


def test_the_mark_that_some_editors_put_before_the_text_is_passed_over(path: Path) -> None:
    path.write_text('{"channels": [{"id": "C01APPROVALS"}]}', encoding="utf-8-sig")
    assert [one.id for one in read_file(path).channels] == ["C01APPROVALS"]


@pytest.mark.parametrize(
    "channel_id",
    ["approvals", "#approvals", "c01approvals", "D01DIRECT", "C", "", " C01", "C01\n", "C" * 30, 5],
)
def test_a_wrong_channel_id_is_named_with_where_to_find_the_right_one(path: Path, channel_id: object) -> None:
    (problem,) = words_of(declared(path, {"id": channel_id}))
    assert problem.startswith("  channels.0.id: ")
    assert WHERE_CHANNEL in problem


def test_a_missing_channel_id_is_named_with_where_to_find_it(path: Path) -> None:
    (problem,) = words_of(declared(path, {"approvers": {}}))
    assert problem.startswith("  channels.0.id: is missing (")
    assert WHERE_CHANNEL in problem


@pytest.mark.parametrize(
    ("approvers", "where", "hint"),
    [
        ({"users": ["approver"]}, "users.0", WHERE_PERSON),
        ({"users": ["U02APPROVER", "@approver"]}, "users.1", WHERE_PERSON),
        ({"users": ["S01APPROVERS"]}, "users.0", WHERE_PERSON),
        ({"users": ["<@U02APPROVER>"]}, "users.0", WHERE_PERSON),
        ({"users": "U02APPROVER"}, "users", WHERE_PERSON),
        ({"groups": ["it-approvers"]}, "groups.0", WHERE_GROUP),
        ({"groups": ["U02APPROVER"]}, "groups.0", WHERE_GROUP),
        ({"groups": None}, "groups", WHERE_GROUP),
    ],
)
def test_a_wrong_approver_is_named_with_where_to_find_the_right_id(
    path: Path, approvers: object, where: str, hint: str
) -> None:
    (problem,) = words_of(declared(path, {"id": "C01APPROVALS", "approvers": approvers}))
    assert problem.startswith(f"  channels.0.approvers.{where}: ")
    assert hint in problem


NULL = "null says nothing: write what is meant, or leave the key out"


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        (
            {"approvals": {"hihg": 2}},
            "approvals.hihg: is no key that may stand here: check its spelling, or leave it out "
            '(such as {"medium": 1, "high": 2})',
        ),
        (
            {"approvals": {"unrated": 2}},
            "approvals.unrated: is no key that may stand here: what is not rated counts as medium, so write",
        ),
        (
            {"silence": {"unrated": {}}},
            "silence.unrated: is no key that may stand here: what is not rated counts as medium, so write",
        ),
        (
            {"silence": {"remind_after": "30m"}},
            "silence.remind_after: stands inside a risk, or inside any, which is for every risk that is not "
            'written (such as {"any": {"remind_after": "30m"',
        ),
        ({"longest": 4}, 'longest: Input should be a valid string (such as "4h", or "one time")'),
        (
            {"approvals": 2},
            'approvals: Input should be an object (such as {"medium": 1, "high": 2})',
        ),
        (
            {"seats": [{"group": "sre"}]},
            f"seats.0.group: is no such id ({WHERE_GROUP}, ⋮, Copy group ID)",
        ),
        ({"seats": [{"count": 2}]}, f"seats.0.group: is missing ({WHERE_GROUP}, ⋮, Copy group ID)"),
        (
            {"requesters": {"CORP\\jane": "jane"}},
            f"requesters.CORP\\jane: is no such id ({WHERE_PERSON}, ⋮, Copy member ID)",
        ),
        ({"user_names": [{"pattern": "*"}]}, 'user_names.0.email: is missing (such as [{"pattern": "CORP'),
        ({"own_requests": "never"}, "own_requests: Input should be 'refuse' or 'allow'"),
        (
            {"silence": {"high": {"then": "deny"}}},
            "silence.high: then is for a deadline: write one, such as 30m, 1h30m or 2d",
        ),
        (
            {"silence": {"high": "4h"}},
            'silence.high: Input should be an object (such as {"any": {"remind_after": "30m"',
        ),
        ({"break_glass": True}, "break_glass: Input should be an object (such as {"),
        (
            {"break_glass": {"announce_in": "#loud"}},
            f"break_glass.announce_in: is no such id ({WHERE_CHANNEL}",
        ),
        ({"longest": None}, f"longest: {NULL}"),
    ],
)
def test_wrong_terms_are_named_with_what_to_write_instead(
    path: Path, terms: dict[str, object], words: str
) -> None:
    (of_the_channel,) = words_of(declared(path, {"id": "C01APPROVALS", **terms}))
    assert of_the_channel.startswith(f"  channels.0.{words}")
    path.write_text(json.dumps({"defaults": terms}))
    (of_the_defaults,) = words_of(path)
    assert of_the_defaults.startswith(f"  defaults.{words}")


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({}, "risk_rules.0.risk: is missing"),
        ({"risk": "unrated"}, "risk_rules.0.risk: Input should be 'low', 'medium', 'high' or 'critical'"),
        (
            {"risk": "low", "upstream": "privman"},
            "risk_rules.0.upstream: is no upstream: write privilege_man",
        ),
        ({"risk": "low", "upstream": None}, f"risk_rules.0.upstream: {NULL}"),
        ({"risk": "low", "facts": []}, 'risk_rules.0.facts: Input should be an object (such as {"policy"'),
        (
            {"risk": "low", "facts": {"policy": ""}},
            "risk_rules.0.facts.policy: String should have at least 1",
        ),
        (
            {"risk": "low", "facts": {"policy": ["a"]}},
            "risk_rules.0.facts.policy: Input should be a valid str",
        ),
        ({"risk": "low", "requester": ""}, "risk_rules.0.requester: String should have at least 1 character"),
        ({"risk": "low", "policy": "Install *"}, "risk_rules.0.policy: is no key that may stand here"),
    ],
)
def test_a_wrong_risk_rule_is_named(path: Path, rule: object, words: str) -> None:
    path.write_text(json.dumps({"risk_rules": [rule]}))
    (problem,) = words_of(path)
    assert problem.startswith(f"  {words}")


def test_a_risk_rule_that_could_never_hold_is_refused(path: Path) -> None:
    rules = [{"risk": "high", "facts": {"policy": "*"}}, {"risk": "low"}, {"risk": "high", "requester": "a"}]
    path.write_text(json.dumps({"risk_rules": rules}))
    assert words_of(path) == [
        "  risk_rules: risk_rules.1 fits every request, so that none after it ever holds: put it last"
    ]


@pytest.mark.parametrize("defaults", [None, [], {"approvers": {"everyone": True}}, {"id": "C01"}])
def test_the_defaults_name_no_channel_and_nobody(path: Path, defaults: object) -> None:
    path.write_text(json.dumps({"defaults": defaults}))
    (problem,) = words_of(path)
    assert problem.startswith("  defaults")


def test_every_problem_is_told_at_once(path: Path) -> None:
    wrong = {
        "id": "general",
        "approvers": {"users": ["me"], "groups": ["us"], "everyone": "perhaps", "all": 1},
    }
    assert len(words_of(declared(path, wrong, {"id": "random"}))) == 6
