"""The page on HTTP says what the listener does: addresses, what keeps it from being ready, figures, limits."""

import re
import time
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families
from slack_bolt import App
from slack_bolt.authorization import AuthorizeResult

from slack_bot.clock import now_us
from slack_bot.figures import Figures
from slack_bot.http import (
    body,
    caller,
    listener,
    readiness,
    shared_answer,
    signature,
    slack_paths,
    slack_routes,
    webhooks,
)
from slack_bot.http.application import build
from slack_bot.http.audited import Decided, News, Settled, TurnedDown
from slack_bot.http.health_routes import health_routes
from slack_bot.http.metrics import Metrics, Socket
from slack_bot.http.readiness import Readiness
from slack_bot.http.webhooks import Mailbox, webhook_routes
from slack_bot.inbox import Inbox
from slack_bot.ledger import Ledger
from slack_bot.rows import State
from slack_bot.webhook_reader import REMEMBERED
from tests.audit_key import AUDIT_KEY
from tests.ledger_template import migrated
from tests.shell_blocks import sections
from tests.test_docs import table

PAGE = Path(__file__).resolve().parent.parent / "docs" / "http.md"
SLACK = PAGE.parent / "slack.md"
TEXT = " ".join(PAGE.read_text().split())


def metrics_of(ledger: Ledger) -> Metrics:
    """With everything counted once."""
    figures = Figures()
    figures.slack_called("auth.test", "ok")
    figures.upstream_failed("gate", "list", "Unreachable")
    figures.webhook_came("xerotier", "saved")
    figures.slack_posted("taken")
    metrics = Metrics(ledger, figures, ["gate"], Socket(lambda: True, lambda: 1), time.monotonic)
    metrics.observe(
        News([Decided("gate", "vote", 1.0)], [Settled("gate", 1.0)], [TurnedDown("too old", False)])
    )
    return metrics


def test_every_figure_stands_in_the_page_with_its_labels(tmp_path: Path) -> None:
    ledger = Ledger(migrated(tmp_path / "ledger.db"), AUDIT_KEY)
    families = text_string_to_metric_families(metrics_of(ledger).text().decode())
    ledger.close()
    told = {
        name.removesuffix("_total"): set(re.findall(r"`([^`]+)`", cells[0]))
        for name, cells in table(sections(PAGE)["Figures"]).items()
    }
    found = {
        family.name: {label for sample in family.samples for label in sample.labels} - {"le"}
        for family in families
        if not family.name.endswith("_created")
    }
    assert found.pop("approval_bot_requests") == set()  # the ledger is empty
    assert told.pop("approval_bot_requests") == {"upstream", "outcome"}
    assert found == told


def test_every_outcome_of_a_request_stands_in_the_page() -> None:
    said = table(sections(PAGE)["Figures"])["approval_bot_requests"][1]
    assert set(re.findall(r"`([^`]+)`", said)) == {state.value for state in State}


def test_every_address_stands_in_the_page_and_every_one_there_is_served(tmp_path: Path) -> None:
    ledger = Ledger(migrated(tmp_path / "ledger.db"), AUDIT_KEY)
    mailbox = Mailbox(Inbox(ledger, now_us, lambda: None), "secret", now_us, Figures())
    bolt = App(authorize=lambda: AuthorizeResult(enterprise_id=None, team_id=None))
    slack = slack_routes.slack_routes(slack_routes.Reception(bolt, "secret", now_us, Figures()))
    app = build(health_routes(Readiness({}), metrics_of(ledger)), webhook_routes(mailbox), slack)
    ledger.close()
    served = {
        f"{method.upper()} {path}" for path, calls in app.openapi()["paths"].items() for method in calls
    }
    told = re.findall(r"`((?:GET|POST) /[^`]*)`", PAGE.read_text().split("```")[0])
    aliases = (webhooks.PATHS[1], *slack_paths.ALIASES)
    assert served == {*told, *(f"POST {alias}" for alias in aliases)}
    assert f"`{webhooks.PATHS[1]}` is the same" in TEXT


def test_every_address_for_slack_stands_in_the_page_on_slack() -> None:
    told = table(sections(SLACK)["Slack over HTTP"])
    assert list(told) == [slack_paths.EVENTS, slack_paths.ACTIONS, slack_paths.COMMANDS]
    first, second, third = slack_paths.ALIASES
    assert f"`{first}` and `{second}` are the same" in told[slack_paths.ACTIONS][0]
    assert f"`{third}` is the same" in told[slack_paths.COMMANDS][0]
    assert f"more than {signature.WINDOW // 60} minutes ago" in SLACK.read_text()


def test_the_limits_are_the_ones_of_the_code() -> None:
    assert f"{webhooks.MOST_BYTES // 1024} KiB for a webhook" in TEXT
    assert f"{slack_routes.MOST_BYTES // 1024} KiB for a post of Slack" in TEXT
    assert (
        f"{caller.HEAD_WITHIN:g} seconds for the head of a request and {body.WITHIN:g} for its body" in TEXT
    )
    assert f"more than {caller.MOST_CONNECTIONS} open connections" in TEXT
    assert f"but at `{listener.ALWAYS}`" in TEXT
    assert (shared_answer.FRESH, readiness.REMEMBERED) == (1.0, 60.0)
    assert "once a second at most" in TEXT
    assert "less than a minute ago" in TEXT
    assert f"looking took longer than {readiness.WITHIN:g} seconds" in TEXT
    assert f"more than {signature.WINDOW // 60} minutes from the bot's clock" in TEXT
    assert readiness.INTERVALS == 3
    assert "for three times `POLL_INTERVAL`" in TEXT
    assert REMEMBERED == 24 * 3600 * 1_000_000
    assert "those of the last day are read again" in TEXT
    assert all(f"`{name}`" in TEXT for name in (webhooks.SIGNATURE, webhooks.TIMESTAMP))
