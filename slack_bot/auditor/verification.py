"""`verify`: the ledger, a copy, and each against the other; what is wrong first, in words."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from slack_bot.audit.chain import Chain, Fault, Flaw
from slack_bot.audit.record import Record
from slack_bot.auditor.copied import Copy
from slack_bot.auditor.progress import counted
from slack_bot.auditor.reading import LedgerToRead
from slack_bot.clock import utc_text
from slack_bot.seal import Seal, same

WRONG_KEY = (
    "nothing in it fits this AUDIT_KEY. Either it was written with another key: verify it with that one. "
    "Or all of it is forged."
)
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Auditor:
    """Verifies with one key, and says what it finds."""

    seal: Seal
    say: Say

    def ledger(self, ledger: LedgerToRead) -> bool:
        """Whether the ledger's log is whole and as it was written."""
        end, newest = ledger.end()
        chain = Chain(self.seal)
        flaw = chain.follow(counted(ledger.records(newest), newest, "ledger"), end)
        if flaw is not None and chain.count == 0 and newest and not end.is_sealed_by(self.seal):
            self.say(f"Bad: the ledger: {WRONG_KEY}")
            return False
        return self._told("the ledger", chain, flaw)

    def copy(self, copy: Copy) -> bool:
        """Whether a copy is without a gap, and as it was written. It may begin and end anywhere."""
        name = f"the copy {copy.path.name}"
        if copy.unreadable:
            first, more = copy.unreadable[0], len(copy.unreadable) - 1
            others = f", and {more:,} lines after it" if more else ""
            self.say(f"Bad: {name}: line {first} says that it is a record, and is none{others}.")
        if copy.is_empty:
            self.say(f"Bad: {name}: there is no record in it.")
            return False
        chain = Chain(self.seal, whole=False)
        flaw = chain.follow(counted(copy.records(), len(copy), "copy"))
        if flaw is not None and chain.count == 0 and not any(self._few_fit(copy)):
            self.say(f"Bad: {name}: {WRONG_KEY}")
            return False
        return self._told(name, chain, flaw) and not copy.unreadable

    def _few_fit(self, copy: Copy) -> Iterator[bool]:
        for _, record in zip(range(100), copy.records(), strict=False):
            yield record.is_sealed_by(self.seal)

    def _told(self, name: str, chain: Chain, flaw: Flaw | None) -> bool:
        good = "no record"
        if chain.first is not None and chain.last is not None:
            begin, end = chain.first, chain.last
            good = (
                f"{chain.count:,} records, from {begin.seq} ({utc_text(begin.at)}) "
                f"to {end.seq} ({utc_text(end.at)})"
            )
        if flaw is None:
            self.say(f"Good: {name}: {good}, each as it was written and none missing between.")
        else:
            self.say(f"Bad: {name}: {flaw.words} ({flaw.fault.value}) Good before it: {good}.")
        return flaw is None

    def both(self, copy: Copy, ledger: LedgerToRead) -> bool:
        """Whether the copy and the ledger tell the same, as far as the copy goes."""
        _, newest = ledger.end()
        flaw = difference(copy.records(), ledger.records, newest)
        if flaw is None:
            self.say("Good: the copy and the ledger are the same, as far as the copy goes.")
        else:
            self.say(f"Bad: the copy against the ledger: {flaw.words}")
        return flaw is None


def difference(
    copied: Iterable[Record], ledgers: Callable[[int, int], Iterator[Record]], newest: int
) -> Flaw | None:
    """The first record that is in one and not in the other, or is another one there.

    ``ledgers`` gives the ledger's records up to a number and beyond another.
    """
    ours: Iterator[Record] | None = None
    for theirs in copied:
        if theirs.seq > newest:
            words = (
                f"The ledger ends with record {newest}, and the copy holds record {theirs.seq}: the end of the "
                "ledger was cut off, or the ledger was put back to an older state, or it is another ledger's copy."
            )
            return Flaw(Fault.TRUNCATED, newest + 1, words)
        ours = ours if ours is not None else ledgers(newest, theirs.seq - 1)
        flaw = _unlike(theirs, next(ours, None))
        if flaw is not None:
            return flaw
    return None


def _unlike(theirs: Record, ours: Record | None) -> Flaw | None:
    if ours is None or ours.seq > theirs.seq:
        return Flaw(Fault.MISSING, theirs.seq, f"Record {theirs.seq} of the copy is missing in the ledger.")
    if ours.seq < theirs.seq:
        return Flaw(Fault.MISSING, ours.seq, f"Record {ours.seq} of the ledger is missing in the copy.")
    if not same(theirs.hash, ours.hash) or theirs != ours:
        return Flaw(
            Fault.ALTERED, ours.seq, f"Record {ours.seq} is not the same in the copy and in the ledger."
        )
    return None
