"""Who we are in Slack, and what we may do there."""

from dataclasses import dataclass
from typing import Self

from slack_sdk import WebClient

from slack_bot.slack_api import call_for_headers

REQUIRED = ("app_mentions:read", "chat:write", "im:history", "users:read")
"""The scopes without which nothing can be asked or answered; the other ones of manifest.json are optional."""
SCOPES_HEADER = "x-oauth-scopes"
"""In each answer of the Web API; https://docs.slack.dev/apis/web-api (Authentication)."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Our app as it is installed. ``enterprise_id`` is empty outside an organisation.

    ``url`` is where people open the workspace, with a slash at its end; empty where Slack does not say.
    """

    bot_id: str
    user_id: str
    team_id: str
    enterprise_id: str = ""
    scopes: frozenset[str] = frozenset()
    url: str = ""

    @property
    def lacks(self) -> list[str]:
        """Required scopes that were not granted. Where none is told of at all, nobody can tell."""
        return [scope for scope in REQUIRED if self.scopes and scope not in self.scopes]

    @classmethod
    def ask(cls, client: WebClient) -> Self:
        """As auth.test tells it. Raises a `slack_bot.slack_api.SlackFailure`."""
        answer, headers = call_for_headers(client, "auth.test", {})
        scopes = frozenset(scope.strip() for scope in headers.get(SCOPES_HEADER, "").split(","))
        return cls(
            bot_id=str(answer.get("bot_id") or ""),
            user_id=str(answer.get("user_id") or ""),
            team_id=str(answer.get("team_id") or ""),
            enterprise_id=str(answer.get("enterprise_id") or ""),
            scopes=scopes - {""},
            url=str(answer.get("url") or ""),
        )
