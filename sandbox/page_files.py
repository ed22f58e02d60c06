"""The page's files: `/` and `/page/<file>` from sandbox/page, nothing else."""

import mimetypes
from pathlib import Path

from aiohttp import web

PAGE = Path(__file__).parent / "page"


async def index(request: web.Request) -> web.Response:
    return _file("index.html")


async def asset(request: web.Request) -> web.Response:
    return _file(request.match_info["name"])


def _file(name: str) -> web.Response:
    """Only a file that lies in the folder itself: the route's pattern allows no slash."""
    path = PAGE / name
    if not path.is_file():
        raise web.HTTPNotFound(text=f"The sandbox has no page file {name}.")
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    charset = "utf-8" if kind.startswith("text/") else None
    return web.Response(body=path.read_bytes(), content_type=kind, charset=charset)
