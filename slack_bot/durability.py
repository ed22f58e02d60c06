"""What would be lost with the container, as sentences for the operator."""

from pathlib import Path

from sqlalchemy import make_url

from slack_bot.volume import MOUNTS, is_passing

LEDGER = (
    "My ledger lies in {folder}, which ends with this container: presses that wait and the audit log would be "
    "lost with it. Put LEDGER_URL on a volume."
)
STATE = (
    "The channels and schedules that are set in Slack lie in {folder}, which ends with this container. "
    "Put STATE on a volume, or into SSM Parameter Store."
)


def notes(ledger_url: str, state: str, mounts: Path = MOUNTS) -> list[str]:
    """One for each place that does not outlive the container. ``mounts``: the table of mounted file systems."""
    url = make_url(ledger_url)
    ledger = Path(url.database or "").parent if url.get_backend_name() == "sqlite" else None
    kind, _, place = state.partition(":")
    folders = ((LEDGER, ledger), (STATE, Path(place) if kind == "file" else None))
    return [
        words.format(folder=folder.absolute())
        for words, folder in folders
        if folder is not None and is_passing(folder.absolute(), mounts)
    ]
