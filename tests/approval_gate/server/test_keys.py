import pytest

from approval_gate.server.keys import callback_secret, new_key, parse


def test_a_key_is_taken_apart_as_it_was_made() -> None:
    made = new_key()

    assert parse(str(made)) == made
    assert made.fits(made.hash)


def test_another_secret_does_not_fit() -> None:
    assert not new_key().fits(new_key().hash)


@pytest.mark.parametrize(
    "presented",
    [
        "",
        "gate_",
        "gate_abcdefghij",
        f"gate_abcdefghi-_{'x' * 43}",
        f"gate_abcdefghij_{'x' * 42}",
        f"gate_abcdefghij_{'x' * 43}\n",
        f"gate_abcdefghij_{'ü' * 43}",
        f" gate_abcdefghij_{'x' * 43}",
    ],
)
def test_what_has_not_the_form_of_a_key_is_none(presented: str) -> None:
    assert parse(presented) is None


def test_the_secret_is_not_shown_by_chance() -> None:
    made = new_key()

    assert made.secret not in repr(made)


def test_every_key_has_a_callback_secret_of_its_own() -> None:
    secrets = {
        callback_secret(gate, key) for gate in ("g" * 32, "h" * 32) for key in ("abcdefghij", "jihgfedcba")
    }

    assert len(secrets) == 4
    assert all(len(bytes.fromhex(one)) == 32 for one in secrets)
