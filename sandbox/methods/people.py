"""users.* and usergroups.*"""

from sandbox.arguments import Arguments
from sandbox.errors import SlackError
from sandbox.json_types import Json
from sandbox.methods.conversations import wanted_channels
from sandbox.methods.pages import page
from sandbox.scopes import Token
from sandbox.slack import Slack
from sandbox.workspace import User

EMAIL_SCOPE = "users:read.email"


def info(slack: Slack, token: Token, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/users.info"""
    user = slack.workspace.users.get(arguments.text("user"))
    if user is None:
        raise SlackError("user_not_found")
    return {"user": _object(user, token)}


def listed(slack: Slack, token: Token, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/users.list: the workspace's own people, also deactivated ones."""
    team = slack.workspace.team.id
    members = [user for user in slack.workspace.users.values() if user.team_id == team]
    shown, metadata = page(members, arguments, default=1000)
    return {"members": [_object(user, token) for user in shown], "response_metadata": metadata}


def by_email(slack: Slack, token: Token, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/users.lookupByEmail: never a deactivated person."""
    email = arguments.text("email").lower()
    for user in slack.workspace.users.values():
        if user.email and user.email.lower() == email and not user.deleted:
            return {"user": _object(user, token)}
    raise SlackError("users_not_found")


def conversations(slack: Slack, token: Token, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/users.conversations: the channels that the bot is in."""
    found = [
        channel
        for channel in wanted_channels(slack, token, arguments)
        if slack.workspace.bot.id in channel.members
    ]
    shown, metadata = page(found, arguments)
    bot = slack.workspace.bot.id
    return {"channels": [one.channel_object(bot) for one in shown], "response_metadata": metadata}


def _object(user: User, token: Token) -> Json:
    return user.user_object(with_email=EMAIL_SCOPE in token.scopes)


def usergroups(slack: Slack, token: Token, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/usergroups.list"""
    team = slack.workspace.team.id
    groups = [
        group.usergroup_object(team, arguments.flag("include_users"))
        for group in slack.workspace.usergroups.values()
        if not group.disabled or arguments.flag("include_disabled")
    ]
    return {"usergroups": groups}


def usergroup_users(slack: Slack, token: Token, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/usergroups.users.list"""
    group = slack.workspace.usergroups.get(arguments.text("usergroup"))
    if group is None or (group.disabled and not arguments.flag("include_disabled")):
        raise SlackError("no_such_subteam")
    return {"users": list(group.users)}
