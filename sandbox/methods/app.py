"""The app's own methods: who am I, and where is the WebSocket."""

from sandbox.arguments import Arguments
from sandbox.json_types import Json
from sandbox.scopes import Token
from sandbox.slack import Slack


def auth_test(slack: Slack, token: Token, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/auth.test"""
    team = slack.workspace.team
    return {
        "url": f"https://{team.domain}.slack.com/",
        "team": team.name,
        "user": slack.workspace.bot.name,
        "team_id": team.id,
        "user_id": slack.workspace.bot.id,
        "bot_id": slack.workspace.app.bot_id,
        "is_enterprise_install": False,
    }


def connections_open(slack: Slack, token: Token, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/apps.connections.open"""
    address = slack.url.replace("http", "ws", 1)
    return {"url": f"{address}/link?ticket={slack.sockets.ticket()}&app_id={slack.workspace.app.id}"}
