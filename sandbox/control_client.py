"""The control API from Python: for tests, benches and anyone's scripts."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar

import requests

from sandbox.json_types import Json

T = TypeVar("T")
TIMEOUT = 30.0
"""Seconds for one request; the longest wait in the sandbox is an unanswered click's three."""


class ControlError(Exception):
    """The sandbox refused, with its reason in words; ``status`` is the HTTP status."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(f"{words} (HTTP {status})")
        self.status = status
        self.words = words


class ControlClient:
    """One method for each address of the control API of the sandbox at ``url``. May be shared by threads."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy has no way to our loopback
        self._session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=64))

    def close(self) -> None:
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def message(self, channel: str, user: str, text: str, **more: Any) -> Json:
        """A person (or another app's bot) writes. Gives `ts` and the ids of the `events` this caused."""
        return self._post("message", {"channel": channel, "user": user, "text": text, **more})

    def click(
        self, channel: str, ts: str, user: str, action_id: str, values: Json | None = None, **more: Any
    ) -> Json:
        """Press a button or choose in a menu of a message; ``values`` {action_id: value} are chosen first.

        Gives `envelope_id`, `acknowledged` and `ack_ms`. More keys: `value`, `block_id`, `force`, `wait`.
        """
        body = {"channel": channel, "ts": ts, "user": user, "action_id": action_id, "values": values or {}}
        return self._post("click", body | more)

    def clicks(self, clicks: list[Json]) -> list[Json]:
        """Many clicks in the same moment: {channel, ts, user, action_id, …} each; the answers in that order."""
        answers: list[Json] = self._post("clicks", {"clicks": clicks})["clicks"]
        return answers

    def click_in_view(self, user: str, action_id: str, **more: Any) -> Json:
        """Press a button or choose in a menu of the open modal, or of the Home tab with `home=True`."""
        return self._post("click", {"user": user, "action_id": action_id, **more})

    def submit(self, user: str, values: Json | None = None, **more: Any) -> Json:
        """Submit the open modal with {action_id: value}; gives `errors` when the app found some."""
        return self._post("submit", {"user": user, "values": values or {}, **more})

    def close_modal(self, user: str, **more: Any) -> Json:
        """Close the modal on top, or with `all=True` the whole stack."""
        return self._post("close", {"user": user, **more})

    def command(self, channel: str, user: str, command: str, text: str = "", **more: Any) -> Json:
        """Type a slash command."""
        return self._post(
            "command", {"channel": channel, "user": user, "command": command, "text": text, **more}
        )

    def home(self, user: str, tab: str = "home") -> Json:
        """Open the app's Home tab, or its Messages tab."""
        return self._post("home", {"user": user, "tab": tab})

    def delete(self, channel: str, ts: str) -> Json:
        """Somebody deletes a message, whoever wrote it."""
        return self._post("delete", {"channel": channel, "ts": ts})

    def change_channel(self, channel: str, **change: Any) -> Json:
        """`join=[user…]`, `leave=[user…]`, `archived=`, `name=`."""
        return self._post("channel", {"channel": channel, **change})

    def change_user(self, user: str, **change: Any) -> Json:
        """`deleted=`, `is_admin=`, `is_restricted=`, `email=`, `tz=`."""
        return self._post("user", {"user": user, **change})

    def change_usergroup(self, usergroup: str, **change: Any) -> Json:
        """`users=[…]`, `disabled=`; by id or handle."""
        return self._post("usergroup", {"usergroup": usergroup, **change})

    def deliver_over_http(
        self, events: str = "", actions: str = "", commands: str = "", **manner: Any
    ) -> None:
        """What happens is posted there; without an address it goes through WebSockets again.

        ``manner``: signature (right, wrong, none), age in seconds, times; see `sandbox.http_mode`.
        """
        self._post("http", {"events": events, "actions": actions, "commands": commands, **manner})

    def faults(self, **fault: Any) -> list[Json]:
        """Order one fault (see `sandbox.faults`, `SocketMode.fault`); gives those in force."""
        return self._request_list("POST", "faults", fault)

    def clear_faults(self) -> None:
        self._request_list("POST", "faults", {"clear": True})

    def reset(self) -> None:
        """The workspace as in its file, nothing said, no faults; connections stay."""
        self._post("reset", {})

    def messages(self, channel: str) -> list[Json]:
        """Oldest first, as Slack returns them, with metadata."""
        return self._request_list("GET", "messages", {"channel": channel})

    def views(self, user: str) -> Json:
        """`modals`, the one on top last, and `home`."""
        return self._request_object("GET", "views", {"user": user})

    def ephemerals(self, user: str) -> list[Json]:
        """What only this person sees, oldest first."""
        return self._request_list("GET", "ephemerals", {"user": user})

    def calls(self, method: str | None = None) -> list[Json]:
        """Web API calls, oldest first: time, method, arguments, answer, status, fault."""
        return self._request_list("GET", "calls", {"method": method} if method else {})

    def warnings(self, user: str | None = None) -> list[Json]:
        """What people saw because the app did not answer in time."""
        return self._request_list("GET", "warnings", {"user": user} if user else {})

    def deliveries(self) -> list[Json]:
        """Envelopes sent, oldest first: envelope_id, kind, connection, sent_at, acknowledged, ack_ms, status …"""
        return self._request_list("GET", "deliveries", {})

    def state(self) -> Json:
        return self._request_object("GET", "state", {})

    def file_request(self, **fields: Any) -> str:
        """Somebody asks Privilege Manager; the id. Fields: user, computer, policy, file, reason …"""
        filed: str = self._post("privilege_manager/requests", fields)["id"]
        return filed

    def file_requests(self, count: int) -> None:
        """So many at once."""
        self._post("privilege_manager/many", {"count": count})

    def shape_upstream(self, shape: str) -> None:
        """Privilege Manager has other paths, names and answers: classic, alternative or report."""
        self._post("privilege_manager/shape", {"shape": shape})

    def upstream_requests(self) -> list[Json]:
        """Privilege Manager's requests, oldest first: id, status, by, comment, duration, decisions …"""
        return self._request_list("GET", "privilege_manager/requests", {})

    def upstream_calls(self) -> Json:
        """How often each operation of Privilege Manager was called."""
        return self._request_object("GET", "privilege_manager/calls", {})

    def withdraw(self, request_id: str) -> None:
        """Whoever asked takes it back."""
        self._post("privilege_manager/withdraw", {"id": request_id})

    def decide_elsewhere(self, request_id: str, verdict: str, by: str = "Console Admin") -> None:
        """Somebody decides in Privilege Manager's console; ``verdict``: approve or deny."""
        self._post("privilege_manager/decide", {"id": request_id, "verdict": verdict, "by": by})

    def expire(self, request_id: str) -> None:
        """Nobody answered in time."""
        self._post("privilege_manager/expire", {"id": request_id})

    def file_approval(self, **fields: Any) -> str:
        """A tool call has to be approved in Xerotier; the id. Fields: tool_name, workspace_id, risk, arguments …"""
        filed: str = self._post("xerotier/approvals", fields)["id"]
        return filed

    def xerotier_approvals(self) -> list[Json]:
        """Xerotier's approvals, oldest first: id, status, by, decisions …"""
        return self._request_list("GET", "xerotier/approvals", {})

    def decide_in_xerotier(self, approval_id: str, verdict: str, by: str = "Dashboard Admin") -> None:
        """Somebody decides in Xerotier's dashboard; ``verdict``: approve or reject."""
        self._post("xerotier/decide", {"id": approval_id, "verdict": verdict, "by": by})

    def time_out_in_xerotier(self, approval_id: str) -> None:
        """Nobody answered in time."""
        self._post("xerotier/time_out", {"id": approval_id})

    def escalate_in_xerotier(self, approval_id: str, *, timed_out: bool = False) -> None:
        """Nobody answered in time, and the next stage is asked. ``timed_out``: the time-out is an event as well."""
        self._post("xerotier/escalate", {"id": approval_id, "timed_out": timed_out})

    def send_webhooks_to(self, url: str, **more: Any) -> None:
        """Xerotier's webhooks go there. More keys: secret, events, shape, signature, retry_after."""
        self._post("xerotier/webhook", {"url": url, **more})

    def send_webhook(self, approval_id: str, kind: str = "exec.approval_requested", **manner: Any) -> None:
        """An event is delivered once more, or otherwise: shape, signature, age in seconds, times."""
        self._post("xerotier/send", {"id": approval_id, "type": kind, "manner": manner})

    def switch_xerotier(self, **switches: bool) -> None:
        """What it has from now on: has_list, tells_of_one, has_scope; is_strict leaves out what escalated."""
        self._post("xerotier/switches", switches)

    def webhook_deliveries(self) -> list[Json]:
        """Xerotier's webhooks, oldest first: id, type, approval_id, statuses, outcome."""
        return self._request_list("GET", "xerotier/deliveries", {})

    def file_deployment(self, **fields: Any) -> str:
        """A deployment is blocked in GitLab; the id. Fields: project, environment, sha, triggered_by, rules …"""
        filed: str = self._post("gitlab/deployments", fields)["id"]
        return filed

    def file_job(self, **fields: Any) -> str:
        """A job of GitLab waits to be started by hand; the id. Fields: project, name, sha, triggered_by …"""
        filed: str = self._post("gitlab/jobs", fields)["id"]
        return filed

    def gitlab_deployments(self) -> list[Json]:
        """GitLab's deployments, oldest first: id, status, said, decisions …"""
        return self._request_list("GET", "gitlab/deployments", {})

    def gitlab_jobs(self) -> list[Json]:
        """GitLab's jobs, oldest first: id, status, user, decisions."""
        return self._request_list("GET", "gitlab/jobs", {})

    def say_in_gitlab(self, deployment_id: str, verdict: str, by: str, comment: str = "") -> None:
        """Somebody answers in GitLab; ``verdict``: approve or reject."""
        self._post("gitlab/say", {"id": deployment_id, "verdict": verdict, "by": by, "comment": comment})

    def start_in_gitlab(self, job_id: str, by: str) -> None:
        """Somebody starts a job in GitLab."""
        self._post("gitlab/start", {"id": job_id, "by": by})

    def switch_gitlab(self, **switches: Any) -> None:
        """How it is from now on: scopes, level, cancels, page_size, titles, files."""
        self._post("gitlab/switches", switches)

    def submit_workflow(self, **fields: Any) -> str:
        """A workflow comes to a suspended step; its name. Fields: namespace, parameters, labels, creator …"""
        submitted: str = self._post("argo_workflows/workflows", fields)["name"]
        return submitted

    def workflows(self) -> list[Json]:
        """Argo's workflows, oldest first: name, uid, phase, shutdown, decisions, and each step's fate in nodes."""
        return self._request_list("GET", "argo_workflows/workflows", {})

    def resume_in_argo(self, name: str, by: str = "") -> None:
        """Somebody resumes it in Argo's web interface; ``by``: their address, where the server notes it."""
        self._post("argo_workflows/resume", {"name": name, "by": by})

    def finish_in_argo(self, name: str, phase: str, message: str = "") -> None:
        """A suspended step ends otherwise, by whomever."""
        self._post("argo_workflows/finish", {"name": name, "phase": phase, "message": message})

    def end_in_argo(self, name: str, strategy: str = "Stop") -> None:
        """Somebody stops the workflow, or terminates it."""
        self._post("argo_workflows/end", {"name": name, "strategy": strategy})

    def retry_in_argo(self, name: str) -> None:
        """Somebody lets the failed steps run anew."""
        self._post("argo_workflows/retry", {"name": name})

    def delete_in_argo(self, name: str) -> None:
        """The workflow is deleted."""
        self._post("argo_workflows/delete", {"name": name})

    def switch_argo(self, **switches: Any) -> None:
        """What it has from now on: verbs, namespaces, names_user, is_controlled."""
        self._post("argo_workflows/switches", switches)

    def eventually(self, probe: Callable[[], T | None], timeout: float = 10.0) -> T:
        """What ``probe`` gives as soon as it is true: neither None, False nor empty.

        Raises AssertionError after ``timeout`` seconds, with what it gave last.
        """
        deadline = time.monotonic() + timeout
        pause = 0.005
        while True:
            found = probe()
            if found:
                return found
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {timeout} s; the last look gave {found!r}")
            time.sleep(pause)
            pause = min(pause * 1.5, 0.1)

    def _post(self, name: str, body: Json) -> Json:
        return self._request_object("POST", name, body)

    def _request_object(self, verb: str, name: str, body: Json) -> Json:
        answer = self._request(verb, name, body)
        if not isinstance(answer, dict):
            raise TypeError(f"/control/{name} answered with {type(answer).__name__}, not with an object")
        return answer

    def _request_list(self, verb: str, name: str, body: Json) -> list[Json]:
        answer = self._request(verb, name, body)
        if not isinstance(answer, list):
            raise TypeError(f"/control/{name} answered with {type(answer).__name__}, not with a list")
        return answer

    def _request(self, verb: str, name: str, body: Json) -> object:
        payload: Json = {"params": body} if verb == "GET" else {"json": body}
        response = self._session.request(verb, f"{self.url}/control/{name}", timeout=TIMEOUT, **payload)
        answer: object = response.json()
        if response.status_code != 200:
            words = answer.get("error", "") if isinstance(answer, dict) else ""
            raise ControlError(response.status_code, str(words))
        return answer
