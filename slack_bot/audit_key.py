"""The key of the audit log (AUDIT_KEY): what it must be, and how to make one. Pure."""

from typing import Annotated, Final

from pydantic import BeforeValidator, SecretStr

SHORTEST: Final = 32
FEWEST_DIFFERENT: Final = 8
"""Characters; a random key of hex digits has more, but for one in many millions."""
HOW_TO_MAKE_ONE: Final = (
    'make one: python3 -c "import secrets; print(secrets.token_hex(32))", and keep it where nobody who can '
    "write the ledger can read it; without it nobody can verify what was recorded"
)


def _audit_key(value: str | SecretStr) -> SecretStr:
    text = (value.get_secret_value() if isinstance(value, SecretStr) else value).strip()
    if text[:1] in ("'", '"') and text[:1] == text[-1:]:
        raise ValueError("stands in quotes, and they are taken as part of the value: remove them")
    if len(text) < SHORTEST:
        raise ValueError(f"has fewer than {SHORTEST} characters")
    if len(set(text)) < FEWEST_DIFFERENT:
        raise ValueError("is not random: it repeats a few characters")
    return SecretStr(text)


AuditKey = Annotated[SecretStr, BeforeValidator(_audit_key)]
"""A setting's type: at least 32 random characters, without white space around."""
