"""Talking with the bot: what people say in a channel, directly or by its command, and what they hear."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sandbox import Sandbox
from slack_bot.audit import Record
from slack_bot.policy import Admins, ChannelPolicy
from tests.rig import ADMIN, APPROVALS, OUR_BOT, Rig, texts


@contextmanager
def talking(
    sandbox: Sandbox,
    folder: Path,
    channels: dict[str, ChannelPolicy] | None = None,
    admins: Admins | None = None,
) -> Iterator[Rig]:
    """A bot with no channel declared, unless ``channels`` are."""
    with Rig(sandbox, folder, channels or {}, admins=admins) as rig:
        yield rig


def said(rig: Rig, user: str, words: str, channel: str) -> dict[str, Any]:
    """Somebody writes a message of which the bot is told; it is saved, and not yet handled."""
    before = len(rig.control.deliveries())
    message = rig.control.message(channel, user, words)
    assert len(message["events"]) == 1, message

    def arrived() -> bool:
        sent = rig.control.deliveries()[before:]
        return bool(sent) and all(one["acknowledged"] for one in sent)

    rig.control.eventually(arrived)
    return message


def hear(rig: Rig, user: str, words: str = "", channel: str = APPROVALS) -> None:
    """Somebody mentions the bot; it is saved, and not yet handled."""
    said(rig, user, f"<@{OUR_BOT}> {words}", channel)


def mention(rig: Rig, user: str, words: str = "", channel: str = APPROVALS) -> str:
    """Somebody mentions the bot; what they alone are told then, "" for nothing."""
    before = len(rig.told(user))
    hear(rig, user, words, channel)
    rig.run("clerk")
    return "\n".join(rig.told(user)[before:])


def write(rig: Rig, user: str, words: str) -> str:
    """Somebody writes to the bot directly; what it answers there."""
    message = said(rig, user, words, OUR_BOT)
    rig.run("clerk")
    there = rig.control.messages(direct(user))
    return "\n".join(str(one["text"]) for one in there if one["ts"] > message["ts"])


def command(rig: Rig, user: str, words: str = "", channel: str = APPROVALS) -> str:
    """Somebody uses the slash command; what they alone are told then."""
    before = len(rig.told(user))
    assert rig.control.command(channel, user, "/approvals", words)["acknowledged"]
    rig.run("clerk")
    return "\n".join(rig.told(user)[before:])


def direct(user: str) -> str:
    """The conversation of the bot with somebody."""
    return f"D{user[1:]}"


def registered(rig: Rig, channel: str = APPROVALS, by: str = ADMIN) -> dict[str, Any]:
    """An admin registers the channel; the welcome, as it was posted."""
    mention(rig, by, "", channel)
    assert rig.channels.get(channel) is not None
    return posted(rig, channel)[-1]


def posted(rig: Rig, channel: str = APPROVALS) -> list[dict[str, Any]]:
    """What the bot said to everybody in a channel, oldest first."""
    return [one for one in rig.control.messages(channel) if one.get("bot_id") == "B01SANDBOX"]


def announced(rig: Rig, channel: str = APPROVALS) -> list[str]:
    """Its texts."""
    return [str(one["text"]) for one in posted(rig, channel)]


def drawn(message: dict[str, Any]) -> str:
    """Every text in a message's blocks."""
    return "\n".join(texts(message["blocks"]))


def recorded(rig: Rig, *kinds: str) -> list[Record]:
    """The audit records of these kinds."""
    return [record for record in rig.audit() if record.kind in kinds]


def rules(rig: Rig) -> list[object]:
    """The rules by which something was refused."""
    return [record.detail["rule"] for record in recorded(rig, "refusal", "security_event")]


def block_state(folder: Path, name: str) -> None:
    """Neither read nor written from here on: a file lies where the folder of the state has to be."""
    shutil.rmtree(folder / "state" / name, ignore_errors=True)
    (folder / "state").mkdir(exist_ok=True)
    (folder / "state" / name).write_text("in the way")


def unblock_state(folder: Path, name: str) -> None:
    """It can be read again; there is nothing in it."""
    (folder / "state" / name).unlink()
