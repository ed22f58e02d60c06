"""Trigger ids: the right to open one modal, for three seconds after what a person did."""

import secrets
import time
from dataclasses import dataclass

from sandbox.errors import SlackError, invalid_arguments


@dataclass
class _Trigger:
    user: str
    expires: float
    exchanged: bool = False


class Triggers:
    """Issues trigger ids and exchanges each once; ``life`` is in seconds."""

    def __init__(self, life: float) -> None:
        self._life = life
        self._issued: dict[str, _Trigger] = {}

    def issue(self, user: str) -> str:
        trigger_id = f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self._issued[trigger_id] = _Trigger(user, time.monotonic() + self._life)
        return trigger_id

    def exchange(self, trigger_id: str) -> str:
        """The user whose trigger it is.

        Raises `expired_trigger_id`, `exchanged_trigger_id`, or `invalid_arguments` for one we never issued
        (docs.slack.dev/reference/methods/views.open).
        """
        trigger = self._issued.get(trigger_id)
        if trigger is None:
            raise invalid_arguments("invalid `trigger_id` [json-pointer:/trigger_id]")
        if trigger.exchanged:
            raise SlackError("exchanged_trigger_id")
        if time.monotonic() > trigger.expires:
            raise SlackError("expired_trigger_id")
        trigger.exchanged = True
        return trigger.user
