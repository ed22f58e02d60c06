"""The page on policies says what the code does, and what it shows of `explain` is what that says."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from slack_bot.blocks import welcome
from slack_bot.explainer import command
from slack_bot.explainer.asked import AskedRequest
from slack_bot.policy import BUILT_IN_APPROVALS, ChannelPolicy, Standing
from tests.shell_blocks import sections, shell_blocks
from upstream_client.models import Risk

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "policy.md"


def blocks(kind: str) -> list[str]:
    found = re.findall(rf"^```{kind}\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return [str(block) for block in found]


def test_the_page_shows_what_explain_answers(tmp_path: Path) -> None:
    request, channels = blocks("json")
    (tmp_path / "request.json").write_text(request)
    (tmp_path / "channels.json").write_text(channels)
    _, line = shell_blocks(sections(PAGE)["Explain"])
    done = subprocess.run(
        ["bash", "-c", line.replace("python", sys.executable, 1)],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == blocks("text")[0]


def test_every_key_of_a_request_and_every_argument_stands_in_the_page() -> None:
    told = sections(PAGE)["Explain"]
    assert [key for key in AskedRequest.model_fields if f"`{key}`" not in told] == []
    arguments = set(re.findall(r"--[a-z-]+", _help_of_explain())) - {"--help"}
    assert "--votes" in arguments
    assert {one for one in arguments if one not in told} == set()
    assert [one.value for one in Standing if f"`{one.value}`" not in told] == []


def _help_of_explain() -> str:
    done = subprocess.run(
        [sys.executable, "-m", "slack_bot.policy", "explain", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


def test_the_exit_codes_are_the_ones_of_the_code() -> None:
    codes = [int(code) for code in re.findall(r"^\| (\d) \|", PAGE.read_text(), re.MULTILINE)]
    assert codes == [command.ALLOWED, command.NOT_ALLOWED, command.CANNOT_SAY]


def test_how_many_approve_if_nothing_is_said_is_what_is_built_in() -> None:
    rows = dict(re.findall(r"^\| (\w+) \| (\d) \|$", sections(PAGE)["How many"], re.MULTILINE))
    rated = [risk for risk in Risk if risk is not Risk.UNRATED]
    assert rows == {risk.value: str(BUILT_IN_APPROVALS.of(risk)) for risk in rated}


def test_the_checkbox_is_called_what_the_welcome_calls_it() -> None:
    named = re.findall(r"\*\*(Ask for [^*]+)\*\*", " ".join(PAGE.read_text().split()))
    drawn = json.dumps(welcome("C0123456789", ChannelPolicy(), (), (), ()).blocks)
    assert named
    assert all(one in drawn for one in named)
