"""The bot in pieces before the sandbox's Xerotier; what webhooks tell is handed to its client by the test."""

from typing import Any

from slack_bot.config import Settings
from slack_bot.policy import Approvals
from slack_bot.policy.terms import RefusedFrom
from slack_bot.rows import RequestRow, key_of
from tests.rig import Rig
from tests.slack_bot.quorums import of_group
from tests.upstream_client.xerotier.approvals import event
from upstream_client.base import Upstream
from upstream_client.xerotier import XerotierClient
from upstream_client.xerotier.address import LIST_PATH

ONE = of_group(approvals=Approvals(1, 1, 1, 1), unknown_requester_refused_from=RefusedFrom.NEVER)
"""Xerotier does not tell which person asked, and what it asks for is of high risk at least."""


class XerotierRig(Rig):
    """Whose upstream is the sandbox's Xerotier."""

    get_path = ""
    """Where one approval can be asked for."""

    def _upstream(self, settings: Settings) -> Upstream:
        self.xerotier = XerotierClient(
            self.sandbox.xerotier_url,
            self.sandbox.xerotier.project_id,
            self.sandbox.xerotier.key,
            paths=(LIST_PATH, self.get_path),
            timeout=(2.0, 2.0),
        )
        return self.xerotier

    def file(self, **more: Any) -> str:
        """A tool call has to be approved; the bot has looked. Its id."""
        approval_id = self.control.file_approval(**more)
        self.look()
        return approval_id

    def hear(self, approval_id: str, kind: str = "exec.approval_requested", **more: Any) -> None:
        """A webhook came, and the bot has looked twice, as it does then."""
        self.xerotier.take(event(kind, approval_id=approval_id, **more))
        self.look()
        self.look()

    def claimed(self, **more: Any) -> str:
        """A tool call of which only a webhook told; its card is shown."""
        approval_id = self.control.file_approval(**more)
        self.hear(approval_id, **more)
        return approval_id

    def lose_the_list(self) -> None:
        """There is none from now on: what waits is known by webhooks only."""
        self.control.switch_xerotier(has_list=False)
        self.look()

    def asked_for_otherwise(self, approval_id: str, **fields: Any) -> None:
        """Xerotier tells it with other facts from now on."""
        self.sandbox.xerotier.retell(approval_id, **fields)

    def calls(self) -> list[str]:
        """Every call to Xerotier."""
        return self.sandbox.xerotier.calls()

    def approval(self, approval_id: str) -> dict[str, Any]:
        """As Xerotier has it."""
        return next(one for one in self.control.xerotier_approvals() if one["id"] == approval_id)

    def row_of(self, approval_id: str) -> RequestRow:
        """As the ledger has it."""
        return self.row(key_of(XerotierClient.name, approval_id))
