"""Whose token it is: what this user approved is ours."""

from upstream_client.exceptions import NotUnderstood
from upstream_client.gitlab.caller import TITLE, Caller
from upstream_client.gitlab.wire import User, read


class Account:
    """Threads share one; it is asked for once."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._user: User | None = None

    @property
    def id(self) -> int:
        """Of the user. Raises `UpstreamError`."""
        return self.user().id

    def user(self) -> User:
        """docs.gitlab.com/api/users/#get-the-current-user. Raises `UpstreamError`."""
        if self._user is None:
            told = self._caller.one("/user")
            if told is None:
                raise NotUnderstood(f"{TITLE} does not tell whose token it is: look at GITLAB_URL.")
            self._user = read(User, told, "the token's user")
        return self._user
