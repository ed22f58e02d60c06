"""How what people do in Slack gets here: by the socket, by HTTP, or by both. The listeners are the same."""

import math
import random
from collections.abc import Callable

from slack_bolt import App
from slack_sdk import WebClient

from slack_bot import listeners
from slack_bot.bolt import bolt_app
from slack_bot.config import Settings
from slack_bot.connection import ConnectionRefused, SocketModeConnection
from slack_bot.identity import Identity
from slack_bot.inbox import Inbox


class WaysIn:
    """The socket, and Bolt for what comes by HTTP; either is None where it is not a way in.

    Slack uses one at a time: the socket while Socket Mode is on for the app, else the addresses in its manifest.
    With both nothing is lost while somebody changes over.
    """

    def __init__(
        self,
        settings: Settings,
        identity: Identity,
        box: Inbox,
        client: WebClient,
        on_refused: Callable[[ConnectionRefused], None],
        *,
        listens: bool,
    ) -> None:
        """``client`` opens connections only; ``listens``: there is a door for HTTP. See `SocketModeConnection`."""
        by_http = listens and bool(settings.slack_signing_secret)
        self.by_http = _bolt(settings, identity, box, by_http=True) if by_http else None
        token = settings.slack_app_token.get_secret_value()
        self.socket = None
        if token:
            self.socket = SocketModeConnection(
                token,
                client,
                _bolt(settings, identity, box),
                jitter=random.Random(),  # noqa: S311 - spreads reconnects, keeps no secret
                on_refused=on_refused,
                may_be_off=by_http,
            )

    def start(self) -> None:
        """Connects, where there is a socket; the HTTP listener is the daemon's."""
        if self.socket is not None:
            self.socket.start()

    def stop(self) -> bool:
        """Closes the socket, as `SocketModeConnection.stop` does."""
        return self.socket is None or self.socket.stop()

    def is_open(self) -> bool:
        """Whether something may come. By HTTP nobody can tell whether Slack finds the way here."""
        return self.by_http is not None or (self.socket is not None and self.socket.alive())

    def wait_until_open(self, timeout: float) -> bool:
        """Whether something may come within so many seconds."""
        if self.socket is None or self.by_http is not None:
            return self.is_open()
        return self.socket.wait_until_connected(timeout)

    def wait_for_answers(self, timeout: float) -> bool:
        """Whether, within so many seconds, nothing that came by the socket waits for its acknowledgement."""
        return self.socket is None or self.socket.wait_for_answers(timeout)

    def last_deaf(self) -> float:
        """Until when what people pressed may have been lost, by `time.monotonic`, as far as anybody can tell."""
        return -math.inf if self.socket is None else self.socket.last_deaf()

    def is_sure_to_hear(self) -> bool:
        """Whether a press would get here for sure, or Slack be known to be away.

        Pings prove the socket. That the addresses for HTTP can be reached from Slack nothing proves but a press.
        """
        return self.by_http is None or (self.socket is not None and self.socket.alive())


def _bolt(settings: Settings, identity: Identity, box: Inbox, *, by_http: bool = False) -> App:
    bolt = bolt_app(settings, identity, by_http=by_http)
    listeners.register(bolt, box)
    return bolt
