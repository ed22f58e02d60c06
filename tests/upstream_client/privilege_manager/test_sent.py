"""What tells a deny from an approve, for a server that reads both."""

import pytest
from pydantic import JsonValue

from upstream_client.privilege_manager.sent import Sent, is_told_apart


def sent(path: str, body: JsonValue = None, method: str = "POST") -> Sent:
    return Sent(method, path, body)


@pytest.mark.parametrize(
    ("deny", "approve"),
    [
        (sent("/approval/deny"), sent("/approval/approve")),
        (sent("/a/{request_id}", method="DELETE"), sent("/a/{request_id}")),
        (sent("/a", {"How": "no"}), sent("/a", {"How": "yes"})),
        (sent("/a", {"How": False}), sent("/a", {"How": True})),
        (sent("/a", {"How": {"Word": 2}, "Final": True}), sent("/a", {"How": {"Word": 1}, "Final": True})),
        (sent("/a?how=no"), sent("/a?how=yes")),
        (sent("/a?id={request_id}&how=no"), sent("/a?id={request_id}&how=yes")),
        (sent("/a", ["no"]), sent("/a", ["yes"])),
        (sent("/a", {"How": "no", "More": 1}), sent("/a", {"How": "yes"})),
    ],
)
def test_another_address_or_another_value_tells_them_apart(deny: Sent, approve: Sent) -> None:
    assert is_told_apart(deny, approve)


@pytest.mark.parametrize(
    ("deny", "approve"),
    [
        (sent("/a"), sent("/a")),
        (sent("/A/"), sent("/a")),
        (sent("/a", method="PATCH"), sent("/a", method="PUT")),
        (sent("/a", {"How": "true"}), sent("/a", {"How": True})),
        (sent("/a", {"Deny": True}), sent("/a")),
        (sent("/a", {"How": "no"}), sent("/a", {"How": "yes", "Final": True})),
        (sent("/a?deny=1"), sent("/a?how=yes")),
        (sent("/a?how={request_id}"), sent("/a?how=yes")),
        (sent("/b/approve"), sent("/a")),
        (sent("/b/{request_id}/ApproveRequest", {"How": "yes"}), sent("/a", {"How": "yes"})),
    ],
)
def test_what_a_server_may_take_for_the_same_does_not(deny: Sent, approve: Sent) -> None:
    assert not is_told_apart(deny, approve)
