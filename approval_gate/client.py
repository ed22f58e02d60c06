"""The gate's client: ask, wait, cancel; decide, for programs whose key may."""

import logging
import os
import re
import secrets
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import replace
from typing import Unpack
from urllib.parse import quote, urlsplit

from approval_gate.backoff import Backoff
from approval_gate.errors import ApprovalTimeout, GateError, GateRefused, GateUnavailable, Passing
from approval_gate.json_text import JsonValue
from approval_gate.pulse import Pulse, must_hold
from approval_gate.question import Asked, Question
from approval_gate.session import ANSWER_SECONDS, Answer, Call, Names, Session
from approval_gate.ticket import CANCELLED, Ticket
from approval_gate.told import approved, found, read_ticket, seen_again
from approval_gate.watch import Watch

PATIENCE = 30.0
"""Seconds for which a call is tried again while the gate is starting, or out of reach."""
LAST_WORD = 5.0
"""Seconds for telling the gate that nobody waits any more."""
LEAVING = 1.0
"""Seconds for trying the same again where the program has something else to do; one answer gets `LAST_WORD`."""
SETTLED_ALREADY = 409
NO_SUCH_TICKET = 404
LONGEST = 3600.0
"""Seconds of one uninterrupted sleep of a wait; only a bound for what the system takes."""

log = logging.getLogger(__name__)


