"""The address of an upstream, as an operator sets it. Pure."""

from urllib.parse import SplitResult, urlsplit

from upstream_client.session import is_loopback


def checked_base_url(text: str, setting: str, example: str) -> str:
    """``text`` without slashes at its end. Raises ValueError, in words that begin with the setting's name."""
    url = text.strip().rstrip("/")
    parts = _split(url, f"{setting} must be an address such as {example}")
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ValueError(f"{setting} must begin with https://, since the secret travels there")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError(f"{setting} must hold no user name, no ? and no #")
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
