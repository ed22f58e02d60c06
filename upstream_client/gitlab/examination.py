"""The checks that `doctor` makes of one GitLab, each a method that answers what it found."""

from collections.abc import Callable

from upstream_client.doctor import First, Hopeless, Level, Result, answered, clocks, met, trust
from upstream_client.exceptions import UpstreamError
from upstream_client.gitlab import address
from upstream_client.gitlab.account import Account
from upstream_client.gitlab.caller import TITLE, Caller, checked
from upstream_client.gitlab.changes import Changes
from upstream_client.gitlab.deployments import Deployments
from upstream_client.gitlab.manual_jobs import ManualJobs
from upstream_client.gitlab.projects import Projects
from upstream_client.gitlab.settings import GitLabSettings

SCOPE = "api"
DEVELOPER = 30
"""docs.gitlab.com/api/access_requests/#valid-access-levels"""


class Examination:
    """One run of the checks, in their order: later ones look at what earlier ones left.

    ``now``: seconds since 1970 UTC.
    """

    def __init__(self, settings: GitLabSettings, caller: Caller, now: Callable[[], float]) -> None:
        self._settings = settings
        self._caller = caller
        self._now = now
        self._projects = Projects(caller, settings.gitlab_projects)
        self._first: First = None
        self._answered_at = 0.0

    def address(self) -> Result:
        """Does anything answer there?"""
        self._first = met(lambda: self._caller.look("/version"), "GITLAB_URL")
        self._answered_at = self._now()
        return Result(Level.OK, f"{self._caller.base} answers")

    def tls(self) -> Result:
        """Is the certificate trusted?"""
        return trust(self._first, self._caller.base, self._settings.gitlab_ca_bundle)

    def token(self) -> Result:
        """Is GITLAB_TOKEN accepted, and by what?"""
        try:
            told = checked(answered(self._first)).json()
            version = told.get("version") if isinstance(told, dict) else None
            user = Account(self._caller).user()
        except UpstreamError as error:
            raise Hopeless(str(error)) from error
        return Result(Level.OK, f"{TITLE} {version or 'of no version it tells'}, as {user.called}")

    def scope(self) -> Result:
        """Has the token the scope to approve? docs.gitlab.com/api/personal_access_tokens/#self-inform"""
        try:
            told = self._caller.one("/personal_access_tokens/self")
        except UpstreamError as error:
            return Result(Level.WARNING, f"not told: {error}")
        scopes = told.get("scopes") if isinstance(told, dict) else None
        if not isinstance(scopes, list):
            return Result(Level.WARNING, f"not told: make sure that the token has the scope {SCOPE}")
        if SCOPE not in scopes:
            has = ", ".join(map(str, scopes)) or "none"
            return Result(
                Level.FAILED, f"the token has {has}: make one with the scope {SCOPE}, to approve with"
            )
        expiry = told.get("expires_at") if isinstance(told, dict) else None
        return Result(Level.OK, f"{SCOPE}; expires {expiry}" if expiry else SCOPE)

    def projects(self) -> Result:
        """Is each project there, and the token's user at least a Developer in it?"""
        wrong = [words for words in map(self._wrong_with, self._projects.named) if words]
        if wrong:
            return Result(Level.FAILED, " ".join(wrong))
        return Result(Level.OK, f"{len(self._projects.named)} found, with the role Developer or more in each")

    def waiting(self) -> Result:
        """Can what waits be read?"""
        counts: list[str] = []
        wrong: list[str] = []
        try:
            for named in self._projects.named:
                counts.append(f"{named}: {self._count(named, wrong)}")
        except UpstreamError as error:
            wrong.append(str(error))
        if wrong:
            return Result(Level.FAILED, " ".join(dict.fromkeys(wrong)))
        return Result(Level.OK, "; ".join(counts))

    def gated(self) -> Result:
        """Is what people are asked for kept from running without them?"""
        if self._settings.gitlab_gated.has_jobs:
            return Result(
                Level.WARNING,
                "a job that is started by hand is no barrier: whoever may run pipelines may start it too."
                " Protect the environment and let it need approvals (Premium)",
            )
        return Result(Level.OK, f"{TITLE} itself keeps a blocked deployment from running")

    def clock(self) -> Result:
        """Is our clock that of GitLab?"""
        return clocks(self._first, self._answered_at, TITLE)

    def _wrong_with(self, named: str) -> str:
        try:
            told = self._caller.one(f"/projects/{address.step(named)}")
        except UpstreamError as error:
            return f"{named}: {error}"
        if not isinstance(told, dict):
            return f"{named}: not shown; correct GITLAB_PROJECTS, or make the token's user a member of it."
        level = _level(told.get("permissions"))
        if level is not None and level < DEVELOPER:
            return f"{named}: the token's user needs the role Developer there."
        return ""

    def _count(self, named: str, wrong: list[str]) -> str:
        gated, found = self._settings.gitlab_gated, []
        project = self._projects.find(named)
        if gated.has_deployments:
            deployments = Deployments(self._caller, Account(self._caller), Changes(self._caller))
            found.append(f"{len(deployments.blocked(project, wrong))} blocked deployments")
        if gated.has_jobs:
            jobs = ManualJobs(self._caller, self._now).waiting(project, (), wrong)
            found.append(f"{len(jobs)} manual jobs")
        return ", ".join(found)


def _level(permissions: object) -> int | None:
    """The higher of the levels by project and by group; None where neither is told, as for administrators."""
    parts = permissions.values() if isinstance(permissions, dict) else ()
    levels = [part.get("access_level") for part in parts if isinstance(part, dict)]
    return max((level for level in levels if isinstance(level, int)), default=None)
