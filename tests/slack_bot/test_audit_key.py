"""AUDIT_KEY: long, random, and made by the command that the message names."""

import re
import subprocess
import sys

import pytest
from pydantic import SecretStr, TypeAdapter, ValidationError

from slack_bot.audit_key import HOW_TO_MAKE_ONE, AuditKey

KEY = TypeAdapter(AuditKey)


def test_the_command_in_the_message_makes_one() -> None:
    command = re.search(r'make one: python3 -c "(.+?)"', HOW_TO_MAKE_ONE)
    assert command is not None
    made = subprocess.run(
        [sys.executable, "-c", command[1]], capture_output=True, text=True, check=True, timeout=30
    ).stdout
    assert KEY.validate_python(made) == SecretStr(made.strip())


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("secret-of-31-characters-12345678", "fewer than 32 characters"),
        ("ab" * 20, "is not random"),
        ("'0123456789abcdef0123456789abcdef'", "stands in quotes"),
    ],
)
def test_what_is_no_key_is_refused_without_being_shown(value: str, words: str) -> None:
    with pytest.raises(ValidationError, match=words) as refused:
        KEY.validate_python(value[:31] if value.startswith("secret") else value)
    assert value not in str(refused.value.errors()[0]["msg"])
