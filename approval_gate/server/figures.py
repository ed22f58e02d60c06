"""What a gate process counts since its start, for its metrics."""

from dataclasses import dataclass


@dataclass(slots=True)
class Figures:
    """Every field only goes up.

    ``told``: how often those who wait here were told of a ticket's end by this gate's own doing. ``settled_here``
    is for how many of them somebody asked, and ``told_after`` the seconds from asking to telling, together.
    ``unsent``: signals given up because Redis was away for long; ``heard``: signals, our own among them.
    """

    created: int = 0
    told: int = 0
    settled_here: int = 0
    told_after: float = 0.0
    published: int = 0
    unsent: int = 0
    heard: int = 0
    sweeps: int = 0
    failed_sweeps: int = 0
    deleted: int = 0
