import hashlib

import pytest

from approval_gate.server.ticket import (
    Decision,
    Status,
    arguments_digest,
    new_nonce,
    new_ticket_id,
    version_of,
)


def test_everything_but_pending_is_settled() -> None:
    assert {status for status in Status if not status.settled} == {Status.PENDING}


def test_a_digest_is_over_the_nonce_and_the_canonical_arguments() -> None:
    written = '["n0",{"a":1,"b":"100%"}]'

    assert (
        arguments_digest({"b": "100%", "a": 1.0}, "n0") == "v1" + hashlib.sha256(written.encode()).hexdigest()
    )


def test_the_same_arguments_cannot_be_told_by_their_digests() -> None:
    assert arguments_digest({"pin": 1234}, new_nonce()) != arguments_digest({"pin": 1234}, new_nonce())


@pytest.mark.parametrize("argument", [2**53 + 1, "\ud800"])
def test_what_has_no_canonical_form_has_no_digest(argument: int | str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        arguments_digest({"a": argument}, "n0")


def test_ids_have_128_random_bits() -> None:
    ids = {new_ticket_id() for _ in range(100)}

    assert len(ids) == 100
    assert all(len(bytes.fromhex(one)) == 16 for one in ids)


@pytest.mark.parametrize("status", [Status.PENDING, Status.EXPIRED, Status.CANCELLED])
def test_nobody_decides_what_is_no_verdict(status: Status) -> None:
    with pytest.raises(ValueError, match="nobody decides"):
        Decision(status, "U1")


def test_a_denial_does_not_hold_for_a_time() -> None:
    with pytest.raises(ValueError, match="only an approval"):
        Decision(Status.DENIED, "U1", seconds=60)


def test_the_version_of_a_list_tells_ids_and_versions_in_whatever_order() -> None:
    version = version_of([("a", 1), ("b", 2)])

    assert version == version_of([("b", 2), ("a", 1)])
    assert len({version, version_of([]), version_of([("a", 1)]), version_of([("a", 2), ("b", 2)])}) == 4
