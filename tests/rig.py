"""The bot in pieces: every reconciler stepped by hand, on a clock that the test moves, against a real sandbox.

Restarting is throwing all pieces away and building them anew over the same ledger file. Killing is raising
`Killed` where a transaction would begin: whatever was committed or sent before stands, and nothing after it.
"""

import math
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from slack_sdk import WebClient
from sqlalchemy import Connection, event

from sandbox import Sandbox
from slack_bot import listeners
from slack_bot.applier import Applier
from slack_bot.audit import Record, records
from slack_bot.auto_approver import AutoApprover
from slack_bot.blocks import UpstreamName
from slack_bot.bolt import bolt_app
from slack_bot.channel_store import Channel, ChannelStore
from slack_bot.clerk import Clerk
from slack_bot.closed_channels import ClosedChannels
from slack_bot.config import Settings
from slack_bot.connection import SocketModeConnection
from slack_bot.coverage import Coverage
from slack_bot.desk import Desk
from slack_bot.directory import Directory
from slack_bot.escalator import Escalator
from slack_bot.hearing import Hearing
from slack_bot.identity import Identity
from slack_bot.inbox import Inbox
from slack_bot.ledger import Ledger
from slack_bot.pace import Pace
from slack_bot.parameter_store import DirectoryStore, ParameterStore
from slack_bot.placement import Placement
from slack_bot.policy import Admins, ChannelPolicy, Terms
from slack_bot.poller import ApprovalPoller
from slack_bot.publisher import Board, Publisher
from slack_bot.rated import rated
from slack_bot.reconciler import Worker
from slack_bot.refresher import Refresher
from slack_bot.risk_rules import RiskRule
from slack_bot.route_store import RouteStore
from slack_bot.routes import Route
from slack_bot.rows import RequestRow, request_by_key
from slack_bot.schedule_store import ScheduleStore
from slack_bot.stored_state import StoredState
from slack_bot.web_client import web_client
from tests.audit_key import AUDIT_KEY
from tests.clock import Clock
from tests.ledger_template import migrated
from tests.true_cards import Taken, assert_true_cards, taken
from upstream_client.base import Upstream
from upstream_client.privilege_manager import Contract, PrivManClient

APPROVALS = "C01APPROVALS"
SECOND_CHANNEL = "C03SECOND"
REQUESTER, APPROVER, SECOND_APPROVER, ADMIN = "U01REQUESTER", "U02APPROVER", "U03SECOND", "U04ADMIN"
OUTSIDER, GUEST, OUR_BOT, OTHER_BOT, STRANGER = (
    "U05OUTSIDER",
    "U06GUEST",
    "U07BOT",
    "U09OTHERBOT",
    "U10STRANGER",
)
APPROVERS_GROUP = "S01APPROVERS"
APPROVERS = ChannelPolicy(groups=(APPROVERS_GROUP,))
IN_ORDER = ("clerk", "auto_approver", "applier", "clerk", "publisher")
"""The clerk twice: what is settled is told to whoever asked."""
PATIENCE = 400
"""Rounds in which everything must come to rest."""


class Killed(BaseException):
    """The process is gone."""


