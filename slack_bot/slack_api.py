"""One call of Slack's Web API, with what can go wrong sorted by what it means for the caller.

SlackFailure
├── RateLimited    nothing was done; again after ``retry_after`` seconds
├── Refused        nothing was done; ``code`` is Slack's word for why
└── Interrupted    no usable answer came: it may have been done
"""

import re
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

DEFAULT_RETRY_AFTER = 30.0
_JSON_METHODS = ("chat.", "views.")
"""Families of methods that take a JSON body; the reading ones take form fields only."""
_CODE = re.compile(r"[a-z0-9_]+")
_TOO_MANY = {"ratelimited", "rate_limited"}
_MAYBE_DONE = {"internal_error", "fatal_error", "service_unavailable"}
"""Slack: "it's possible some aspect of the operation succeeded before the error was raised"; of the last one
it does not tell. docs.slack.dev/reference/methods/chat.postMessage, Errors.
"""
_ABOUT_THE_TOKEN = {
    "access_denied",
    "account_inactive",
    "ekm_access_denied",
    "enterprise_is_restricted",
    "invalid_auth",
    "missing_scope",
    "no_permission",
    "not_allowed_token_type",
    "not_authed",
    "org_login_required",
    "team_access_not_granted",
    "token_expired",
    "token_revoked",
    "two_factor_setup_required",
}


class SlackFailure(Exception):
    """A call that did not come back with ok."""


class RateLimited(SlackFailure):
    """Slack asked us to wait."""

    def __init__(self, method: str, retry_after: float) -> None:
        super().__init__(f"{method}: Slack asks to wait {retry_after:g} s")
        self.retry_after = retry_after


class Refused(SlackFailure):
    """Slack said no."""

    def __init__(self, method: str, code: str, details: str = "") -> None:
        super().__init__(f"{method}: {code}" + (f" ({details})" if details else ""))
        self.code = code

    @property
    def is_about_us(self) -> bool:
        """Whether the method is closed to our token, whatever is asked of it."""
        return self.code in _ABOUT_THE_TOKEN


class Interrupted(SlackFailure):
    """Nobody can tell whether it was done."""


def call(client: WebClient, method: str, arguments: Mapping[str, object]) -> dict[str, Any]:
    """The answer of a successful call. Raises a `SlackFailure`. The client must not retry by itself."""
    return call_for_headers(client, method, arguments)[0]


def call_for_headers(
    client: WebClient, method: str, arguments: Mapping[str, object]
) -> tuple[dict[str, Any], Mapping[str, str]]:
    """As `call`, with the answer's HTTP headers, their names in small letters."""
    try:
        if method.startswith(_JSON_METHODS):
            response = client.api_call(method, json=dict(arguments))
        else:
            response = client.api_call(method, params=dict(arguments))
        data, headers = response.data, response.headers
    except SlackApiError as error:
        raise _meaning(method, error) from error
    except (SlackClientError, OSError, HTTPException, ValueError, AttributeError) as error:
        # AttributeError: the client takes any JSON that is not empty for an object.
        raise Interrupted(f"{method}: {error}") from error
    if not isinstance(data, dict):
        raise Interrupted(f"{method}: the answer is not JSON")
    return data, {str(name).lower(): str(value) for name, value in headers.items()}


def _meaning(method: str, error: SlackApiError) -> SlackFailure:
    status, data = error.response.status_code, error.response.data
    if status == 429:
        return RateLimited(method, _retry_after(error))
    code = str(data.get("error", "")) if isinstance(data, dict) else ""
    # In the place of a code the client puts a sentence where the body was no JSON: a proxy's page, or half of it.
    if status >= 500 or code in _MAYBE_DONE or not _CODE.fullmatch(code):
        return Interrupted(f"{method}: HTTP {status} {code[:80]}".rstrip())
    if code in _TOO_MANY:
        return RateLimited(method, _retry_after(error))
    return Refused(method, code, _details(data))


def _details(data: dict[str, Any]) -> str:
    messages = (data.get("response_metadata") or {}).get("messages") or []
    return "; ".join(map(str, messages)) or str(data.get("needed", ""))


def _retry_after(error: SlackApiError) -> float:
    text = str(error.response.headers.get("Retry-After", ""))
    return float(text) if text.isdigit() else DEFAULT_RETRY_AFTER
