"""The clerk: takes what the inbox holds, and sees that every private answer reaches its person."""

import json
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

import requests
import structlog
from slack_sdk import WebClient
from structlog.contextvars import bound_contextvars

from slack_bot import answers, inbox
from slack_bot.clock import MINUTE, SECOND
from slack_bot.desk import Desk
from slack_bot.directory import Busy
from slack_bot.inbox import Answer, Item
from slack_bot.listeners import HANDLERS
from slack_bot.refusal import COUNTS_FOR
from slack_bot.slack_api import RateLimited, Refused, SlackFailure, call

AGAIN_AFTER = 2 * SECOND
TOGETHER = 3 * SECOND
"""By as much two readings of one Retry-After may differ."""
ANSWERS_COUNT_FOR = 30 * MINUTE
"""An answer that could not be delivered for so long would only confuse; Slack's own limit for a reply."""
ANSWERS_A_ROUND = 10
"""Then presses that came meanwhile are looked at first."""
LEASE = 60 * SECOND
"""Sending an answer takes less; after it, whoever took it is dead."""
REPLY_TIMEOUT = 5.0
DIRECT = "D"
"""How the id of a conversation with one person begins."""

log = structlog.get_logger(__name__)


class Clerk:
    """Reconciler: inbox → votes, commands, private answers."""

    def __init__(
        self, desk: Desk, client: WebClient, clock: Callable[[], int], emptied: Callable[[], None]
    ) -> None:
        """``emptied`` is told where everything that came is handled."""
        self._desk = desk
        self._emptied = emptied
        self._client = client
        self._clock = clock
        self._stopping = threading.Event()
        self._opens_at = 0
        self._reply_origins = reply_origins(client.base_url)

    def stop(self) -> None:
        """No new item; the rest waits in the inbox."""
        self._stopping.set()

    def work(self, now: int) -> float | None:
        """Handles the due items, then sends some due answers. Returns seconds until the next one is due."""
        ledger = self._desk.ledger
        with ledger.read() as connection:
            items = inbox.due_items(connection, now)
        handled = [not self._stopping.is_set() and self._handle(item) for item in items]
        if handled and all(handled):
            self._emptied()
        self._send_some()
        with ledger.read() as connection:
            due = inbox.next_due(connection)
        return None if due is None else max(0.0, (due - self._clock()) / SECOND)

    def _handle(self, item: Item) -> bool:
        """False where it was put off."""
        now = self._clock()
        with bound_contextvars(channel=item.channel, user=item.user_id):
            try:
                HANDLERS[item.kind](item, self._desk, now)
            except Busy as busy:
                too_old = item.received_at + COUNTS_FOR + SECOND
                self._postpone(item, min(self._open_again(busy), max(too_old, now)))
                return False
            except Exception:
                # One item must not hold up the others.
                log.exception("an item of the inbox could not be handled", item=item.id, kind=item.kind)
                return self._again_or_never(item, now)
        return True

    def _open_again(self, busy: Busy) -> int:
        """When Slack may be asked again: the same moment for all who wait, so that they keep their order."""
        now = self._clock()
        at = now + int(busy.retry_after * SECOND)
        if self._opens_at <= now or abs(at - self._opens_at) > TOGETHER:
            self._opens_at = at
        return self._opens_at

    def _again_or_never(self, item: Item, now: int) -> bool:
        """False where it is tried again."""
        if now - item.received_at <= COUNTS_FOR:
            self._postpone(item, now + AGAIN_AFTER)
            return False
        with self._desk.ledger.write() as tx:
            inbox.finish(tx, item, now, "failed", answers.STALE)
        return True

    def _postpone(self, item: Item, until: int) -> None:
        with self._desk.ledger.write() as tx:
            inbox.postpone(tx, item, until)

    def _send_some(self) -> None:
        """Sends due answers, a few at a time, and none after one that did not get through."""
        with self._desk.ledger.read() as connection:
            due = inbox.due_answers(connection, self._clock(), ANSWERS_A_ROUND)
        for answer in due:
            if self._stopping.is_set() or not self._send(answer):
                return

    def _send(self, answer: Answer) -> bool:
        """False where it has to be tried again."""
        now = self._clock()
        item = answer.item
        with self._desk.ledger.write() as tx:
            if not inbox.take_answer(tx, answer, now, now + LEASE):
                return True
        with bound_contextvars(channel=item.channel, user=item.user_id):
            again_at = self._try_to_send(answer, now)
            if again_at is not None and again_at - item.received_at > ANSWERS_COUNT_FOR:
                log.warning("a private answer could not be delivered and is given up", answer=answer.text)
                again_at = None
        with self._desk.ledger.write() as tx:
            if again_at is None:
                inbox.answered(tx, answer)
            else:
                inbox.postpone_answer(tx, answer, again_at)
        return again_at is None

    def _try_to_send(self, answer: Answer, now: int) -> int | None:
        """None where it is done, else when to try again."""
        try:
            self._say(answer)
        except RateLimited as limited:
            return self._later(now, limited)
        except Refused as refused:
            return self._reply(answer, refused, now)
        except SlackFailure as failure:
            log.info("an answer did not get through yet", why=str(failure))
            return now + AGAIN_AFTER
        return None

    def _later(self, now: int, limited: RateLimited) -> int:
        until = now + int(limited.retry_after * SECOND)
        with self._desk.ledger.write() as tx:
            inbox.postpone_due_answers(tx, now, until)
        return until

    def _say(self, answer: Answer) -> None:
        """Where it was asked: to all if it is for all or nobody else is there, else to the person alone."""
        item = answer.item
        if answer.public or item.channel.startswith(DIRECT):
            call(self._client, "chat.postMessage", {"channel": item.channel, **_words(answer)})
        else:
            to = {"channel": item.channel, "user": item.user_id}
            call(self._client, "chat.postEphemeral", to | _words(answer))

    def _reply(self, answer: Answer, refused: Refused, now: int) -> int | None:
        """To somebody who is not in the channel: by the address that came with the press, or directly."""
        url = answer.item.reply_to
        if _origin(url) not in self._reply_origins:
            return self._say_directly(answer, refused, now)
        words = {**_words(answer), "response_type": "ephemeral", "replace_original": False}
        try:
            reply = requests.post(url, json=words, timeout=REPLY_TIMEOUT, allow_redirects=False)
        except requests.RequestException as error:
            log.info("a reply did not get through yet", why=type(error).__name__)
            return now + AGAIN_AFTER
        if reply.status_code == 429 or reply.status_code >= 500:
            log.info("a reply did not get through yet", status=reply.status_code)
            return now + AGAIN_AFTER
        if reply.status_code != 200:
            log.warning("a reply was not accepted", status=reply.status_code, answer=answer.text)
        return None

    def _say_directly(self, answer: Answer, refused: Refused, now: int) -> int | None:
        """As a direct message, where the app may open one (im:write)."""
        try:
            opened = call(self._client, "conversations.open", {"users": answer.item.user_id})
            there = str(opened["channel"]["id"])
            call(self._client, "chat.postMessage", {"channel": there, **_words(answer)})
        except RateLimited as limited:
            return self._later(now, limited)
        except Refused as closed:
            log.warning(
                "an answer cannot be delivered",
                why=refused.code,
                directly=closed.code,
                answer=answer.text,
            )
            return None
        except SlackFailure as failure:
            log.info("an answer did not get through yet", why=str(failure))
            return now + AGAIN_AFTER
        return None


def _words(answer: Answer) -> dict[str, object]:
    """The text, and its layout where there is one."""
    blocks = {"blocks": json.loads(answer.blocks)} if answer.blocks else {}
    return {"text": answer.text, "unfurl_links": False, "unfurl_media": False, **blocks}


def reply_origins(api_url: str) -> set[str]:
    """Where Slack takes answers: beside its API under the name hooks, an emulator under its own."""
    api = _origin(api_url)
    return {api, api.replace("://", "://hooks.", 1)}


def _origin(url: str) -> str:
    """Scheme, host and port."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
