"""Why the sandbox says no.

SlackError              an answer {"ok": false, "error": code} of the Web API, with HTTP 200 as at Slack
 └─ RateLimited         the same, but HTTP 429 with Retry-After
Refused                 the control API cannot do what it was asked to, in words, with an HTTP status
"""

from typing import Any

from sandbox.json_types import Json


class SlackError(Exception):
    """A Web API method failed with one of Slack's error codes."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.details = details

    def answer(self) -> Json:
        """The body Slack would send."""
        return {"ok": False, "error": self.code, **self.details}


class RateLimited(SlackError):
    """Too many calls; ``retry_after`` is in whole seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("ratelimited")
        self.retry_after = retry_after


class Refused(Exception):
    """What a person asked for on the page (or a test through the control API) is impossible."""

    def __init__(self, words: str, status: int = 400) -> None:
        super().__init__(words)
        self.status = status


def invalid_arguments(*messages: str) -> SlackError:
    """Slack's answer to arguments it cannot read, with one line per problem."""
    lines = [f"[ERROR] {message}" for message in messages]
    return SlackError("invalid_arguments", response_metadata={"messages": lines})
