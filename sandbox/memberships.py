"""Changes to the workspace: people join and leave, are deactivated; channels are archived; groups change."""

from sandbox.control_requests import ChannelRequest, UserGroupRequest, UserRequest
from sandbox.errors import Refused
from sandbox.json_types import Json
from sandbox.slack import Slack
from sandbox.workspace import Channel


def change_channel(slack: Slack, change: ChannelRequest) -> Json:
    """Answers with the channel as it is now. The app hears of it by the events it subscribed to."""
    channel = slack.workspace.find_channel(change.channel)
    if channel is None:
        raise Refused(f"There is no channel {change.channel}.", 404)
    unknown = [user for user in change.join if user not in slack.workspace.users]
    if unknown:
        raise Refused(f"There is no user {unknown[0]}.", 404)
    channel.name = change.name or channel.name
    for user in change.join:
        _join(slack, channel, user)
    for user in change.leave:
        _leave(slack, channel, user)
    if change.archived is not None:
        _archive(slack, channel, change.archived)
    slack.changes.bump()
    return {
        "ok": True,
        "channel": channel.channel_object(slack.workspace.bot.id) | {"members": channel.members},
    }


def _join(slack: Slack, channel: Channel, user: str) -> None:
    if user not in channel.members:
        channel.members.append(user)
        _membership_event(slack, channel, user, "member_joined_channel")


def _leave(slack: Slack, channel: Channel, user: str) -> None:
    if user in channel.members:
        channel.members.remove(user)
        _membership_event(slack, channel, user, "member_left_channel")


def _membership_event(slack: Slack, channel: Channel, user: str, kind: str) -> None:
    stamp = slack.messages.stamps.next()
    slack.events.emit(
        kind,
        {
            "type": kind,
            "user": user,
            "channel": channel.id,
            "channel_type": "G" if channel.is_private else "C",
            "team": slack.workspace.team.id,
            "event_ts": stamp,
        },
    )


def _archive(slack: Slack, channel: Channel, archived: bool) -> None:
    channel.is_archived = archived
    kind = "channel_archive" if archived else "channel_unarchive"
    slack.events.emit(kind, {"type": kind, "channel": channel.id, "event_ts": slack.messages.stamps.next()})


def change_user(slack: Slack, change: UserRequest) -> Json:
    """Only what was sent is changed. Somebody deactivated leaves every channel, as at Slack."""
    user = slack.workspace.users.get(change.user)
    if user is None:
        raise Refused(f"There is no user {change.user}.", 404)
    for name in change.model_fields_set - {"user"}:
        setattr(user, name, getattr(change, name))
    if user.deleted:
        for channel in slack.workspace.channels.values():
            if user.id in channel.members and not channel.im_user:
                channel.members.remove(user.id)
    slack.changes.bump()
    return {"ok": True, "user": user.user_object(with_email=True)}


def change_usergroup(slack: Slack, change: UserGroupRequest) -> Json:
    """By id or handle."""
    groups = slack.workspace.usergroups.values()
    group = next((found for found in groups if change.usergroup in (found.id, found.handle)), None)
    if group is None:
        raise Refused(f"There is no user group {change.usergroup}.", 404)
    for name in change.model_fields_set - {"usergroup"}:
        setattr(group, name, getattr(change, name))
    slack.changes.bump()
    return {"ok": True, "usergroup": group.usergroup_object(slack.workspace.team.id, include_users=True)}
