"""The settings of Argo Workflows: what is required, what is refused, and what reaches the client."""

from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot.config import Settings, SettingsError, load_settings
from slack_bot.upstreams import build
from tests.audit_key import AUDIT_KEY
from tests.upstream_client.argo_workflows.conftest import OURS
from tests.upstream_client.serving import SELF_SIGNED
from upstream_client.argo_workflows import ArgoWorkflowsClient, Denial

COMPLETE = {
    "SLACK_BOT_TOKEN": "xoxb-1-bot",
    "SLACK_APP_TOKEN": "xapp-1-app",
    "AUDIT_KEY": AUDIT_KEY,
    "UPSTREAMS": "argo_workflows",
    "ARGO_URL": "https://argo.example.com/",
    "ARGO_TOKEN": "Bearer eyJhbGciOi.an-argo-token",
    "ARGO_NAMESPACES": "argo, payments",
}
REQUIRED = ("ARGO_URL", "ARGO_TOKEN", "ARGO_NAMESPACES")


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A complete one, with nothing besides."""
    for name in (*Settings.model_fields, "slack_approval_channel"):
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in COMPLETE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return monkeypatch


def problems() -> dict[str, str]:
    """What is wrong, by setting; none of it with a value."""
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "s3cret" not in str(caught.value)
    return {problem.setting: problem.what for problem in caught.value.problems}


def test_address_token_and_namespaces_are_enough(environment: pytest.MonkeyPatch) -> None:
    settings = load_settings()
    assert settings.argo_url == "https://argo.example.com"
    assert settings.argo_namespaces == ("argo", "payments")
    assert (settings.argo_label_selector, settings.argo_deny) == ("", Denial.NODE)
    [client] = build(settings)
    assert isinstance(client, ArgoWorkflowsClient)
    client.close()


def test_what_is_required_is_so_only_where_it_is_wanted(environment: pytest.MonkeyPatch) -> None:
    for name in REQUIRED:
        environment.delenv(name)
    assert problems() == dict.fromkeys(REQUIRED, "is missing")
    environment.setenv("UPSTREAMS", "gate")
    environment.setenv("GATE_URL", "https://gate.example.com")
    environment.setenv("GATE_API_KEY", "gate_abcdefgh_secret")
    assert load_settings().argo_namespaces == ()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("ARGO_URL", "http://argo.example.com", "uses http"),
        ("ARGO_URL", "argo.example.com", "is no address"),
        ("ARGO_TOKEN", "Bearer s3cret with spaces", "is no token"),
        ("ARGO_TOKEN", "'s3cret'", "stands in quotes"),
        ("ARGO_NAMESPACES", "argo/../x", "is no namespace"),
        ("ARGO_NAMESPACES", " , ", "is missing"),
        ("ARGO_LABEL_SELECTOR", "a=b&c", "is no selector"),
        ("ARGO_LABEL_SELECTOR", "gate in slack", "is no selector"),
        ("ARGO_DENY", "all", "is neither node nor workflow"),
        ("ARGO_CA_BUNDLE", "none.pem", "where no file is"),
    ],
)
def test_what_cannot_be_used_is_refused_at_the_start(
    environment: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    environment.setenv(name, value)
    told = problems()
    assert list(told) == [name]
    assert words in told[name]


def test_a_misspelt_name_is_found(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("ARGO_TOKEN")
    environment.setenv("ARGO_TOKN", "a-token")
    assert "ARGO_TOKN is set" in problems()["ARGO_TOKEN"]


def test_the_token_is_a_secret(environment: pytest.MonkeyPatch) -> None:
    settings = load_settings()
    assert "eyJhbGciOi.an-argo-token" in settings.secrets
    assert "an-argo-token" not in repr(settings)


def test_every_setting_reaches_the_client(environment: pytest.MonkeyPatch, sandbox: Sandbox) -> None:
    sandbox.control.submit_workflow()
    name = sandbox.control.submit_workflow(namespace="production", labels={"gate": "slack"})
    for setting, value in {
        "URL": sandbox.argo_workflows_url,
        "TOKEN": sandbox.argo_workflows.token,
        "NAMESPACES": "argo,production",
        "LABEL_SELECTOR": "gate=slack",
        "DENY": "Workflow",
        "CA_BUNDLE": str(SELF_SIGNED),
    }.items():
        environment.setenv(f"ARGO_{setting}", value)
    [client] = build(load_settings())
    [request] = client.list_pending()
    client.deny(request, "", OURS)
    client.close()
    shutdowns = {one["name"]: one["shutdown"] for one in sandbox.control.workflows()}
    assert shutdowns[name] == "Stop"
