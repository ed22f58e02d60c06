"""What the API and the control API of the sandbox's GitLab share."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sandbox.gitlab.deployments import CREATED, FAILED, Deployment, NewDeployment, Said
from sandbox.gitlab.faults import Fault
from sandbox.gitlab.jobs import CANCELED, ENDED, MANUAL, PENDING, Job, NewJob
from sandbox.gitlab.people import OURS, People
from sandbox.ordered_faults import OrderedFaults

DEVELOPER = 30
"""docs.gitlab.com/api/access_requests/#valid-access-levels"""


@dataclass
class State:
    """Everything one instance holds. Whoever reads or changes it holds ``lock``.

    ``level`` is the access level of the token's user in each project; ``cancels``: a job that waits to be started
    by hand can be canceled. ``titles`` and ``files`` are what every comparison tells that goes forth in the
    ``history`` of commits, of which the first ones named are the oldest; one that goes back tells nothing.
    ``compares``: a comparison gets to its end.
    """

    token: str
    now: Callable[[], float]
    people: People = field(default_factory=People)
    scopes: tuple[str, ...] = ("api",)
    level: int = DEVELOPER
    cancels: bool = True
    page_size: int = 100
    projects: dict[int, str] = field(default_factory=dict)
    environments: dict[tuple[int, str], int] = field(default_factory=dict)
    deployments: dict[int, Deployment] = field(default_factory=dict)
    jobs: dict[int, Job] = field(default_factory=dict)
    titles: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    history: list[str] = field(default_factory=list)
    compares: bool = True
    faults: OrderedFaults[Fault] = field(default_factory=lambda: OrderedFaults(Fault))
    calls: list[str] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def project(self, path: str) -> int:
        """The id of a project, which is made when first named."""
        known = next((number for number, one in self.projects.items() if one == path), None)
        if known is None:
            known = len(self.projects) + 1
            self.projects[known] = path
        return known

    def file_job(self, asked: NewJob) -> Job:
        self.learn(asked.before, asked.sha)
        if asked.email:
            self.people.emails[asked.triggered_by] = asked.email
        number = len(self.jobs) + 101
        project = self.project(asked.project)
        one = Job(number, asked, project, number + 1000, self._at(asked.age), asked.triggered_by)
        self.jobs[number] = one
        return one

    def learn(self, *commits: str) -> None:
        """Those that are new come after all others."""
        self.history += [one for one in commits if one not in self.history]

    def file_deployment(self, asked: NewDeployment) -> Deployment:
        """Its job waits to be started by hand for as long as it is blocked, and after that."""
        job = self.file_job(
            NewJob(
                project=asked.project,
                name=asked.job,
                sha=asked.sha,
                ref=asked.ref,
                tag=asked.tag,
                triggered_by=asked.triggered_by,
                email=asked.email,
            )
        )
        key = (job.project, asked.environment)
        environment = self.environments.setdefault(key, len(self.environments) + 9)
        one = Deployment(len(self.deployments) + 41, asked, job.project, environment, job.id, self._at())
        one.status = asked.status
        self.deployments[one.id] = one
        return one

    def say(self, one: Deployment, by: str, status: str, comment: str | None) -> Said:
        """Somebody approved or rejected; what the rules make of it."""
        said = Said(by, status, self._at(), comment)
        one.said.append(said)
        if status == "rejected":
            one.status = FAILED
            self.jobs[one.job].status = FAILED
        elif one.is_satisfied():
            one.status = CREATED
        return said

    def play(self, one: Job, by: str) -> None:
        """One that has ended stays as it is, and is run again as a new job, like GitLab's PlayBuildService."""
        started = self.file_job(one.asked) if one.status in ENDED else one
        started.status, started.user, started.started_at = PENDING, by, self._at()

    def cancel(self, one: Job) -> bool:
        """Whether it was: not where it has ended, and not everywhere while it waits."""
        if one.status in ENDED or (one.status == MANUAL and not self.cancels):
            return False
        one.status = CANCELED
        return True

    def reset(self) -> None:
        """As at the beginning."""
        self.people = People(self.people.url)
        self.people.id_of(OURS)
        self.scopes, self.level, self.cancels, self.page_size = ("api",), DEVELOPER, True, 100
        for held in (self.projects, self.environments, self.deployments, self.jobs):
            held.clear()
        self.titles, self.files, self.history, self.compares = [], [], [], True
        self.faults.clear()
        self.calls.clear()

    def _at(self, age: float = 0.0) -> str:
        moment = datetime.fromtimestamp(self.now() - age, UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
