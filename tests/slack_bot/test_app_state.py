"""The bot as a process: where it keeps what people set, which channel it begins with, how it says it is alive."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from sandbox import Sandbox
from tests.bot_process import ROOT, BotProcess, environment
from tests.rig import ADMIN, SECOND_CHANNEL

REGION = "eu-central-1"


@pytest.fixture
def aws() -> Iterator[dict[str, str]]:
    """The environment of a process whose SSM is on this machine."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield {
        "AWS_ENDPOINT_URL_SSM": f"http://{host}:{port}",
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
    }
    server.stop()


def register(sandbox: Sandbox) -> None:
    """An admin mentions the bot where it is not registered, and it says so."""
    sandbox.control.message(SECOND_CHANNEL, ADMIN, "<@U07BOT>")
    sandbox.control.eventually(lambda: ours(sandbox))


def ours(sandbox: Sandbox) -> list[dict[str, str]]:
    return [one for one in sandbox.control.messages(SECOND_CHANNEL) if one.get("bot_id") == "B01SANDBOX"]


def test_what_is_registered_in_slack_lies_in_ssm_and_outlives_the_process(
    sandbox: Sandbox, tmp_path: Path, aws: dict[str, str]
) -> None:
    """Given a bot that keeps its state in SSM, when it is started anew, then it knows its channels."""
    env = environment(sandbox, tmp_path, STATE="ssm:/approval-bot", **aws)
    with BotProcess(tmp_path, env) as bot:
        bot.wait_until_ready()
        register(sandbox)
        assert bot.stop() == 0
    ssm = boto3.client(
        "ssm",
        region_name=REGION,
        endpoint_url=aws["AWS_ENDPOINT_URL_SSM"],
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    stored = ssm.get_parameters_by_path(Path="/approval-bot", Recursive=True)["Parameters"]
    assert [one["Name"] for one in stored] == [f"/approval-bot/channels/{SECOND_CHANNEL}"]

    with BotProcess(tmp_path, env) as bot:
        bot.wait_until_ready()
        [ready] = [one for one in bot.lines() if one["event"] == "ready"]
        assert SECOND_CHANNEL in ready["channels"]
        assert bot.stop() == 0


def test_an_ssm_that_does_not_answer_keeps_the_declared_channels_at_work(
    sandbox: Sandbox, tmp_path: Path, aws: dict[str, str]
) -> None:
    aws |= {"AWS_ENDPOINT_URL_SSM": "http://127.0.0.1:1"}
    with BotProcess(tmp_path, environment(sandbox, tmp_path, STATE="ssm:/approval-bot", **aws)) as bot:
        bot.wait_until_ready(30)
        said = [one for one in bot.lines() if "nothing is approved automatically" in one["event"]]
        assert len(said) == 1
        assert "/approval-bot" in said[0]["why"]
        sandbox.control.file_request()
        sandbox.control.eventually(
            lambda: any(one.get("metadata") for one in sandbox.control.messages("C01APPROVALS"))
        )
        assert bot.stop() == 0


def test_the_default_channel_may_be_given_by_its_name(sandbox: Sandbox, tmp_path: Path) -> None:
    env = environment(sandbox, tmp_path, SLACK_APPROVAL_CHANNEL="#second-approvals")
    with BotProcess(tmp_path, env) as bot:
        bot.wait_until_ready()
        [ready] = [one for one in bot.lines() if one["event"] == "ready"]
        assert ready["channels"] == ["C01APPROVALS", SECOND_CHANNEL]
        assert bot.stop() == 0


def health(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "slack_bot.health", str(folder / "heartbeat")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_is_healthy_while_it_is_connected_and_not_after(sandbox: Sandbox, tmp_path: Path) -> None:
    """Given state that cannot be read, so that nobody can tell whether a channel is registered."""
    env = environment(sandbox, tmp_path, STATE=f"file:{tmp_path / 'channels.json'}")
    (tmp_path / "channels.json").write_text('{"channels": []}')
    with BotProcess(tmp_path, env) as bot:
        bot.wait_until_ready()
        sandbox.control.eventually(lambda: health(tmp_path).returncode == 0 or None)
        assert bot.stop() == 0
        assert "channels and schedules cannot be read" in bot.text()
        assert "no channel is registered" not in bot.text()
    assert health(tmp_path).returncode == 1


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("PRIVMAN_CA_BUNDLE", "channels.json", "holds no certificate"),
        ("STATE", "ssm:/approval-bot", "AWS_REGION"),
        ("STATE", "ssm:approval-bot", "ssm:/approval-bot"),
    ],
)
def test_what_cannot_be_used_is_told_in_words(
    sandbox: Sandbox, tmp_path: Path, setting: str, value: str, words: str
) -> None:
    with BotProcess(tmp_path, environment(sandbox, tmp_path, **{setting: value})) as bot:
        assert bot.wait() == 2
        assert words in bot.text()
        assert "Traceback" not in bot.text()
