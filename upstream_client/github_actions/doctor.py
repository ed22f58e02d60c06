"""`doctor`: checks in order what can be wrong between the bot and GitHub, and says what to fix.

One line for each check: ok, warning or failed. It neither approves nor rejects.
"""

import time
from collections.abc import Callable

from upstream_client.command_settings import TIMEOUT
from upstream_client.doctor import Check, Say, examine
from upstream_client.github_actions.caller import Caller
from upstream_client.github_actions.examination import Examination
from upstream_client.github_actions.repositories import Repositories
from upstream_client.github_actions.settings import GitHubSettings

CHECKS: tuple[tuple[str, Check[Examination]], ...] = (
    ("address", Examination.address),
    ("TLS", Examination.tls),
    ("token", Examination.token),
    ("clock", Examination.clock),
    ("limits", Examination.limits),
    ("names", Examination.names),
    ("runs", Examination.runs),
    ("reviewer", Examination.reviewer),
    ("changes", Examination.changes),
)
"""Each looks at what the ones before it left."""


def doctor(
    settings: GitHubSettings,
    say: Say,
    now: Callable[[], float] = time.time,
    timeout: tuple[float, float] = TIMEOUT,
) -> int:
    """0 when all is well or only to be warned of, 1 when something failed. ``now``: seconds since 1970 UTC.

    Raises `CaBundleError` where the file that the settings name cannot be used.
    """
    caller = Caller(settings.access(timeout))
    repositories = Repositories(caller, settings.github_repositories, settings.github_owner)
    try:
        return examine(Examination(settings, caller, repositories, now), CHECKS, say)
    finally:
        caller.close()
