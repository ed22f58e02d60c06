"""The snippets of docs/pipelines.md: each is YAML of its platform's kind, and asks a real gate when it is run."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from approval_gate.command import NO, YES
from approval_gate.command_line import read
from approval_gate.server.bodies import TicketBody
from tests.approval_gate.gate_process import GateProcess
from tests.approval_gate.person import Person
from tests.shell_blocks import sections, shell_blocks

ROOT = Path(__file__).resolve().parent.parent.parent
SECTIONS = sections(ROOT / "docs" / "pipelines.md")
PLATFORMS = ("GitHub Actions", "GitLab CI", "Argo Workflows", "Argo CD", "Argo Rollouts")
COMMAND = ["python", "-m", "approval_gate.command"]
"""As the image has it, in which nothing is installed by a name."""
SET_BY_THE_PLATFORM = {
    "GITHUB_ACTOR": "deployer",
    "GITHUB_REF_NAME": "v4.2.0",
    "GITHUB_REPOSITORY": "example/checkout",
    "GITHUB_RUN_ID": "118",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_SHA": "9a8b7c6d5e4f",
    "CI_COMMIT_SHA": "9a8b7c6d5e4f",
    "CI_COMMIT_TAG": "v4.2.0",
    "CI_PIPELINE_URL": "https://gitlab.example.com/example/checkout/-/pipelines/118",
    "CI_PROJECT_PATH": "example/checkout",
    "GITLAB_USER_LOGIN": "deployer",
}

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the snippets are for shells")


def snippets(platform: str) -> list[Any]:
    """What its YAML blocks hold."""
    blocks = re.findall(r"^```yaml\n(.*?)^```$", SECTIONS[platform], re.MULTILINE | re.DOTALL)
    return [yaml.safe_load(block) for block in blocks]


def found(node: Any, key: str) -> Iterator[Any]:
    """Every value under this key, wherever in it."""
    if isinstance(node, dict):
        yield from (value for name, value in node.items() if name == key)
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from found(child, key)


def scripts(platform: str) -> list[str]:
    """What a shell is given."""
    (snippet, *_) = snippets(platform)
    runs = [*found(snippet, "run"), *found(snippet, "script")]
    return [line for run in runs for line in (run if isinstance(run, list) else [run])]


def asking(platform: str) -> list[str]:
    """The words that ask, as a shell or the platform makes them of what stands there."""
    for script in scripts(platform):
        if script.startswith("approval-gate"):
            done = subprocess.run(
                ["bash", "-euc", f"approval-gate() {{ printf '%s\\0' \"$@\"; }}\n{script}"],
                env=SET_BY_THE_PLATFORM,
                capture_output=True,
                text=True,
                check=True,
            )
            return done.stdout.split("\0")[:-1]
    (args,) = (one["args"] for one in containers(platform) if one.get("command") == COMMAND)
    return [re.sub(r"{{[\w.]+}}", "checkout", word) for word in args]


def containers(platform: str) -> list[dict[str, Any]]:
    """What Kubernetes is to run."""
    (snippet, *_) = snippets(platform)
    return [*found(snippet, "container"), *(one for many in found(snippet, "containers") for one in many)]


@pytest.mark.parametrize(("verdict", "code"), [("approve", YES), ("deny", NO)])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_it_asks_the_gate_and_ends_as_the_answer_says(
    platform: str, verdict: str, code: int, gate: GateProcess, client_key: str, person: Person
) -> None:
    env = {"PATH": os.defpath, "PYTHONPATH": str(ROOT), "GATE_URL": gate.url, "GATE_API_KEY": client_key}

    with person.answering(verdict) as answered:
        done = subprocess.run(
            [sys.executable, *COMMAND[1:], *asking(platform)],
            env=env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert done.returncode == code, done.stderr
    ticket = answered.result()
    assert (ticket["risk"], ticket["arguments"]["environment"]) == ("high", "production")
    assert "checkout" in ticket["title"]
    assert ticket["requester_claimed"]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_shell_can_read_it_and_nobody_writes_into_its_script(platform: str) -> None:
    for script in scripts(platform):
        done = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), script
        assert "${{" not in script


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_platform_gives_it_more_time_than_it_waits(platform: str) -> None:
    (snippet, *_) = snippets(platform)
    given = [minutes * 60 for minutes in found(snippet, "timeout-minutes")]
    given += [int(text.removesuffix(" minutes")) * 60 for text in found(snippet, "timeout")]
    given += [*found(snippet, "activeDeadlineSeconds")]
    assert len(given) == 1
    assert given[0] > read(asking(platform)).wait + 60


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_no_is_not_asked_again_and_the_key_stands_in_no_file(platform: str) -> None:
    (snippet, *_) = snippets(platform)
    assert [*found(snippet, "retryStrategy"), *found(snippet, "retry")] == []
    jobs = [one for one in (snippet.get("spec"), *found(snippet, "spec")) if one and "backoffLimit" in one]
    assert [one["backoffLimit"] for one in jobs] == [0] * len(jobs)
    assert "restartPolicy" not in str(snippet) or set(found(snippet, "restartPolicy")) == {"Never"}
    assert not re.search(r"gate_\w{8}", str(snippet))
    assert "GATE_API_KEY" in SECTIONS[platform]


@pytest.mark.parametrize(
    ("platform", "kind"),
    [
        ("Argo Workflows", ("argoproj.io/v1alpha1", "Workflow")),
        ("Argo CD", ("batch/v1", "Job")),
        ("Argo Rollouts", ("argoproj.io/v1alpha1", "AnalysisTemplate")),
    ],
)
def test_it_is_of_the_platforms_own_kind(platform: str, kind: tuple[str, str]) -> None:
    (snippet, *_) = snippets(platform)
    assert (snippet["apiVersion"], snippet["kind"]) == kind


def test_what_an_analysis_is_told_by_the_rollout_is_what_it_asks_for() -> None:
    template, rollout = snippets("Argo Rollouts")
    (analysis,) = found(rollout, "analysis")
    assert analysis["templates"] == [{"templateName": template["metadata"]["name"]}]
    assert [one["name"] for one in analysis["args"]] == [one["name"] for one in template["spec"]["args"]]


def test_nothing_is_deployed_before_the_answer() -> None:
    (github,), (gitlab,) = snippets("GitHub Actions"), snippets("GitLab CI")
    assert github["jobs"]["deploy"]["needs"] == "approval"
    assert gitlab["deploy"]["needs"] == ["approval"]
    (workflow,) = snippets("Argo Workflows")
    steps = workflow["spec"]["templates"][0]["steps"]
    assert [one["template"] for [one] in steps] == ["ask", "apply"]
    (job,) = snippets("Argo CD")
    assert job["metadata"]["annotations"]["argocd.argoproj.io/hook"] == "PreSync"


def test_what_is_to_be_called_back_is_a_ticket_that_the_gate_takes() -> None:
    (block,) = shell_blocks(SECTIONS["Asking, and being called back"])
    words = shlex.split(block)
    body = TicketBody.model_validate(json.loads(words[words.index("--data") + 1]))
    assert (body.risk, body.callback_url) == ("high", "https://receiver.example.com/approvals")
