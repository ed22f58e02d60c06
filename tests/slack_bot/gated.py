"""The bot in pieces before a real gate, with those that place its requests and tell it where their cards are."""

from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox import Sandbox
from slack_bot.config import Settings
from slack_bot.name_reader import NameReader
from slack_bot.policy import ChannelPolicy
from slack_bot.reconciler import Worker
from slack_bot.rows import RequestRow, requests_where
from slack_bot.signpost import Signpost
from slack_bot.web_client import web_client
from tests.approval_gate.gate_process import Caller, GateProcess
from tests.rig import APPROVALS, Rig
from tests.true_cards import Taken
from upstream_client.base import Upstream
from upstream_client.gate import GateClient

BOT_SCOPES = ("decide",)


class GatedRig(Rig):
    """Whose upstream is ``gate``. ``agent`` may ask in every channel; ``decider`` calls with the bot's own key."""

    def __init__(
        self,
        sandbox: Sandbox,
        folder: Path,
        gate: GateProcess,
        channels: dict[str, ChannelPolicy] | None = None,
        *,
        replica_of: "GatedRig | None" = None,
        **more: Any,
    ) -> None:
        """``replica_of``: another one with the same keys."""
        super().__init__(sandbox, folder, channels, **more)
        one = replica_of
        self._key: str = one._key if one is not None else gate.key("slack-bot", BOT_SCOPES)
        self._gate_url = gate.url
        self.decider = Caller(gate.url, self._key)
        self.agent: Caller = (
            one.agent if one is not None else Caller(gate.url, gate.key("ci", ("request",), ("*",)))
        )

    def _upstream(self, settings: Settings) -> Upstream:
        return GateClient(self._gate_url, self._key, timeout=(2.0, 5.0))

    def _build(self) -> None:
        super()._build()
        client = web_client(self.settings(), timeout=self.slack_timeout, retries=False)
        monotonic = self.clock.monotonic
        self.name_reader = NameReader(
            client, self.ledger, self.channels, self.placement, monotonic, lambda: None, self.notes
        )
        assert isinstance(self.upstream, GateClient)
        self.signpost = Signpost(
            self.upstream,
            self.upstream.name,
            self.ledger,
            self.channels,
            self.placement,
            self.identity.url,
            monotonic,
            self.notes,
        )

    @property
    def workers(self) -> dict[str, Worker]:
        """With those of the gate."""
        return {**super().workers, "name_reader": self.name_reader, "signpost": self.signpost}

    def file(self, **more: Any) -> str:
        """A program files a ticket; the bot has looked. The ticket's id."""
        ticket_id = str(self.agent.file(**more)["id"])
        self.look()
        return ticket_id

    def rows(self) -> list[RequestRow]:
        """All requests of the ledger, the newest first."""
        with self.ledger.read() as connection:
            return requests_where(connection)

    def ticket(self, ticket_id: str) -> dict[str, Any]:
        """As the gate has it."""
        told: dict[str, Any] = self.agent.get(f"/v1/tickets/{ticket_id}").json()
        return told

    def taken(self) -> dict[str, Taken]:
        """With the tickets; each takes one decision at most."""
        tickets = {row.key: self.ticket(row.upstream_id) for row in self.rows()}
        return super().taken() | {key: _taken(ticket) for key, ticket in tickets.items()}

    def shown_in(self, ticket_id: str) -> list[str]:
        """The channels in which its card stands."""
        row_of = {row.upstream_id: row.key for row in self.rows()}
        return [
            channel.id
            for channel in self.channels.all()
            for card in self.cards(channel.id)
            if card["metadata"]["event_payload"]["request"] == row_of[ticket_id]
        ]

    def headline_of(self, ticket_id: str, channel: str = APPROVALS) -> str:
        """What its card says first, without its sign."""
        key = next(row.key for row in self.rows() if row.upstream_id == ticket_id)
        card = next(one for one in self.cards(channel) if one["metadata"]["event_payload"]["request"] == key)
        return str(card["blocks"][0]["text"]["text"]).split(" ", 1)[1]


def _taken(ticket: dict[str, Any]) -> Taken:
    decision = ticket.get("decision")
    if decision is None:
        return Taken(str(ticket.get("status", "")), 0, None)
    at = datetime.fromisoformat(decision["at"]).timestamp()
    return Taken(decision["verdict"].capitalize(), 1, at)
