"""Which upstreams the demo shows (UPSTREAMS, as in the bot's settings)."""

from sandbox.demo.errors import CannotStart
from sandbox.demo.parts import DEFAULT, PARTS

KNOWN = tuple(PARTS)


def wanted(text: str) -> tuple[str, ...]:
    """The names in a comma-separated list; `DEFAULT` where it is empty. Raises `CannotStart`."""
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    for name in names:
        if name not in KNOWN:
            raise CannotStart(f"UPSTREAMS names “{name}”, which the demo does not have: {', '.join(KNOWN)}.")
    return names or DEFAULT
