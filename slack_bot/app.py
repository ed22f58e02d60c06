"""The daemon: read the settings, wire, run, drain on SIGTERM. ``python -m slack_bot.app``."""

import logging
import os
import random
import signal
import sys
import threading
import time
import uuid
from dataclasses import dataclass
from datetime import UTC
from typing import NoReturn

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from slack_bolt import App
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient
from sqlalchemy.exc import SQLAlchemyError

from slack_bot import listeners, upstreams
from slack_bot.applier import Applier
from slack_bot.blocks import UpstreamName
from slack_bot.channel_store import ChannelsFileError, ChannelStore
from slack_bot.clerk import Clerk
from slack_bot.clock import now_us
from slack_bot.config import Settings, SettingsError, load_settings
from slack_bot.connection import ConnectionRefused, SocketModeConnection
from slack_bot.desk import Desk
from slack_bot.directory import Directory
from slack_bot.inbox import Inbox
from slack_bot.ledger import Ledger, LedgerUnusable
from slack_bot.logs import configure_logs
from slack_bot.pace import Pace
from slack_bot.poller import ApprovalPoller
from slack_bot.publisher import Board, Publisher
from slack_bot.reconciler import Reconciler
from slack_bot.slack_api import Refused, SlackFailure, call
from slack_bot.web_client import INLINE_TIMEOUT, web_client
from upstream_client.base import Upstream
from upstream_client.privilege_manager import ContractError

STOPPED, STOPPED_TWICE, SETTINGS_WRONG, LEDGER_UNUSABLE, SLACK_REFUSES = 0, 1, 2, 3, 4
"""Exit codes."""
SIGNALS = (signal.SIGTERM, signal.SIGINT)

SWEEP_EVERY = 30
"""Seconds between looks at everything, for what another replica changed and for a signal that was lost."""
LOG_OFF_SECONDS = 2.0
DRAIN_SECONDS = 55.0 - LOG_OFF_SECONDS
"""stopTimeout in the task definition is 60; what runs longer than this is left to the next start."""
CALL_TIMEOUT = 10
"""Seconds for a call of Slack's that no acknowledgement waits for."""
ASK_AGAIN_AFTER = 5.0
PRIVATE = 0o077
"""The umask: the ledger holds who asked for what, and is nobody else's to read."""

log = structlog.get_logger("slack_bot.app")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are in Slack."""

    bot_id: str
    user_id: str
    team_id: str
    enterprise_id: str


class Stop:
    """The wish to stop, from a signal or from Slack's refusal, and the exit code that goes with it."""

    def __init__(self) -> None:
        self.wanted = threading.Event()
        self.code = STOPPED

    def listen(self) -> None:
        """Takes signals in a thread of its own; call it before any other thread starts.

        Blocked signals reach even process 1 of a container, which would otherwise not be given SIGTERM.
        """
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        threading.Thread(target=self._take_signals, name="signals", daemon=True).start()

    def _take_signals(self) -> None:
        """The first one drains; the second one is from somebody who does not want to wait."""
        first = signal.sigwait(SIGNALS)
        log.info("stopping", signal=signal.Signals(first).name)
        self.wanted.set()
        second = signal.sigwait(SIGNALS)
        log.warning("stopped in the middle", signal=signal.Signals(second).name)
        _leave(STOPPED_TWICE)

    def on_refusal(self, refused: ConnectionRefused) -> None:
        """Slack does not talk to us any more."""
        log.error("stopping", why=str(refused))
        self.code = SLACK_REFUSES
        self.wanted.set()


class Daemon:
    """Everything that runs, wired, started and stopped in order."""

    def __init__(
        self,
        settings: Settings,
        channels: ChannelStore,
        ledger: Ledger,
        clients: list[Upstream],
        identity: Identity,
        stop: Stop,
    ) -> None:
        names = {one.name: UpstreamName.of(one.title, one.capabilities) for one in clients}
        pace, instance = Pace(time.monotonic), uuid.uuid4().hex
        slack = _client(settings, CALL_TIMEOUT)
        board = Board(ledger, slack, channels, names, now_us, pace, instance, identity.bot_id)
        self._clients = clients
        self._stop = stop
        self._publisher = Reconciler("publisher", Publisher(board), now_us)
        show = self._publisher.wake
        self._appliers = [
            Reconciler(f"applier {one.name}", Applier(one, ledger, now_us, show, instance), now_us)
            for one in clients
        ]
        self._pollers = [
            Reconciler(f"poller {one.name}", ApprovalPoller(one, ledger, now_us, show), now_us)
            for one in clients
        ]
        desk = Desk(ledger, channels, _directory(settings, identity), names, self._decided)
        self._clerk = Reconciler("clerk", Clerk(desk, _client(settings, INLINE_TIMEOUT), now_us), now_us)
        box = Inbox(ledger, now_us, self._clerk.wake)
        self._connection = _connection(settings, identity, box, stop)
        self._sweeper = BackgroundScheduler(timezone=UTC, job_defaults={"misfire_grace_time": None})
        self._sweeper.add_job(self._sweep, "interval", seconds=SWEEP_EVERY)

    @property
    def _reconcilers(self) -> list[Reconciler]:
        return [*self._pollers, self._clerk, *self._appliers, self._publisher]

    def _decided(self) -> None:
        for applier in self._appliers:
            applier.wake()
        self._publisher.wake()

    def _sweep(self) -> None:
        for reconciler in (self._clerk, *self._appliers, self._publisher):
            reconciler.wake()

    def start(self) -> None:
        """First what closes old differences, then what finds new ones, and the socket last."""
        for reconciler in self._reconcilers:
            reconciler.start()
        for client, poller in zip(self._clients, self._pollers, strict=True):
            threading.Thread(
                target=self._watch, args=(client, poller), name=f"watch {client.name}", daemon=True
            ).start()
        self._sweeper.start()
        self._connection.start()

    def _watch(self, client: Upstream, poller: Reconciler) -> None:
        for _ in client.watch(self._stop.wanted):
            poller.wake()

    def wait_until_connected(self) -> bool:
        """True once the socket takes envelopes, False where a stop was wanted first."""
        while not self._stop.wanted.is_set():
            if self._connection.wait_until_connected(0.2):
                return True
        return False

    def stop(self) -> bool:
        """Closes the socket, so that nothing new comes; lets the steps under way end; then lets go.

        What was not begun waits in the ledger for the next start. False where something is still under way
        at the deadline, and may still use the ledger.
        """
        deadline = time.monotonic() + DRAIN_SECONDS
        quiet = self._connection.stop()
        self._sweeper.shutdown(wait=False)
        for reconciler in self._reconcilers:
            reconciler.stop()
        late = [one.name for one in self._reconcilers if not one.join(deadline)]
        if late:
            log.warning("still under way at the end; the next start finishes it", reconcilers=late)
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


