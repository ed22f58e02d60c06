"""Whether records are the chain they should be, and if not, which is the first bad one and why. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from slack_bot.audit.record import Record
from slack_bot.seal import GENESIS, Seal, same

FAR = 1_000
"""So many places to each side is looked for the place where a record belongs."""


class Fault(StrEnum):
    """What may be wrong with a record."""

    MISSING = "missing"
    ALTERED = "altered"
    OUT_OF_ORDER = "out of order"
    FORGED = "forged"
    TRUNCATED = "truncated"


@dataclass(frozen=True, slots=True)
class Flaw:
    """The first bad record, by its number, and what is wrong in a sentence."""

    fault: Fault
    seq: int
    words: str


@dataclass(frozen=True, slots=True)
class End:
    """Where a chain ends, as its head tells; ``mac`` proves that whoever wrote the head had the key."""

    seq: int
    hash: str
    mac: str

    def is_sealed_by(self, seal: Seal) -> bool:
        """Whether it was written with this key."""
        return seal.is_head(self.seq, self.hash, self.mac)


class Chain:
    """Follows records in their order, one at a time, however many there are.

    ``count``, ``first`` and ``last`` tell of those that were found good.
    """

    def __init__(self, seal: Seal, *, whole: bool = True) -> None:
        """``whole``: it begins with record 1. A copy may begin later."""
        self._seal = seal
        self._whole = whole
        self.count = 0
        self.first: Record | None = None
        self.last: Record | None = None

    def follow(self, records: Iterable[Record], end: End | None = None) -> Flaw | None:
        """The first flaw; None where each record is as it was written, and follows the one before.

        ``end`` is where the last one has to be. Where the head is not proven it is a flaw of its own.
        """
        proven = end is not None and end.is_sealed_by(self._seal)
        for record, after in _with_next(records):
            confirmed = after.prev if after is not None else end.hash if end is not None and proven else ""
            flaw = self._flaw_of(record, confirmed)
            if flaw is not None:
                return flaw
            self.first, self.last = self.first or record, record
            self.count += 1
        return None if end is None else self._flaw_at(end, proven=proven)

    @property
    def _next_seq(self) -> int | None:
        """The number of the record that has to come; None where any may."""
        if self.last is not None:
            return self.last.seq + 1
        return 1 if self._whole else None

    def _flaw_of(self, record: Record, confirmed: str) -> Flaw | None:
        """``confirmed`` is the record's hash, as the record after it remembers it."""
        wanted = self._next_seq
        if not record.is_sealed_by(self._seal):
            return self._broken(record, confirmed)
        if wanted is not None and record.seq > wanted:
            return _missing(wanted, record.seq)
        if wanted is not None and record.seq < wanted:
            return Flaw(
                Fault.OUT_OF_ORDER, record.seq, f"Record {record.seq} comes after record {wanted - 1}."
            )
        before = self.last.hash if self.last is not None else GENESIS if record.seq == 1 else record.prev
        if not same(record.prev, before):
            return Flaw(
                Fault.FORGED,
                record.seq,
                f"Record {record.seq} does not follow the record before it: one of the two is of another log.",
            )
        return None

    def _broken(self, record: Record, confirmed: str) -> Flaw:
        """Which way a record is bad that is not what its hash says."""
        place = self._place_of(record)
        if place is not None:
            return Flaw(
                Fault.OUT_OF_ORDER,
                record.seq,
                f"Record {record.seq} is out of order: what stands there was written as record {place}.",
            )
        if confirmed and confirmed in (record.hash, record.hash_by(self._seal)):
            return Flaw(
                Fault.ALTERED,
                record.seq,
                f"Record {record.seq} was altered: the record after it remembers another one.",
            )
        return Flaw(
            Fault.FORGED,
            record.seq,
            f"Record {record.seq} is forged: its hash was not made of it with AUDIT_KEY.",
        )

    def _place_of(self, record: Record) -> int | None:
        """The number under which its hash fits."""
        near = range(max(1, record.seq - FAR), record.seq + FAR + 1)
        return next((seq for seq in near if replace(record, seq=seq).is_sealed_by(self._seal)), None)

    def _flaw_at(self, end: End, *, proven: bool) -> Flaw | None:
        last, reached = (self.last.hash, self.last.seq) if self.last is not None else (GENESIS, 0)
        if not proven:
            return Flaw(
                Fault.TRUNCATED,
                reached + 1,
                f"Record {reached + 1} may be missing, and others after it: the head, which tells where the log "
                "ends, was not written with AUDIT_KEY.",
            )
        if end.seq > reached:
            return _missing(reached + 1, end.seq + 1, truncated=True)
        if end.seq < reached or not same(end.hash, last):
            return Flaw(Fault.FORGED, end.seq + 1, f"Record {end.seq + 1} is forged: the log ends before it.")
        return None


def _missing(first: int, found: int, *, truncated: bool = False) -> Flaw:
    which = f"Record {first} is" if found - first == 1 else f"Records {first} to {found - 1} are"
    if truncated:
        return Flaw(Fault.TRUNCATED, first, f"{which} missing at the end: the log was truncated.")
    before = f"after record {first - 1}" if first > 1 else "at the beginning"
    return Flaw(Fault.MISSING, first, f"{which} missing: {before} comes record {found}.")


def _with_next(records: Iterable[Record]) -> Iterator[tuple[Record, Record | None]]:
    """Each with the one after it."""
    rest = iter(records)
    one = next(rest, None)
    while one is not None:
        after = next(rest, None)
        yield one, after
        one = after
