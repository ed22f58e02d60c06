"""The parts of the HTTP listener, wired: what it serves while the bot starts, and what once it runs."""

import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, FastAPI
from slack_bolt import App

from slack_bot.clock import now_us
from slack_bot.figures import Figures
from slack_bot.http.application import build
from slack_bot.http.health_routes import health_routes
from slack_bot.http.listener import HttpListener
from slack_bot.http.metrics import Metrics, Socket
from slack_bot.http.readiness import (
    Check,
    Readiness,
    ledger_check,
    polled_check,
    saves_check,
    socket_check,
    state_check,
    threads_check,
)
from slack_bot.http.slack_routes import Reception, routes_of_nobody_yet, slack_routes
from slack_bot.http.webhooks import Mailbox, webhook_routes
from slack_bot.inbox import Inbox
from slack_bot.ledger import Ledger
from slack_bot.stored_state import StoredState

STARTING = "The bot starts; while Slack does not tell it who it is, it goes on asking."


@dataclass(frozen=True, slots=True)
class Entrance:
    """What is there before Slack has said who the bot is.

    ``upstreams`` are the names of those that are polled. ``webhook_secret`` is that of Xerotier's webhooks, without
    which none are taken, and ``signing_secret`` that of Slack, without which nothing comes so.
    """

    ledger: Ledger
    figures: Figures
    upstreams: Sequence[str]
    webhook_secret: str
    signing_secret: str


@dataclass(frozen=True, slots=True)
class Bot:
    """What is there once the bot runs.

    Each upstream is polled every ``interval`` seconds. ``socket`` is None where there is none, and ``slack``, which
    takes what Slack posts, where nothing is to come so. ``webhook_came`` is told of each that was saved.
    """

    state: StoredState
    interval: float
    socket: Socket | None
    are_at_work: Callable[[], bool]
    webhook_came: Callable[[], None]
    slack: App | None


class Front(HttpListener):
    """The bot's own listener. At first it takes webhooks, and asks Slack to come again; then it is `open`."""

    def __init__(self, entrance: Entrance, door: socket.socket) -> None:
        """Raises `sqlalchemy.exc.SQLAlchemyError` where the ledger cannot be read, as `open` does."""
        self._entrance = entrance
        self._webhook_came: Callable[[], None] = lambda: None
        self._webhooks = self._webhook_routes()
        nobody_yet = [routes_of_nobody_yet(entrance.figures)] if entrance.signing_secret else []
        health = health_routes(Readiness({"start": lambda: STARTING}), self._metrics(None))
        super().__init__(build(health, *self._webhooks, *nobody_yet), door)

    def open(self, bot: Bot) -> None:
        """From here on everything is answered."""
        self._webhook_came = bot.webhook_came
        self.serve(self._all(bot))
        bot.webhook_came()  # some may have been saved while nobody was told

    def _all(self, bot: Bot) -> FastAPI:
        health = health_routes(Readiness(_checks(self._entrance, bot)), self._metrics(bot.socket))
        secret, figures = self._entrance.signing_secret, self._entrance.figures
        slack = [] if bot.slack is None else [slack_routes(Reception(bot.slack, secret, now_us, figures))]
        return build(health, *self._webhooks, *slack)

    def _metrics(self, socket: Socket | None) -> Metrics:
        one = self._entrance
        return Metrics(one.ledger, one.figures, one.upstreams, socket, time.monotonic)

    def _webhook_routes(self) -> list[APIRouter]:
        one = self._entrance
        if not one.webhook_secret:
            return []
        box = Inbox(
            one.ledger,
            now_us,
            lambda: self._webhook_came(),
            lambda: one.figures.save_failed(time.monotonic()),
        )
        return [webhook_routes(Mailbox(box, one.webhook_secret, now_us, one.figures))]


def _checks(entrance: Entrance, bot: Bot) -> dict[str, Check]:
    """By the names under which they are told. Where Slack may come by HTTP, whoever asks finds that way open."""
    socket = None if bot.slack is not None else bot.socket
    polled = {
        f"upstream {name}": polled_check(name, entrance.figures, bot.interval, time.monotonic)
        for name in entrance.upstreams
    }
    return {
        **({} if socket is None else {"socket": socket_check(socket.is_alive)}),
        "threads": threads_check(bot.are_at_work),
        "ledger": ledger_check(entrance.ledger),
        "saves": saves_check(entrance.figures, time.monotonic),
        "state": state_check(bot.state),
        **polled,
    }