def _leave(code: int) -> NoReturn:
    """Ends the process without waiting for threads that hang; what they were at is in the ledger."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _client(settings: Settings, timeout: int) -> WebClient:
    return web_client(settings, timeout=timeout, retries=False)


def _directory(settings: Settings, identity: Identity) -> Directory:
    client = _client(settings, INLINE_TIMEOUT)
    return Directory(client, identity.team_id, time.monotonic, identity.enterprise_id)


def _connection(settings: Settings, identity: Identity, box: Inbox, stop: Stop) -> SocketModeConnection:
    bolt = _bolt(settings, identity)
    listeners.register(bolt, box)
    return SocketModeConnection(
        settings.slack_app_token.get_secret_value(),
        _client(settings, CALL_TIMEOUT),
        bolt,
        jitter=random.Random(),  # noqa: S311 - spreads reconnects, keeps no secret
        on_refused=stop.on_refusal,
    )


def _bolt(settings: Settings, identity: Identity) -> App:
    """Bolt, which only sorts what comes: its listeners save and return, and never call Slack."""
    result = AuthorizeResult(
        enterprise_id=None, team_id=identity.team_id, bot_id=identity.bot_id, bot_user_id=identity.user_id
    )

    def authorize() -> AuthorizeResult:
        return result

    bolt_log = logging.getLogger("slack_bolt")
    level = bolt_log.level
    bolt_log.setLevel(logging.ERROR)  # it would warn that it found SLACK_BOT_TOKEN and does not use it
    bolt = App(
        logger=bolt_log,
        name="approval-bot",
        client=WebClient(base_url=settings.slack_api_url),
        authorize=authorize,
        process_before_response=True,
        request_verification_enabled=False,
    )
    bolt_log.setLevel(level)
    return bolt


def _identify(settings: Settings, stop: Stop) -> Identity | None:
    """Who we are, asked until Slack answers. None where a stop was wanted first. Raises `Refused`."""
    client = _client(settings, CALL_TIMEOUT)
    while not stop.wanted.is_set():
        try:
            answer = call(client, "auth.test", {})
        except Refused:
            raise
        except SlackFailure as failure:
            log.warning("Slack does not answer yet", why=str(failure), again_in=ASK_AGAIN_AFTER)
            stop.wanted.wait(ASK_AGAIN_AFTER)
        else:
            names = ("bot_id", "user_id", "team_id", "enterprise_id")
            return Identity(*(str(answer.get(name) or "") for name in names))
    return None


def _run(
    settings: Settings, channels: ChannelStore, clients: list[Upstream], ledger: Ledger, stop: Stop
) -> int:
    try:
        identity = _identify(settings, stop)
    except Refused as refused:
        where = Settings.model_fields["slack_bot_token"].description
        log.error("Slack does not accept SLACK_BOT_TOKEN", code=refused.code, where_to_get_it=where)  # noqa: TRY400 - a setting, not a defect
        identity, stop.code = None, SLACK_REFUSES
    if identity is None:
        ledger.close()
        return stop.code
    daemon = Daemon(settings, channels, ledger, clients, identity, stop)
    daemon.start()
    if daemon.wait_until_connected():
        log.info("ready", channels=[one.id for one in channels.all()], upstreams=list(settings.upstreams))
    stop.wanted.wait()
    if daemon.stop():
        ledger.close()
    log.info("stopped")
    return stop.code


def main() -> int:
    """Runs until SIGTERM or Ctrl-C. Returns the exit code: 0; 2 settings, 3 ledger, 4 Slack refuses us."""
    stop = Stop()
    stop.listen()
    os.umask(PRIVATE)
    try:
        settings = load_settings()
        channels = ChannelStore.read(settings.channels_file)
        clients = upstreams.build(settings)
    except (SettingsError, ChannelsFileError, ContractError) as error:
        print(error, file=sys.stderr)
        return SETTINGS_WRONG
    configure_logs(settings.log_format, settings.log_level, settings.secrets)
    if not channels.all():
        log.warning("no channel is registered, so nothing will be posted", file=str(settings.channels_file))
    try:
        ledger = Ledger(settings.ledger_url)
    except LedgerUnusable as error:
        print(error, file=sys.stderr)
        return LEDGER_UNUSABLE
    except (SQLAlchemyError, OSError) as error:
        print(f"LEDGER_URL: the ledger cannot be opened: {error}", file=sys.stderr)
        return LEDGER_UNUSABLE
    return _run(settings, channels, clients, ledger, stop)


if __name__ == "__main__":
    _leave(main())
