"""Where AgentSudo's Slack approval finds its gate and its key, and what it says where there is none."""

import shlex

import pytest

from approval_gate import Gate, GateRefused, GateUnavailable
from approval_gate.agentsudo import SlackApproval
from tests.approval_gate.gate_process import GateProcess


@pytest.fixture(autouse=True)
def environment(gate: GateProcess, client_key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As somebody who migrated has it."""
    monkeypatch.setenv("GATE_URL", gate.url)
    monkeypatch.setenv("AGENTSUDO_API_KEY", client_key)
    for name in ("GATE_API_KEY", "SLACK_APPROVAL_CHANNEL"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("wire", ["", "/", "/agentsudo", "/api/slack", "/api/slack/"])
def test_a_cloud_url_leads_to_its_gate(
    gate: GateProcess, monkeypatch: pytest.MonkeyPatch, client: Gate, wire: str
) -> None:
    monkeypatch.setenv("GATE_URL", "http://127.0.0.1:9")
    ticket = client.request(title="Refund")

    approval = SlackApproval(cloud_url=gate.url + wire)

    with pytest.raises(GateRefused, match="decide"):
        approval.approve(ticket.id)


@pytest.mark.parametrize("url", ["http://agentsudo", "http://agentsudo/agentsudo/", "http://api/slack"])
def test_what_is_taken_off_a_cloud_url_stands_in_its_path_only(url: str) -> None:
    assert isinstance(SlackApproval(cloud_url=url), SlackApproval)


@pytest.mark.parametrize(
    "url",
    [
        "https://agentsudo.dev",
        "https://agentsudo.dev/api/slack/",
        "http://agentsudo.dev/api/slack",
        "https://AgentSudo.dev./api/slack?x#y",
        "https://www.agentsudo.dev:8443/agentsudo",
        "https://%61gentsudo.dev",
    ],
)
def test_our_key_never_goes_to_the_original_service(
    monkeypatch: pytest.MonkeyPatch, client: Gate, url: str
) -> None:
    ticket = client.request(title="Refund")

    with pytest.raises(GateRefused, match="decide"):
        SlackApproval(cloud_url=url).approve(ticket.id)
    monkeypatch.setenv("GATE_URL", url)
    with pytest.raises(GateUnavailable, match="without a gate"):
        SlackApproval(cloud_url=url)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"cloud_url": "gate.example"}, "`cloud_url` is not the address"),
        ({"cloud_url": "https://[::1"}, "`cloud_url` is not the address"),
        ({"cloud_api_key": "k k"}, "`cloud_api_key` holds"),
    ],
)
def test_an_error_names_the_argument_that_was_given(given: dict[str, str], words: str) -> None:
    with pytest.raises(GateUnavailable, match=words):
        SlackApproval(**given)  # type: ignore[arg-type]  # texts, all of them


def test_an_error_names_the_setting_that_the_key_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTSUDO_API_KEY", "gate_0000000000_unknown")

    with pytest.raises(GateUnavailable, match="Set AGENTSUDO_API_KEY to a key"):
        SlackApproval().approve("0" * 32)


def test_the_command_in_the_error_makes_a_key_whose_wish_can_be_followed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Typed into a shell, where # begins a comment."""
    monkeypatch.delenv("GATE_URL")

    with pytest.raises(GateUnavailable, match="without a gate") as caught:
        SlackApproval(bot_token="xoxb-1", channel="#refunds")

    command = shlex.split(str(caught.value).split("`")[1], comments=True)
    assert command[2:] == [
        "approval_gate",
        "keys",
        "create",
        "agent",
        "--scope",
        "request",
        "--channel",
        "#refunds",
    ]


@pytest.mark.parametrize("given", [{"bot_token": "xoxb-1"}, {}, {"cloud_api_key": "k"}])
def test_without_a_gate_it_says_at_once_which_command_to_run(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str]
) -> None:
    monkeypatch.delenv("GATE_URL")

    with pytest.raises(
        GateUnavailable, match=r"Run `python -m approval_gate keys create agent --scope request`"
    ):
        SlackApproval(**given)  # type: ignore[arg-type]  # texts, all of them