class Rig:
    """The bot over the ledger file in ``folder``, its socket connected, its reconcilers waiting to be stepped."""

    def __init__(
        self,
        sandbox: Sandbox,
        folder: Path,
        channels: dict[str, ChannelPolicy] | None = None,
        *,
        ledger_url: str | None = None,
        clock: Clock | None = None,
        admins: Admins | None = None,
        store: ParameterStore | None = None,
        defaults: Terms | None = None,
        risk_rules: Sequence[RiskRule] = (),
        routes: Sequence[Route] = (),
        default: str = "",
    ) -> None:
        """``ledger_url`` and ``clock`` are for two of them over one ledger: replicas.

        ``channels`` are declared by file; what is said in Slack goes to ``store``, a folder unless given.
        """
        self.sandbox = sandbox
        self.control = sandbox.control
        self.ledger_url = ledger_url or migrated(folder / "ledger.db")
        self.clock = clock or Clock()
        self.privman_url = sandbox.privman_url
        self.contract: Contract | None = None
        self.client: type[PrivManClient] = PrivManClient
        declared = {APPROVALS: APPROVERS} if channels is None else channels
        self.declared = [Channel(id, policy) for id, policy in declared.items()]
        self.defaults = defaults
        self.risk_rules = risk_rules
        self.declared_routes, self.default = routes, default
        self.store = store or DirectoryStore(folder / "state")
        self.admins = admins or Admins()
        self.notes: list[str] = []
        self.last_read: dict[str, int] = {}
        self.outdated = threading.Event()
        """The refresher would be woken."""
        self.replies: list[tuple[str, str]] = []
        """What became of each reply by the address that came with a press."""
        self.emptied = threading.Event()
        """The clerk has handled everything."""
        self.hears = True
        """What people press gets to the bot; for those who count the time."""
        self.slack_timeout = 4
        self.upstream_timeout = (5.0, 3.0)

    def __enter__(self) -> Self:
        self._build()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._assert_valid_blocks()
                assert_true_cards(self.control, self.taken())
        finally:
            self._tear_down()

    def restart(self) -> None:
        """What a new process would find: the ledger, Slack and the upstream, and nothing else."""
        self._tear_down()
        self._build()

    def settings(self) -> Settings:
        """Of a bot in this sandbox."""
        return Settings(
            _env_file=None,
            slack_bot_token=self.sandbox.bot_token,
            slack_app_token=self.sandbox.app_token,
            slack_api_url=self.sandbox.slack_api_url,
            privman_base_url=self.privman_url,
            privman_username=self.sandbox.privman_username,
            privman_password=self.sandbox.privman_password,
            audit_key=AUDIT_KEY,
        )

    def _build(self) -> None:
        settings, clock, instance = self.settings(), self.clock.now, f"process-{random.random()}"
        self.ledger = Ledger(self.ledger_url, AUDIT_KEY)
        self.channels = ChannelStore(self.declared, self.store, defaults=self.defaults, default=self.default)
        self.schedules = ScheduleStore(self.store)
        self.routes = RouteStore(self.declared_routes, self.store)
        self.state = StoredState(self.ledger, self.channels, self.schedules, self.routes)
        self.refresher = Refresher(self.ledger, self.state, None, clock, _nothing)
        self.refresher.work(clock())
        self.upstream = self._upstream(settings)
        client = web_client(settings, timeout=self.slack_timeout, retries=False)
        self.identity = identity = Identity.ask(client)
        names = {self.upstream.name: UpstreamName.of(self.upstream.title, self.upstream.capabilities)}
        pace, closed = Pace(self.clock.monotonic), ClosedChannels(self.notes)
        self.placement = Placement(self.channels, closed, self.routes)
        coverage = Coverage(self.state, closed, self.placement)
        board = (self.ledger, client, self.channels, names, clock, pace, instance, identity.bot_id, closed)
        self.publisher = Publisher(Board(*board, self.placement), notes=self.notes)
        covers = coverage.still_covers
        (upstream,) = rated([self.upstream], self.risk_rules)
        self.applier = Applier(upstream, self.ledger, clock, _nothing, instance, covers)
        self.poller = ApprovalPoller(upstream, self.ledger, clock, _nothing, self.last_read, self.notes)
        self.auto_approver = AutoApprover(
            self.ledger, coverage, names, clock, _nothing, _nothing, self.outdated.set
        )
        hearing = Hearing(clock(), self.clock.monotonic, self._last_deaf)
        self.escalator = Escalator(
            self.ledger, self.state, closed, names, clock, hearing, _nothing, self.outdated.set
        )
        self.clerk = Clerk(
            self._desk(client, identity, names),
            client,
            clock,
            self.emptied.set,
            tell=lambda method, outcome: self.replies.append((method, outcome)),
        )
        self.saved = threading.Event()
        self._connect(settings, identity)

    def _upstream(self, settings: Settings) -> Upstream:
        return self.client(
            settings.privman_base_url,
            settings.privman_username,
            settings.privman_password.get_secret_value(),
            self.contract,
            timeout=self.upstream_timeout,
        )

    def _last_deaf(self) -> float:
        return -math.inf if self.hears else self.clock.monotonic()

    def _desk(self, client: WebClient, identity: Identity, names: dict[str, UpstreamName]) -> Desk:
        return Desk(
            ledger=self.ledger,
            state=self.state,
            directory=Directory(client, identity.team_id, self.clock.monotonic),
            upstreams=names,
            decided=_nothing,
            slack=client,
            placement=self.placement,
            admins=self.admins,
            bot_user=identity.user_id,
            scopes=identity.scopes,
            last_read=self.last_read,
            notes=self.notes,
        )

    def _connect(self, settings: Settings, identity: Identity) -> None:
        bolt = bolt_app(settings, identity)
        listeners.register(bolt, Inbox(self.ledger, self.clock.now, self.saved.set))
        self.connection = SocketModeConnection(
            settings.slack_app_token.get_secret_value(),
            web_client(settings, timeout=2, retries=False),
            bolt,
            jitter=random.Random(1),
            on_refused=_nothing_of,
        )
        self.connection.start()
        assert self.connection.wait_until_connected(10)

    def _tear_down(self) -> None:
        self.connection.stop()
        self.upstream.close()
        self.ledger.close()

    def _assert_valid_blocks(self) -> None:
        """No message of ours was over one of Slack's limits, except where a test said so."""
        broken = [
            call["answer"]
            for call in self.control.calls()
            if (call["answer"] or {}).get("error") == "invalid_blocks" and call["fault"] is None
        ]
        assert not broken, broken

    def taken(self) -> dict[str, Taken]:
        """What became of every request upstream, by its key."""
        return taken(self.control)

    @property
    def workers(self) -> dict[str, Worker]:
        """By name, in the order in which a question travels."""
        return {
            "refresher": self.refresher,
            "poller": self.poller,
            "auto_approver": self.auto_approver,
            "escalator": self.escalator,
            "publisher": self.publisher,
            "clerk": self.clerk,
            "applier": self.applier,
        }

    def step(self, name: str) -> float | None:
        """Lets one reconciler do its work once; the seconds until it wants to be run again."""
        return self.workers[name].work(self.clock.now())

    def run(self, *names: str) -> None:
        """Steps these reconcilers (else all but the poller), letting time pass, until none has more to do."""
        for _ in range(PATIENCE):
            waits = [self.step(name) for name in names or IN_ORDER]
            due = [wait for wait in waits if wait is not None]
            if not due:
                return
            self.clock.advance(min(due) + 0.001)
        raise AssertionError("the bot does not come to rest")

    def look(self) -> None:
        """Polls, and shows what was found."""
        self.step("poller")
        self.run()

    def ask(self, **fields: Any) -> str:
        """Somebody asks for more rights; the card is shown. The request's id upstream."""
        request_id = self.control.file_request(**fields)
        self.look()
        return request_id

    def press(
        self, user: str, action_id: str, *, card: dict[str, Any] | None = None, **more: Any
    ) -> dict[str, Any]:
        """Somebody presses a button on a card (the newest, unless given); acknowledged, and not yet handled."""
        shown = card or self.card()
        channel = more.pop("channel", APPROVALS)
        return self.control.click(channel, shown["ts"], user, action_id, **more)

    def cards(self, channel: str = APPROVALS) -> list[dict[str, Any]]:
        """Our messages that carry a request, oldest first."""
        return [
            message
            for message in self.control.messages(channel)
            if (message.get("metadata") or {}).get("event_type") == "approval_request"
            and message.get("bot_id") == "B01SANDBOX"
        ]

    def card(self, channel: str = APPROVALS) -> dict[str, Any]:
        """The newest card."""
        return self.cards(channel)[-1]

    def headline(self, channel: str = APPROVALS) -> str:
        """What the newest card says first, without its sign."""
        block = self.card(channel)["blocks"][0]
        return str(block["text"]["text"]).split(" ", 1)[1]

    def words(self, channel: str = APPROVALS) -> str:
        """Every text on the newest card."""
        return "\n".join(texts(self.card(channel)["blocks"]))

    def told(self, user: str) -> list[str]:
        """What only this person was told."""
        return [str(message["text"]) for message in self.control.ephemerals(user)]

    def row(self, key: str | None = None) -> RequestRow:
        """A request as the ledger has it: the newest card's, unless a key is given."""
        wanted = key or self.card()["metadata"]["event_payload"]["request"]
        with self.ledger.read() as connection:
            found = request_by_key(connection, wanted)
        assert found is not None
        return found

    def audit(self, key: str | None = None) -> list[Record]:
        """The audit records, of one request or of all."""
        with self.ledger.read() as connection:
            return records(connection, key)

    def upstream_request(self, request_id: str) -> dict[str, Any]:
        """A request as Privilege Manager has it."""
        return next(one for one in self.control.upstream_requests() if one["id"] == request_id)

    def upstream_fails(self, operation: str, kind: str, **more: Any) -> None:
        """Orders a fault of Privilege Manager; see `sandbox.privilege_manager.faults`."""
        self.control.faults(upstream="privilege_manager", operation=operation, kind=kind, **more)

    @contextmanager
    def killed_at(self, transaction: int) -> Iterator["Strike"]:
        """The process dies where its n-th transaction from here would begin. What is left is a wreck: restart."""
        strike = Strike(transaction)
        event.listen(self.ledger.engine, "begin", strike.on_begin)
        try:
            yield strike
        finally:
            event.remove(self.ledger.engine, "begin", strike.on_begin)


