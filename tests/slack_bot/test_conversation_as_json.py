"""A channel's policy as the audit log keeps it."""

import json

from slack_bot.conversation import as_json
from slack_bot.policy import Approvals, BreakGlass, ChannelPolicy, Terms
from upstream_client.models import ONE_TIME

WHO = {"users": ["U02APPROVER"], "groups": [], "everyone": False, "registered_by": "U01ADMIN"}


def test_it_says_who_decides_and_on_which_terms_of_the_channels_own() -> None:
    terms = Terms(Approvals(high=1), seats=(), longest=ONE_TIME, break_glass=BreakGlass(allowed=False))
    policy = ChannelPolicy(("U02APPROVER",), registered_by="U01ADMIN", terms=terms)
    told = as_json.policy(policy)
    said = {"approvals": {"high": 1}, "seats": [], "longest": "one time", "break_glass": False}
    assert told == WHO | said
    assert json.loads(json.dumps(told)) == told


def test_what_is_not_said_and_what_the_defaults_say_is_left_out() -> None:
    defaults = Terms(Approvals(high=3))
    assert as_json.policy(ChannelPolicy(("U02APPROVER",), registered_by="U01ADMIN", defaults=defaults)) == WHO
