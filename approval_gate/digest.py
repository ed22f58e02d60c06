"""The digest of arguments: what an approval is bound to, also where people are shown only a part of them."""

import hashlib
import secrets

from approval_gate.json_text import canonical

VERSION = "v1"


def new_nonce() -> str:
    """128 random bits as hex digits: with them nobody can guess, by the digest, what was left out."""
    return secrets.token_hex(16)


def arguments_digest(arguments: object, nonce: str) -> str:
    """ "v1" and the 64 hex digits of SHA-256 over RFC 8785 JSON of [nonce, arguments].

    Raises TypeError or ValueError where the arguments are not JSON.
    """
    return VERSION + hashlib.sha256(canonical([nonce, arguments])).hexdigest()
