"""Leaves out the tests that need a PostgreSQL: a pytest plugin, for each mutant would start one of its own."""

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keeps those that need none."""
    left_out = [item for item in items if needs_postgres(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def needs_postgres(item: pytest.Item) -> bool:
    """Whether it asks for the server, or is the half of a test of both ledgers that does."""
    return "postgres_server" in getattr(item, "fixturenames", ()) or "[postgresql" in item.name
