"""The chain: whatever is done to the records without the key, the first bad one is found and named."""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slack_bot.audit import Kind, Record
from slack_bot.audit.chain import Chain, End, Fault, Flaw
from slack_bot.seal import GENESIS, Seal
from tests.slack_bot.chains import SEAL, linked
from tests.slack_bot.examples import NOW

COUNT = 8
TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
DETAILS = st.dictionaries(TEXTS, TEXTS | st.integers() | st.none() | st.floats(allow_nan=False), max_size=3)


def example(seq: int, **detail: object) -> Record:
    told = {"what": f"number {seq}"} | detail
    return Record(
        seq, NOW + seq, Kind.VOTE, "z7tw2aur3tx2", "U02APPROVER", told, "v1aa", "Rule.", ("sha1:aa",)
    )


GOOD = linked([example(seq) for seq in range(1, COUNT + 1)])


def end_of(records: list[Record], seal: Seal = SEAL) -> End:
    seq, last = (records[-1].seq, records[-1].hash) if records else (0, GENESIS)
    return End(seq, last, seal.of_head(seq, last))


def flaw_in(records: list[Record], end: End | None = None) -> Flaw | None:
    return Chain(SEAL).follow(records, end or end_of(GOOD))


def named(records: list[Record], end: End | None = None) -> tuple[Fault, int]:
    flaw = flaw_in(records, end)
    assert flaw is not None
    assert str(flaw.seq) in flaw.words
    return flaw.fault, flaw.seq


def test_what_was_written_is_good() -> None:
    chain = Chain(SEAL)
    assert chain.follow(GOOD, end_of(GOOD)) is None
    assert (chain.count, chain.first, chain.last) == (COUNT, GOOD[0], GOOD[-1])
    assert Chain(SEAL).follow([], end_of([])) is None


OTHER: dict[str, Callable[[Record], Any]] = {
    "at": lambda record: record.at + 1,
    "kind": lambda record: Kind.DECIDED.value,
    "request_key": lambda record: None,
    "actor": lambda record: "U03SECOND",
    "digest": lambda record: "v1bb",
    "policy": lambda record: "",
    "artefact": lambda record: ("sha1:bb",),
    "detail": lambda record: record.detail | {"verdict": "approve"},
    "prev": lambda record: GENESIS[1:] + "1",
    "hash": lambda record: record.hash[::-1],
}


@pytest.mark.parametrize("place", [1, 4, COUNT])
@pytest.mark.parametrize("field", OTHER)
def test_a_record_with_any_field_altered_is_named(field: str, place: int) -> None:
    records = list(GOOD)
    records[place - 1] = replace(records[place - 1], **{field: OTHER[field](records[place - 1])})
    assert named(records) == (Fault.ALTERED, place)


def test_no_field_is_left_out() -> None:
    assert set(OTHER) | {"seq"} == {field.name for field in fields(Record)}


@pytest.mark.parametrize("place", [1, 4, COUNT - 1])
def test_a_record_that_was_taken_out_is_missing(place: int) -> None:
    assert named(GOOD[: place - 1] + GOOD[place:]) == (Fault.MISSING, place)


def test_several_that_were_taken_out_are_missing_together() -> None:
    flaw = flaw_in(GOOD[:2] + GOOD[5:])
    assert flaw == Flaw(Fault.MISSING, 3, "Records 3 to 5 are missing: after record 2 comes record 6.")


def test_a_gap_that_was_closed_by_new_numbers_is_named() -> None:
    closed = GOOD[:3] + [replace(record, seq=record.seq - 1) for record in GOOD[4:]]
    assert named(closed) == (Fault.OUT_OF_ORDER, 4)


def test_two_that_changed_places_are_out_of_order() -> None:
    swapped = [*GOOD[:3], replace(GOOD[4], seq=4), replace(GOOD[3], seq=5), *GOOD[5:]]
    flaw = flaw_in(swapped)
    assert flaw == Flaw(
        Fault.OUT_OF_ORDER, 4, "Record 4 is out of order: what stands there was written as record 5."
    )
    assert named([*GOOD[:3], GOOD[4], GOOD[3], *GOOD[5:]]) == (Fault.MISSING, 4)


def test_a_record_that_stands_there_twice_is_out_of_order() -> None:
    assert named([*GOOD[:4], GOOD[3], *GOOD[4:]]) == (Fault.OUT_OF_ORDER, 4)


