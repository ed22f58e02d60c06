"""The digest of arguments is the one that the gate makes."""

from approval_gate.digest import arguments_digest, new_nonce
from approval_gate.json_text import JsonValue
from approval_gate.server import ticket as of_the_gate


def test_client_and_gate_make_the_same_digest() -> None:
    arguments: dict[str, JsonValue] = {
        "amount": 12.5,
        "to": "Ünal & <b>",
        "nested": [1, None, {"b": True, "a": 1e21}],
    }

    assert arguments_digest(arguments, "n") == of_the_gate.arguments_digest(dict(arguments), "n")


def test_equal_arguments_with_another_nonce_have_another_digest() -> None:
    assert arguments_digest({"a": 1}, new_nonce()) != arguments_digest({"a": 1}, new_nonce())