class Strike:
    """Death at the n-th transaction that would begin; queries do not count."""

    def __init__(self, transaction: int) -> None:
        self._left = transaction

    @property
    def struck(self) -> bool:
        """Whether it has happened."""
        return self._left <= 0

    def on_begin(self, connection: Connection) -> None:
        """For SQLAlchemy's event of that name."""
        if not connection.get_execution_options().get("reading"):
            self._left -= 1
            if self._left == 0:
                raise Killed


@contextmanager
def at_statement(rig: Rig, words: str, happens: Callable[[], object], nth: int = 1) -> Iterator[None]:
    """Lets something happen where the n-th statement with these words is about to be executed."""
    left = nth

    def before(*execution: object) -> None:
        nonlocal left
        if words in str(execution[2]):
            left -= 1
            if left == 0:
                happens()

    event.listen(rig.ledger.engine, "before_cursor_execute", before)
    try:
        yield
    finally:
        event.remove(rig.ledger.engine, "before_cursor_execute", before)
    assert left <= 0, f"no statement with {words}"


def texts(part: object) -> Iterator[str]:
    """Every text in a message's blocks."""
    if isinstance(part, dict):
        if isinstance(part.get("text"), str):
            yield part["text"]
        for value in part.values():
            yield from texts(value)
    elif isinstance(part, list):
        for value in part:
            yield from texts(value)


def has_buttons(card: dict[str, Any]) -> bool:
    """Whether a card can still be answered."""
    return any(block["type"] == "actions" for block in card["blocks"])


def _nothing() -> None:
    """Nobody needs waking: the test steps everybody."""


def _nothing_of(_refused: object) -> None:
    """The test sees a refusal as a connection that never comes."""
