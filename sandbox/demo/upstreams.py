"""Which upstreams the demo shows (UPSTREAMS, as in the bot's settings)."""

from sandbox.demo.errors import CannotStart

PRIVILEGE_MANAGER, GATE = KNOWN = ("privilege_manager", "gate")


def wanted(text: str) -> tuple[str, ...]:
    """The names in a comma-separated list; all that the demo has where it is empty. Raises `CannotStart`."""
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    for name in names:
        if name not in KNOWN:
            raise CannotStart(f"UPSTREAMS names “{name}”, which the demo does not have: {', '.join(KNOWN)}.")
    return names or KNOWN
