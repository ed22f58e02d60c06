"""The app's manifest for Slack over HTTP: ``python -m slack_bot.manifest https://bot.example.com``.

It is manifest.json of the folder where it is run, with the bot's addresses instead of Socket Mode.
https://docs.slack.dev/reference/app-manifest
"""

import copy
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from slack_bot.addresses import split_url
from slack_bot.http.slack_paths import ACTIONS, COMMANDS, EVENTS

SOURCE: Final = Path("manifest.json")
PRINTED, UNUSABLE = 0, 2
"""Exit codes."""


def over_http(manifest: dict[str, Any], url: str) -> dict[str, Any]:
    """The same app, which Slack reaches at ``url``. Raises ValueError for what is no such address, in words."""
    base = split_url(url).geturl().rstrip("/")
    changed = copy.deepcopy(manifest)
    settings = changed["settings"]
    settings["socket_mode_enabled"] = False
    settings["event_subscriptions"]["request_url"] = base + EVENTS
    settings["interactivity"]["request_url"] = base + ACTIONS
    for command in changed["features"]["slash_commands"]:
        command["url"] = base + COMMANDS
    return changed


def main(arguments: Sequence[str]) -> int:
    """Prints it. Returns the exit code: 2 where there is no address, or no manifest to begin with."""
    url = " ".join(arguments)
    try:
        changed = over_http(json.loads(SOURCE.read_text(encoding="utf-8")), url)
    except OSError as error:
        print(f"{SOURCE} cannot be read here: {error.strerror}. Run it in the bot's folder.", file=sys.stderr)
        return UNUSABLE
    except ValueError as error:
        words = f"“{url}” {error}." if url else "It needs the address at which Slack reaches the bot."
        print(f"{words} For example: make manifest URL=https://bot.example.com", file=sys.stderr)
        return UNUSABLE
    print(json.dumps(changed, indent=2, ensure_ascii=False))
    return PRINTED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
