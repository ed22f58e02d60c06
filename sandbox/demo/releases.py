"""Plausible releases of a few services, for the platforms that run pipelines."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, cycle

from sandbox.github_actions.runs import commit

OWNER = "example"
"""The organisation, or the group, of the services' repositories."""


@dataclass(frozen=True, slots=True)
class Release:
    """One that waits. ``before`` is the commit that runs there now.

    ``titles`` are those of the commits since that one, the oldest first.
    """

    service: str
    environment: str
    version: str
    before: str
    commit: str
    titles: tuple[str, ...]
    files: tuple[str, ...]

    @property
    def repository(self) -> str:
        return f"{OWNER}/{self.service}"


STORIES: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...]], ...] = (
    (
        "checkout",
        "production",
        ("Test the basket with three currencies", "Round each line of the basket, not its sum"),
        ("checkout/basket.py", "checkout/tests/test_basket.py"),
    ),
    (
        "prices",
        "staging",
        ("Read the list of prices once an hour",),
        ("prices/reader.py", "deploy/values.yaml"),
    ),
    (
        "reports",
        "production",
        ("Count refunds in the month in which they were made", "Drop the column nobody reads"),
        ("reports/months.py", "migrations/0042_drop_column.sql"),
    ),
)
"""A service, where it goes, what was committed, which files that changed."""
SERVICES = tuple(dict.fromkeys(service for service, *_ in STORIES))


def demo_releases() -> Iterator[Release]:
    """Endless ones, the same in each demo."""
    for number, (service, environment, titles, files) in zip(count(1), cycle(STORIES), strict=False):
        before, new = commit(service), commit(f"{service} {number}")
        yield Release(service, environment, f"v4.{number}.0", before, new, titles, files)
