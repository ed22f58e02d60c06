"""How cards and modals speak of an upstream."""

from dataclasses import dataclass

from upstream_client.models import Capabilities


@dataclass(frozen=True, slots=True)
class UpstreamName:
    """Its title, its own verbs, and whether it takes durations that it does not offer."""

    title: str
    approve: str
    deny: str
    other_durations: bool = False

    @classmethod
    def of(cls, title: str, capabilities: Capabilities) -> "UpstreamName":
        """From what an upstream tells of itself."""
        return cls(title, capabilities.approve, capabilities.deny, capabilities.other_durations)
