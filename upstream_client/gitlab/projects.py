"""The projects of GITLAB_PROJECTS, each asked for once: what their ids and paths are."""

import threading
from collections.abc import Sequence

from upstream_client.exceptions import NotAllowed, UpstreamError
from upstream_client.gitlab import address
from upstream_client.gitlab.caller import TITLE, Caller
from upstream_client.gitlab.wire import Project, read


class Projects:
    """Threads share one. ``named``: ids or paths. Raises ValueError for what is neither, or for none at all."""

    def __init__(self, caller: Caller, named: Sequence[str]) -> None:
        try:
            self.named = tuple(dict.fromkeys(map(address.checked_project, named)))
        except ValueError as error:
            raise ValueError(f"GITLAB_PROJECTS {error}") from error
        if not self.named:
            raise ValueError("GITLAB_PROJECTS names no project")
        self._caller = caller
        self._lock = threading.Lock()
        self._known: dict[str, Project] = {}

    def find(self, named: str) -> Project:
        """The project of that id or path, as it was when it was first asked for. Raises `UpstreamError`."""
        with self._lock:
            known = self._known.get(named)
        if known is not None:
            return known
        project = self.ask(named)
        with self._lock:
            self._known[named] = project
        return project

    def ask(self, named: str) -> Project:
        """The same, asked for now."""
        told = self._caller.one(f"/projects/{address.step(named)}")
        if told is None:
            raise NotAllowed(
                f"{TITLE} shows no project {named}: correct GITLAB_PROJECTS, or make the token's user a member"
                " of it."
            )
        return read(Project, told, f"the project {named}")

    def by_id(self, number: int) -> Project | None:
        """The project with that id, where the settings name it. One that is not shown hides no other.

        Raises `UpstreamError` where it may be one of those that could not be asked for.
        """
        if str(number) in self.named:
            return self.find(str(number))
        trouble: UpstreamError | None = None
        for named in self._paths():
            try:
                project = self.find(named)
            except UpstreamError as error:
                trouble = error
            else:
                if project.id == number:
                    return project
        if trouble is not None:
            raise trouble
        return None

    def _paths(self) -> list[str]:
        """Those that are known first, which cost no call."""
        with self._lock:
            known = set(self._known)
        paths = (named for named in self.named if not named.isdecimal())
        return sorted(paths, key=lambda named: named not in known)
