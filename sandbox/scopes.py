"""What the app may do: the tokens, and the scopes its manifest asks for."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field

from sandbox.errors import SlackError
from sandbox.workspace import Channel

TokenKind = Literal["bot", "app"]


class _Scopes(BaseModel):
    bot: list[str] = Field(default_factory=list)
    bot_optional: list[str] = Field(default_factory=list)


class _OAuth(BaseModel):
    scopes: _Scopes = Field(default_factory=_Scopes)


class _Command(BaseModel):
    command: str
    url: str = ""


class _AppHome(BaseModel):
    home_tab_enabled: bool = False
    messages_tab_enabled: bool = True
    messages_tab_read_only_enabled: bool = False


class _Features(BaseModel):
    app_home: _AppHome = Field(default_factory=_AppHome)
    slash_commands: list[_Command] = Field(default_factory=list)


class _Switch(BaseModel):
    is_enabled: bool = False
    request_url: str = ""


class _Events(BaseModel):
    bot_events: list[str] = Field(default_factory=list)
    request_url: str = ""


class _Settings(BaseModel):
    event_subscriptions: _Events = Field(default_factory=_Events)
    interactivity: _Switch = Field(default_factory=_Switch)
    socket_mode_enabled: bool = False


class Manifest(BaseModel):
    """The parts of a Slack app manifest that decide what Slack allows; the rest is ignored."""

    features: _Features = Field(default_factory=_Features)
    oauth_config: _OAuth = Field(default_factory=_OAuth)
    settings: _Settings = Field(default_factory=_Settings)

    @classmethod
    def load(cls, path: Path) -> "Manifest":
        return cls.model_validate_json(path.read_bytes())

    def granted(self, declined: Collection[str]) -> tuple[str, ...]:
        """The bot token's scopes when the installer declined some of the optional ones.

        Raises ValueError for a declined scope that is not optional: Slack offers no such choice.
        """
        scopes = self.oauth_config.scopes
        required = set(declined) - set(scopes.bot_optional)
        if required:
            raise ValueError(f"only optional scopes can be declined, not {', '.join(sorted(required))}")
        optional = [scope for scope in scopes.bot_optional if scope not in declined]
        return tuple(dict.fromkeys(scopes.bot + optional))

    @property
    def bot_events(self) -> Collection[str]:
        return self.settings.event_subscriptions.bot_events

    def has_command(self, command: str) -> bool:
        return any(known.command == command for known in self.features.slash_commands)


EVENT_SCOPES: dict[str, str] = {
    "app_mention": "app_mentions:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
    "member_joined_channel": "channels:read",
    "member_left_channel": "channels:read",
    "channel_archive": "channels:read",
}
"""Slack delivers a subscribed event only to an app that holds this scope; `app_home_opened` needs none."""


@dataclass(frozen=True)
class Token:
    """A token the sandbox handed out."""

    value: str
    kind: TokenKind
    scopes: tuple[str, ...]

    def require(self, *any_of: str) -> None:
        """Raises `missing_scope` with `needed` and `provided` unless one of these was granted."""
        if any_of and not set(any_of) & set(self.scopes):
            raise SlackError("missing_scope", needed=",".join(any_of), provided=",".join(self.scopes))

    def require_for(self, channel: Channel, right: Literal["read", "history"]) -> None:
        """The scope that opens this kind of channel, such as `groups:history` for a private one."""
        self.require(f"{channel.scope_family}:{right}")

    def opens(self, families: Iterable[str], right: str) -> set[str]:
        """Which of the channel families this token may list."""
        return {family for family in families if f"{family}:{right}" in self.scopes}
