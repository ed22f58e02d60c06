"""The bot in pieces, to which the sandbox's Slack posts over HTTP: there is no WebSocket."""

from typing import Any

from slack_bot import listeners
from slack_bot.bolt import bolt_app
from slack_bot.clock import now_us
from slack_bot.config import Settings
from slack_bot.figures import Figures
from slack_bot.http.application import build
from slack_bot.http.door import listening, url_of
from slack_bot.http.listener import HttpListener
from slack_bot.http.slack_paths import ACTIONS, COMMANDS, EVENTS
from slack_bot.http.slack_routes import Reception, slack_routes
from slack_bot.identity import Identity
from slack_bot.inbox import Inbox
from tests.rig import Rig


class HttpRig(Rig):
    """Whose listener is served at ``url``."""

    def _connect(self, settings: Settings, identity: Identity) -> None:
        bolt = bolt_app(settings, identity, by_http=True)
        listeners.register(bolt, Inbox(self.ledger, self.clock.now, self.saved.set))
        self.figures = Figures()
        door = listening("127.0.0.1", 0)
        self.url = url_of(door)
        reception = Reception(bolt, self.sandbox.signing_secret, now_us, self.figures)
        self.listener = HttpListener(build(slack_routes(reception)), door)
        self.listener.start()
        self.deliver()

    def _tear_down(self) -> None:
        assert self.listener.stop()
        self.upstream.close()
        self.ledger.close()

    def deliver(self, **manner: Any) -> None:
        """From here on Slack posts in this manner: see `sandbox.http_mode.Delivery`."""
        paths = {"events": EVENTS, "actions": ACTIONS, "commands": COMMANDS}
        urls = {kind: self.url + path for kind, path in paths.items()}
        self.control.deliver_over_http(**urls, **manner)

    def statuses(self) -> list[int]:
        """What was answered to each thing that was posted."""
        return [one["status"] for one in self.control.deliveries()]
