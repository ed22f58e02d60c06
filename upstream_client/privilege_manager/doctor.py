"""`doctor`: checks in order what can be wrong between the bot and Privilege Manager, and says what to fix.

One line for each check: ok, warning or failed. It neither approves nor denies.
"""

import time
from collections.abc import Callable

from upstream_client.privilege_manager.examination import Examination, Hopeless, Level, Result
from upstream_client.privilege_manager.settings import TIMEOUT, PrivManSettings
from upstream_client.privilege_manager.text import clean, one_line

CHECKS: tuple[tuple[str, Callable[[Examination], Result]], ...] = (
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
LONGEST = 1000
"""Characters of a line: it may hold what others say."""
Say = Callable[[str], None]


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
        return _examine(Examination(settings, contract, caller, now), say)
    finally:
        caller.close()


def _examine(examination: Examination, say: Say) -> int:
    failed = 0
    for number, (name, check) in enumerate(CHECKS, 1):
        try:
            result = check(examination)
        except Hopeless as hopeless:
            say(_line(name, Result(Level.FAILED, str(hopeless))))
            say(f"Not checked: {', '.join(later for later, _ in CHECKS[number:])}.")
            return 1
        failed += result.level is Level.FAILED
        say(_line(name, result))
    say(
        "Nothing failed."
        if not failed
        else "One check failed."
        if failed == 1
        else f"{failed} checks failed."
    )
    return 1 if failed else 0


def _line(name: str, result: Result) -> str:
    return f"{result.level.value:<8} {name:<10} {one_line(clean(result.words), LONGEST)}"
