"""The seal of the audit log: HMAC-SHA256 over RFC 8785 JSON, with AUDIT_KEY. Pure."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Final

import rfc8785

GENESIS: Final = "0" * 64
"""What the first record names as the hash before it."""
_EXACT: Final = 2**53 - 1
"""Beyond it JSON's numbers are not exact, and RFC 8785 has none: such a number is sealed as its digits."""


class Seal:
    """Hashes records, and the head of their chain, with one key."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def __repr__(self) -> str:
        return "Seal(…)"

    def of(self, fields: Mapping[str, object]) -> str:
        """The hash of a record: of everything in it but the hash itself. 64 hex digits.

        ``fields`` is what JSON takes, and has a "seq": what is hashed for a head has none.
        """
        return self._hash(fields)

    def of_head(self, seq: int, last: str) -> str:
        """What proves that the chain ends with record ``seq``, whose hash is ``last``."""
        return self._hash({"head": seq, "hash": last})

    def is_head(self, seq: int, last: str, mac: str) -> bool:
        """Whether whoever wrote this head had the key."""
        return same(self.of_head(seq, last), mac)

    def _hash(self, fields: Mapping[str, object]) -> str:
        return hmac.new(self._key, rfc8785.dumps(_exact(dict(fields))), hashlib.sha256).hexdigest()


def same(one: str, other: str) -> bool:
    """Whether two hashes are the same; how long it takes tells nothing."""
    both = (text.encode(errors="surrogatepass") for text in (one, other))
    return hmac.compare_digest(*both)


def _exact(value: Any) -> Any:
    """The same in what RFC 8785 knows. Any: it is JSON."""
    match value:
        case dict():
            return {str(key): _exact(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_exact(inner) for inner in value]
        case bool():
            return value
        case int() if abs(value) > _EXACT:
            return str(value)
        case float() if value != value or value in (float("inf"), float("-inf")):
            return str(value)
        case _:
            return value