@pytest.mark.parametrize("seal", [Seal("another key, another key, another"), None])
def test_a_record_that_was_put_in_without_the_key_is_forged(seal: Seal | None) -> None:
    forged = replace(example(4), prev=GOOD[2].hash)
    forged = replace(forged, hash=seal.of(forged.hashed()) if seal else "")
    shifted = [replace(record, seq=record.seq + 1) for record in GOOD[3:]]
    assert named([*GOOD[:3], forged, *shifted]) == (Fault.FORGED, 4)
    assert named([*GOOD[:3], forged, *GOOD[3:]]) == (Fault.FORGED, 4)
    assert named([*GOOD, replace(forged, seq=COUNT + 1)]) == (Fault.FORGED, COUNT + 1)


def test_a_part_of_another_log_that_was_written_with_the_key_is_named() -> None:
    other = linked([example(seq, of="another") for seq in range(1, COUNT + 1)])
    assert named([*GOOD[:4], *other[4:]]) == (Fault.FORGED, 5)


@pytest.mark.parametrize("left", range(COUNT))
def test_a_log_that_was_cut_off_is_truncated(left: int) -> None:
    assert named(GOOD[:left]) == (Fault.TRUNCATED, left + 1)


@pytest.mark.parametrize("left", range(COUNT))
def test_a_log_that_was_cut_off_is_truncated_also_with_a_head_to_fit(left: int) -> None:
    """Given a head that fits what is left, when it was not made with the key, then it proves nothing."""
    cut = GOOD[:left]
    forged = end_of(cut, Seal("another key, another key, another"))
    assert named(cut, forged) == (Fault.TRUNCATED, left + 1)
    assert named(cut, replace(forged, mac=end_of(GOOD).mac)) == (Fault.TRUNCATED, left + 1)
    assert named(cut, End(0, "", "")) == (Fault.TRUNCATED, left + 1)


def test_a_record_beyond_the_proven_end_is_named_though_it_was_made_with_the_key() -> None:
    assert named(GOOD, end_of(GOOD[:-1])) == (Fault.FORGED, COUNT)


def test_a_copy_may_begin_and_end_anywhere_and_lack_nothing_between() -> None:
    copy = Chain(SEAL, whole=False)
    assert copy.follow(GOOD[2:6]) is None
    assert copy.count == 4
    lacking = Chain(SEAL, whole=False).follow(GOOD[2:4] + GOOD[5:])
    assert lacking is not None
    assert (lacking.fault, lacking.seq) == (Fault.MISSING, 5)


@given(details=st.lists(DETAILS, min_size=1, max_size=6))
def test_any_records_make_a_good_chain(details: list[dict[str, object]]) -> None:
    records = linked([replace(example(seq), detail=detail) for seq, detail in enumerate(details, 1)])
    assert Chain(SEAL).follow(records, end_of(records)) is None


Deed = Callable[[list[Record], st.DataObject], list[Record]]


def take_out(records: list[Record], data: st.DataObject) -> list[Record]:
    place = data.draw(st.integers(0, len(records) - 1))
    return records[:place] + records[place + 1 :]


def double(records: list[Record], data: st.DataObject) -> list[Record]:
    place = data.draw(st.integers(0, len(records) - 1))
    return [*records[:place], records[place], *records[place:]]


def reorder(records: list[Record], data: st.DataObject) -> list[Record]:
    return list(data.draw(st.permutations(records)))


def renumber(records: list[Record], data: st.DataObject) -> list[Record]:
    return [replace(record, seq=seq) for seq, record in enumerate(reorder(records, data), 1)]


def alter(records: list[Record], data: st.DataObject) -> list[Record]:
    place = data.draw(st.integers(0, len(records) - 1))
    field = data.draw(st.sampled_from([*OTHER, "seq"]))
    value: Any = OTHER[field](records[place]) if field in OTHER else data.draw(st.integers(0, COUNT * 2))
    return [*records[:place], replace(records[place], **{field: value}), *records[place + 1 :]]


def forge(records: list[Record], data: st.DataObject) -> list[Record]:
    place = data.draw(st.integers(0, len(records)))
    seq = data.draw(st.integers(1, COUNT + 2))
    made = replace(example(seq), prev=data.draw(st.sampled_from(records)).hash if records else GENESIS)
    return [*records[:place], replace(made, hash=data.draw(st.sampled_from(GOOD)).hash), *records[place:]]


@given(
    deeds=st.lists(st.sampled_from([take_out, double, reorder, renumber, alter, forge]), min_size=1),
    data=st.data(),
)
def test_whatever_is_done_without_the_key_it_shows_unless_nothing_is_changed(
    deeds: list[Deed], data: st.DataObject
) -> None:
    records = list(GOOD)
    for deed in deeds:
        records = deed(records, data) if records else records
    flaw = flaw_in(records)
    assert (flaw is None) == (records == GOOD)
    if flaw is not None:
        # What comes before the first bad record is as it was.
        chain = Chain(SEAL)
        chain.follow(records, end_of(GOOD))
        assert records[: chain.count] == GOOD[: chain.count]
