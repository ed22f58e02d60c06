"""AgentSudo's Slack approval, on the gate: its names and arguments, for `on_deny=` of its `@sudo`."""

import functools
import inspect
import logging
import os
import shlex
import warnings
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, ParamSpec
from urllib.parse import urlsplit

import requests

from approval_gate.agentsudo_call import REQUEST_ID, AgentSudoCall
from approval_gate.client import Gate
from approval_gate.errors import (
    ApprovalCancelled,
    ApprovalDenied,
    ApprovalTimeout,
    GateRefused,
    GateUnavailable,
)
from approval_gate.event_loop import must_not_run
from approval_gate.notice import post_notice
from approval_gate.session import Names
from approval_gate.side_call import SideCall
from approval_gate.ticket import Ticket

P = ParamSpec("P")

CLOUD_URL = "https://agentsudo.dev/api/slack"
CLOUD_HOST = "agentsudo.dev"
"""The original's own service; our key never goes there, nor to a host below it."""
WIRES = ("/agentsudo", "/api/slack")
"""What a gate's address ends in for the original client."""
MAKE_A_KEY = "python -m approval_gate keys create agent --scope request"
UNKNOWN, SETTLED_OTHERWISE = 404, 409

log = logging.getLogger(__name__)


class SlackApprovalTimeout(ApprovalTimeout):
    """Nobody answered in time, and ``auto_deny_on_timeout=False`` asks for an error then."""


class SlackApproval:
    """Asks people in Slack, through the gate, whether an agent may do what its scopes do not allow.

    The gate's address is ``cloud_url``, else GATE_URL; the key ``cloud_api_key``, else GATE_API_KEY, else
    AGENTSUDO_API_KEY; the channel ``channel``, else SLACK_APPROVAL_CHANNEL, a wish. ``timeout`` is in seconds.
    ``poll_interval`` is taken and not needed: the answer comes when it is given. ``bot_token`` is the bot's
    business now; where there is no gate, `GateUnavailable` says what to do, but with ``webhook_url`` alone each
    call posts a notice there and is denied. Arguments are shown; ``redact`` names those that are not: by keyword,
    or as "argument 1". An instance can be given to ``on_deny=``, and so can its `request_approval`.
    """

    def __init__(
        self,
        webhook_url: str | None = None,
        bot_token: str | None = None,
        channel: str | None = None,
        timeout: float = 300,
        poll_interval: float = 2,
        cloud_api_key: str | None = None,
        cloud_url: str = CLOUD_URL,
        auto_deny_on_timeout: bool = True,
        *,
        redact: Collection[str] = (),
    ) -> None:
        self.webhook_url = webhook_url
        self.channel = channel or os.environ.get("SLACK_APPROVAL_CHANNEL", "")
        self.timeout = timeout
        self.poll_interval = poll_interval
        self.auto_deny_on_timeout = auto_deny_on_timeout
        self._redact = (redact,) if isinstance(redact, str) else tuple(redact)
        self._gate = _gate(cloud_url, cloud_api_key)
        if self._gate is None:
            _must_be_a_notice(webhook_url, bot_token, self.channel)

    def __call__(self, agent: object, scope: str, context: Mapping[str, object]) -> bool:
        """As `request_approval`."""
        return self.request_approval(agent, scope, context)

    def request_approval(self, agent: object, scope: str, context: Mapping[str, object]) -> bool:
        """Whether somebody said yes. `@sudo` raises its PermissionDeniedError for a no.

        Raises `SlackApprovalTimeout` where nobody answered and ``auto_deny_on_timeout`` is False;
        `ArgumentsChanged` where the arguments changed meanwhile; `GateUnavailable` where nobody could be asked, or
        where the wait would stop an event loop: see `awaitable`.
        """
        must_not_run(scope, "Put @awaitable (approval_gate.agentsudo) above @sudo, and await the function.")
        call = AgentSudoCall.of(agent, scope, context, self._redact)
        if self._gate is None:
            return self._notify(call)
        try:
            ticket = self._wait(self._gate, call)
        except (ApprovalDenied, ApprovalCancelled) as error:
            log.warning("%s may not use %s: %s", call.agent, scope, error)
            return False
        except ApprovalTimeout as error:
            if self.auto_deny_on_timeout:
                log.warning("%s may not use %s: nobody answered in time", call.agent, scope)
                return False
            raise SlackApprovalTimeout(f"Nobody answered within {self.timeout:g} s.", error.ticket) from error
        call.arguments.check(ticket)
        return True

    def handle_interaction(self, approval_id: str, approved: bool, user: str = "unknown") -> bool:
        """Answers for ``user``: whether that is the answer that holds. For keys with the scope decide.

        ``approval_id`` is the ticket's id, or its Request ID as on the card. Raises `GateUnavailable`.
        """
        gate = self._gate
        if gate is None:
            raise GateUnavailable(_without_gate(self.channel))
        try:
            ticket_id = _ticket_id(gate, approval_id)
            if ticket_id is None:
                return False
            answered = gate.approve(ticket_id, user) if approved else gate.deny(ticket_id, user)
        except GateRefused as refused:
            if refused.status in (UNKNOWN, SETTLED_OTHERWISE):
                return False
            raise
        return answered.settled

    def approve(self, approval_id: str, user: str = "unknown") -> bool:
        """Says yes; as `handle_interaction`."""
        return self.handle_interaction(approval_id, True, user)

    def deny(self, approval_id: str, user: str = "unknown") -> bool:
        """Says no; as `handle_interaction`."""
        return self.handle_interaction(approval_id, False, user)

    def _wait(self, gate: Gate, call: AgentSudoCall) -> Ticket:
        ticket = gate.request(**call.question(self.channel, self.timeout))
        log.info("request %s is ticket %s", call.request_id, ticket.id)
        side = SideCall.current()
        if side is not None:
            side.when_cancelled(lambda: gate.withdraw(ticket))
        settled = gate.wait(ticket)
        if side is not None and side.is_cancelled:
            raise ApprovalCancelled("The task that asked was cancelled.", settled)
        return settled

    def _notify(self, call: AgentSudoCall) -> bool:
        """Never yes: nobody can answer a notice."""
        words = (
            f"{call.agent} wanted to use {call.scope} ({call.function}) and was denied: this needs the gate."
        )
        try:
            post_notice(self.webhook_url or "", words)
        except OSError as error:
            log.warning("the notice did not get through: %s", type(error).__name__)
        return False