class Gate:
    """One gate, from any thread. ``url``, else GATE_URL, is its address; ``api_key``, else GATE_API_KEY, is ours.

    ``patience`` is for how many seconds a call is tried again while the gate cannot be reached. ``names`` are what
    errors call the two, where they come from elsewhere. Raises `GateUnavailable` where one of them is missing or
    cannot be one.
    """

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        *,
        patience: float = PATIENCE,
        names: Names | None = None,
    ) -> None:
        self._patience = patience
        named = names or Names("`url`" if url else Names().url, "`api_key`" if api_key else Names().key)
        self._session = Session(
            _checked_url(url or os.environ.get("GATE_URL", ""), named.url),
            _checked_key(api_key or os.environ.get("GATE_API_KEY", ""), named.key),
            names=named,
        )

    @property
    def url(self) -> str:
        """The gate's address."""
        return self._session.url

    def request(self, **asked: Unpack[Asked]) -> Ticket:
        """Asks; the fields are those of `Question`. Returns the pending ticket: `wait` for it.

        However often it has to be tried, there is one ticket. Whatever interrupts it, such as KeyboardInterrupt,
        withdraws that. Raises `GateUnavailable` where it could not be asked, ValueError or TypeError where the
        question cannot be one.
        """
        question = Question(**asked)
        call = Call("POST", "/v1/tickets", question.body(), idempotency_key=secrets.token_urlsafe(16))
        try:
            ticket = self._filed(call, self._patience)
        except (GateError, TypeError, ValueError):
            raise
        except BaseException:
            self._withdraw_filed(call)
            raise
        return replace(ticket, deadline=question.deadline())

    def wait(
        self,
        ticket: Ticket,
        *,
        keepalive: Callable[[], object] | None = None,
        every: float | None = None,
        timeout: float | None = None,
    ) -> Ticket:
        """The ticket, once it is approved. Waits on while the gate is away, until the ticket's own deadline.

        ``keepalive`` is called each ``every`` seconds, in the caller's own thread. When it raises, or returns
        False, the ticket is cancelled and the wait ends with its error; so it does with whatever else interrupts
        it. After ``timeout`` seconds the ticket is cancelled as well. Raises `ApprovalDenied`, `ApprovalTimeout`,
        `ApprovalCancelled`, or `GateUnavailable` where the answer cannot be learned.
        """
        pulse = Pulse(keepalive, every)
        try:
            settled = self._watched(ticket, deadline_of(ticket, timeout), pulse)
        except BaseException:
            self.withdraw(ticket)
            raise
        return approved(settled or self.conclude(ticket))

    def get(self, ticket_id: str, *, patience: float | None = None) -> Ticket:
        """The ticket as it is now. Raises `GateUnavailable`."""
        path = f"/v1/tickets/{quote(ticket_id, safe='')}"
        answer = self._call(Call("GET", path), self._patience if patience is None else patience)
        return _itself(found(answer), ticket_id)

    def pending(self) -> tuple[Ticket, ...]:
        """All pending tickets; for keys with the scope decide or read. Raises `GateUnavailable`.

        One that cannot be read hides none of the others; the log tells of it.
        """
        answer = self._call(Call("GET", "/v1/tickets?status=pending"), self._patience)
        listed = answer.members.get("tickets")
        if not isinstance(listed, list):
            raise GateUnavailable("The gate answered without a list of tickets.")
        answers = [Answer(one if isinstance(one, dict) else {}, answer.date) for one in listed]
        answers += filter(None, map(self._left_out, _ids(answer.members.get("left_out"))))
        return tuple(one for one in map(_readable, answers) if one is not None and not one.settled)

    def _left_out(self, ticket_id: str) -> Answer | None:
        """A ticket that the list had no room for; None where it is gone."""
        try:
            return self._call(Call("GET", f"/v1/tickets/{quote(ticket_id, safe='')}"), self._patience)
        except GateRefused as error:
            if error.status != NO_SUCH_TICKET:
                raise
            return None

    def cancel(self, ticket: Ticket) -> Ticket:
        """The ticket, now cancelled; or as it was settled before. Raises `GateUnavailable`."""
        return self._cancel(ticket, self._patience)

    def approve(self, ticket_id: str, by: str, comment: str = "", seconds: int | None = None) -> Ticket:
        """Says yes for ``by``; for keys with the scope decide. Returns the ticket as approved, now or before.

        Raises `GateRefused` with status 409 where it was settled otherwise, 404 where there is none.
        """
        return self._decide(
            ticket_id, "approve", by, comment, {} if seconds is None else {"seconds": seconds}
        )

    def deny(self, ticket_id: str, by: str, comment: str = "") -> Ticket:
        """Says no for ``by``; as `approve`."""
        return self._decide(ticket_id, "deny", by, comment, {})

    def withdraw(self, ticket: Ticket) -> Ticket | None:
        """What became of the ticket: cancelled now, or settled before.

        None where the gate could not be told at once: the ticket is then left to its expiry, and that is logged.
        """
        try:
            return self._cancel(ticket, LEAVING, LAST_WORD)
        except GateError as error:
            log.warning(
                "ticket %s could not be cancelled, it stays open until it expires: %s", ticket.id, error
            )
            return None

    def conclude(self, ticket: Ticket) -> Ticket:
        """The ticket when its time is over: cancelled, unless it was settled at the last moment.

        Raises `ApprovalTimeout` where nobody answered, `GateUnavailable` where that cannot be learned.
        """
        try:
            last = self._cancel(ticket, min(self._patience, LAST_WORD))
        except GateRefused:
            raise
        except GateUnavailable as error:
            raise GateUnavailable(
                f"The time to answer ticket {ticket.id} is over, and whether somebody answered cannot be"
                f" learned. {error}",
                ticket,
            ) from error
        except BaseException:
            self.withdraw(ticket)
            raise
        if last.status == CANCELLED:
            raise ApprovalTimeout("Nobody answered in time.", last)
        return last

    def close(self) -> None:
        """Lets go of the connections. The gate may be used again afterwards."""
        self._session.close()

    def watch(self, ticket: Ticket) -> Watch:
        """The watch over a ticket, in a thread of its own; `wait` is what most programs want."""
        return Watch(self._session, ticket)

    def _filed(self, call: Call, patience: float) -> Ticket:
        ticket = read_ticket(self._call(call, patience).members)
        if ticket.arguments_digest != (call.body or {}).get("arguments_digest"):
            raise GateUnavailable("The gate filed another question than the one that was asked.")
        return ticket

    def _withdraw_filed(self, call: Call) -> None:
        """After an interruption, which tells nothing of what arrived: filed again it is one ticket all the same."""
        try:
            ticket = self._filed(replace(call, within=LAST_WORD), LEAVING)
        except GateError as error:
            log.warning("whether the question was filed is not known; if so, it stays open: %s", error)
        else:
            self.withdraw(ticket)

    def _watched(self, ticket: Ticket, until: float, pulse: Pulse) -> Ticket | None:
        """The settled ticket; None when the time is over."""
        watch = Watch(self._session, ticket)
        try:
            return _settled(watch.settled, until, pulse)
        finally:
            watch.stop()

    def _cancel(self, ticket: Ticket, patience: float, within: float = ANSWER_SECONDS) -> Ticket:
        call = Call("POST", f"/v1/tickets/{quote(ticket.id, safe='')}/cancel", within=within)
        try:
            return seen_again(ticket, self._call(call, patience).members)
        except GateRefused as refused:
            settled = refused.problem.get("ticket")
            if refused.status == SETTLED_ALREADY and isinstance(settled, dict):
                return seen_again(ticket, settled)
            raise

    def _decide(self, ticket_id: str, verb: str, by: str, comment: str, more: dict[str, JsonValue]) -> Ticket:
        body: dict[str, JsonValue] = {"by": by, **({"comment": comment} if comment else {}), **more}
        call = Call("POST", f"/v1/tickets/{quote(ticket_id, safe='')}/{verb}", body)
        return _itself(found(self._call(call, self._patience)), ticket_id)

    def _call(self, call: Call, patience: float) -> Answer:
        """Tries until ``patience`` seconds are over; all our calls may be made twice."""
        until = time.monotonic() + patience
        backoff = Backoff()
        while True:
            try:
                return self._session.call(call)
            except Passing as trouble:
                pause = max(backoff.pause(), trouble.retry_after or 0.0)
                if time.monotonic() + pause >= until:
                    raise
            time.sleep(pause)


