"""Ledgers with a few records, for tests that tamper with them."""

from dataclasses import replace

from slack_bot import approvals, audit
from slack_bot.audit import Kind, Record
from slack_bot.ledger import Ledger
from slack_bot.policy import text_of
from slack_bot.seal import GENESIS, Seal
from tests.audit_key import AUDIT_KEY
from tests.slack_bot.examples import EITHER, NOW, added, ballot
from upstream_client.models import ApprovalRequest, Fact

SEAL = Seal(AUDIT_KEY)
POLICY = text_of(EITHER)
SHA1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
WITH_FILE = ApprovalRequest(
    upstream="privilege_manager",
    id="85d71683-7dac-4762-8120-76a9a564fdc1",
    title="Run setup.exe as administrator",
    requester="PC-1\\Requester",
    facts=(Fact("file", "File", "setup.exe"), Fact("sha1", "SHA-1", SHA1)),
)


def filled(ledger: Ledger, more: int = 3) -> list[Record]:
    """A request that was seen (record 1), voted on and decided (2, 3), and ``more`` records besides."""
    row = added(ledger, WITH_FILE)
    with ledger.write() as tx:
        approvals.vote(tx, NOW, row.key, ballot(tx, row))
    for count in range(more):
        with ledger.write() as tx:
            audit.append(tx, NOW + count, Kind.CHANGED_OUTSIDE, None, "U04ADMIN", what=f"C0{count}")
    with ledger.read() as connection:
        return audit.records(connection)


def linked(records: list[Record], seal: Seal = SEAL) -> list[Record]:
    """The same as a chain of their own, from record 1."""
    chained: list[Record] = []
    for seq, record in enumerate(records, 1):
        prev = chained[-1].hash if chained else GENESIS
        open_ended = replace(record, seq=seq, prev=prev)
        chained.append(replace(open_ended, hash=seal.of(open_ended.hashed())))
    return chained
