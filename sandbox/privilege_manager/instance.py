"""One Privilege Manager in the sandbox: its API, and what tests and the control API do to it."""

import asyncio
import time
from collections.abc import Callable
from itertools import islice

from pydantic import JsonValue

from sandbox.privilege_manager.api import Api
from sandbox.privilege_manager.demo import demo_requests
from sandbox.privilege_manager.elevations import PENDING, Elevation, Elevations, NewRequest, Verdict
from sandbox.privilege_manager.faults import ExpireTokens
from sandbox.privilege_manager.roles import Role
from sandbox.privilege_manager.state import Shape, State
from sandbox.privilege_manager.tokens import Tokens
from sandbox.upstream import Answer, Upstream

BASE_PATH = "/Tms"
"""The address for the bot is the server's with this behind it."""
SEED = 400
"""Of `PrivilegeManager.file_requests`."""


class PrivilegeManager(Upstream):
    """With one API client, ``username`` and ``password``. The methods may be called from any thread.

    ``token_life``: seconds. ``now``: seconds since 1970 UTC. ``shape``: classic speaks as the packaged contract
    has it; the others differ in paths, names and answers. ``role``: what the API client may do.
    """

    def __init__(
        self,
        username: str = "5f0c2c43-7c1e-4c83-9d5d-2f6f0a1b7e10",
        password: str = "sandbox-secret",
        token_life: float = 12 * 3600.0,
        now: Callable[[], float] = time.time,
        shape: Shape = "classic",
        role: Role = "administrators",
    ) -> None:
        self.username = username
        self.password = password
        self._begun = (shape, role)
        self._state = State(username, password, Tokens(token_life, now), Elevations(now), shape, role)
        super().__init__(self._state.faults, self._state.lock)

    def file_request(self, **fields: JsonValue) -> str:
        """A new elevation request, see `NewRequest`; its id. Raises ValueError for what is none."""
        with self._state.lock:
            elevation = self._state.elevations.file(NewRequest.model_validate(fields))
        self._state.changed()
        return elevation.id

    def file_requests(self, count: int) -> list[str]:
        """So many plausible ones, the same each time but for their ids; their ids."""
        with self._state.lock:
            asked = [NewRequest.model_validate(one) for one in islice(demo_requests(SEED), count)]
            filed = [self._state.elevations.file(one).id for one in asked]
        self._state.changed()
        return filed

    def speak(self, shape: Shape) -> None:
        """From now on it has these paths, names and answers."""
        with self._state.lock:
            self._state.shape = shape

    def give_role(self, role: Role) -> None:
        """The API client has this role from now on, whoever is logged on."""
        with self._state.lock:
            self._state.role = role

    def withdraw(self, request_id: str) -> None:
        """The user cancels it. LookupError or ValueError with words, as from `expire` and `decide`."""
        self._settle(request_id, self._state.elevations.cancel)

    def expire(self, request_id: str) -> None:
        """Nobody answered in time."""
        self._settle(request_id, self._state.elevations.time_out)

    def decide(self, request_id: str, verdict: Verdict, by: str) -> None:
        """Somebody decides in the console."""
        self._settle(request_id, lambda elevation: self._state.elevations.decide(elevation, verdict, by))

    def requests(self) -> list[dict[str, JsonValue]]:
        """Every request with its fate, oldest first; see `Elevation.record`."""
        with self._state.lock:
            return [elevation.record() for elevation in self._state.elevations]

    def calls(self) -> dict[str, int]:
        """How often each operation was called; "other" is what has no path here."""
        with self._state.lock:
            return dict(self._state.counts)

    def add_fault(self, fault: dict[str, JsonValue]) -> None:
        """See `Fault`; or {"expire_tokens": true}. Raises ValueError for anything else."""
        with self._state.lock:
            if "expire_tokens" in fault:
                ExpireTokens.model_validate(fault)
                self._state.tokens.expire_all()
            else:
                super().add_fault(fault)

    def logged_on(self) -> int:
        """How many tokens are good now."""
        with self._state.lock:
            return len(self._state.tokens)

    def reset(self) -> None:
        """Forget requests, faults and counts; shape and role are the first ones.

        Tokens stay good: whoever is logged on stays so.
        """
        with self._state.lock:
            self._state.shape, self._state.role = self._begun
            self._state.elevations.clear()
            self._state.faults.clear()
            self._state.counts.clear()
        self._state.changed()

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call this after every change of the requests, in the thread that made it."""
        self._state.listeners.append(callback)

    def _answers(self, stopping: asyncio.Event) -> Answer:
        return Api(self._state, stopping).answer

    def _settle(self, request_id: str, settle: Callable[[Elevation], None]) -> None:
        with self._state.lock:
            elevation = self._state.elevations.find(request_id)
            if elevation is None:
                raise LookupError(f"there is no request {request_id}")
            if elevation.status != PENDING:
                raise ValueError(f"request {elevation.id} is not pending: it is {elevation.status}")
            settle(elevation)
        self._state.changed()
