"""`doctor`: checks in order what can be wrong between the bot and GitLab, and says what to fix.

One line for each check: ok, warning or failed. It neither approves nor denies.
"""

import time
from collections.abc import Callable

from upstream_client.command_settings import TIMEOUT
from upstream_client.doctor import Check, Say, examine
from upstream_client.gitlab.examination import Examination
from upstream_client.gitlab.settings import GitLabSettings

CHECKS: tuple[tuple[str, Check[Examination]], ...] = (
    ("address", Examination.address),
    ("TLS", Examination.tls),
    ("token", Examination.token),
    ("scope", Examination.scope),
    ("projects", Examination.projects),
    ("waiting", Examination.waiting),
    ("gated", Examination.gated),
    ("clock", Examination.clock),
)
"""Each looks at what the ones before it left."""


def doctor(
    settings: GitLabSettings,
    say: Say,
    now: Callable[[], float] = time.time,
    timeout: tuple[float, float] = TIMEOUT,
) -> int:
    """0 when all is well or only to be warned of, 1 when something failed. ``now``: seconds since 1970 UTC.

    Raises `CaBundleError` where the file that the settings name cannot be used.
    """
    caller = settings.caller(timeout)
    try:
        return examine(Examination(settings, caller, now), CHECKS, say)
    finally:
        caller.close()
