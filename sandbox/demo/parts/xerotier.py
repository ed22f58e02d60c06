"""Xerotier in the demo: agents whose calls of tools have to be approved."""

import random
from collections.abc import Iterator

from pydantic import JsonValue

from sandbox.demo.part import SEED, Part, Setting
from sandbox.server import Sandbox

TOOLS: tuple[tuple[str, str, dict[str, JsonValue]], ...] = (
    ("kubectl_scale", "write", {"deployment": "checkout", "replicas": 6}),
    ("kubectl_drain", "destructive", {"node": "node-7", "grace_period": 60}),
    ("sql_update", "write", {"table": "prices", "where": "sku = 'A-100'", "set": {"price": "9.90"}}),
    ("bucket_empty", "irreversible", {"bucket": "reports-2019"}),
)
"""A tool, Xerotier's own word for its risk, and what it is called with."""
WORKSPACES = ("ws_production", "ws_staging")


def xerotier(here: Setting) -> Part:
    """The sandbox's own, polled. It does not tell which person asked, and most of what waits has a high risk."""
    sandbox = here.sandbox
    settings = {
        "XEROTIER_BASE": sandbox.xerotier_url,
        "XEROTIER_PROJECT_ID": sandbox.xerotier.project_id,
        "XEROTIER_API_KEY": sandbox.xerotier.key,
    }
    return Part(settings, _asks(sandbox), {"unknown_requester_refused_from": "never"})


def _asks(sandbox: Sandbox) -> Iterator[None]:
    for approval in demo_approvals(SEED):
        sandbox.control.file_approval(**approval)
        yield


def demo_approvals(seed: int) -> Iterator[dict[str, JsonValue]]:
    """Endless arguments for `Xerotier.file_approval`; the same ones for the same ``seed``."""
    chance = random.Random(seed)  # noqa: S311 - it picks demo data, no secrets
    while True:
        for tool, risk, arguments in TOOLS:
            workspace = chance.choice(WORKSPACES)
            yield {"tool_name": tool, "risk": risk, "workspace_id": workspace, "arguments": arguments}
