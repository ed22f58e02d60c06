"""Where a list goes on, by the headers Link and X-Next-Page (docs.gitlab.com/api/rest/#pagination). Pure."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit

from requests.utils import parse_header_links

from upstream_client.exceptions import NotUnderstood
from upstream_client.gitlab.address import API, is_same_host

PER_PAGE = 100
"""The most that GitLab gives at once."""
MOST_PAGES = 100
BY_KEYSET = ("page", "pagination", "cursor")
"""Of a query: what names another page, or counts otherwise."""


def next_page(headers: Mapping[str, str], base: str) -> str:
    """The address of the next page by the header Link, "" where it names none.

    Raises `NotUnderstood` where it leads elsewhere: the token goes with it.
    """
    links = parse_header_links(headers.get("Link", ""))
    url = next((str(link.get("url", "")) for link in links if link.get("rel") == "next"), "")
    if url and not (is_same_host(url, base) and url.startswith(f"{base}{API}/")):
        raise NotUnderstood(
            f"GitLab's list goes on at {url.split('?')[0][:200]!r}, which is not below GITLAB_URL."
            " Put the address into GITLAB_URL that GitLab itself has in its setting external_url."
        )
    return url


def page_after(number: int, url: str, headers: Mapping[str, str]) -> str:
    """The address of the page after a full one without a link, which is the ``number``-th at ``url``; "" for none.

    X-Next-Page tells, and is empty on the last one. Where it is missing as well, be it that a proxy dropped both or
    that a list by keyset ends there, the page that would follow is asked for by its number.
    Raises `NotUnderstood` where the header leads elsewhere.
    """
    told = headers.get("X-Next-Page")
    if told is not None and not told.strip():
        return ""
    if told is not None and told.strip() != str(number + 1):
        raise NotUnderstood(f"GitLab's list goes on after page {number} with page {told[:20]!r}.")
    parts = urlsplit(url)
    query = [(name, value) for name, value in parse_qsl(parts.query) if name not in BY_KEYSET]
    return parts._replace(query=urlencode([*query, ("page", str(number + 1))])).geturl()
