"""Who may use the page and the control API: a browser on this machine, from our own page, and scripts.

A web page elsewhere could reach a server on 127.0.0.1 through the visitor's browser. It cannot send our Host
header (DNS rebinding), nor application/json without a preflight that we never answer (cross-site requests).
"""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
OPEN_PREFIXES = ("/api/", "/link", "/response/")
"""Slack's own addresses: opened by tokens, tickets and secrets, under whatever name the bot knows us by."""
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse foreign hosts and other content types; add the security headers."""
    if request.path.startswith(OPEN_PREFIXES):
        return await handler(request)
    if _host_name(request) not in ("127.0.0.1", "localhost"):
        return _refusal(
            403, "Use http://127.0.0.1 or http://localhost: this server answers to no other name."
        )
    if request.method == "POST" and request.content_type != "application/json":
        return _refusal(415, "Send JSON, with Content-Type: application/json.")
    try:
        response = await handler(request)
    except web.HTTPException as answer:  # aiohttp's way to say 404 and 405
        answer.headers.update(HEADERS)
        raise
    response.headers.update(HEADERS)
    return response


def _host_name(request: web.Request) -> str | None:
    try:
        return urlsplit(f"//{request.host}").hostname
    except ValueError:  # such as "[": nobody's name
        return None


def _refusal(status: int, words: str) -> web.Response:
    return web.json_response({"ok": False, "error": words}, status=status, headers=HEADERS)
