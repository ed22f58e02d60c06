"""A notice to a Slack webhook: a message that nobody can answer."""

import requests

CONNECT_SECONDS, READ_SECONDS = 5.0, 10.0
LONGEST = 2_900
"""Characters; Slack takes 3,000 in one text."""


def post_notice(webhook_url: str, text: str) -> None:
    """Posts plain text: nothing in it is markup, a link or a mention. Raises OSError where it does not arrive.

    Slack reads ``text`` as markup unless ``&``, ``<`` and ``>`` are escaped:
    https://docs.slack.dev/messaging/formatting-message-text
    """
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    words = {"type": "plain_text", "text": text[:LONGEST], "emoji": False}
    answer = requests.post(
        webhook_url,
        json={"text": escaped[:LONGEST], "mrkdwn": False, "blocks": [{"type": "section", "text": words}]},
        auth=_as_it_is,
        timeout=(CONNECT_SECONDS, READ_SECONDS),
        allow_redirects=False,
    )
    if answer.status_code != requests.codes.ok:
        raise OSError(f"the webhook answered with status {answer.status_code}")


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """As ``auth`` it keeps requests from adding a password of ~/.netrc."""
    return request
