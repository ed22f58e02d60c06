"""The address of an instance, as in PRIVMAN_BASE_URL."""

from upstream_client import base_url

SETTING = "PRIVMAN_BASE_URL"


def checked_base_url(text: str) -> str:
    """``text`` without slashes at its end. Raises ValueError with what to write instead.

    The vendor: it must end with /Tms, for example https://<tenant>.privilegemanagercloud.com/Tms.
    """
    url = base_url.checked_base_url(text, SETTING, "https://example.com/Tms")
    if not url.casefold().endswith("/tms"):
        raise ValueError(f"{SETTING} must end with /Tms")
    return url
