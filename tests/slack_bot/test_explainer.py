"""`python -m slack_bot.policy explain`: would this be allowed, and why."""

import json
from pathlib import Path

import pytest

from sandbox import Sandbox
from tests.rig import (
    ADMIN,
    APPROVALS,
    APPROVER,
    APPROVERS_GROUP,
    GUEST,
    OTHER_BOT,
    OUTSIDER,
    REQUESTER,
    SECOND_APPROVER,
    SECOND_CHANNEL,
)
from tests.slack_bot.explaining import (
    CHANNELS,
    error_of_unread,
    explain,
    offline,
    online,
    run_process,
    written,
)

# As processes


def test_it_asks_slack_who_people_are_and_touches_no_ledger(sandbox: Sandbox, tmp_path: Path) -> None:
    asked = ["explain", "--channel", APPROVALS, "--user", APPROVER, str(written(tmp_path) / "request.json")]
    settings = {"SLACK_BOT_TOKEN": sandbox.bot_token, "SLACK_API_URL": sandbox.slack_api_url}
    ended = run_process(tmp_path, *asked, **settings)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(f"Allowed: {APPROVER} may approve “Install it” in {APPROVALS}.")
    assert ended.line("Why") == f"in {APPROVERS_GROUP}."
    assert sorted(path.name for path in tmp_path.iterdir()) == ["channels.json", "request.json"]
    asked[4] = REQUESTER
    refused = run_process(tmp_path, *asked, **settings)
    assert (refused.code, refused.line("Rule")) == (1, "not one's own (built in)")


