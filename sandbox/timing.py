"""How long things take at Slack; tests make them short."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """All in seconds."""

    acknowledge_within: float = 3.0
    """For every envelope (docs.slack.dev/apis/events-api/using-socket-mode)."""
    event_retries: tuple[float, ...] = (0.0, 60.0, 300.0)
    """How long after each failure an event is sent again: at once, after one minute, after five."""
    trigger_life: float = 3.0
    response_url_life: float = 1800.0
    connection_life: float = 18_060.0
    """What `hello` announces; the connection is asked to refresh then."""
    ticket_life: float = 30.0
    """Between `apps.connections.open` and the WebSocket."""
    ping_interval: float = 10.0
    """Slack pings its clients too."""
