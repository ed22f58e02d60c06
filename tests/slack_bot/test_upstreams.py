"""From the settings to clients: each setting of an upstream reaches its client."""

from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox
from slack_bot.config import Settings
from slack_bot.rated import rated, told
from slack_bot.risk_rules import RiskRule
from slack_bot.upstreams import build
from tests.audit_key import AUDIT_KEY
from tests.upstream_client.serving import SELF_SIGNED
from upstream_client.models import Risk
from upstream_client.session import CaBundleError


def settings(sandbox: Sandbox, **more: Any) -> Settings:
    return Settings(
        _env_file=None,
        slack_bot_token=sandbox.bot_token,
        slack_app_token=sandbox.app_token,
        privman_base_url=sandbox.privman_url,
        privman_username=sandbox.privman_username,
        privman_password=sandbox.privman_password,
        audit_key=AUDIT_KEY,
        **more,
    )


def test_the_zone_reaches_the_client(sandbox: Sandbox) -> None:
    sandbox.control.file_request(requested="2020-11-18T13:09:00")
    [client] = build(settings(sandbox, privman_timezone="Europe/Berlin", privman_ca_bundle=str(SELF_SIGNED)))
    [request] = client.list_pending()
    client.close()
    assert request.requested_at == 1_605_701_340_000_000


def test_each_name_is_a_client_of_that_upstream(sandbox: Sandbox) -> None:
    gate = {"gate_url": "https://gate.example.com", "gate_api_key": "gate_abcdefghij_secret"}
    clients = build(settings(sandbox, upstreams=("gate", "privilege_manager"), **gate))
    assert [client.name for client in clients] == ["gate", "privilege_manager"]
    assert [told(client) is not None for client in rated(clients, [RiskRule(Risk.HIGH)])] == [True, False]
    assert [told(client) is not None for client in clients] == [True, False]
    for client in clients:
        client.close()


def test_a_bundle_without_a_certificate_is_refused_before_anything_starts(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    with pytest.raises(CaBundleError, match="PRIVMAN_CA_BUNDLE names"):
        build(settings(sandbox, privman_ca_bundle=str(empty)))
