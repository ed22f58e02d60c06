"""The words for each flaw, and how far the place of a record is looked for."""

from dataclasses import replace

import pytest

from slack_bot.audit import Kind, Record
from slack_bot.audit.chain import FAR, Chain, End, Fault, Flaw
from slack_bot.seal import GENESIS
from tests.slack_bot.chains import SEAL, linked
from tests.slack_bot.examples import NOW

COUNT = 8


def example(seq: int, **detail: object) -> Record:
    return Record(seq, NOW + seq, Kind.VOTE, "z7tw2aur3tx2", "U02APPROVER", dict(detail), "v1aa", "Rule.")


def sealed(seq: int) -> Record:
    """A record of any number, made with the key, as a copy may begin with."""
    record = replace(example(seq), prev=GENESIS)
    return replace(record, hash=SEAL.of(record.hashed()))


GOOD = linked([example(seq) for seq in range(1, COUNT + 1)])
LAST = GOOD[-1]


def head(seq: int, last: str) -> End:
    """A head that was made with the key."""
    return End(seq, last, SEAL.of_head(seq, last))


@pytest.mark.parametrize(
    ("records", "flaw"),
    [
        (GOOD[1:], Flaw(Fault.MISSING, 1, "Record 1 is missing: at the beginning comes record 2.")),
        (GOOD[3:], Flaw(Fault.MISSING, 1, "Records 1 to 3 are missing: at the beginning comes record 4.")),
        (
            [GOOD[0], *GOOD[2:]],
            Flaw(Fault.MISSING, 2, "Record 2 is missing: after record 1 comes record 3."),
        ),
        (
            [*GOOD[:5], *GOOD[4:]],
            Flaw(Fault.OUT_OF_ORDER, 5, "Record 5 comes after record 5."),
        ),
        (
            GOOD[:-1],
            Flaw(Fault.TRUNCATED, 8, "Record 8 is missing at the end: the log was truncated."),
        ),
        (
            GOOD[:5],
            Flaw(Fault.TRUNCATED, 6, "Records 6 to 8 are missing at the end: the log was truncated."),
        ),
        (
            [],
            Flaw(Fault.TRUNCATED, 1, "Records 1 to 8 are missing at the end: the log was truncated."),
        ),
    ],
)
def test_what_is_missing_or_doubled_is_named_with_what_stands_beside_it(
    records: list[Record], flaw: Flaw
) -> None:
    assert Chain(SEAL).follow(records, head(COUNT, LAST.hash)) == flaw


def test_a_head_without_the_key_is_told_with_what_it_means() -> None:
    assert Chain(SEAL).follow(GOOD, End(COUNT, LAST.hash, "0" * 64)) == Flaw(
        Fault.TRUNCATED,
        COUNT + 1,
        "Record 9 may be missing, and others after it: the head, which tells where the log ends, was not written "
        "with AUDIT_KEY.",
    )


@pytest.mark.parametrize("whole", [True, False])
def test_the_first_record_of_all_follows_none_and_any_other_may_begin_a_copy(whole: bool) -> None:
    """Given record 1, made with the key, that names a record before it, then it is of another log."""
    first = replace(example(1), prev="f" * 64)
    first = replace(first, hash=SEAL.of(first.hashed()))
    flaw = Chain(SEAL, whole=whole).follow([first])
    assert flaw is not None
    assert (flaw.fault, flaw.seq) == (Fault.FORGED, 1)
    assert Chain(SEAL, whole=whole).follow(GOOD[:2]) is None
    assert Chain(SEAL, whole=False).follow(GOOD[1:]) is None


def test_before_anything_was_followed_nothing_is_told() -> None:
    chain = Chain(SEAL)
    assert (chain.count, chain.first, chain.last) == (0, None, None)


@pytest.mark.parametrize(("mac", "fault"), [(head(COUNT, LAST.hash).mac, Fault.ALTERED), ("", Fault.FORGED)])
def test_only_a_proven_head_bears_out_that_the_last_record_was_another(mac: str, fault: Fault) -> None:
    altered = replace(LAST, actor="U03SECOND")
    flaw = Chain(SEAL).follow([*GOOD[:-1], altered], End(COUNT, LAST.hash, mac))
    assert flaw is not None
    assert (flaw.fault, flaw.seq) == (fault, COUNT)


def test_a_proven_head_of_another_log_of_the_same_length_is_a_flaw() -> None:
    other = linked([example(seq, of="another") for seq in range(1, COUNT + 1)])[-1]
    flaw = Chain(SEAL).follow(GOOD, head(COUNT, other.hash))
    assert flaw is not None
    assert flaw.fault is Fault.FORGED


@pytest.mark.parametrize(
    ("written", "stands", "fault"),
    [
        (1, 1 + FAR, Fault.OUT_OF_ORDER),
        (1, 2 + FAR, Fault.FORGED),
        (1 + FAR, 1, Fault.OUT_OF_ORDER),
        (2 + FAR, 1, Fault.FORGED),
    ],
)
def test_the_place_of_a_record_is_looked_for_so_many_to_each_side_and_no_farther(
    written: int, stands: int, fault: Fault
) -> None:
    flaw = Chain(SEAL, whole=False).follow([replace(sealed(written), seq=stands)])
    assert flaw is not None
    assert flaw.fault is fault
    assert (f"was written as record {written}." in flaw.words) == (fault is Fault.OUT_OF_ORDER)
