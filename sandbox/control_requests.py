"""What the control API takes, checked: a misspelt key is an error, not a surprise."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from sandbox.interactions import NOT_SENT, Press
from sandbox.json_types import Json


class Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class MessageRequest(Request):
    """``blocks`` and ``metadata`` are for other apps' bots; a person writes ``text``.

    ``channel`` may be the bot's user id: the direct conversation with it.
    """

    channel: str
    user: str
    text: str = ""
    thread_ts: str = ""
    blocks: list[Json] | None = None
    metadata: Json | None = None


class ClickRequest(Request):
    """On a message (``channel``, ``ts``), else in the person's modal, or their Home tab with ``home``.

    ``values``: {action_id: value} chosen first in other inputs. ``value``: of a menu, what is chosen; of a
    button, it replaces the button's own (a forged click). ``force``: send it whoever clicks and whatever is
    there.
    ``wait``: answer only once the app acknowledged or its time is over.
    """

    user: str
    action_id: str
    channel: str = ""
    ts: str = ""
    home: bool = False
    block_id: str = ""
    value: Any = None
    values: Json = Field(default_factory=dict)
    force: bool = False
    wait: bool = True

    def press(self) -> Press:
        value = self.value if "value" in self.model_fields_set else NOT_SENT
        return Press(self.action_id, self.block_id, value, self.force)


class ClicksRequest(Request):
    clicks: list[ClickRequest]


class SubmitRequest(Request):
    """``values``: {action_id: value} of the open modal."""

    user: str
    values: Json = Field(default_factory=dict)
    wait: bool = True


class CloseRequest(Request):
    """``all``: every modal of the person, not only the one on top."""

    user: str
    all: bool = False
    wait: bool = True


class CommandRequest(Request):
    channel: str
    user: str
    command: str
    text: str = ""
    wait: bool = True


class HomeRequest(Request):
    """``tab``: home or messages."""

    user: str
    tab: str = "home"


class DeleteRequest(Request):
    channel: str
    ts: str


class ChannelRequest(Request):
    """Change a channel: who joins, who leaves, whether it is archived, its name."""

    channel: str
    join: list[str] = Field(default_factory=list)
    leave: list[str] = Field(default_factory=list)
    archived: bool | None = None
    name: str | None = None


class UserRequest(Request):
    """Change a person; see `sandbox.workspace.User`."""

    user: str
    deleted: bool | None = None
    is_admin: bool | None = None
    is_restricted: bool | None = None
    email: str | None = None
    tz: str | None = None


class ChangesQuery(Request):
    """Wait up to ``wait`` seconds for a version other than ``since``."""

    since: int = 0
    wait: float = Field(default=0.0, ge=0, le=60, allow_inf_nan=False)


class UserGroupRequest(Request):
    usergroup: str
    users: list[str] | None = None
    disabled: bool | None = None