def create_slack_approval(
    webhook_url: str | None = None,
    bot_token: str | None = None,
    channel: str = "#approvals",
    timeout: float = 300,
) -> Callable[[object, str, Mapping[str, object]], bool]:
    """The callback for ``on_deny=``, as the original makes it."""
    return SlackApproval(webhook_url, bot_token, channel, timeout).request_approval


def awaitable(guarded: Callable[P, Any]) -> Callable[P, Awaitable[Any]]:
    """For functions under `@sudo` in asyncio: the wait happens in a thread, and a cancelled task withdraws it.

    Put it above `@sudo`. The result is to be awaited, also where the function itself is not async; such a one
    runs in that thread.
    """

    @functools.wraps(guarded)
    async def waiting(*args: P.args, **kwargs: P.kwargs) -> Any:
        result = await SideCall().run(functools.partial(guarded, *args, **kwargs))
        return await result if inspect.isawaitable(result) else result

    return waiting


def _gate(cloud_url: str, cloud_api_key: str | None) -> Gate | None:
    """None where the address or the key is not told."""
    urls = {"`cloud_url`": _without_wire(cloud_url), "GATE_URL": os.environ.get("GATE_URL", "")}
    keys = {"`cloud_api_key`": cloud_api_key or ""}
    keys |= {name: os.environ.get(name, "") for name in ("GATE_API_KEY", "AGENTSUDO_API_KEY")}
    url = next((name for name, given in urls.items() if given and not _is_theirs(given)), "")
    key = next((name for name, given in keys.items() if given), "")
    return Gate(urls[url], keys[key], names=Names(url, key)) if url and key else None


def _is_theirs(url: str) -> bool:
    """Does a call to this address go to the original's own service, however it is written?"""
    try:
        called = requests.Request("GET", url).prepare().url or ""
    except requests.RequestException:
        return False  # nothing can be called there
    host = (urlsplit(called).hostname or "").rstrip(".")
    return host == CLOUD_HOST or host.endswith(f".{CLOUD_HOST}")


def _without_wire(url: str) -> str:
    """The gate's address; what cannot be read as one is given back as it is, and refused by its reader."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    path = parts.path.rstrip("/")
    wire = next(filter(path.endswith, WIRES), "")
    return parts._replace(path=path.removesuffix(wire)).geturl()


def _must_be_a_notice(webhook_url: str | None, bot_token: str | None, channel: str) -> None:
    if bot_token or not webhook_url:
        raise GateUnavailable(_without_gate(channel))
    warnings.warn(
        "webhook_url alone only posts a notice, and every request is denied: nobody can answer through a webhook."
        f" {_without_gate(channel)}",
        stacklevel=3,
    )


def _without_gate(channel: str) -> str:
    """The key of this command may wish for the channel; another one's wish would never be followed."""
    wish = f" --channel {shlex.quote(channel)}" if channel else ""
    return (
        f"Nobody can be asked without a gate. Run `{MAKE_A_KEY}{wish}` where the gate runs, and set GATE_API_KEY to"
        " what it prints and GATE_URL to the gate's address."
    )


def _ticket_id(gate: Gate, approval_id: str) -> str | None:
    """The one pending ticket of that Request ID; else the text is taken for the ticket's own id."""
    if len(approval_id) > len("b24f5c2f"):
        return approval_id
    found = [ticket.id for ticket in gate.pending() if _request_id(ticket) == approval_id]
    if len(found) > 1:
        log.warning("%s pending tickets call themselves %s: use the ticket's own id", len(found), approval_id)
    return found[0] if len(found) == 1 else None


def _request_id(ticket: Ticket) -> str:
    labels = ticket.members.get("labels")
    return str(labels.get(REQUEST_ID, "")) if isinstance(labels, dict) else ""


__all__ = ["SlackApproval", "create_slack_approval", "SlackApprovalTimeout", "awaitable"]
