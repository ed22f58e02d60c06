"""Who may decide, and on what terms: any of a few, for hypothesis to choose from."""

from hypothesis import strategies as st

from slack_bot.policy import Approvals, BreakGlass, ChannelPolicy, Seat, Standing, Terms, Voter
from tests.slack_bot.examples import APPROVER, CHANNEL, OTHER_CHANNEL, SECOND_APPROVER

THIRD, FOURTH = "U04ADMIN", "U05OUTSIDER"
GROUPS_OF = {
    APPROVER: {"S01SRE"},
    SECOND_APPROVER: {"S02SECURITY"},
    THIRD: {"S01SRE", "S02SECURITY"},
    FOURTH: set(),
}
USERS = st.sampled_from(sorted(GROUPS_OF))
CHANNELS = st.sampled_from([CHANNEL, OTHER_CHANNEL])
MOSTLY_HERE = st.sampled_from([CHANNEL, CHANNEL, CHANNEL, OTHER_CHANNEL])
POLICIES = st.builds(
    lambda users, low, high, seats, glass: ChannelPolicy(
        users=tuple(sorted(users)),
        terms=Terms(Approvals(low, low, high), seats=tuple(seats), break_glass=BreakGlass(glass)),
    ),
    st.frozensets(USERS, min_size=2),
    st.integers(1, 3),
    st.integers(1, 3),
    st.lists(st.builds(Seat, st.sampled_from(["S01SRE", "S02SECURITY"])), max_size=2),
    st.booleans(),
)


def voter(user: str) -> Voter:
    return Voter(user, Standing.MEMBER, frozenset(GROUPS_OF[user]))
