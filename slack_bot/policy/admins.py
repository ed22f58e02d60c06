"""Who may register channels, say who decides there, and set schedules. Pure."""

from dataclasses import dataclass

from slack_bot.policy.mentions import listed, mention, mention_group
from slack_bot.policy.standing import Account, Refusal, Standing


@dataclass(frozen=True, slots=True)
class Admins:
    """Who may register channels and set schedules: named people and a group's members.

    With no ``group``, the workspace's own admins and owners may as well.
    """

    users: tuple[str, ...] = ()
    group: str = ""

    def asks_of(self, account: Account) -> bool:
        """Whether `may_administer` must know if somebody is in the group: not of those it cannot help."""
        is_named = account.id in self.users
        return bool(self.group) and not is_named and account.standing is Standing.MEMBER


_NEVER_ADMINS = {
    Standing.GUEST: Refusal(
        "admins only: no guests", "Guests cannot do this unless they are named as admins."
    ),
    Standing.STRANGER: Refusal(
        "admins only: no strangers",
        "People of another workspace cannot do this unless they are named as admins.",
    ),
    Standing.BOT: Refusal("admins only: no bots", "Bots cannot do this."),
    Standing.DEACTIVATED: Refusal(
        "admins only: no deactivated accounts",
        "Deactivated accounts cannot do this unless they are named as admins.",
    ),
}


def may_administer(admins: Admins, account: Account, in_group: bool) -> Refusal | None:
    """None where somebody may register channels and set schedules, else why not.

    ``in_group``: whether they are in the admins' group; see `Admins.asks_of`. Bots never; the named, whatever
    their account otherwise; of all others full members only, in the group if there is one, else admins and
    owners of the workspace.
    """
    if account.standing is Standing.BOT:
        return _NEVER_ADMINS[Standing.BOT]
    if account.id in admins.users:
        return None
    if account.standing is not Standing.MEMBER:
        return _NEVER_ADMINS[account.standing]
    if in_group if admins.group else account.is_admin:
        return None
    return Refusal("admins only", f"This is for admins: {describe_admins(admins)}.")


def describe_admins(admins: Admins) -> str:
    """Who they are, in words, with mentions as Slack writes them."""
    others = mention_group(admins.group) if admins.group else "the admins and owners of this workspace"
    return listed([*map(mention, admins.users), others])
