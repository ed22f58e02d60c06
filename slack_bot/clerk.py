"""The clerk: takes what the inbox holds, and sees that every private answer reaches its person."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
import structlog
from slack_sdk import WebClient
from sqlalchemy import Connection
from structlog.contextvars import bound_contextvars

from slack_bot import answers, audit, inbox
from slack_bot.audit import Kind
from slack_bot.clock import MINUTE, SECOND
from slack_bot.closed_channels import ClosedChannels
from slack_bot.conversation.lines import ANNOUNCEMENT, announced_request
from slack_bot.desk import Desk
from slack_bot.directory import Busy
from slack_bot.inbox import Answer, Item
from slack_bot.listeners import HANDLERS, commands, mentions, messages, outcomes
from slack_bot.refusal import COUNTS_FOR, is_too_old
from slack_bot.slack_api import RateLimited, Refused, SlackFailure, call
from slack_bot.standby import LOOK_AGAIN
from slack_bot.web_client import Tell, outcome_of

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
REPLY = "response_url"
"""Under this name replies are counted; it is no method of the Web API."""
SAID = frozenset({commands.KIND, mentions.KIND, messages.KIND})
"""What people say, and do not press: it may ask how we are."""
MOST_ROOMS = 2_000
"""So many direct conversations are remembered; the oldest give way."""
FIRST_PAUSE, LONGEST_PAUSE = 10 * SECOND, 5 * MINUTE
"""Between two tries of an announcement that was refused; each pause is as long as all before it."""
UNANNOUNCED = (
    "An announcement of mine does not get into the channel {channel} ({why}). Invite me there, or name another "
    "channel."
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a try to send an answer.

    It arrived, or ``why`` not; then it is tried again at ``again_at``, or given up where that is None. ``ts`` is
    where it stands in its channel, if it is for all.
    """

    why: str = ""
    again_at: int | None = None
    ts: str = ""


ARRIVED = Delivery()