def deadline_of(ticket: Ticket, timeout: float | None) -> float:
    """When to stop waiting, on the monotonic clock."""
    return ticket.deadline if timeout is None else min(ticket.deadline, time.monotonic() + timeout)


def _settled(watched: Future[Ticket], until: float, pulse: Pulse) -> Ticket | None:
    """The settled ticket; None when the time is over."""
    while (now := time.monotonic()) < until:
        done, _ = wait([watched], timeout=min(max(0.0, min(until, pulse.due) - now), LONGEST))
        if done:
            return watched.result()
        must_hold(pulse.beat())
    return None


def _ids(left_out: JsonValue) -> list[str]:
    """The ids of what a list left out; of none where it names none."""
    named = [one.get("id") for one in left_out if isinstance(one, dict)] if isinstance(left_out, list) else []
    return [one for one in named if isinstance(one, str)]


def _readable(answer: Answer) -> Ticket | None:
    try:
        return found(answer)
    except GateUnavailable as error:
        log.warning("one of the pending tickets cannot be read: %s", error)
        return None


def _itself(ticket: Ticket, ticket_id: str) -> Ticket:
    if ticket.id != ticket_id:
        raise GateUnavailable(f"The gate told of another ticket than {ticket_id}.")
    return ticket


def _checked_url(url: str, name: str) -> str:
    """The address without a slash at its end."""
    if not url:
        raise GateUnavailable(
            f"{name} is not set. Set it to the gate's address, such as http://127.0.0.1:8080."
        )
    if not _is_address(url):
        raise GateUnavailable(f"{name} is not the address of a gate: it looks like https://gate.example.")
    return url.rstrip("/")


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:  # half an IPv6 address; a port that is no number
        return False
    more = (parts.query, parts.fragment, parts.username)
    return parts.scheme in ("http", "https") and bool(host) and not any(more)


def _checked_key(key: str, name: str) -> str:
    if not key:
        raise GateUnavailable(
            f"{name} is not set. Where the gate runs, `python -m approval_gate keys create` makes a key."
        )
    if not re.fullmatch(r"[!-~]+", key):
        raise GateUnavailable(f"{name} holds a character that no key has: copy it again, without spaces.")
    return key
