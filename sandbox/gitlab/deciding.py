"""What the sandbox's GitLab makes of a decision: it keeps the rules that the real one keeps."""

import json

from aiohttp import web
from pydantic import JsonValue

from sandbox.gitlab import telling
from sandbox.gitlab.deployments import BLOCKED, Deployment
from sandbox.gitlab.jobs import ENDED, MANUAL
from sandbox.gitlab.people import OURS
from sandbox.gitlab.route import Route
from sandbox.gitlab.state import DEVELOPER, State

LONGEST_COMMENT = 255
KEYS = {"status", "comment", "represented_as"}
PLAYABLE = (MANUAL, *ENDED)
"""A job that has ended is run again, as the vendor's app/models/ci/build.rb has it."""


class Deciding:
    """Whoever calls it holds the lock."""

    def __init__(self, state: State) -> None:
        self._state = state

    def answer(self, found: Route, project: int, body: bytes) -> web.Response:
        """An approval, or a job that is started or canceled."""
        if self._state.level < DEVELOPER:
            return _refused(403, "403 Forbidden")
        if found.operation != "approval":
            return self._of_job(found, project)
        one = self._state.deployments.get(found.number)
        if one is None or one.project != project:
            return _refused(404, "404 Not found")
        try:
            wanted = json.loads(body or b"{}")
        except ValueError:
            return _refused(400, "400 Bad Request")
        return self._approval(one, wanted)

    def _approval(self, one: Deployment, wanted: JsonValue) -> web.Response:
        if not isinstance(wanted, dict) or wanted.keys() - KEYS:
            return _refused(400, "400 Bad Request")
        status, comment = wanted.get("status"), wanted.get("comment")
        if not isinstance(status, str):
            return web.json_response({"error": "status is missing"}, status=400)
        if status not in ("approved", "rejected"):
            return web.json_response({"error": "status does not have a valid value"}, status=400)
        if comment is not None and (not isinstance(comment, str) or len(comment) > LONGEST_COMMENT):
            return _refused(400, "400 Comment is too long (maximum is 255 characters)")
        return self._said(one, status, comment)

    def _said(self, one: Deployment, status: str, comment: str | None) -> web.Response:
        if one.status != BLOCKED:
            return _refused(400, "400 This deployment is not waiting for approvals.")
        if one.asked.triggered_by == OURS:
            return _refused(400, "400 You cannot approve your own deployment.")
        if one.may(OURS) is None:
            return _refused(403, "403 You do not have permission to approve or reject this deployment.")
        if any(said.by == OURS for said in one.said):
            return _refused(400, "400 You have already approved this deployment.")
        one.decisions += 1
        said = self._state.say(one, OURS, status, comment)
        return web.json_response(telling.approval(said, self._state.people), status=201)

    def _of_job(self, found: Route, project: int) -> web.Response:
        job = self._state.jobs.get(found.number)
        if job is None or job.project != project:
            return _refused(404, "404 Not found")
        blocked = any(one.job == job.id and one.status == BLOCKED for one in self._state.deployments.values())
        if found.operation == "play" and (job.status not in PLAYABLE or blocked):
            return _refused(400, "400 Unplayable Job")
        if found.operation == "play":
            self._state.play(job, OURS)
            job.decisions += 1
        else:
            job.decisions += self._state.cancel(job)
        path = self._state.projects[project]
        status = 200 if found.operation == "play" else 201
        return web.json_response(telling.job(job, path, self._state.people), status=status)


def _refused(status: int, words: str) -> web.Response:
    return web.json_response({"message": words}, status=status)