class Clerk:
    """Reconciler: inbox → votes, commands, private answers."""

    def __init__(
        self,
        desk: Desk,
        client: WebClient,
        clock: Callable[[], int],
        emptied: Callable[[], None],
        give_way: Callable[[], object] = lambda: None,
        tell: Tell = lambda _, __: None,
    ) -> None:
        """``emptied`` is told where everything that came is handled.

        ``give_way`` is called before each item and each answer: it may wait a little for what is more urgent.
        ``tell`` is told of each reply by the address that came with a press; ``client`` tells of its calls itself.
        """
        self._tell = tell
        self._desk = desk
        self._give_way = give_way
        self._emptied = emptied
        self._client = client
        self._clock = clock
        self._stopping = threading.Event()
        self._opens_at = 0
        self._rooms: dict[str, str] = {}
        self._unannounced = ClosedChannels(desk.notes, UNANNOUNCED)
        self._reply_origins = reply_origins(client.base_url)

    def stop(self) -> None:
        """No new item; the rest waits in the inbox."""
        self._stopping.set()

    def work(self, now: int) -> float | None:
        """Handles what people sent, sends some due answers, and looks at one outcome where nobody waits.

        Returns seconds until the next of these is due.

        What is pressed while another replica goes by other channels than we do stays due: that one handles it.
        """
        ledger, overtaken = self._desk.ledger, self._desk.state.is_overtaken()
        with ledger.read() as connection:
            items = inbox.due_items(connection, now)
        handled = [
            not (overtaken and _is_left(item, now)) and not self._stopping.is_set() and self._handle(item)
            for item in items
        ]
        if handled and all(handled):
            self._emptied()
        self._send_some()
        self._look_at_an_outcome(overtaken=overtaken)
        with ledger.read() as connection:
            due = inbox.next_due(connection)
        wait = None if due is None else max(0.0, (due - self._clock()) / SECOND)
        return LOOK_AGAIN if overtaken else wait

    def _handle(self, item: Item) -> bool:
        """False where it was put off."""
        self._give_way()
        now = self._clock()
        with bound_contextvars(channel=item.channel, user=item.user_id):
            try:
                HANDLERS[item.kind](item, self._desk, now)
            except Busy as busy:
                self._put_off(item, busy)
                return False
            except Exception:
                # One item must not hold up the others.
                log.exception("an item of the inbox could not be handled", item=item.id, kind=item.kind)
                return self._again_or_never(item, now)
        return True

    def _look_at_an_outcome(self, *, overtaken: bool) -> None:
        """Only while nothing that people sent is due: looking for the requester may take long."""
        now = self._clock()
        with self._desk.ledger.read() as connection:
            found = [] if inbox.due_items(connection, now, 1) else inbox.due_outcomes(connection, now, 1)
        for outcome in found:
            if not (overtaken and _is_left(outcome, now)) and not self._stopping.is_set():
                self._handle(outcome)

    def _put_off(self, item: Item, busy: Busy) -> None:
        """Until Slack may be asked again; no longer than it counts, while that lies ahead.

        With one outcome all of them wait: the next one would meet the same.
        """
        now, is_outcome = self._clock(), item.kind == outcomes.KIND
        at = inbox.after(now, busy.retry_after) if is_outcome else self._open_again(busy)
        too_old = item.received_at + (outcomes.NEWS_FOR if is_outcome else COUNTS_FOR) + SECOND
        until = min(at, too_old) if too_old > now else at
        with self._desk.ledger.write() as tx:
            inbox.postpone(tx, item, until)
            if is_outcome:
                inbox.postpone_outcomes(tx, now, until)

    def _open_again(self, busy: Busy) -> int:
        """When Slack may be asked again: the same moment for all who wait, so that they keep their order."""
        now = self._clock()
        at = inbox.after(now, busy.retry_after)
        if self._opens_at <= now or abs(at - self._opens_at) > TOGETHER:
            self._opens_at = at
        return self._opens_at

    def _again_or_never(self, item: Item, now: int) -> bool:
        """False where it is tried again."""
        if now - item.received_at <= COUNTS_FOR:
            self._postpone(item, now + AGAIN_AFTER)
            return False
        # Of what nobody sent, nobody waits for an answer.
        self._desk.give_up(item, now, answers.STALE if item.user_id else "")
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
        self._give_way()
        now = self._clock()
        item = answer.item
        with self._desk.ledger.write() as tx:
            if not inbox.take_answer(tx, answer, now, now + LEASE):
                return True
        with bound_contextvars(channel=item.channel, user=item.user_id):
            delivery = self._in_time(answer, self._try_to_send(answer, now))
        with self._desk.ledger.write() as tx:
            if delivery.again_at is not None:
                inbox.postpone_answer(tx, answer, delivery.again_at)
            elif inbox.answered(tx, answer, delivery.ts):
                _record(tx, now, item, delivery)
        return delivery.again_at is None

    def _in_time(self, answer: Answer, delivery: Delivery) -> Delivery:
        """The same, given up where the next try would come too late."""
        item, again_at = answer.item, delivery.again_at
        count_for = outcomes.NEWS_FOR if item.kind == outcomes.KIND else ANSWERS_COUNT_FOR
        if again_at is None or again_at - item.received_at <= count_for:
            return delivery
        log.warning("an answer could not be delivered and is given up", why=delivery.why, answer=answer.text)
        return Delivery(delivery.why)

    def _try_to_send(self, answer: Answer, now: int) -> Delivery:
        try:
            ts = self._say(answer)
        except RateLimited as limited:
            return self._later(now, limited, direct=answer.item.is_direct)
        except Refused as refused:
            return self._refused(answer, refused, now)
        except SlackFailure as failure:
            log.info("an answer did not get through yet", why=str(failure))
            return Delivery(str(failure), now + AGAIN_AFTER)
        if _is_announcement(answer):
            self._unannounced.open(answer.item.channel)
        return Delivery(ts=ts)

    def _later(self, now: int, limited: RateLimited, *, direct: bool) -> Delivery:
        """Slack limits direct messages and messages in channels each by itself."""
        until = inbox.after(now, limited.retry_after)
        with self._desk.ledger.write() as tx:
            inbox.postpone_due_answers(tx, now, until, direct=direct)
        return Delivery(str(limited), until)

    def _say(self, answer: Answer) -> str:
        """Where it was asked: to all if it is for all or nobody else is there, else to the person alone.

        Returns the ts of what is for all, "" of all else. Raises a `SlackFailure`.
        """
        item = answer.item
        if not item.channel:  # nobody asked anywhere
            self._post_directly(answer)
        elif answer.public or item.is_direct:
            posted = call(self._client, "chat.postMessage", {"channel": item.channel, **_words(answer)})
            return str(posted["ts"]) if answer.public else ""
        else:
            to = {"channel": item.channel, "user": item.user_id}
            call(self._client, "chat.postEphemeral", to | _words(answer))
        return ""

    def _refused(self, answer: Answer, refused: Refused, now: int) -> Delivery:
        """What was refused finds another way to its person; what is for all waits for somebody to mend it."""
        if _is_announcement(answer):
            return self._not_announced(answer, refused, now)
        if _origin(answer.item.reply_to) in self._reply_origins:
            return self._reply(answer, now)
        return self._say_directly(answer, refused, now)

    def _not_announced(self, answer: Answer, refused: Refused, now: int) -> Delivery:
        """Says so to whoever asks how the bot is, and tries again as long as it is news."""
        item = answer.item
        log.error(
            "an announcement cannot be posted: invite the bot to the channel, or name another one",
            why=refused.code,
            answer=answer.text,
        )
        self._unannounced.close(item.channel, refused.code)
        last = item.received_at + ANSWERS_COUNT_FOR
        if now >= last:
            return Delivery(refused.code)
        pause = min(max(FIRST_PAUSE, now - item.received_at), LONGEST_PAUSE)
        return Delivery(refused.code, min(now + pause, last))

    def _reply(self, answer: Answer, now: int) -> Delivery:
        """To somebody who is not in the channel, by the address that came with the press."""
        url = answer.item.reply_to
        words = {**_words(answer), "response_type": "ephemeral", "replace_original": False}
        try:
            reply = requests.post(url, json=words, timeout=REPLY_TIMEOUT, allow_redirects=False)
        except requests.RequestException as error:
            self._tell(REPLY, "no answer")
            log.info("a reply did not get through yet", why=type(error).__name__)
            return Delivery(type(error).__name__, now + AGAIN_AFTER)
        self._tell(REPLY, outcome_of(reply.status_code))
        status = f"HTTP {reply.status_code}"
        if reply.status_code == 429 or reply.status_code >= 500:
            log.info("a reply did not get through yet", status=reply.status_code)
            return Delivery(status, now + AGAIN_AFTER)
        if reply.status_code != 200:
            log.warning("a reply was not accepted", status=reply.status_code, answer=answer.text)
            return Delivery(status)
        return ARRIVED

    def _say_directly(self, answer: Answer, refused: Refused, now: int) -> Delivery:
        """As a direct message, where the app may open one (im:write)."""
        try:
            self._post_directly(answer)
        except RateLimited as limited:
            return self._later(now, limited, direct=True)
        except Refused as closed:
            log.warning(
                "an answer cannot be delivered",
                why=refused.code,
                directly=closed.code,
                answer=answer.text,
            )
            return Delivery(closed.code)
        except SlackFailure as failure:
            log.info("an answer did not get through yet", why=str(failure))
            return Delivery(str(failure), now + AGAIN_AFTER)
        return ARRIVED

    def _post_directly(self, answer: Answer) -> None:
        """Raises a `SlackFailure`."""
        user = answer.item.user_id
        try:
            call(self._client, "chat.postMessage", {"channel": self._room(user), **_words(answer)})
        except Refused:
            self._rooms.pop(user, None)
            raise

    def _room(self, user_id: str) -> str:
        """The id of our conversation with one person. Raises a `SlackFailure`."""
        if user_id not in self._rooms:
            opened = call(self._client, "conversations.open", {"users": user_id})
            if len(self._rooms) >= MOST_ROOMS:
                del self._rooms[next(iter(self._rooms))]
            self._rooms[user_id] = str(opened["channel"]["id"])
        return self._rooms[user_id]


def _is_announcement(answer: Answer) -> bool:
    """Whether nobody waits for it as an answer: it is for everybody in the channel."""
    return answer.public and answer.item.kind == ANNOUNCEMENT


def _record(tx: Connection, now: int, item: Item, delivery: Delivery) -> None:
    """Of what is announced of a request it has to be provable whether everybody was told."""
    key = announced_request(item)
    if key:
        kind = Kind.NOT_ANNOUNCED if delivery.why else Kind.ANNOUNCED
        audit.append(tx, now, kind, key, channel=item.channel, why=delivery.why, inbox_item=item.id)


def _is_left(item: Item, now: int) -> bool:
    """Whether another replica is to handle it. What waited too long counts nowhere, so anybody may say so."""
    return item.kind not in SAID and not is_too_old(item, now)


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
