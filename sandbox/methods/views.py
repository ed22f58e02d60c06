"""views.*: modals and the Home tab."""

from sandbox.arguments import Arguments
from sandbox.block_kit import Surface
from sandbox.block_rules import check_view
from sandbox.errors import SlackError, invalid_arguments
from sandbox.json_types import Json
from sandbox.scopes import Token
from sandbox.slack import Slack
from sandbox.views import View


def opened(slack: Slack, token: Token, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/views.open"""
    definition = _definition(arguments, "modal")
    user = slack.triggers.exchange(_trigger(arguments))
    return _answer(slack, slack.views.open(user, definition))


def push(slack: Slack, token: Token, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/views.push"""
    definition = _definition(arguments, "modal")
    user = slack.triggers.exchange(_trigger(arguments))
    return _answer(slack, slack.views.push(user, definition))


def update(slack: Slack, token: Token, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/views.update: by view_id or external_id."""
    view = slack.views.find(arguments.text("view_id"), arguments.text("external_id"))
    if view is None:
        raise SlackError("not_found")
    kind: Surface = "home" if view.json["type"] == "home" else "modal"
    definition = _definition(arguments, kind)
    return _answer(slack, slack.views.update(view, definition, arguments.text("hash")))


def publish(slack: Slack, token: Token, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/views.publish"""
    if not slack.install.manifest.features.app_home.home_tab_enabled:
        raise SlackError("not_enabled")
    user = slack.workspace.users.get(arguments.text("user_id"))
    if user is None or user.is_bot:
        raise invalid_arguments("invalid `user_id` [json-pointer:/user_id]")
    definition = _definition(arguments, "home")
    return _answer(slack, slack.views.publish(user.id, definition, arguments.text("hash")))


def _trigger(arguments: Arguments) -> str:
    trigger_id = arguments.text("trigger_id") or arguments.text("interactivity_pointer")
    if not trigger_id:
        raise invalid_arguments("missing required field: trigger_id")
    return trigger_id


def _definition(arguments: Arguments, kind: Surface) -> Json:
    definition = arguments.mapping("view", "invalid_arguments") or {}
    check_view(definition, kind)
    return definition


def _answer(slack: Slack, view: View) -> Json:
    slack.changes.bump()
    return {"view": view.json}
