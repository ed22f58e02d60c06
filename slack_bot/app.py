"""The daemon: read the settings, wire, run, drain on SIGTERM. ``python -m slack_bot.app``."""

import logging
import os
import signal
import socket
import sys
import threading
from typing import TYPE_CHECKING, NoReturn

import structlog
from sqlalchemy.exc import SQLAlchemyError

from slack_bot import audit, upstreams
from slack_bot.channel_store import ChannelsFileError, ChannelStore, Declarations
from slack_bot.config import Problem, Settings, SettingsError, load_settings, unknown_names
from slack_bot.connection import ConnectionRefused
from slack_bot.daemon import CALL_TIMEOUT, Daemon, Stores
from slack_bot.declared_policy import DeclaredPolicy
from slack_bot.figures import Figures
from slack_bot.http.door import listening
from slack_bot.identity import Identity
from slack_bot.ledger import Ledger, LedgerUnusable
from slack_bot.logs import configure_logs
from slack_bot.parameter_store import ParameterStore, StateError, open_store
from slack_bot.rated import rated
from slack_bot.route_store import RouteStore
from slack_bot.schedule_store import ScheduleStore
from slack_bot.slack_api import Refused, SlackFailure
from slack_bot.web_client import web_client
from upstream_client.base import Upstream
from upstream_client.privilege_manager import ContractError
from upstream_client.session import CaBundleError
from upstream_client.xerotier import XerotierClient

if TYPE_CHECKING:
    from slack_bot.http.wiring import Front

STOPPED, STOPPED_TWICE, SETTINGS_WRONG, LEDGER_UNUSABLE, SLACK_REFUSES = 0, 1, 2, 3, 4
"""Exit codes."""
SIGNALS = (signal.SIGTERM, signal.SIGINT)

ASK_AGAIN_AFTER = 5.0
SCOPES_LACK = "Add them under api.slack.com/apps → your app → OAuth & Permissions, and install the app again."
PRIVATE = 0o077
"""The umask: the ledger holds who asked for what, and is nobody else's to read."""

log = structlog.get_logger("slack_bot.app")


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


