"""How cards and modals speak of an upstream."""

from dataclasses import dataclass

from upstream_client.models import Capabilities


@dataclass(frozen=True, slots=True)
class UpstreamName:
    """Its title, its own verbs, whether it takes durations that it does not offer, and whether it escalates."""

    title: str
    approve: str
    deny: str
    other_durations: bool = False
    escalates: bool = False

    @classmethod
    def of(cls, title: str, capabilities: Capabilities) -> "UpstreamName":
        """From what an upstream tells of itself."""
        can = capabilities
        return cls(title, can.approve, can.deny, can.other_durations, can.escalates)
