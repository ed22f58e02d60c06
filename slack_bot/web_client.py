"""Clients of Slack's Web API, and which proxy stands before Slack."""

import logging
import ssl
from functools import cache
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from slack_sdk import WebClient
from slack_sdk.http_retry import default_retry_handlers

from slack_bot.config import Settings

INLINE_TIMEOUT: Final = 2
"""Seconds, for the clerk's calls: a person waits for the answer, and others wait behind it."""

_PROXY_OF: Final = {"https": "https", "wss": "https", "http": "http", "ws": "http"}


def web_client(settings: Settings, timeout: int, retries: bool) -> WebClient:
    """A client with the bot's token. ``timeout`` is in seconds, for connecting and for each wait for bytes.

    ``retries``: after a broken connection the call is sent once more, though it may have been done. Only for
    calls that change nothing: a repeated ``chat.postMessage`` posts twice.
    """
    client = WebClient(
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
