"""Whether somebody is an admin, and what else depends on who asks."""

from slack_bot.conversation.asked import Asked
from slack_bot.directory import CannotTell
from slack_bot.policy import Refusal, Standing, may_administer
from slack_bot.refusal import No


def refusal_of(asked: Asked) -> Refusal | None:
    """None where who asks is an admin, else why not. Raises `slack_bot.directory.Busy`."""
    directory, admins = asked.desk.directory, asked.desk.admins
    try:
        person = directory.person(asked.user)
        in_group = admins.asks_of(person) and directory.is_in_admin_group(person.id, admins.group)
    except CannotTell as error:
        return Refusal("cannot tell who is an admin", str(error))
    return may_administer(admins, person, in_group)


def require_admin(asked: Asked, before: str = "") -> None:
    """Raises `No`, with the words ``before`` first, unless who asks is an admin."""
    refusal = refusal_of(asked)
    if refusal is not None:
        raise No(refusal.rule, f"{before} {refusal.words}".strip())


def is_member(asked: Asked) -> bool:
    """Whether who asks is a full member of the workspace. False where nobody can tell."""
    try:
        return asked.desk.directory.person(asked.user).standing is Standing.MEMBER
    except CannotTell:
        return False
