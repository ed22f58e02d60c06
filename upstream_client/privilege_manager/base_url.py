"""The address of an instance, as in PRIVMAN_BASE_URL."""

from urllib.parse import SplitResult, urlsplit

from upstream_client.session import is_loopback


def checked_base_url(text: str) -> str:
    """``text`` without slashes at its end. Raises ValueError with what to write instead.

    The vendor: it must end with /Tms, for example https://<tenant>.privilegemanagercloud.com/Tms.
    """
    url = text.strip().rstrip("/")
    parts = _split(url)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ValueError("PRIVMAN_BASE_URL must begin with https://, since the secret travels there")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("PRIVMAN_BASE_URL must hold no user name, no ? and no #")
    if not parts.path.casefold().endswith("/tms"):
        raise ValueError("PRIVMAN_BASE_URL must end with /Tms")
    return url


def _split(url: str) -> SplitResult:
    wrong = ValueError("PRIVMAN_BASE_URL must be an address such as https://example.com/Tms")
    try:
        parts = urlsplit(url)
        named = parts.hostname is not None and parts.port != 0  # asking for the port checks it
    except ValueError as error:
        raise wrong from error
    if parts.scheme not in ("https", "http") or not named or any(map(str.isspace, url)):
        raise wrong
    return parts
