"""What is off while the app lacks a scope that its manifest calls optional."""

from collections.abc import Collection, Mapping

WITHOUT: Mapping[str, str] = {
    "channels:history": (
        "in a public channel, a card whose posting was cut off is posted again, perhaps twice, and so are the "
        "facts in its thread"
    ),
    "channels:read": (
        "in a public channel, nobody decides by being in it, I cannot see that it is archived or shared, and I "
        "know its id only, not its name"
    ),
    "commands": "there is no `/approvals` and no `/agentsudo`: mention me instead, or write to me directly",
    "groups:history": (
        "in a private channel, a card whose posting was cut off is posted again, perhaps twice, and so are the "
        "facts in its thread"
    ),
    "groups:read": (
        "in a private channel, nobody decides by being in it, I cannot see that it is archived or shared, and I "
        "know its id only, not its name"
    ),
    "im:write": (
        "people who are not in the channel where they asked may miss my answers, and I do not tell requesters "
        "what became of their requests"
    ),
    "usergroups:read": "nobody decides, and nobody is an admin, by being in a user group",
    "users:read.email": (
        "I cannot tell by an address who in Slack asked: nobody can approve what has high risk, unless "
        "channels.json says who it is, and I do not tell requesters what became of their requests"
    ),
}
"""What each optional scope of manifest.json is for, told as what is off without it."""


def missing(granted: Collection[str]) -> list[tuple[str, str]]:
    """(scope, what is off without it), of those that the app was not given."""
    return [(scope, off) for scope, off in WITHOUT.items() if scope not in granted]
