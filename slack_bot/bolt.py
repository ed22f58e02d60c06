"""Bolt, which only sorts what comes: its listeners save and return, and never call Slack."""

import logging

from slack_bolt import App
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from slack_bot.config import Settings
from slack_bot.identity import Identity


def bolt_app(settings: Settings, identity: Identity, *, by_http: bool = False) -> App:
    """Bolt for what comes by the socket or, verified before, by HTTP; without a listener yet."""
    result = AuthorizeResult(
        enterprise_id=None, team_id=identity.team_id, bot_id=identity.bot_id, bot_user_id=identity.user_id
    )

    def authorize() -> AuthorizeResult:
        return result

    bolt_log = logging.getLogger("slack_bolt")
    level = bolt_log.level
    bolt_log.setLevel(logging.ERROR)  # it would warn that it found SLACK_BOT_TOKEN and does not use it
    bolt = App(
        logger=bolt_log,
        name="approval-bot",
        client=WebClient(base_url=settings.slack_api_url),
        authorize=authorize,
        process_before_response=True,
        # By HTTP the signature is verified before anything is read; Slack tries an address before it uses it.
        request_verification_enabled=False,
        ssl_check_enabled=by_http,
        url_verification_enabled=by_http,
        # What steps of workflows need comes by neither.
        attaching_function_token_enabled=False,
    )
    bolt_log.setLevel(level)
    return bolt
