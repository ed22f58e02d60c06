"""The cards in docs/data, of a deployment that waits and of the same one approved.

``python -m tests.pipeline_cards`` writes them: what the bot draws of a request that went through its ledger.
"""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from slack_bot import approvals
from slack_bot.blocks import UpstreamName, card
from slack_bot.clock import SECOND
from slack_bot.ledger import Ledger
from slack_bot.rows import RequestRow
from tests.audit_key import AUDIT_KEY
from tests.ledger_template import migrated
from tests.slack_bot.examples import APPROVER, EITHER, NOW, SECOND_APPROVER, added, ballot, read
from upstream_client.github_actions import GitHubActionsClient, reading
from upstream_client.github_actions.reading import Waiting
from upstream_client.models import Capabilities
from upstream_client.pipeline import Change, Named, short

DATA = Path(__file__).resolve().parent.parent / "docs" / "data"
API = "https://api.github.com"
REPOSITORY = "example/checkout"
PAGE = f"https://github.com/{REPOSITORY}"
BASE, COMMIT = "1f2e3d4c5b6a79880123456789abcdef01234567", "9a8b7c6d5e4f30211203f4e5d6c7b8a990817263"
STARTED_BY = "release-bot"
RUN = reading.run(
    {
        "id": 9_000_000_118,
        "run_number": 118,
        "head_sha": COMMIT,
        "head_branch": "v4.2.0",
        "path": ".github/workflows/release.yml",
        "event": "push",
        "status": "waiting",
        "display_title": "Round each line of the basket, not its sum",
        "html_url": f"{PAGE}/actions/runs/9000000118",
        "triggering_actor": {"login": STARTED_BY},
        "repository": {"full_name": REPOSITORY},
        "run_started_at": datetime.fromtimestamp((NOW - 90 * SECOND) // SECOND, UTC).isoformat(),
    },
    REPOSITORY,
)
(PENDING,) = reading.pending(
    [
        {
            "environment": {"id": 161, "name": "production"},
            "current_user_can_approve": True,
            "reviewers": [{"type": "User", "reviewer": {"login": "slack-approver"}}],
        }
    ]
)
CHANGE = Change(
    commits=Named(f"{short(BASE)}…{short(COMMIT)}", f"{PAGE}/compare/{BASE}...{COMMIT}"),
    files=("checkout/basket.py", "checkout/tests/test_basket.py"),
    titles=("Round each line of the basket, not its sum", "Test the basket with three currencies"),
)
ASKED = reading.request(Waiting(RUN, PENDING), CHANGE, API)
"""As the client of GitHub Actions makes it of what GitHub tells."""
CAN: Capabilities = GitHubActionsClient.capabilities
UPSTREAM = UpstreamName(GitHubActionsClient.title, CAN.approve, CAN.deny)


def cards() -> dict[str, str]:
    """What stands in each file, by its name."""
    with _ledger() as ledger:
        waiting = added(ledger, ASKED)
        for user in (APPROVER, SECOND_APPROVER):
            with ledger.write() as tx:
                approvals.vote(tx, NOW, waiting.key, ballot(tx, waiting, user_id=user))
        with ledger.write() as tx:
            approvals.intend(tx, NOW, read(ledger, ASKED), "this process")
        with ledger.write() as tx:
            approvals.taken(tx, NOW + SECOND, read(ledger, ASKED), "")
        settled = read(ledger, ASKED)
    return {"card-waiting.json": _drawn(waiting), "card-approved.json": _drawn(settled)}


def _drawn(row: RequestRow) -> str:
    """The arguments of chat.postMessage, but for the channel."""
    message: dict[str, Any] = card(row, UPSTREAM, EITHER, ()).message()
    return json.dumps(message, indent=2, ensure_ascii=False) + "\n"


@contextmanager
def _ledger() -> Iterator[Ledger]:
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(migrated(Path(folder) / "ledger.db"), AUDIT_KEY)
        try:
            yield ledger
        finally:
            ledger.close()


if __name__ == "__main__":
    for name, text in cards().items():
        (DATA / name).write_text(text)
