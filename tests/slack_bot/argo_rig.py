"""The bot in pieces before the sandbox's Argo server."""

from typing import Any

from slack_bot.config import Settings
from tests.rig import Rig
from upstream_client.argo_workflows import ArgoWorkflowsClient, Denial
from upstream_client.base import Upstream

DEPLOY: dict[str, Any] = {
    "creator": "requester@example.com",
    "parameters": {
        "app": "payments",
        "environment": "production",
        "image": "registry.example.com/payments:1.2",
    },
    "labels": {"team": "payments"},
}
"""A deployment of which it is known who started it; its risk is high by what it says."""


class ArgoRig(Rig):
    """Whose upstream is the sandbox's Argo server."""

    denial = Denial.NODE

    def _upstream(self, settings: Settings) -> Upstream:
        return ArgoWorkflowsClient(
            self.sandbox.argo_workflows_url,
            self.sandbox.argo_workflows.token,
            ["argo"],
            denial=self.denial,
            timeout=(2.0, 2.0),
        )

    def submit(self, **more: Any) -> str:
        """A workflow comes to a suspended step; the bot has looked. Its name."""
        name = self.control.submit_workflow(**{**DEPLOY, **more})
        self.look()
        return name

    def workflow(self, name: str) -> dict[str, Any]:
        """As Argo has it."""
        return next(one for one in self.control.workflows() if one["name"] == name)

    def node(self, name: str) -> dict[str, Any]:
        """Its suspended step."""
        found: dict[str, Any] = self.workflow(name)["nodes"]["approve"]
        return found
