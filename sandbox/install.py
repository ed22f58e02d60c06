"""Our app as installed in the workspace: its manifest and its tokens."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.scopes import Manifest, Token
from sandbox.timing import Timing

VERIFICATION_TOKEN = "sandbox-verification-token"
"""Deprecated at Slack, and still in every payload."""


@dataclass
class Install:
    """What stays when the workspace is reset: the app's manifest, its secrets, the files to read again."""

    manifest: Manifest
    workspace_file: Path
    bot_token: Token
    app_token: Token
    timing: Timing
    signing_secret: str = field(default_factory=lambda: secrets.token_hex(16))

    @classmethod
    def new(
        cls,
        manifest: Manifest,
        workspace_file: Path,
        timing: Timing,
        declined_scopes: Collection[str] = (),
        bot_token: str = "",
        app_token: str = "",
    ) -> "Install":
        """Install the app; tokens that are not given are made up."""
        bot = bot_token or f"xoxb-{secrets.randbelow(10**12)}-{secrets.token_hex(12)}"
        app = app_token or f"xapp-1-A01SANDBOX-{secrets.randbelow(10**13)}-{secrets.token_hex(32)}"
        return cls(
            manifest,
            workspace_file,
            Token(bot, "bot", manifest.granted(declined_scopes)),
            Token(app, "app", ("connections:write",)),
            timing,
        )

    def token(self, value: str) -> Token | None:
        return next((token for token in (self.bot_token, self.app_token) if token.value == value), None)
