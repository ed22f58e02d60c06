"""Deployments that wait for approvals: listed, asked for one by one, approved, rejected."""

from pydantic import JsonValue

from upstream_client.exceptions import NotAllowed, NotUnderstood, Refused, UpstreamError
from upstream_client.gitlab import deployment_reading as reading
from upstream_client.gitlab.account import Account
from upstream_client.gitlab.caller import TITLE, Caller
from upstream_client.gitlab.changes import Changes
from upstream_client.gitlab.deciding import SAID, comment_of, of_approval
from upstream_client.gitlab.held import DEPLOYMENT, Held
from upstream_client.gitlab.refusal import of_refusal
from upstream_client.gitlab.wire import Deployment, Project, read, read_all
from upstream_client.models import Decision, Outcome, OutcomeKind, Seen, Verdict

LIST = {"status": "blocked", "order_by": "id", "sort": "desc"}
"""docs.gitlab.com/api/deployments/#list-project-deployments"""


class Deployments:
    """Threads share one."""

    def __init__(self, caller: Caller, account: Account, changes: Changes) -> None:
        self._caller = caller
        self._account = account
        self._changes = changes

    def blocked(self, project: Project, wrong: list[str] | None = None) -> list[Deployment]:
        """What is blocked, each once, as the list tells it: without what was said of it so far.

        What cannot be read is told in ``wrong``; without one it raises.
        """
        what = f"a deployment of {project.path_with_namespace}"
        pages = self._caller.pages(f"/projects/{project.id}/deployments", LIST)
        found = (one for page in pages for one in read_all(Deployment, page, what, wrong))
        return list({one.id: one for one in found}.values())

    def seen(self, project: Project, number: int) -> Seen | None:
        """How one stands; None where GitLab has none such. Raises `UpstreamError`."""
        told = self._one(project, number)
        if told is None:
            return None
        change = self._changes.of(told, project) if told.status == reading.BLOCKED else None
        asked = reading.request(told, project, self._caller.base, change)
        return reading.seen_of(told, asked, self._account.id)

    def decide(self, project: Project, number: int, verdict: Verdict, decision: Decision) -> Outcome:
        """One approval or rejection, sent once. An approval's outcome says what it still waits for."""
        path = f"{Held(DEPLOYMENT, project.id, number).path}/approval"
        body: JsonValue = {"status": SAID[verdict], "comment": comment_of(decision)}
        answer = self._caller.send(path, body)
        try:
            outcome = of_approval(answer, verdict, decision)
        except (NotAllowed, Refused) as error:
            return of_refusal(lambda: self.seen(project, number), error)
        if outcome.kind is not OutcomeKind.TAKEN or verdict is Verdict.DENY:
            return outcome
        return Outcome(OutcomeKind.TAKEN, self._note(project, number))

    def _one(self, project: Project, number: int) -> Deployment | None:
        told = self._caller.one(Held(DEPLOYMENT, project.id, number).path)
        if told is None:
            return None
        found = read(Deployment, told, "a deployment")
        if found.id != number:
            raise NotUnderstood(f"Asked for deployment {number}, {TITLE} told of another one.")
        return found

    def _note(self, project: Project, number: int) -> str:
        """The approval is taken, whatever this look tells."""
        try:
            told = self._one(project, number)
        except UpstreamError as error:
            return f"the approval is recorded; what the deployment still needs could not be read: {error}"
        return "" if told is None else reading.note_of(told)
