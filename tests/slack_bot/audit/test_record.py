"""What could never have been sealed is sealed by nothing."""

import pytest

from slack_bot.audit import Kind, Record
from tests.slack_bot.chains import SEAL
from tests.slack_bot.examples import NOW


@pytest.mark.parametrize("claimed", ["", "0" * 64])
def test_what_no_json_can_say_has_no_hash_and_no_claim_seals_it(claimed: str) -> None:
    record = Record(1, NOW, Kind.VOTE, None, "U02APPROVER", {"reason": "\ud800"}, hash=claimed)
    assert record.hash_by(SEAL) == ""
    assert not record.is_sealed_by(SEAL)
