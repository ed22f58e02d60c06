"""The checks that `doctor` makes of one GitHub, each a method that answers what it found."""

from collections.abc import Callable, Iterator

from pydantic import JsonValue

from upstream_client.doctor import First, Hopeless, Level, Result, answered, clocks, met, trust
from upstream_client.exceptions import NotAllowed, UpstreamError
from upstream_client.github_actions import reading
from upstream_client.github_actions.caller import Caller, checked, unseen
from upstream_client.github_actions.reference import repository_path
from upstream_client.github_actions.repositories import Repositories
from upstream_client.github_actions.settings import GitHubSettings

MOST_A_POLL = 400
"""Repositories: GitHub takes 900 calls a minute, and the bot looks every half minute unless set otherwise."""
MOST_NAMED = 5
"""So many repositories are named in a line."""
NEVER = "GitHub tells that only of an environment that waits"


class Examination:
    """One run of the checks, in their order. ``now``: seconds since 1970 UTC."""

    def __init__(
        self,
        settings: GitHubSettings,
        caller: Caller,
        repositories: Repositories,
        now: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._caller = caller
        self._repositories = repositories
        self._now = now
        self._first: First = None
        self._answered_at = 0.0
        self._login = ""
        self._names: tuple[str, ...] = ()
        self._readable: list[str] = []
        self._waiting: list[tuple[str, bool]] = []

    def address(self) -> Result:
        """Does anything answer there?"""
        self._first = met(lambda: self._caller.look("/user"), "GITHUB_API_URL")
        self._answered_at = self._now()
        return Result(Level.OK, f"{self._caller.api_url} answers")

    def tls(self) -> Result:
        """Is the certificate trusted?"""
        return trust(self._first, self._caller.api_url, self._settings.github_ca_bundle)

    def token(self) -> Result:
        """Is GITHUB_TOKEN that of a user, and until when?"""
        answer = answered(self._first)
        try:
            told = checked(answer).json()
        except UpstreamError as error:
            raise Hopeless(
                f"{error} It has to be the token of a user. Make it anew, and look at GITHUB_API_URL."
            ) from error
        login = told.get("login") if isinstance(told, dict) else None
        if not isinstance(login, str):
            raise Hopeless("What answers is not GitHub's API: look at GITHUB_API_URL.")
        self._login = login
        expiry = answer.headers.get("GitHub-Authentication-Token-Expiration", "")
        return Result(Level.OK, f"of {login}" + (f", until {expiry}" if expiry else ""))

    def clock(self) -> Result:
        """Is our clock that of GitHub?"""
        return clocks(self._first, self._answered_at, "GitHub")

    def limits(self) -> Result:
        """How many calls are left?"""
        headers = answered(self._first).headers
        if "X-RateLimit-Remaining" not in headers:
            return Result(Level.OK, "this GitHub counts no calls")
        words = (
            f"{headers['X-RateLimit-Remaining']} of {headers.get('X-RateLimit-Limit', '?')} calls are left"
        )
        level = Level.WARNING if self._caller.limits.is_scarce else Level.OK
        return Result(level, f"{words} this hour")

    def names(self) -> Result:
        """Which repositories are watched?"""
        try:
            self._names = self._repositories.all()
        except UpstreamError as error:
            raise Hopeless(str(error)) from error
        if not self._names:
            raise Hopeless("GITHUB_OWNER has no repository that GITHUB_TOKEN sees and that is not archived.")
        count = f"{len(self._names):,} watched: {_some(self._names)}"
        if len(self._names) > MOST_A_POLL:
            words = "Name those that deploy, or raise POLL_INTERVAL: GitHub takes 900 calls a minute"
            return Result(Level.WARNING, f"{count}. {words}")
        return Result(Level.OK, count)

    def runs(self) -> Result:
        """Can what waits be read in each of them?"""
        wrong: list[str] = []
        for name in self._names:
            try:
                self._waiting += self._waiting_in(name)
                self._readable.append(name)
            except UpstreamError as error:
                wrong.append(f"{name}: {error}")
        if wrong:
            return Result(Level.FAILED, " ".join(wrong[:MOST_NAMED]))
        return Result(Level.OK, f"read in each; {len(self._waiting)} waiting for a review")

    def reviewer(self) -> Result:
        """May the token's user review?"""
        denied = [where for where, may in self._waiting if not may]
        if denied:
            return Result(
                Level.FAILED,
                f"{self._login} may not review {_some(tuple(denied))}: make it a required reviewer of the"
                " environment; where self-review is prevented, it may not have started the run either",
            )
        if self._waiting:
            return Result(Level.OK, f"{self._login} may review all that waits")
        words = f"not seen: {NEVER}. Let a job wait, and run doctor again; {self._login} has to be a reviewer"
        return Result(Level.WARNING, words)

    def changes(self) -> Result:
        """Can earlier deployments be read? The request is shown without them too."""
        wrong = [name for name in self._readable if not self._tells_deployments(name)]
        if wrong:
            words = f"not readable in {_some(tuple(wrong))}: cards tell no commits and files there. Give the token"
            return Result(Level.WARNING, f"{words} read access to deployments and contents")
        return Result(Level.OK, "earlier deployments can be read")

    def _waiting_in(self, name: str) -> Iterator[tuple[str, bool]]:
        """Each environment that waits for people, and whether the token's user may review it."""
        path = f"{repository_path(name)}/actions/runs"
        for one in reading.run_list(self._read(f"{path}?status=waiting&per_page=100")):
            run = reading.run(one, name)
            for waits in reading.pending(self._read(f"{path}/{run.id}/pending_deployments")):
                if waits.waits_for_people:
                    yield f"{name} {waits.environment.name}", waits.current_user_can_approve

    def _read(self, path: str) -> JsonValue:
        answer = self._caller.read(path)
        if answer is None:
            raise NotAllowed(unseen(path))
        return answer.json()

    def _tells_deployments(self, name: str) -> bool:
        try:
            return self._caller.look(f"{repository_path(name)}/deployments?per_page=1").ok
        except UpstreamError:
            return False


def _some(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - MOST_NAMED:,} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
