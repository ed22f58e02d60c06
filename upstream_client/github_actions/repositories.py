"""Which repositories are watched: those that are named, or all of an owner, read now and then."""

import threading
import time
from collections.abc import Callable

from pydantic import JsonValue, ValidationError

from upstream_client.exceptions import NotAllowed, NotUnderstood
from upstream_client.github_actions.address import checked_owner, checked_repository, step
from upstream_client.github_actions.caller import Caller
from upstream_client.github_actions.wire import Account, Repository

READ_AGAIN = 900.0
"""Seconds after which an owner's repositories are read again."""
MOST_PAGES = 20


class Repositories:
    """Threads share one. ``monotonic`` tells seconds. Raises ValueError where a name is none, or none is given."""

    def __init__(
        self,
        caller: Caller,
        named: tuple[str, ...],
        owner: str = "",
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._caller = caller
        self._owner = checked_owner(owner)
        self._named = tuple(map(checked_repository, named))
        if bool(self._named) == bool(self._owner):
            raise ValueError("Set GITHUB_REPOSITORIES or GITHUB_OWNER, one of the two.")
        self._watched = frozenset(name.casefold() for name in self._named)
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._read: tuple[str, ...] = ()
        self._due = 0.0

    def all(self) -> tuple[str, ...]:
        """Their names, owner/name. Raises `UpstreamError` where the owner's cannot be read."""
        if self._named:
            return self._named
        with self._lock:
            if not self._read or self._monotonic() >= self._due:
                self._read = tuple(self._of_owner())
                self._due = self._monotonic() + READ_AGAIN
            return self._read

    def watches(self, repository: str) -> bool:
        """Whether it is one of those, by its name: what was taken out of the settings is not decided any more."""
        name = repository.casefold()
        return name in self._watched if self._named else name.partition("/")[0] == self._owner.casefold()

    def _of_owner(self) -> list[str]:
        """An organisation's; of a user the public ones: others know no required reviewers."""
        there = f"/orgs/{step(self._owner)}/repos?type=all&sort=full_name"
        try:
            return self._in_use(there)
        except NotAllowed:
            if not self._is_user(there):
                raise
            return self._in_use(f"/users/{step(self._owner)}/repos?type=owner&sort=full_name")

    def _is_user(self, there: str) -> bool:
        """Whether GitHub knows no such organisation, and such a user. That it refuses to tell is raised."""
        if self._caller.read(there) is not None:
            return False
        answer = self._caller.read(f"/users/{step(self._owner)}")
        try:
            return answer is not None and Account.model_validate(answer.json()).type == "User"
        except ValidationError as error:
            raise NotUnderstood("GitHub does not say whether GITHUB_OWNER is a user.") from error

    def _in_use(self, path: str) -> list[str]:
        found = self._caller.pages(path, MOST_PAGES, _repositories)
        used = [one.full_name for one in found if not one.archived and not one.disabled]
        return [name for name in used if self.watches(name)]


def _repositories(body: JsonValue) -> list[Repository]:
    if not isinstance(body, list):
        raise NotUnderstood("GitHub answered the list of repositories with something that is none.")
    try:
        read = [Repository.model_validate(one) for one in body]
        return [one for one in read if checked_repository(one.full_name)]
    except (ValidationError, ValueError) as error:
        raise NotUnderstood("GitHub's list of repositories has one that cannot be read.") from error


def unwatched(repository: str) -> NotAllowed:
    """For a request of a repository that is not watched (any more)."""
    return NotAllowed(
        f"{repository} is not among the repositories of GITHUB_REPOSITORIES or GITHUB_OWNER (any more), so nothing"
        " is read or decided there."
    )
