import hashlib
import hmac
from typing import Any, Final

import pytest

from slack_bot.http.signature import WINDOW, NotSigned, check, check_slacks

NOW = 1_795_000_000
BODY = b'{"id": "evt_1"}'
MADE = hmac.new(b"secret", f"{NOW}.".encode() + BODY, hashlib.sha256).hexdigest()


@pytest.mark.parametrize("signature", [MADE, f"sha256={MADE}", MADE.upper()])
def test_both_forms_of_a_signature_are_taken(signature: str) -> None:
    check("secret", signature, str(NOW), BODY, NOW)


@pytest.mark.parametrize("now", [NOW - WINDOW, NOW, NOW + WINDOW])
def test_a_timestamp_holds_for_five_minutes_either_way(now: int) -> None:
    check("secret", MADE, str(NOW), BODY, now)


@pytest.mark.parametrize("now", [NOW - WINDOW - 1, NOW + WINDOW + 1, NOW + 86_400])
def test_a_timestamp_from_another_time_is_refused(now: int) -> None:
    with pytest.raises(NotSigned, match="more than 5 minutes"):
        check("secret", MADE, str(NOW), BODY, now)


@pytest.mark.parametrize(
    ("signature", "timestamp", "words"),
    [
        ("", str(NOW), "no signature"),
        (MADE, "", "no signature, or no timestamp"),
        (MADE, "soon", "no number of seconds"),
        (MADE, f"{NOW} ", "no number of seconds"),
        (MADE, "\u0661" * 10, "no number of seconds"),
        (MADE, "1" * 4_000, "no number of seconds"),
        (MADE, str(NOW + 1), "not made with this secret"),
        (MADE[:-1], str(NOW), "not made with this secret"),
        ("sha1=" + MADE, str(NOW), "not made with this secret"),
        ("sha256=sha256=" + MADE, str(NOW), "not made with this secret"),
        ("ü\udcff", str(NOW), "not made with this secret"),
    ],
)
def test_whatever_else_is_sent_is_refused(signature: str, timestamp: str, words: str) -> None:
    with pytest.raises(NotSigned, match=words):
        check("secret", signature, timestamp, BODY, NOW)


def test_one_changed_byte_of_the_body_or_another_secret_is_refused() -> None:
    with pytest.raises(NotSigned, match="not made"):
        check("secret", MADE, str(NOW), BODY + b" ", NOW)
    with pytest.raises(NotSigned, match="not made"):
        check("secrets", MADE, str(NOW), BODY, NOW)


def test_that_a_timestamp_is_old_is_told_only_to_whoever_knew_the_secret() -> None:
    with pytest.raises(NotSigned, match="not made with this secret"):
        check("secret", "0" * 64, str(NOW - 86_400), BODY, NOW)


# Slack's

OF_THE_DOCS: Final[dict[str, Any]] = {
    "secret": "8f742231b10e8888abcd99yyyzzz85a5",
    "timestamp": "1531420618",
    "body": (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    ),
    "signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
}
"""https://docs.slack.dev/authentication/verifying-requests-from-slack"""
THEN = 1_531_420_618


def check_the_example(now: int = THEN, **other: Any) -> None:
    """The example of Slack's documentation, with something else in it."""
    told: dict[str, Any] = OF_THE_DOCS | other
    check_slacks(told["secret"], told["signature"], told["timestamp"], told["body"], now)


@pytest.mark.parametrize("now", [THEN - WINDOW, THEN, THEN + WINDOW])
def test_what_slack_signs_holds_for_five_minutes_either_way(now: int) -> None:
    check_the_example(now)


@pytest.mark.parametrize("now", [THEN - WINDOW - 1, THEN + WINDOW + 1])
def test_what_slack_signed_at_another_time_is_refused(now: int) -> None:
    with pytest.raises(NotSigned, match="more than 5 minutes"):
        check_the_example(now)


@pytest.mark.parametrize(
    "other",
    [
        {"signature": ""},
        {"signature": "v0="},
        {"signature": OF_THE_DOCS["signature"][3:]},
        {"signature": OF_THE_DOCS["signature"].upper()},
        {"signature": "v1" + OF_THE_DOCS["signature"][2:]},
        {"signature": "v0=" + OF_THE_DOCS["signature"]},
        {"signature": "v0=ü"},
        {"timestamp": ""},
        {"timestamp": "soon"},
        {"timestamp": "1531420618.0"},
        {"timestamp": "1531420619"},
        {"body": OF_THE_DOCS["body"] + b"&text=more"},
        {"secret": "another"},
    ],
    ids=str,
)
def test_whatever_else_says_that_it_is_from_slack_is_refused(other: dict[str, Any]) -> None:
    with pytest.raises(NotSigned):
        check_the_example(**other)