def _leave(code: int) -> NoReturn:
    """Ends the process without waiting for threads that hang; what they were at is in the ledger."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _identify(settings: Settings, stop: Stop, figures: Figures) -> Identity | None:
    """Who we are, asked until Slack answers. None where a stop was wanted first. Raises `Refused`."""
    client = web_client(settings, timeout=CALL_TIMEOUT, retries=False, tell=figures.slack_called)
    while not stop.wanted.is_set():
        try:
            return Identity.ask(client)
        except Refused:
            raise
        except SlackFailure as failure:
            log.warning("Slack does not answer yet", why=str(failure), again_in=ASK_AGAIN_AFTER)
            stop.wanted.wait(ASK_AGAIN_AFTER)
    return None


def _listen(settings: Settings, ledger: Ledger, figures: Figures, door: socket.socket) -> "Front":
    """Serves from here on: Slack may take its time, and whoever asks whether the bot is there does not wait.

    Loaded only here: without it the bot is a tenth smaller.
    """
    from slack_bot.http.wiring import Entrance, Front

    secret = settings.xerotier_webhook_secret.get_secret_value()
    entrance = Entrance(
        ledger=ledger,
        figures=figures,
        upstreams=settings.upstreams,
        webhook_secret=secret if XerotierClient.name in settings.upstreams else "",
        signing_secret=settings.slack_signing_secret.get_secret_value(),
    )
    front = Front(entrance, door)
    front.start()
    return front


def _run(
    settings: Settings, stores: Stores, clients: list[Upstream], door: socket.socket | None, stop: Stop
) -> int:
    figures = Figures()
    front = None if door is None else _listen(settings, stores.ledger, figures, door)
    try:
        identity = _identify(settings, stop, figures)
    except Refused as refused:
        where = Settings.model_fields["slack_bot_token"].description
        log.error("Slack does not accept SLACK_BOT_TOKEN", code=refused.code, where_to_get_it=where)  # noqa: TRY400 - a setting, not a defect
        identity, stop.code = None, SLACK_REFUSES
    if identity is not None and identity.lacks:
        log.error("the app lacks scopes that the bot needs", lacks=identity.lacks, what_to_do=SCOPES_LACK)
        identity, stop.code = None, SLACK_REFUSES
    if identity is None:
        if front is None or front.stop():
            stores.ledger.close()
        return stop.code
    daemon = Daemon(settings, stores, clients, identity, stop.wanted, stop.on_refusal, figures, front)
    daemon.start()
    if daemon.wait_until_connected():
        channels = [one.id for one in stores.channels.all()]
        log.info("ready", channels=channels, upstreams=list(settings.upstreams))
        if not channels and not stores.channels.trouble:
            log.warning("no channel is registered yet: mention the bot in one, and it posts its cards there")
    stop.wanted.wait()
    if daemon.stop():
        stores.ledger.close()
    log.info("stopped")
    return stop.code


def _open(settings: Settings, declared: Declarations, store: ParameterStore) -> Stores:
    """Opens what is kept. Raises `LedgerUnusable`, `OSError` or `sqlalchemy.exc.SQLAlchemyError`.

    Channels and schedules that cannot be read now are read again by and by.
    """
    ledger = Ledger(settings.ledger_url, settings.audit_key.get_secret_value(), settings.secrets)
    audit.tell_again(ledger)
    file, defaults, default = settings.channels_file, declared.defaults, declared.default_channel
    channels = ChannelStore(declared.channels, store, file=file, defaults=defaults, default=default)
    policy = DeclaredPolicy.of(declared, settings.slack_channel)
    return Stores(ledger, channels, ScheduleStore(store), policy, RouteStore(declared.routes, store))


def _door(settings: Settings) -> socket.socket | None:
    """Where the bot listens for HTTP; None where it does not. Raises `SettingsError`."""
    host, port = settings.http_host, settings.http_port
    if port is None:
        return None
    try:
        return listening(host, port)
    except OSError as error:
        what = f"cannot be listened at: {host}:{port}: {error.strerror}"
        where = "name an address of this machine (HTTP_HOST) and a port that nobody else has"
        raise SettingsError((Problem("HTTP_PORT", what, where),)) from error


def _warn_of_what_needs_one(settings: Settings) -> None:
    """Of settings that mean nothing without a door for HTTP."""
    if settings.xerotier_webhook_secret:
        log.warning("XEROTIER_WEBHOOK_SECRET is set and HTTP_PORT is not: no webhook gets here")
    if settings.slack_signing_secret:
        log.warning("SLACK_SIGNING_SECRET is set and HTTP_PORT is not: nothing of Slack gets here by HTTP")


def main() -> int:
    """Runs until SIGTERM or Ctrl-C. Returns the exit code: 0; 2 settings, 3 ledger, 4 Slack refuses us."""
    stop = Stop()
    stop.listen()
    os.umask(PRIVATE)
    try:
        settings = load_settings()
        declared = ChannelStore.read_file(settings.channels_file)
        store = open_store(settings.state)
        clients = rated(upstreams.build(settings), declared.risk_rules)
        door = _door(settings)
    except (SettingsError, ChannelsFileError, ContractError, CaBundleError, StateError) as error:
        print(error, file=sys.stderr)
        return SETTINGS_WRONG
    configure_logs(settings.log_format, settings.log_level, settings.secrets)
    if unknown := unknown_names():
        log.warning("no setting has these names: is one of them misspelt?", names=unknown)
    if door is None:
        _warn_of_what_needs_one(settings)
    try:
        stores = _open(settings, declared, store)
    except LedgerUnusable as error:
        print(error, file=sys.stderr)
        return LEDGER_UNUSABLE
    except (SQLAlchemyError, OSError) as error:
        print(f"LEDGER_URL: the ledger cannot be opened: {error}", file=sys.stderr)
        return LEDGER_UNUSABLE
    return _run(settings, stores, clients, door, stop)


if __name__ == "__main__":
    _leave(main())
