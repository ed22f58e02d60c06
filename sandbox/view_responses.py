"""What an app may answer to a submitted modal: nothing, errors, another view, or the end of all.

docs.slack.dev/surfaces/modals#handling_submissions
"""

from sandbox.block_rules import check_view
from sandbox.errors import SlackError
from sandbox.json_types import Json
from sandbox.slack import Slack
from sandbox.views import View


def apply_response(slack: Slack, view: View, response: Json) -> Json:
    """Close or change the modals; gives the errors to show, {block_id: text}."""
    action = response.get("response_action")
    if action == "errors":
        errors: Json = response.get("errors", {})
        return errors
    if action == "clear":
        slack.views.clear(view.user)
        return {}
    if action in ("update", "push"):
        return _show(slack, view, action, response.get("view", {}))
    if view in slack.views.stack(view.user):
        slack.views.close(view)
    return {}


def _show(slack: Slack, view: View, action: str, definition: Json) -> Json:
    """A broken view leaves the modal as it was, and the person sees that something went wrong."""
    try:
        check_view(definition, "modal")
        if action == "update":
            slack.views.update(view, definition)
        else:
            slack.views.push(view.user, definition)
    except SlackError as problem:
        return {"": f"The app answered with a view Slack refuses: {problem.code} {problem.details}"}
    return {}
