"""The seal: what anybody with the key computes again, with no more than HMAC and RFC 8785."""

import hashlib
import hmac
import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from slack_bot.seal import Seal, same
from tests.audit_key import AUDIT_KEY

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
SEAL = Seal(AUDIT_KEY)


def test_a_seal_is_hmac_sha256_over_rfc_8785() -> None:
    fields: dict[str, Any] = {"seq": 1, "actor": "Ä", "detail": {"b": 1.0, "a": [None, True]}}
    canonical = b'{"actor":"\xc3\x84","detail":{"a":[null,true],"b":1},"seq":1}'
    assert rfc8785.dumps(fields) == canonical
    assert SEAL.of(fields) == hmac.new(AUDIT_KEY.encode(), canonical, hashlib.sha256).hexdigest()


def test_another_key_makes_another_seal() -> None:
    assert Seal("x" * 32).of({"seq": 1}) != SEAL.of({"seq": 1})


def test_a_record_cannot_be_taken_for_a_head() -> None:
    """Given a record whose fields are those of a head, when it is sealed, then it has a number besides."""
    mac = SEAL.of_head(3, "0" * 64)
    assert SEAL.is_head(3, "0" * 64, mac)
    assert not SEAL.is_head(2, "0" * 64, mac)
    assert not SEAL.is_head(3, "1" * 64, mac)
    assert SEAL.of({"seq": 3, "head": 3, "hash": "0" * 64}) != mac


@given(told=JSON)
def test_whatever_json_it_is_it_can_be_sealed_and_is_the_same_after_it_was_written_down(told: object) -> None:
    once = SEAL.of({"seq": 1, "detail": told})
    assert SEAL.of({"detail": json.loads(json.dumps(told)), "seq": 1}) == once


@pytest.mark.parametrize(("one", "other"), [("a", "b"), ("a", ""), ("é", "e")])
def test_hashes_are_compared_whatever_is_in_them(one: str, other: str) -> None:
    assert same(one, one)
    assert not same(one, other)


def test_the_key_is_in_no_text_of_it() -> None:
    assert AUDIT_KEY not in repr(SEAL) + str(SEAL)
