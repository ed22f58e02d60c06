"""Clients of Slack's Web API, and which proxy stands before Slack."""

import logging
import ssl
from collections.abc import Callable
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry import default_retry_handlers
from slack_sdk.web import SlackResponse

from slack_bot.config import Settings

INLINE_TIMEOUT: Final = 2
"""Seconds, for the clerk's calls: a person waits for the answer, and others wait behind it."""
OK: Final = 200
TOO_MANY: Final = 429

_PROXY_OF: Final = {"https": "https", "wss": "https", "http": "http", "ws": "http"}

Tell = Callable[[str, str], None]
"""Is told of each call: its method, and "ok", "refused", "rate limited" or "no answer"."""


class _ToldClient(WebClient):
    """Tells of each call what came of it."""

    def __init__(self, tell: Tell, **options: Any) -> None:
        super().__init__(**options)
        self._tell = tell

    def api_call(self, api_method: str, **arguments: Any) -> SlackResponse:
        """As Slack's own client."""
        try:
            response = super().api_call(api_method, **arguments)
        except SlackApiError as error:
            status = error.response.status_code
            self._tell(api_method, "refused" if status == OK else outcome_of(status))
            raise
        except Exception:
            self._tell(api_method, "no answer")
            raise
        self._tell(api_method, "ok")
        return response


def outcome_of(status: int) -> str:
    """What an HTTP status means, in the words of `Tell`."""
    if status == TOO_MANY:
        return "rate limited"
    if status >= 500:
        return "no answer"
    return "ok" if status == OK else "refused"


def web_client(settings: Settings, timeout: int, retries: bool, tell: Tell = lambda _, __: None) -> WebClient:
    """A client with the bot's token. ``timeout`` is in seconds, for connecting and for each wait for bytes.

    ``retries``: after a broken connection the call is sent once more, though it may have been done. Only for
    calls that change nothing: a repeated ``chat.postMessage`` posts twice. ``tell`` is told of each call.
    """
    client = _ToldClient(
        tell,
        token=settings.slack_bot_token.get_secret_value(),
        base_url=settings.slack_api_url,
        timeout=timeout,
        ssl=tls_context(),
        retry_handlers=default_retry_handlers() if retries else [],
        logger=logging.getLogger("slack_sdk"),
    )
    # The constructor takes HTTPS_PROXY for any address, plain http and NO_PROXY's hosts among them.
    client.proxy = proxy_for(settings.slack_api_url)
    return client


def proxy_for(url: str) -> str | None:
    """The proxy that stands before an http, https, ws or wss address; None where the way is direct.

    HTTPS_PROXY, HTTP_PROXY and NO_PROXY are read as urllib reads them, in capitals or not.
    """
    parts = urlsplit(url)
    proxy = getproxies().get(_PROXY_OF[parts.scheme])
    if not proxy or proxy_bypass(parts.netloc.rpartition("@")[2]):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


@cache
def tls_context() -> ssl.SSLContext:
    """One for all connections: reading the certificates of the authorities anew takes longer than a call."""
    return ssl.create_default_context()
