"""The checks that `doctor` makes of one Argo server, each a method that answers what it found."""

from collections.abc import Callable

from pydantic import JsonValue

from upstream_client.argo_workflows import reading, standing
from upstream_client.argo_workflows.caller import Caller, checked
from upstream_client.argo_workflows.deciding import Denial
from upstream_client.argo_workflows.listing import Listing
from upstream_client.argo_workflows.settings import ArgoSettings
from upstream_client.argo_workflows.wire import Node, Workflow
from upstream_client.doctor import First, Hopeless, Level, Result, answered, clocks, met, trust
from upstream_client.exceptions import UpstreamError
from upstream_client.models import ApprovalRequest

VERSION = "/api/v1/version"
USER = "/api/v1/userinfo"
"""argo-workflows.readthedocs.io/en/latest/swagger, as WorkflowService's paths."""


class Examination:
    """One run of the checks, in their order: later ones look at what earlier ones left.

    ``now``: seconds since 1970 UTC.
    """

    def __init__(self, settings: ArgoSettings, caller: Caller, now: Callable[[], float]) -> None:
        self._settings = settings
        self._caller = caller
        self._now = now
        self._first: First = None
        self._answered_at = 0.0
        self._waiting: list[tuple[Workflow, Node]] = []
        self._requests: list[ApprovalRequest] = []

    def address(self) -> Result:
        """Does anything answer there?"""
        self._first = met(lambda: self._caller.look(VERSION), "ARGO_URL")
        self._answered_at = self._now()
        return Result(Level.OK, f"{self._caller.url} answers")

    def tls(self) -> Result:
        """Is the certificate trusted?"""
        return trust(self._first, self._caller.url, self._settings.argo_ca_bundle)

    def server(self) -> Result:
        """Is it an Argo server that answers, and does it accept the token?"""
        try:
            version = _member(checked(answered(self._first)).json(), "version")
        except UpstreamError as error:
            raise Hopeless(str(error)) from error
        if not version:
            raise Hopeless(
                "What answers is not an Argo server. Put the address of its web interface into ARGO_URL."
            )
        return Result(Level.OK, f"Argo Workflows {version[:40]} accepts the token")

    def user(self) -> Result:
        """Whose token is it?"""
        try:
            told = checked(self._caller.look(USER)).json()
        except UpstreamError as error:
            return Result(Level.WARNING, f"not told: {error}")
        names = (_member(told, name) for name in ("email", "serviceAccountName", "subject"))
        who = next((name for name in names if name), "")
        if not who:
            return Result(
                Level.WARNING, "the server does not say whose token it is: is it a service account's own?"
            )
        return Result(Level.OK, f"the token is that of {who[:120]}")

    def namespaces(self) -> Result:
        """May it see the workflows of each?"""
        wrong: list[str] = []
        for name in self._settings.argo_namespaces:
            listing = Listing(self._caller, name, self._settings.argo_label_selector)
            try:
                found, broken = listing.look()
                self._take(found)
                wrong += [f"{name}: {words}" for words in broken]
            except UpstreamError as error:
                wrong.append(f"{name}: {error}")
        if wrong:
            return Result(Level.FAILED, " ".join(wrong))
        return Result(Level.OK, f"can be listed: {', '.join(self._settings.argo_namespaces)}")

    def waiting(self) -> Result:
        """Can what waits be read?"""
        try:
            self._requests = [reading.request(told, node, self._caller.url) for told, node in self._waiting]
        except UpstreamError as error:
            return Result(Level.FAILED, str(error))
        hint = "; let a workflow come to a suspended step and run doctor again to see more checked"
        return Result(Level.OK, f"{len(self._requests)} waiting{'' if self._requests else hint}")

    def barriers(self) -> Result:
        """Does each wait until somebody answers, and can each be approved from here?"""
        doubts = [
            f"{one.title}: {fact.label}"
            for one in self._requests
            for fact in one.facts
            if fact.key in ("resumes", "needs")
        ]
        if doubts:
            words = "a step resumes by itself, or wants values that only Argo's own interface can give"
            return Result(Level.WARNING, f"{words} ({'; '.join(doubts)})")
        return Result(Level.OK, "every step that waits does so until somebody answers")

    def requester(self) -> Result:
        """Can it be told who submitted what waits?"""
        nameless = [one.title for one in self._requests if not one.requester_email]
        if nameless:
            words = (
                f"it is not told by address who submitted {', '.join(nameless)}: Argo writes it down where people"
                " submit through its server, logged on by SSO. Else the policy refuses approvals of high risk."
            )
            return Result(Level.WARNING, words)
        return Result(Level.OK, "told of every workflow that waits")

    def clock(self) -> Result:
        """Is our clock that of the server?"""
        return clocks(self._first, self._answered_at, "the server")

    def decisions(self) -> Result:
        """What will a no do? Whether the token may decide, only a decision tells."""
        how = (
            "a no stops the workflow"
            if self._settings.argo_deny is Denial.WORKFLOW
            else "a no fails the step; a workflow that goes on after a failed step goes on then too"
        )
        return Result(Level.OK, f"{how}; not tried, since it would decide: the token needs update and patch")

    def _take(self, workflows: list[Workflow]) -> None:
        for told in workflows:
            self._waiting += [
                (told, node) for node in reading.pauses_of(told) if standing.is_waiting(told, node)
            ]


def _member(told: JsonValue, name: str) -> str:
    value = told.get(name) if isinstance(told, dict) else None
    return value if isinstance(value, str) else ""