def test_offline_it_needs_no_setting_at_all(tmp_path: Path) -> None:
    asked = ["explain", "--offline", "--channel", APPROVALS, "--user", APPROVER, "--groups", APPROVERS_GROUP]
    ended = run_process(written(tmp_path), *asked, "request.json")
    assert (ended.code, ended.err) == (0, "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["channels.json", "request.json"]


def test_whoever_reads_only_the_beginning_sees_no_error(tmp_path: Path) -> None:
    asked = ["explain", "--offline", "--channel", APPROVALS, "--user", APPROVER, "request.json"]
    assert error_of_unread(written(tmp_path), *asked) == ""


def test_it_says_how_it_is_used(tmp_path: Path) -> None:
    assert run_process(tmp_path).code == 2
    told = run_process(tmp_path, "explain", "--help")
    assert (told.code, "--votes" in told.out) == (0, True)


# What it says


def test_an_answer_tells_the_rule_the_votes_the_silence_and_each_part_with_where_it_comes_from(
    tmp_path: Path,
) -> None:
    silence = {"any": {"deadline": "1h", "then": "deny"}}
    channels = CHANNELS | {"defaults": {**CHANNELS["defaults"], "silence": silence}}
    folder = written(tmp_path, channels, risk="high")
    ended = offline(folder, APPROVER, "--groups", APPROVERS_GROUP)
    assert ended.out.splitlines() == [
        f"Allowed: {APPROVER} may approve “Install it” in {APPROVALS}.",
        "Rule: who (this channel)",
        f"Why: in {APPROVERS_GROUP}.",
        "Risk: high, as the request says.",
        f"Asked by: {REQUESTER}",
        f"Approvals: 1 of 2 with this one, by {APPROVER}; still needed: 1 more, by the rule “approvals for high "
        "risk” (built in).",
        "While nobody answers: After 1 hour, or shortly before it expires upstream, it is denied. (the defaults of "
        "channels.json)",
        f"The policy of {APPROVALS}, which is declared in channels.json:",
        f"  who: Deciding is for {APPROVERS_GROUP}. (this channel)",
        "  how many: 1 person must approve what has low or medium risk. What has no risk counts as medium. "
        "(built in)",
        "  how many: 2 people must approve what has high or critical risk. (built in)",
        "  own requests: Nobody may approve what they asked for themselves; they may deny it. (built in)",
        "  unknown requesters: Where I cannot tell who in Slack asked, nobody may approve what has high or "
        "critical risk. (built in)",
        "  user names: 1 user name stands for a person in Slack. (the defaults of channels.json)",
        "  silence: While nobody answers what has any risk, after 1 hour, or shortly before it expires upstream, "
        "it is denied. (the defaults of channels.json)",
        "  nothing else: An approval may be as long as the upstream takes it and nobody may break the glass. "
        "(built in)",
    ]


def test_with_what_was_given_already_it_is_enough(tmp_path: Path) -> None:
    folder = written(tmp_path, risk="high")
    votes = ["--groups", APPROVERS_GROUP, "--votes", f"{SECOND_APPROVER}:{APPROVERS_GROUP},{OUTSIDER}"]
    ended = offline(folder, APPROVER, *votes)
    assert ended.code == 0
    assert ended.line("Approvals") == (
        f"2 of 2 with this one, by {SECOND_APPROVER} and {APPROVER}; that is enough. That of {OUTSIDER} does not "
        "count."
    )


@pytest.mark.parametrize(
    ("policy", "arguments", "rule", "satisfied"),
    [
        ({}, ["--groups", "S99OTHER"], "not an approver (this channel)", "One of those approves it"),
        ({}, ["--standing", "guest", "--groups", APPROVERS_GROUP], "no guests (built in)", "named"),
        ({}, ["--standing", "stranger"], "no strangers (built in)", "named"),
        ({}, ["--standing", "bot"], "no bots (built in)", "A person approves it"),
        ({}, ["--standing", "deactivated"], "no deactivated accounts (built in)", "Somebody else"),
        ({"approvers": {}}, [], "no approvers (built in)", "An admin names approvers"),
        ({"approvers": {"everyone": True}}, [], "not an approver (this channel)", "One of those"),
    ],
)
def test_a_refusal_names_the_rule_and_what_would_satisfy_it(
    tmp_path: Path, policy: dict[str, object], arguments: list[str], rule: str, satisfied: str
) -> None:
    (channel,) = CHANNELS["channels"]
    folder = written(tmp_path, CHANNELS | {"channels": [channel | policy]})
    ended = offline(folder, APPROVER, *arguments)
    assert ended.code == 1
    assert ended.out.startswith(f"Not allowed: {APPROVER} may not approve")
    assert ended.line("Rule") == rule
    assert satisfied in ended.line("What would satisfy it")


def test_an_approval_that_counts_already_is_not_counted_again(tmp_path: Path) -> None:
    folder = written(tmp_path, risk="critical")
    twice = ["--groups", APPROVERS_GROUP, "--votes", f"{APPROVER}:{APPROVERS_GROUP}"]
    ended = offline(folder, APPROVER, *twice)
    assert (ended.code, ended.line("Rule")) == (1, "repeated (built in)")
    assert ended.line("Approvals").startswith(f"1 of 2, by {APPROVER}; still needed: 1 more")


@pytest.mark.parametrize("voted", [SECOND_APPROVER, APPROVER])
def test_where_the_approvals_given_are_enough_by_now_the_next_press_decides(
    tmp_path: Path, voted: str
) -> None:
    """Given votes that suffice, when somebody would approve, their own vote or not, then it is allowed."""
    votes = ["--groups", APPROVERS_GROUP, "--votes", f"{voted}:{APPROVERS_GROUP}"]
    ended = offline(written(tmp_path), APPROVER, *votes)
    assert ended.code == 0
    assert ended.out.startswith(
        f"Allowed: the approvals given are enough by now; this press decides. {APPROVER} may approve"
    )
    assert ended.line("Rule") == "who (this channel)"
    refused = offline(written(tmp_path), OUTSIDER, "--votes", f"{voted}:{APPROVERS_GROUP}")
    assert (refused.code, refused.line("Rule")) == (1, "not an approver (this channel)")


@pytest.mark.parametrize(
    "request_of",
    [{"requester": "CORP\\requester"}, {"requester": "", "requester_email": "requester@example.com"}],
)
def test_what_the_requester_approved_does_not_count(
    sandbox: Sandbox, tmp_path: Path, request_of: dict[str, str]
) -> None:
    """Given two are needed, when one of the approvals is by who asked for it, then it is named as void."""
    (channel,) = CHANNELS["channels"]
    named = channel | {"approvers": {"users": [REQUESTER, APPROVER]}}
    folder = written(tmp_path, CHANNELS | {"channels": [named]}, risk="high", **request_of)
    ended = online(sandbox, folder, APPROVER, "--votes", REQUESTER)
    assert ended.code == 0
    assert ended.line("Approvals") == (
        f"1 of 2 with this one, by {APPROVER}; still needed: 1 more, by the rule “approvals for high risk” "
        f"(built in). That of {REQUESTER} does not count."
    )


def test_approvals_that_fill_no_seat_make_nobody_less_needed(tmp_path: Path) -> None:
    (channel,) = CHANNELS["channels"]
    seats = {"seats": [{"group": "S02ONCALL"}, {"group": "S03SECURITY"}]}
    folder = written(tmp_path, CHANNELS | {"channels": [channel | seats]})
    votes = ["--groups", APPROVERS_GROUP, "--votes", f"{SECOND_APPROVER}:{APPROVERS_GROUP}"]
    ended = offline(folder, APPROVER, *votes)
    assert ended.line("Approvals").startswith(f"2 of 4 with this one, by {SECOND_APPROVER} and {APPROVER}; ")


BACKUP = {"silence": {"any": {"backup": {"after": "1h", "users": [APPROVER], "groups": ["S05BACKUP"]}}}}
SEATED = {"seats": [{"group": "S02ONCALL"}]}


@pytest.mark.parametrize(
    ("policy", "arguments", "rule", "why"),
    [
        ({"approvers": {"users": [APPROVER]}}, ["--standing", "guest"], "who", "named as an approver."),
        (
            {"approvers": {"everyone": True}},
            ["--in-channel"],
            "who",
            "in the channel, where all full members may decide.",
        ),
        (SEATED, ["--groups", "S02ONCALL"], "seats", "in S02ONCALL, of which somebody must approve."),
        (SEATED, ["--groups", f"S02ONCALL,{APPROVERS_GROUP}"], "who", f"in {APPROVERS_GROUP}."),
        (BACKUP, ["--backup-called"], "silence", "of the backup, which was called."),
        (
            BACKUP | SEATED,
            ["--backup-called", "--standing", "guest", "--groups", "S02ONCALL"],
            "silence",
            "of the backup, which was called.",
        ),
        (
            BACKUP | {"approvers": {"users": [ADMIN]}},
            ["--backup-called", "--groups", "S05BACKUP"],
            "silence",
            "of the backup, which was called.",
        ),
    ],
)
def test_who_may_is_told_by_what(
    tmp_path: Path, policy: dict[str, object], arguments: list[str], rule: str, why: str
) -> None:
    (channel,) = CHANNELS["channels"]
    folder = written(tmp_path, CHANNELS | {"channels": [channel | policy]})
    ended = offline(folder, APPROVER, *arguments)
    assert (ended.code, ended.line("Rule"), ended.line("Why")) == (0, f"{rule} (this channel)", why)


def test_a_seat_or_a_backup_of_the_defaults_is_told_as_theirs(tmp_path: Path) -> None:
    (channel,) = CHANNELS["channels"]
    for terms, arguments in ((SEATED, ["--groups", "S02ONCALL"]), (BACKUP, ["--backup-called"])):
        folder = written(tmp_path, {"defaults": CHANNELS["defaults"] | terms, "channels": [channel]})
        assert offline(folder, APPROVER, *arguments).line("Rule").endswith("(the defaults of channels.json)")


def test_a_seat_that_is_open_is_told_with_where_it_comes_from(tmp_path: Path) -> None:
    defaults = CHANNELS["defaults"] | {"seats": [{"group": "S02ONCALL", "from_risk": "high"}]}
    folder = written(tmp_path, CHANNELS | {"defaults": defaults}, risk="high")
    ended = offline(folder, APPROVER, "--groups", APPROVERS_GROUP)
    assert ended.line("Approvals").endswith(
        "still needed: 1 of S02ONCALL, by the rule “seats” (the defaults of channels.json)."
    )


def test_risk_rules_hold_as_they_do_for_the_bot(tmp_path: Path) -> None:
    rules = [{"requester": "nobody", "risk": "low"}, {"facts": {"policy": "Install *"}, "risk": "critical"}]
    facts = [{"key": "policy", "value": "Install tools"}]
    folder = written(tmp_path, CHANNELS | {"risk_rules": rules}, risk="low", facts=facts)
    ended = offline(folder, APPROVER, "--groups", APPROVERS_GROUP)
    assert ended.line("Risk") == "critical, by risk_rules.1 of channels.json."
    assert offline(written(tmp_path), APPROVER).line("Risk") == "unrated, which counts as medium."


# Who asked


def test_nobody_approves_what_they_asked_for_by_the_map_or_by_their_own_address(tmp_path: Path) -> None:
    ended = offline(written(tmp_path), REQUESTER, "--groups", APPROVERS_GROUP)
    assert (ended.code, ended.line("Rule")) == (1, "not one's own (built in)")
    folder = written(tmp_path, requester="", requester_email="Me@Example.com")
    voted = [
        "--groups",
        APPROVERS_GROUP,
        "--email",
        "me@example.com",
        "--votes",
        f"{APPROVER}:{APPROVERS_GROUP}",
    ]
    ended = offline(folder, APPROVER, *voted)
    assert (ended.code, ended.line("Rule")) == (1, "not one's own (built in)")
    assert ended.line("Approvals").endswith(f"That of {APPROVER} does not count.")


@pytest.mark.parametrize(
    ("risk", "email", "code"),
    [
        ("medium", ["--email", "me@example.com"], 0),
        ("high", ["--email", "me@example.com"], 2),
        ("low", [], 2),
    ],
)
def test_offline_whose_another_address_is_cannot_be_told_where_it_matters(
    tmp_path: Path, risk: str, email: list[str], code: int
) -> None:
    folder = written(tmp_path, requester="", requester_email="other@example.com", risk=risk)
    ended = offline(folder, APPROVER, "--groups", APPROVERS_GROUP, *email)
    assert ended.code == code
    assert (ended.out == "") is (code == 2)
    assert ended.err in ("", "Cannot tell: Offline nobody is looked for in Slack by their address.\n")


def test_where_nobody_told_who_asked_what_has_high_risk_is_refused(tmp_path: Path) -> None:
    folder = written(tmp_path, requester="", risk="high")
    ended = offline(folder, APPROVER, "--groups", APPROVERS_GROUP)
    assert (ended.code, ended.line("Rule")) == (1, "cannot tell who asked (built in)")
    assert "requesters or user_names" in ended.line("What would satisfy it")
    channels = CHANNELS | {"defaults": {"own_requests": "allow"}}
    ended = offline(
        written(tmp_path, channels, requester="", risk="high"), APPROVER, "--groups", APPROVERS_GROUP
    )
    assert (ended.code, "Asked by" in ended.out) == (0, False)


def test_slack_tells_by_the_address_who_asked(sandbox: Sandbox, tmp_path: Path) -> None:
    folder = written(tmp_path, requester="", requester_email="Approver@example.com", risk="high")
    assert online(sandbox, folder, APPROVER).line("Rule") == "not one's own (built in)"
    ended = online(sandbox, folder, SECOND_APPROVER, "--votes", ADMIN)
    assert (ended.code, ended.line("Asked by")) == (0, APPROVER)
    assert f"That of {ADMIN} does not count." in ended.line("Approvals")


@pytest.mark.parametrize(
    ("user", "rule"),
    [
        (OUTSIDER, "not an approver (this channel)"),
        (GUEST, "no guests (built in)"),
        (OTHER_BOT, "no bots (built in)"),
    ],
)
def test_slack_tells_who_people_are(sandbox: Sandbox, tmp_path: Path, user: str, rule: str) -> None:
    ended = online(sandbox, written(tmp_path), user)
    assert (ended.code, ended.line("Rule")) == (1, rule)


# Which channel


def test_a_channel_that_was_registered_in_slack_is_read_as_the_bot_reads_it(tmp_path: Path) -> None:
    folder = written(tmp_path, CHANNELS | {"channels": []})
    stored = folder / "state" / "channels"
    stored.mkdir(parents=True)
    (stored / f"{APPROVALS}.json").write_text(json.dumps({"users": [APPROVER], "registered_by": ADMIN}))
    before = sorted(folder.rglob("*"))
    ended = offline(folder, APPROVER)
    assert (ended.code, ended.line("Why")) == (0, "named as an approver.")
    assert f"The policy of {APPROVALS}, which is registered in Slack:" in ended.out
    assert sorted(folder.rglob("*")) == before
    (stored / f"{APPROVALS}.json").write_text("not JSON")
    ended = offline(folder, APPROVER)
    assert (ended.code, ended.out) == (2, "")
    assert f"Cannot tell how {APPROVALS} decides: " in ended.err


def test_until_approvers_are_picked_the_admin_who_registered_it_decides(tmp_path: Path) -> None:
    folder = written(tmp_path, CHANNELS | {"channels": []})
    stored = folder / "state" / "channels"
    stored.mkdir(parents=True)
    (stored / f"{APPROVALS}.json").write_text(json.dumps({"registered_by": ADMIN}))
    assert offline(folder, ADMIN).line("Why") == "registered the channel, and nobody is named yet."
    assert offline(folder, APPROVER).code == 1


def test_in_a_channel_that_is_not_registered_nothing_is_allowed(tmp_path: Path) -> None:
    ended = offline(written(tmp_path), APPROVER, channel=SECOND_CHANNEL)
    assert (ended.code, ended.line("Rule")) == (1, "channel not registered (built in)")


def test_the_channel_of_the_setting_is_registered_by_its_id_or_by_its_name(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    folder = written(tmp_path, CHANNELS | {"channels": []})
    ended = offline(folder, APPROVER, SLACK_CHANNEL=APPROVALS)
    assert (ended.code, ended.line("Rule")) == (1, "no approvers (built in)")
    assert "declared by SLACK_CHANNEL" in ended.out
    ended = offline(folder, APPROVER, SLACK_CHANNEL="#approvals")
    assert (ended.code, "Cannot tell offline" in ended.err) == (2, True)
    settings = {"SLACK_BOT_TOKEN": sandbox.bot_token, "SLACK_API_URL": sandbox.slack_api_url}
    for name, rule in (("#approvals", "no approvers"), ("#nowhere", "channel not registered")):
        ended = explain(folder, APPROVER, SLACK_CHANNEL=name, **settings)
        assert (ended.code, ended.line("Rule")) == (1, f"{rule} (built in)")
