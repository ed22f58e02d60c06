"""The address of an upstream, as an operator sets it. Pure."""

from urllib.parse import SplitResult, urlsplit

from upstream_client.session import is_loopback


def checked_base_url(text: str, setting: str, example: str) -> str:
    """As `checked_address`. Raises ValueError, in words that begin with the setting's name."""
    try:
        return checked_address(text, example)
    except ValueError as error:
        raise ValueError(f"{setting} {error}") from error


def checked_address(text: str, example: str) -> str:
    """``text`` without slashes at its end. Raises ValueError, in words that follow the name of the setting."""
    url = text.strip().rstrip("/")
    parts = _split(url, f"is no address such as {example}")
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ValueError("uses http, which sends the secret readably: use https")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("holds a user name, a ? or a #: give the plain address only")
    return url


def _split(url: str, wrong: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        named = parts.hostname is not None and parts.port != 0  # asking for the port checks it
    except ValueError as error:
        raise ValueError(wrong) from error
    if parts.scheme not in ("https", "http") or not named or any(map(str.isspace, url)):
        raise ValueError(wrong)
    return parts
