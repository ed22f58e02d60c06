import pytest
from sqlalchemy import select

from approval_gate.server.database import Database, api_keys
from approval_gate.server.key_store import NameTaken, add_key, all_keys, living_key, revoke_key
from approval_gate.server.keys import ApiKey, Scope


def test_a_key_is_kept_as_it_was_made_without_its_secret(database: Database) -> None:
    with database.write() as tx:
        made = add_key(tx, "ci", [Scope.REQUEST, Scope.READ], ["ops", "C0123", "ops"], 5)
    with database.read() as connection:
        kept = living_key(connection, made.id)
        row = connection.execute(select(api_keys)).one()

    assert kept is not None
    assert kept.key == ApiKey(made.id, "ci", frozenset({Scope.REQUEST, Scope.READ}), ("ops", "C0123"), 5)
    assert made.fits(kept.secret_hash)
    assert made.secret not in str(row)


def test_a_name_is_one_living_keys_own(database: Database) -> None:
    with database.write() as tx:
        first = add_key(tx, "ci", [Scope.REQUEST], [], 5)
        with pytest.raises(NameTaken):
            add_key(tx, "ci", [Scope.REQUEST], [], 6)
        revoke_key(tx, "ci", 7)
        second = add_key(tx, "ci", [Scope.REQUEST], [], 8)

    with database.read() as connection:
        assert [one.key.id for one in all_keys(connection)] == [first.id, second.id]


@pytest.mark.parametrize("by", ["id", "name"])
def test_a_revoked_key_lives_no_more(database: Database, by: str) -> None:
    with database.write() as tx:
        made = add_key(tx, "ci", [Scope.REQUEST], [], 5)
        revoked = revoke_key(tx, made.id if by == "id" else "ci", 6)
        again = revoke_key(tx, "ci", 7)
        kept = all_keys(tx)[0]
        found = living_key(tx, made.id)

    assert revoked is not None
    assert (revoked.id, again, found, kept.revoked_at) == (made.id, None, None, 6)


def test_a_key_is_revoked_by_its_id_although_another_has_that_name(database: Database) -> None:
    with database.write() as tx:
        made = add_key(tx, "ci", [Scope.REQUEST], [], 5)
        other = add_key(tx, made.id, [Scope.REQUEST], [], 5)
        revoke_key(tx, made.id, 6)

        assert (living_key(tx, made.id), living_key(tx, other.id) is None) == (None, False)
