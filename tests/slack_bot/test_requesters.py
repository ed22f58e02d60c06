"""Who in Slack asked, and whether a later look may tell more."""

from dataclasses import replace

import pytest

from sandbox import Sandbox
from slack_bot.policy import ChannelPolicy, Requester
from slack_bot.requesters import EMAILS, NO_SCOPE, who_asked
from tests.clock import Clock
from tests.rig import REQUESTER
from tests.slack_bot.examples import REQUEST
from tests.slack_bot.test_directory import directory_of

LOOK_UP = "users.lookupByEmail"
EMAIL = "requester@example.com"


def looks(sandbox: Sandbox, times: int = 1, scopes: frozenset[str] = frozenset({EMAILS})) -> list[Requester]:
    """What is found of whoever has the address, looking so many times in one second."""
    directory, request = directory_of(sandbox, Clock()), replace(REQUEST, requester_email=EMAIL)
    return [who_asked(directory, scopes, ChannelPolicy(), request) for _ in range(times)]


def test_the_address_tells_who_asked(sandbox: Sandbox) -> None:
    (found,) = looks(sandbox)
    assert (found.user_id, found.unread) == (REQUESTER, False)


@pytest.mark.parametrize("kind", ["server_error", "timeout", "fatal_error", "user_not_visible"])
def test_after_a_hiccup_a_later_look_may_tell_more(sandbox: Sandbox, kind: str) -> None:
    sandbox.control.faults(method=LOOK_UP, kind=kind)
    assert [(one.user_id, one.unread) for one in looks(sandbox, 2)] == [("", True), ("", True)]


def test_without_the_scope_a_later_look_tells_no_more(sandbox: Sandbox) -> None:
    """Given that Slack says so, and not the list of scopes, then the answer is remembered as that."""
    sandbox.control.faults(method=LOOK_UP, kind="missing_scope")
    found = looks(sandbox, 2)
    assert [(one.user_id, one.unread) for one in found] == [("", False), ("", False)]
    assert all(f"has to give the app the scope {EMAILS}" in one.why for one in found)
    assert len(sandbox.control.calls(LOOK_UP)) == 1


def test_where_the_scope_is_known_to_be_missing_slack_is_not_asked(sandbox: Sandbox) -> None:
    (found,) = looks(sandbox, scopes=frozenset())
    assert (found.why, found.unread) == (NO_SCOPE, False)
    assert sandbox.control.calls(LOOK_UP) == []
