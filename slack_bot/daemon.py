"""Everything that runs, wired, started and stopped in order."""

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from slack_sdk import WebClient

from slack_bot import durability
from slack_bot.applier import Applier
from slack_bot.auto_approver import AutoApprover
from slack_bot.blocks import UpstreamName
from slack_bot.channel_names import NamedChannel
from slack_bot.channel_store import ChannelStore
from slack_bot.clerk import Clerk
from slack_bot.clock import now_us
from slack_bot.closed_channels import ClosedChannels
from slack_bot.config import Settings
from slack_bot.connection import ConnectionRefused
from slack_bot.counted import Counted
from slack_bot.coverage import Coverage
from slack_bot.declared_policy import DeclaredPolicy
from slack_bot.desk import Desk
from slack_bot.directory import Directory
from slack_bot.escalator import Escalator
from slack_bot.figures import Figures
from slack_bot.hearing import Hearing
from slack_bot.heartbeat import Heartbeat
from slack_bot.identity import Identity
from slack_bot.inbox import Inbox
from slack_bot.ledger import Ledger
from slack_bot.name_reader import NameReader
from slack_bot.pace import Pace
from slack_bot.placement import Placement
from slack_bot.policy import Admins
from slack_bot.poller import ApprovalPoller
from slack_bot.publisher import Board, Publisher
from slack_bot.rated import behind, told
from slack_bot.reconciler import MAX_BACKOFF, Reconciler, Worker
from slack_bot.refresher import Refresher
from slack_bot.route_store import RouteStore
from slack_bot.schedule_store import ScheduleStore
from slack_bot.signpost import Signpost
from slack_bot.standby import Standby
from slack_bot.stored_state import StoredState
from slack_bot.ways_in import WaysIn
from slack_bot.web_client import INLINE_TIMEOUT, web_client
from slack_bot.webhook_reader import WebhookReader
from upstream_client.base import Upstream
from upstream_client.xerotier import XerotierClient

if TYPE_CHECKING:
    from slack_bot.http.wiring import Front

SWEEP_EVERY = 30
"""Seconds between looks at everything: for the clock, for other replicas, and for a signal that was lost."""
LOG_OFF_SECONDS = 2.0
DRAIN_SECONDS = 55.0 - LOG_OFF_SECONDS
"""stopTimeout in the task definition is 60; what runs longer than this is left to the next start."""
CALL_TIMEOUT = 10
"""Seconds for a call of Slack's that no acknowledgement waits for."""
LONGEST_GIVING_WAY = 0.25
"""Seconds for which one item waits while clicks come in without a pause."""
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Stores:
    """What is kept: the ledger, channels, schedules and routes, open and read once; and what is ``declared``."""

    ledger: Ledger
    channels: ChannelStore
    schedules: ScheduleStore
    declared: DeclaredPolicy
    routes: RouteStore = field(default_factory=RouteStore)


