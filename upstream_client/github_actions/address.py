"""Where a GitHub is and what its names may be: the API's address, owners, repositories, pages. Pure.

What is wrong is told in words that follow the name of the setting.
"""

import re
from urllib.parse import quote, urlsplit

from upstream_client.base_url import checked_address

VENDOR = "https://api.github.com"
ENTERPRISE_PATH = "/api/v3"
"""docs.github.com/enterprise-server/rest: https://HOST/api/v3"""
OWNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
NAME = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}")
TOKEN = re.compile(r"[A-Za-z0-9_.-]{8,512}")


def checked_api_url(text: str) -> str:
    """``text`` without slashes at its end, "" for GitHub's own. Raises ValueError."""
    url = checked_address(text.strip() or VENDOR, f"{VENDOR} or https://github.example.com{ENTERPRISE_PATH}")
    if urlsplit(url).hostname == "github.com":
        raise ValueError(f"is the address of the pages: leave it out, or write {VENDOR}")
    return url


def checked_repository(text: str) -> str:
    """owner/name. Raises ValueError."""
    owner, _, name = text.strip().partition("/")
    if not OWNER.fullmatch(owner) or not NAME.fullmatch(name):
        raise ValueError(f"names “{text.strip()[:100]}”, which is no repository such as octo-org/shop")
    return f"{owner}/{name}"


def checked_repositories(text: str) -> tuple[str, ...]:
    """Those of a comma list, each once: GitHub does not tell upper case from lower. Raises ValueError."""
    names = [checked_repository(one) for one in text.split(",") if one.strip()]
    return tuple({name.casefold(): name for name in reversed(names)}.values())[::-1]


def checked_owner(text: str) -> str:
    """An organisation or a user, "" for none. Raises ValueError."""
    owner = text.strip()
    if owner and not OWNER.fullmatch(owner):
        raise ValueError("is no name of an organisation or a user such as octo-org")
    return owner


def checked_token(text: str) -> str:
    """A token, "" for none. Raises ValueError, and repeats none of it."""
    token = text.strip()
    if token and not TOKEN.fullmatch(token):
        raise ValueError("is no token: copy it again, complete and with nothing around it")
    return token


def step(text: str) -> str:
    """A text as one step of a path, or as a value of a query."""
    return quote(text, safe="")


def page_base(api_url: str) -> str:
    """Where the pages of this GitHub are: scheme, host and port."""
    parts = urlsplit(api_url)
    is_enterprise = parts.path.rstrip("/") == ENTERPRISE_PATH
    host = parts.netloc if is_enterprise else parts.netloc.removeprefix("api.")
    return f"{parts.scheme}://{host}"


def own_page(api_url: str, link: str) -> str:
    """``link``, where it is a page of this GitHub; else ""."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return ""
    return link if f"{parts.scheme}://{parts.netloc}".casefold() == page_base(api_url).casefold() else ""
