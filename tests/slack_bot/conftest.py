"""What the tests of the bot may ask for besides: ledgers."""

from tests.backends import (
    empty_ledger_url,
    empty_postgres_url,
    ledger,
    ledger_url,
    postgres_server,
    postgres_url,
    shared_ledger,
    sqlite_ledger,
    sqlite_url,
)

__all__ = [
    "empty_ledger_url",
    "empty_postgres_url",
    "ledger",
    "ledger_url",
    "postgres_server",
    "postgres_url",
    "shared_ledger",
    "sqlite_ledger",
    "sqlite_url",
]
