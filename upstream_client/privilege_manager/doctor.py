"""`doctor`: checks in order what can be wrong between the bot and Privilege Manager, and says what to fix.

One line for each check: ok, warning or failed. It neither approves nor denies.
"""

import time
from collections.abc import Callable

from upstream_client.command_settings import TIMEOUT
from upstream_client.doctor import Check, Say, examine
from upstream_client.privilege_manager.examination import Examination
from upstream_client.privilege_manager.settings import PrivManSettings

CHECKS: tuple[tuple[str, Check[Examination]], ...] = (
    ("address", Examination.address),
    ("TLS", Examination.tls),
    ("API", Examination.api),
    ("log-on", Examination.log_on),
    ("role", Examination.role),
    ("list", Examination.list_),
    ("one", Examination.one),
    ("reference", Examination.reference),
    ("clock", Examination.clock),
    ("times", Examination.times),
    ("decisions", Examination.decisions),
    ("duration", Examination.duration),
)
"""Each looks at what the ones before it left."""


def doctor(
    settings: PrivManSettings,
    say: Say,
    now: Callable[[], float] = time.time,
    timeout: tuple[float, float] = TIMEOUT,
) -> int:
    """0 when all is well or only to be warned of, 1 when something failed. ``now``: seconds since 1970 UTC.

    Raises `ContractError` or `CaBundleError` where a file that the settings name cannot be used.
    """
    contract = settings.contract()
    caller = settings.caller(contract, timeout)
    try:
        return examine(Examination(settings, contract, caller, now), CHECKS, say)
    finally:
        caller.close()
