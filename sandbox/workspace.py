"""The people, channels and user groups of one Slack workspace, as read from `workspace.json`.

`*_object` methods give them in the shape Slack's Web API returns (docs.slack.dev/reference/objects).
"""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from sandbox.json_types import Json

CREATED = 1_700_000_000
"""When everything in the sandbox was made, in Unix seconds; nothing reads it, Slack always sends it."""


class Part(BaseModel):
    """A typo in `workspace.json` is an error, and a change through the control API is validated again."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)


class Team(Part):
    id: str
    name: str
    domain: str


class App(Part):
    """The app that is tried out: its id, and its bot's id and user."""

    id: str
    bot_id: str
    bot_user: str


class User(Part):
    id: str
    name: str
    real_name: str
    email: str | None = None
    tz: str = "UTC"
    team_id: str = ""
    deleted: bool = False
    is_admin: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    is_bot: bool = False
    bot_id: str | None = None
    app_id: str | None = None

    def user_object(self, with_email: bool, now: datetime | None = None) -> Json:
        """As `users.info` gives it; the e-mail only with the scope `users:read.email`."""
        flags = {
            "is_admin": self.is_admin,
            "is_owner": False,
            "is_primary_owner": False,
            "is_restricted": self.is_restricted,
            "is_ultra_restricted": self.is_ultra_restricted,
            "is_bot": self.is_bot,
            "is_app_user": False,
            "updated": CREATED,
        }
        if self.is_stranger:
            flags["is_stranger"] = True
        return {
            "id": self.id,
            "team_id": self.team_id,
            "name": self.name,
            "deleted": self.deleted,
            "real_name": self.real_name,
            **({} if self.deleted else self._zone(now or datetime.now(UTC))),
            "profile": self._profile(with_email),
            **({"is_bot": self.is_bot, "updated": CREATED} if self.deleted else flags),
        }

    def _zone(self, now: datetime) -> Json:
        local = now.astimezone(ZoneInfo(self.tz))
        offset = local.utcoffset()
        seconds = int(offset.total_seconds()) if offset else 0
        return {"tz": self.tz, "tz_label": local.tzname(), "tz_offset": seconds}

    def _profile(self, with_email: bool) -> Json:
        profile: Json = {
            "real_name": self.real_name,
            "real_name_normalized": self.real_name,
            "display_name": self.real_name,
            "display_name_normalized": self.real_name,
            "team": self.team_id,
        }
        if with_email and self.email:
            profile["email"] = self.email
        if self.is_bot:
            profile |= {"bot_id": self.bot_id, "api_app_id": self.app_id}
        return profile


class Channel(Part):
    id: str
    name: str
    topic: str = ""
    is_general: bool = False
    is_private: bool = False
    is_archived: bool = False
    is_ext_shared: bool = False
    members: list[str] = Field(default_factory=list)
    im_user: str | None = None
    """The person of a direct conversation with the bot; None for every other channel."""

    @property
    def scope_family(self) -> str:
        """The first half of the scopes that open it: `channels:history`, `groups:read`, `im:history` …"""
        if self.im_user:
            return "im"
        return "groups" if self.is_private else "channels"

    @property
    def payload_name(self) -> str:
        """What interaction payloads call it: Slack hides the names of private channels there."""
        return {"im": "directmessage", "groups": "privategroup", "channels": self.name}[self.scope_family]

    @property
    def event_type(self) -> str:
        """Slack's `channel_type` in message events: channel, group or im."""
        return {"im": "im", "groups": "group", "channels": "channel"}[self.scope_family]

    def channel_object(self, seen_by: str) -> Json:
        """As `conversations.info` gives it to the user ``seen_by``."""
        if self.im_user:
            return {
                "id": self.id,
                "created": CREATED,
                "is_im": True,
                "is_org_shared": False,
                "is_archived": False,
                "user": self.im_user,
            }
        return {
            "id": self.id,
            "name": self.name,
            "name_normalized": self.name,
            "is_channel": not self.is_private,
            "is_group": self.is_private,
            "is_im": False,
            "is_mpim": False,
            "is_private": self.is_private,
            "is_archived": self.is_archived,
            "is_general": self.is_general,
            "is_shared": self.is_ext_shared,
            "is_ext_shared": self.is_ext_shared,
            "is_org_shared": False,
            "is_member": seen_by in self.members,
            "created": CREATED,
            "topic": {"value": self.topic, "creator": "", "last_set": 0},
            "purpose": {"value": "", "creator": "", "last_set": 0},
        }


class UserGroup(Part):
    id: str
    handle: str
    name: str
    users: list[str] = Field(default_factory=list)
    disabled: bool = False

    def usergroup_object(self, team_id: str, include_users: bool) -> Json:
        """As `usergroups.list` gives it."""
        group: Json = {
            "id": self.id,
            "team_id": team_id,
            "is_usergroup": True,
            "name": self.name,
            "handle": self.handle,
            "description": "",
            "is_external": False,
            "date_create": CREATED,
            "date_update": CREATED,
            "date_delete": CREATED if self.disabled else 0,
            "user_count": len(self.users),
        }
        return group | {"users": list(self.users)} if include_users else group


class WorkspaceFile(Part):
    """What `workspace.json` holds."""

    team: Team
    app: App
    users: list[User]
    channels: list[Channel]
    usergroups: list[UserGroup]


class Workspace:
    """The workspace in memory, changed by the control API (people join, leave, are deactivated)."""

    def __init__(self, file: WorkspaceFile) -> None:
        self.team = file.team
        self.app = file.app
        self.users = {user.id: user for user in file.users}
        self.channels = {channel.id: channel for channel in file.channels}
        self.usergroups = {group.id: group for group in file.usergroups}
        for user in file.users:
            user.team_id = user.team_id or file.team.id

    @classmethod
    def load(cls, path: Path) -> "Workspace":
        return cls(WorkspaceFile.model_validate_json(path.read_bytes()))

    @property
    def bot(self) -> User:
        """The bot user of the app that is tried out."""
        return self.users[self.app.bot_user]

    def find_channel(self, id_or_name: str) -> Channel | None:
        """By id, or by name with or without the `#`."""
        if id_or_name in self.channels:
            return self.channels[id_or_name]
        name = id_or_name.removeprefix("#")
        return next(
            (found for found in self.channels.values() if found.name == name and not found.im_user), None
        )

    def direct_channel(self, user: str) -> Channel:
        """The direct conversation of ``user`` and the bot, opened at the first need."""
        channel_id = "D" + user[1:]
        if channel_id not in self.channels:
            members = [user, self.app.bot_user]
            self.channels[channel_id] = Channel(
                id=channel_id, name="directmessage", members=members, im_user=user
            )
        return self.channels[channel_id]
