"""`doctor`: checks in order what can be wrong between the bot and Argo Workflows, and says what to fix.

One line for each check: ok, warning or failed. It neither approves nor denies.
"""

import time
from collections.abc import Callable

from upstream_client.argo_workflows.examination import Examination
from upstream_client.argo_workflows.settings import ArgoSettings
from upstream_client.command_settings import TIMEOUT
from upstream_client.doctor import Check, Say, examine

CHECKS: tuple[tuple[str, Check[Examination]], ...] = (
    ("address", Examination.address),
    ("TLS", Examination.tls),
    ("server", Examination.server),
    ("user", Examination.user),
    ("namespaces", Examination.namespaces),
    ("waiting", Examination.waiting),
    ("barriers", Examination.barriers),
    ("requester", Examination.requester),
    ("clock", Examination.clock),
    ("decisions", Examination.decisions),
)
"""Each looks at what the ones before it left."""


def doctor(
    settings: ArgoSettings,
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