class Daemon:
    """The reconcilers, the socket, the HTTP listener where there is one, the clock and the heartbeat."""

    def __init__(
        self,
        settings: Settings,
        stores: Stores,
        clients: list[Upstream],
        identity: Identity,
        stop_wanted: threading.Event,
        on_refused: Callable[[ConnectionRefused], None],
        figures: Figures,
        front: "Front | None" = None,
    ) -> None:
        """``front`` serves already, and is the daemon's to stop."""
        self._settings = settings
        self._stores = stores
        self._clients = clients
        self._identity = identity
        self._stop_wanted = stop_wanted
        self._instance = uuid.uuid4().hex
        self._names = {one.name: UpstreamName.of(one.title, one.capabilities) for one in clients}
        self._notes = durability.notes(settings.ledger_url, settings.state)
        self._last_read: dict[str, int] = {}
        self._figures = figures
        self._state = StoredState(stores.ledger, stores.channels, stores.schedules, stores.routes)
        self._closed = ClosedChannels(self._notes)
        self._placement = Placement(stores.channels, self._closed, stores.routes)
        self._coverage = Coverage(self._state, self._closed, self._placement)
        self._publisher = self._standing_by("publisher", self._publishing())
        self._signposts = self._signs()
        self._names_reading = self._read_names()
        self._name_reader = self._reconciler("name reader", self._names_reading)
        self._appliers = [
            self._standing_by(f"applier {one.name}", self._applier(one)) for one in self._clients
        ]
        self._auto_approver = self._standing_by("auto-approver", self._auto())
        self._escalator = self._reconciler("escalator", self._escalating())
        self._pollers = [self._standing_by(f"poller {one.name}", self._poller(one)) for one in self._clients]
        self._refreshing = self._refresh()
        self._refresher = self._reconciler("refresher", self._refreshing)
        self._clerk = self._reconciler("clerk", self._handling())
        self._webhooks_reading = self._read_webhooks()
        self._webhook_readers = [self._reconciler("webhook reader", one) for one in self._webhooks_reading]
        box = Inbox(stores.ledger, now_us, self._clerk.wake, lambda: figures.save_failed(time.monotonic()))
        to_open = self._client(CALL_TIMEOUT)
        self._ways = WaysIn(settings, identity, box, to_open, on_refused, listens=front is not None)
        self._front = front
        self._heartbeat = Heartbeat(settings.heartbeat_file, self.is_alive)
        self._sweeper = BackgroundScheduler(timezone=UTC, job_defaults={"misfire_grace_time": None})
        self._sweeper.add_job(self._sweep, "interval", seconds=SWEEP_EVERY)

    def _reconciler(self, name: str, worker: Worker) -> Reconciler:
        return Reconciler(name, worker, now_us)

    def _standing_by(self, name: str, worker: Worker) -> Reconciler:
        return self._reconciler(name, Standby(worker, self._state))

    def _client(self, timeout: int) -> WebClient:
        return web_client(self._settings, timeout=timeout, retries=False, tell=self._figures.slack_called)

    def _board(self) -> Board:
        ledger, channels = self._stores.ledger, self._stores.channels
        slack, pace = self._client(CALL_TIMEOUT), Pace(time.monotonic)
        bot = self._identity.bot_id
        closed, placement = self._closed, self._placement
        return Board(
            ledger, slack, channels, self._names, now_us, pace, self._instance, bot, closed, placement
        )

    def _publishing(self) -> Publisher:
        return Publisher(self._board(), self._wake_signposts, self._read_what_is_new, self._notes)

    def _read_what_is_new(self) -> None:
        """Another replica may have changed the routes; the publisher does not wait for the store."""
        if not self._state.is_up_to_date():
            self._refresher.wake()

    def _signs(self) -> list[Reconciler]:
        """One for each upstream that wants to know where its requests are shown."""
        wanted = {one.name: upstream for one in self._clients if (upstream := told(one)) is not None}
        return [
            self._standing_by(
                f"signpost {name}",
                Signpost(
                    upstream,
                    name,
                    self._stores.ledger,
                    self._stores.channels,
                    self._placement,
                    self._identity.url,
                    time.monotonic,
                    self._notes,
                ),
            )
            for name, upstream in wanted.items()
        ]

    def _read_names(self) -> NameReader:
        client, stores = self._client(CALL_TIMEOUT), self._stores
        return NameReader(
            client,
            stores.ledger,
            stores.channels,
            self._placement,
            time.monotonic,
            self._wake_placing,
            self._notes,
        )

    def _read_webhooks(self) -> list[WebhookReader]:
        """One for each Xerotier, where webhooks can come."""
        return [
            WebhookReader(self._stores.ledger, xerotier.take, now_us())
            for xerotier in map(behind, self._clients)
            if isinstance(xerotier, XerotierClient) and self._hears
        ]

    def _applier(self, client: Upstream) -> Applier:
        covers = self._coverage.still_covers
        counted = self._counted(client)
        return Applier(counted, self._stores.ledger, now_us, self._carried, self._instance, covers)

    def _auto(self) -> AutoApprover:
        return AutoApprover(
            self._stores.ledger,
            self._coverage,
            self._names,
            now_us,
            decided=self._wake_appliers,
            changed=self._publisher.wake,
            outdated=self._wake_refresher,
        )

    def _escalating(self) -> Escalator:
        return Escalator(
            self._stores.ledger,
            self._state,
            self._closed,
            self._names,
            now_us,
            self._hearing(),
            decided=self._decided,
            outdated=self._wake_refresher,
        )

    def _hearing(self) -> Hearing:
        last_deaf, is_sure = lambda: self._ways.last_deaf(), lambda: self._ways.is_sure_to_hear()
        return Hearing(now_us(), time.monotonic, last_deaf, is_sure)

    def _poller(self, client: Upstream) -> ApprovalPoller:
        counted, ledger, last_read = self._counted(client), self._stores.ledger, self._last_read
        return ApprovalPoller(counted, ledger, now_us, self._polled, last_read, self._notes)

    def _counted(self, client: Upstream) -> Counted:
        return Counted(client, self._figures, time.monotonic, hears=self._hears)

    @property
    def _hears(self) -> bool:
        """Whether webhooks come: here, or to another replica."""
        return bool(self._settings.xerotier_webhook_secret)

    def _refresh(self) -> Refresher:
        wanted = self._settings.slack_channel
        named = NamedChannel(self._client(CALL_TIMEOUT), wanted, self._notes) if wanted else None
        return Refresher(self._stores.ledger, self._state, named, now_us, self._wake_deciders)

    def _handling(self) -> Clerk:
        client = self._client(INLINE_TIMEOUT)
        tell = self._figures.slack_called
        return Clerk(self._desk(), client, now_us, self._wake_deciders, self._let_acknowledge, tell)

    def _let_acknowledge(self) -> None:
        """Slack waits three seconds for an acknowledgement; what a click leads to may come a little later."""
        self._ways.wait_for_answers(LONGEST_GIVING_WAY)

    def _desk(self) -> Desk:
        settings, identity, stores = self._settings, self._identity, self._stores
        inline = self._client(INLINE_TIMEOUT)
        return Desk(
            ledger=stores.ledger,
            state=self._state,
            directory=Directory(inline, identity.team_id, time.monotonic, identity.enterprise_id),
            upstreams=self._names,
            decided=self._decided,
            slack=inline,
            placement=self._placement,
            admins=Admins(settings.admin_users, settings.admin_group),
            bot_user=identity.user_id,
            scopes=identity.scopes,
            last_read=self._last_read,
            notes=self._notes,
        )

    def _open(self, front: "Front") -> None:
        """Loaded only here: without it the bot is a tenth smaller."""
        from slack_bot.http.metrics import Socket
        from slack_bot.http.wiring import Bot

        socket_mode = self._ways.socket
        bot = Bot(
            state=self._state,
            interval=self._settings.poll_interval,
            socket=None if socket_mode is None else Socket(socket_mode.alive, lambda: socket_mode.opened),
            are_at_work=self._are_at_work,
            webhook_came=self._wake_webhook_readers,
            slack=self._ways.by_http,
        )
        front.open(bot)

    @property
    def _reconcilers(self) -> list[Reconciler]:
        return [
            *self._webhook_readers,
            *self._pollers,
            self._refresher,
            self._clerk,
            self._auto_approver,
            self._escalator,
            *self._appliers,
            self._publisher,
            *self._placing,
        ]

    @property
    def _placing(self) -> list[Reconciler]:
        """Who learns and tells where requests are shown; nobody, where no upstream wants to know."""
        return [self._name_reader, *self._signposts] if self._signposts else []

    def _wake_webhook_readers(self) -> None:
        for reader in self._webhook_readers:
            reader.wake()

    def _wake_signposts(self) -> None:
        for signpost in self._signposts:
            signpost.wake()

    def _wake_placing(self) -> None:
        """A channel has another name: what waited for it may be shown, or approved by a schedule."""
        self._auto_approver.wake()
        self._publisher.wake()
        self._wake_signposts()

    def _wake_appliers(self) -> None:
        for applier in self._appliers:
            applier.wake()

    def _wake_deciders(self) -> None:
        """Who answers without a person."""
        self._auto_approver.wake_soon()
        self._escalator.wake_soon()

    def _wake_refresher(self) -> None:
        self._refresher.wake()

    def _decided(self) -> None:
        """The upstream first: its answer is what the card waits for."""
        self._name_reader.wake_soon()
        self._wake_appliers()
        self._publisher.wake_soon()
        self._auto_approver.wake_soon()

    def _polled(self) -> None:
        """The schedules look at what is new before the publisher does, so that it is posted as it stands then."""
        self._auto_approver.wake()
        self._clerk.wake_soon()

    def _carried(self) -> None:
        """The card first, then whoever asked."""
        self._publisher.wake()
        self._clerk.wake_soon()

    def _sweep(self) -> None:
        for reconciler in (
            self._clerk,
            *self._appliers,
            self._auto_approver,
            self._escalator,
            *self._placing,
            *self._webhook_readers,
        ):
            reconciler.wake()

    def start(self) -> None:
        """First what is declared, then what is stored and was sent before, then what closes old differences and
        what finds new ones; what Slack posts, and the socket last.
        """
        self._state.declare(self._stores.declared, now_us())
        self._refreshing.work(now_us())
        for reading in self._webhooks_reading:
            reading.work(now_us())
        if self._placing:
            self._names_reading.work(now_us())
        for note in self._notes:
            log.warning("note", words=note)
        for reconciler in self._reconcilers:
            reconciler.start()
        for client, poller in zip(self._clients, self._pollers, strict=True):
            threading.Thread(
                target=self._watch, args=(client, poller), name=f"watch {client.name}", daemon=True
            ).start()
        self._sweeper.start()
        if self._front is not None:
            self._open(self._front)
        self._ways.start()
        self._heartbeat.start()

    def _watch(self, client: Upstream, poller: Reconciler) -> None:
        """Goes on whatever happens: without it nothing new would ever come."""
        while not self._stop_wanted.is_set():
            try:
                for _ in client.watch(self._stop_wanted):
                    poller.wake()
            except Exception:
                log.exception("watching failed and goes on", upstream=client.name, seconds=MAX_BACKOFF)
                poller.wake()
                self._stop_wanted.wait(MAX_BACKOFF)

    def is_alive(self) -> bool:
        """It hears, and there is nobody missing who acts on what it hears."""
        return self._ways.is_open() and self._are_at_work()

    def _are_at_work(self) -> bool:
        listens = self._front is None or self._front.is_alive()
        return listens and all(one.is_alive() for one in self._reconcilers)

    def wait_until_connected(self) -> bool:
        """True once what people do gets here, False where a stop was wanted first."""
        while not self._stop_wanted.is_set():
            if self._ways.wait_until_open(0.2):
                return True
        return False

    def stop(self) -> bool:
        """Begins nothing new upstream or in Slack, whoever may still be sending; closes both ways in, so that
        nothing new comes; lets the steps under way end; then lets go.

        What was not begun waits in the ledger for the next start. False where something is still under way
        at the deadline, and may still use the ledger.
        """
        deadline = time.monotonic() + DRAIN_SECONDS
        if self._front is not None:
            self._front.end()
        self._sweeper.shutdown(wait=False)
        for reconciler in self._reconcilers:
            reconciler.stop()
        quiet = self._ways.stop()
        if self._front is not None:
            quiet = self._front.stop() and quiet
        late = [one.name for one in self._reconcilers if not one.join(deadline)]
        if late:
            log.warning("still under way at the end; the next start finishes it", reconcilers=late)
        self._heartbeat.stop()
        _log_off(self._clients)
        return quiet and not late


def _log_off(clients: list[Upstream]) -> None:
    """Gives the upstreams a moment to hear of it; one that does not answer must not hold up the end."""
    threads = [threading.Thread(target=one.close, name=f"log off {one.name}", daemon=True) for one in clients]
    deadline = time.monotonic() + LOG_OFF_SECONDS
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
