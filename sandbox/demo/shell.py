"""What the demo's processes get of the shell it was started in."""

from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
OURS = (
    *("SLACK_", "ADMIN_", "REDIS_"),
    *("PRIVMAN_", "GATE_", "XEROTIER_", "GITHUB_", "GITLAB_", "ARGO_"),
)
"""How the settings of the bot and of its upstreams begin."""


def kept(inherited: Mapping[str, str]) -> dict[str, str]:
    """What is no setting; loopback needs no proxy."""
    others = {name: value for name, value in inherited.items() if not name.upper().startswith(OURS)}
    direct = ",".join(
        filter(None, [inherited.get("NO_PROXY") or inherited.get("no_proxy"), "127.0.0.1,localhost"])
    )
    return others | {
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "NO_PROXY": direct,
        "no_proxy": direct,
        "LOG_FORMAT": "text",
        "LOG_LEVEL": "INFO",
    }
