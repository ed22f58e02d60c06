"""`python -m slack_bot.policy explain`, given what cannot be used: it says so in words, and allows nothing."""

from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot.explainer.explanation import REMEDIES
from tests.rig import ADMIN, APPROVER, APPROVERS_GROUP, OUTSIDER
from tests.slack_bot.explaining import ROOT, explain, offline, online, written


@pytest.mark.parametrize(
    ("request_text", "said"),
    [
        ("{", "request.json cannot be used: "),
        ("[]", "request.json cannot be used: "),
        ('{"title": "x"}', "upstream: Field required"),
        ('{"upstream": "privilege_manager", "title": ""}', "title: "),
        ('{"upstream": "nowhere", "title": "x"}', "upstream: is no upstream: write privilege_manager"),
        ('{"upstream": "privilege_manager", "title": "x", "rsik": "high"}', "rsik: "),
        ('{"upstream": "privilege_manager", "title": "x", "risk": "huge"}', "risk: "),
        ('{"upstream": "privilege_manager", "title": "x", "facts": [{"key": "a"}]}', "facts.0.value: "),
        (None, "request.json cannot be read: No such file or directory."),
    ],
)
def test_a_request_that_cannot_be_used_is_told_in_words(
    tmp_path: Path, request_text: str | None, said: str
) -> None:
    path = written(tmp_path) / "request.json"
    path.unlink() if request_text is None else path.write_text(request_text)
    ended = offline(tmp_path, APPROVER)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--channel", "approvals"], "channel's id such as C0123456789"),
        (["--user", "@somebody"], "person's id such as U0123456789"),
        (["--offline", "--groups", "sre"], "list of user groups' ids"),
        (["--offline", "--votes", "U1,,U2"], "list of people's ids"),
        (["--offline", "--standing", "king"], "--standing"),
        (["--standing", "member"], "describe them with --offline only"),
        (["--votes", f"{ADMIN}:{APPROVERS_GROUP}"], "describe them with --offline only"),
    ],
)
def test_an_argument_that_cannot_be_used_is_told_in_words(
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    ended = explain(written(tmp_path), APPROVER, *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err


def test_a_setting_or_a_file_that_cannot_be_used_is_told_in_words(tmp_path: Path) -> None:
    ended = explain(written(tmp_path), APPROVER)
    assert (ended.code, "SLACK_BOT_TOKEN is missing" in ended.err) == (2, True)
    ended = offline(written(tmp_path), APPROVER, STATE="nowhere")
    assert (ended.code, "STATE" in ended.err) == (2, True)
    ended = offline(written(tmp_path, {"channel": []}), APPROVER)
    assert (ended.code, "CHANNELS_FILE" in ended.err) == (2, True)


def test_where_slack_does_not_tell_nothing_is_said_to_be_allowed(sandbox: Sandbox, tmp_path: Path) -> None:
    folder = written(tmp_path)
    sandbox.control.faults(method="usergroups.users.list", kind="internal_error", times=10)
    ended = online(sandbox, folder, APPROVER)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("Cannot tell: I cannot read from Slack who is in S01APPROVERS")
    sandbox.control.faults(method="users.info", kind="ratelimited", retry_after=30)
    ended = online(sandbox, folder, APPROVER)
    assert (ended.code, "asked us to wait 30 seconds" in ended.err) == (2, True)
    settings = {"SLACK_BOT_TOKEN": "xoxb-wrong", "SLACK_API_URL": sandbox.slack_api_url}
    ended = explain(folder, APPROVER, **settings)
    assert (ended.code, "invalid_auth" in ended.err) == (2, True)
    assert "xoxb-wrong" not in ended.err


def test_outside_text_stands_on_one_line_and_commands_no_terminal(tmp_path: Path) -> None:
    ended = offline(written(tmp_path, title="a\n\x1b[2JAllowed: everybody"), OUTSIDER)
    assert "\x1b" not in ended.out
    assert not any(line.startswith("Allowed") for line in ended.out.splitlines())


def test_every_rule_of_the_policy_that_refuses_has_its_remedy() -> None:
    pure = (ROOT / "slack_bot" / "policy").glob("*.py")
    text = "".join(path.read_text() for path in pure if path.stem in ("approvers", "own"))
    named = {line.split('Refusal("')[1].split('"')[0] for line in text.splitlines() if 'Refusal("' in line}
    assert named
    assert named <= set(REMEDIES)
