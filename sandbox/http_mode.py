"""Slack over HTTP: what happens is posted to the app's addresses, signed with its signing secret.

Facts: docs.slack.dev/apis/events-api, docs.slack.dev/authentication/verifying-requests-from-slack.
"""

import asyncio
import hashlib
import hmac
import json
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict
from typing import Literal
from urllib.parse import urlencode

import aiohttp
from pydantic import BaseModel, ConfigDict, Field

from sandbox.changes import Changes
from sandbox.errors import Refused
from sandbox.install import VERIFICATION_TOKEN, Install
from sandbox.json_types import Json
from sandbox.socket_mode import DELIVERIES_KEPT, Envelope, Receipt

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
CHALLENGE = "sandbox-challenge"


class Delivery(BaseModel):
    """Where the app is reached, "" for nowhere; and in what manner each thing is posted there.

    ``signature``: right, of another secret, or not there. ``age``: so many seconds ago it was signed. ``times``: so
    often the same bytes are posted, one after the other; the last answer counts.
    """

    model_config = ConfigDict(extra="forbid")

    events: str = ""
    actions: str = ""
    commands: str = ""
    signature: Literal["right", "wrong", "none"] = "right"
    age: float = 0.0
    times: int = Field(default=1, ge=1, le=20)

    def address(self, envelope: Envelope) -> str:
        return {"events_api": self.events, "interactive": self.actions, "slash_commands": self.commands}[
            envelope.kind
        ]


class HttpMode:
    """Posts envelopes where `delivery` says. Lives in the event loop's thread. ``now``: seconds since 1970 UTC."""

    def __init__(self, install: Install, changes: Changes, now: Callable[[], float] = time.time) -> None:
        manifest = install.manifest
        self.delivery = Delivery(
            events=manifest.settings.event_subscriptions.request_url,
            actions=manifest.settings.interactivity.request_url,
            commands=next((command.url for command in manifest.features.slash_commands), ""),
        )
        self._secret = install.signing_secret
        self._answer_within = install.timing.acknowledge_within
        self._changes = changes
        self._now = now
        self._session: aiohttp.ClientSession | None = None
        self._receipts: deque[Receipt] = deque(maxlen=DELIVERIES_KEPT)

    @property
    def is_on(self) -> bool:
        """Whether anything is posted anywhere, instead of being sent through a WebSocket."""
        return bool(self.delivery.events or self.delivery.actions or self.delivery.commands)

    async def switch(self, delivery: Delivery) -> None:
        """Raises Refused where the address for events does not give the challenge back, as Slack asks of it."""
        if delivery.events:
            await self._verify(delivery.events)
        self.delivery = delivery
        self._changes.bump()

    async def _verify(self, url: str) -> None:
        asked = {"type": "url_verification", "challenge": CHALLENGE, "token": VERIFICATION_TOKEN}
        body = json.dumps(asked).encode()
        status, answer = await self._post(url, body, self._headers(JSON, body, Delivery()))
        if status != 200 or answer.get("challenge", answer.get("text")) != CHALLENGE:
            raise Refused(f"{url} did not respond with the value of the challenge parameter (HTTP {status}).")

    async def deliver(self, envelope: Envelope) -> Receipt:
        """Post it and wait for the answer, for three seconds."""
        receipt = Receipt(envelope.id, envelope.kind)
        self._receipts.append(receipt)
        body, kind = _body(envelope)
        headers = self._headers(kind, body, self.delivery) | _retry(envelope)
        started = time.perf_counter()
        for _ in range(self.delivery.times):
            status, answer = await self._post(self.delivery.address(envelope), body, headers)
        receipt.status, receipt.acknowledged = status, 200 <= status < 300
        if receipt.acknowledged:
            receipt.ack_ms = round((time.perf_counter() - started) * 1000, 3)
            receipt.response = answer
        else:
            receipt.failure = "http_error" if status else "http_timeout"
            self._changes.bump()
        return receipt

    async def _post(self, url: str, body: bytes, headers: dict[str, str]) -> tuple[int, Json]:
        """The status and what was answered; 0 where no answer came in time."""
        if self._session is None:
            self._session = aiohttp.ClientSession(trust_env=False)
        try:
            async with asyncio.timeout(self._answer_within):
                async with self._session.post(
                    url, data=body, headers=headers, allow_redirects=False
                ) as answer:
                    return answer.status, _told(await answer.text(), answer.content_type)
        except (aiohttp.ClientError, TimeoutError):
            return 0, {}

    def _headers(self, kind: str, body: bytes, manner: Delivery) -> dict[str, str]:
        timestamp = str(int(self._now() - manner.age))
        headers = {"Content-Type": kind, "X-Slack-Request-Timestamp": timestamp}
        if manner.signature == "none":
            return headers
        secret = self._secret if manner.signature == "right" else self._secret[::-1]
        digest = hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256)
        return headers | {"X-Slack-Signature": f"v0={digest.hexdigest()}"}

    def deliveries(self) -> list[Json]:
        """Every envelope posted, oldest first, with what became of it."""
        return [asdict(receipt) for receipt in self._receipts]

    def forget(self) -> None:
        """No record."""
        self._receipts.clear()

    async def stop(self) -> None:
        """Close what is open."""
        if self._session is not None:
            await self._session.close()


def _body(envelope: Envelope) -> tuple[bytes, str]:
    if envelope.kind == "events_api":
        return json.dumps(envelope.payload).encode(), JSON
    form = envelope.payload
    if envelope.kind == "interactive":
        form = {"payload": json.dumps(envelope.payload)}
    return urlencode(form).encode(), FORM


def _retry(envelope: Envelope) -> dict[str, str]:
    if not envelope.retry_attempt:
        return {}
    return {"X-Slack-Retry-Num": str(envelope.retry_attempt), "X-Slack-Retry-Reason": envelope.retry_reason}


def _told(text: str, content_type: str) -> Json:
    """As by the socket: an object, or words for the person who typed a command."""
    if content_type != JSON:
        return {"text": text} if text else {}
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
