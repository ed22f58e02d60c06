"""The address of an instance, as in PRIVMAN_BASE_URL."""

import re
from urllib.parse import urlsplit, urlunsplit

from upstream_client import base_url

SETTING = "PRIVMAN_BASE_URL"
EXAMPLE = "https://example.com/Tms"


def checked_base_url(text: str) -> str:
    """``text`` with single slashes and none at its end. Raises ValueError with what to write instead.

    The vendor: it must end with /Tms, for example https://<tenant>.privilegemanagercloud.com/Tms. Its own scripts
    double slashes, which IIS takes; what we compare paths with does not have them.
    """
    url = urlsplit(base_url.checked_base_url(text, SETTING, EXAMPLE))
    path = re.sub("/+", "/", url.path)
    if not path.casefold().endswith("/tms"):
        raise ValueError(f"{SETTING} must end with /Tms, as {EXAMPLE} does")
    return urlunsplit(url._replace(path=path))
