"""The bot in pieces before the sandbox's GitHub."""

from typing import Any

from slack_bot.config import Settings
from slack_bot.rows import RequestRow, key_of
from tests.rig import Rig
from upstream_client.base import Upstream
from upstream_client.github_actions import GitHubActionsClient
from upstream_client.github_actions.caller import Access


class GitHubActionsRig(Rig):
    """Whose upstream is the sandbox's GitHub, with all repositories of one organisation."""

    def _upstream(self, settings: Settings) -> Upstream:
        self.github = self.sandbox.github_actions
        access = Access(self.github.token, self.sandbox.github_actions_url, timeout=(2.0, 1.0))
        return GitHubActionsClient(access, owner="octo-org", monotonic=self.clock.monotonic)

    def file(self, **more: Any) -> int:
        """A run waits; the bot has looked. Its id."""
        run = self.github.file_run(**more)
        self.look()
        return run

    def run_of(self, run: int) -> dict[str, Any]:
        """As GitHub has it."""
        return next(one for one in self.github.runs() if one["id"] == run)

    def row_of(self, run: int, environment: str = "production") -> RequestRow:
        """As the ledger has the latest attempt."""
        return self.row(key_of(GitHubActionsClient.name, self.github.request_id(run, environment)))
