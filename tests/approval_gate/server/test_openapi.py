"""The interface against its own description: whatever comes, no answer is undocumented, and none is a failure."""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok

from tests.approval_gate.gate_process import QUICK, Caller, GateProcess
from tests.approval_gate.server.receiver import Receiver
from tests.approval_gate.waiting import until
from tests.upstream_client.serving import closed_port

EXAMPLES = 10
"""Of each operation and kind; the same ones each time."""
SOON = 0.01
EXPECTED = {
    GenerationMode.POSITIVE: {200, 201, 204, 403, 404},
    GenerationMode.NEGATIVE: {403, 422},
}
"""What is answered at least once, so that a test which no longer gets there is seen."""
PLENTY = {"GATE_MOST_PENDING": "100000", "GATE_MOST_PENDING_BYTES": "1000000000"}
CALLS_HERE = {"GATE_CALLBACK_PRIVATE": "127.0.0.0/8"}
"""A gate's process always has GATE_CALLBACK_SECRET."""


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GateProcess]:
    """A gate of its own, which takes many tickets, and calls back."""
    folder = tmp_path_factory.mktemp("described")
    with GateProcess(folder, **QUICK, **PLENTY, **CALLS_HERE) as running:
        yield running


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    """Whom it calls back; the first time in vain."""
    with Receiver(500, 204) as listening:
        yield listening


@pytest.fixture(scope="module")
def everybody(gate: GateProcess) -> Caller:
    """A key that may do everything."""
    return gate.caller("everybody", ("request", "decide", "read"))


@pytest.fixture(scope="module")
def described(gate: GateProcess) -> schemathesis.BaseSchema:
    """The description, as the running gate gives it."""
    api = schemathesis.openapi.from_url(f"{gate.url}/openapi.json")
    api.config.generation.update(allow_x00=False)  # refused, which no schema of a member's name can say
    return api


@pytest.fixture(scope="module")
def others(gate: GateProcess) -> tuple[Caller, ...]:
    """Keys that may do one thing each."""
    return tuple(gate.caller(f"only {scope}", (scope,)) for scope in ("request", "decide", "read"))


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_answer_is_as_described(
    described: schemathesis.BaseSchema,
    everybody: Caller,
    others: tuple[Caller, ...],
    receiver: Receiver,
    mode: GenerationMode,
) -> None:
    """Given bodies, queries and headers as described, or not quite, then no answer is a failure or a surprise."""
    operations = [one.ok() for one in described.get_all_operations() if isinstance(one, Ok)]
    if mode is GenerationMode.NEGATIVE:
        # There is no wrong one of the others.
        operations = [one for one in operations if one.body or one.query]
    assert len(operations) >= 10
    statuses, aim = Counter[int](), Aim(everybody, receiver)
    for operation in operations:

        @given(case=operation.as_strategy(generation_mode=mode), caller=st.sampled_from((everybody, *others)))
        @settings(
            max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), database=None, derandomize=True
        )
        def check(case: Case[Any], caller: Caller) -> None:
            _hurry(case)
            aim.take(case)
            if mode is GenerationMode.POSITIVE:
                _calm(case, aim.callback_url)
            answer = case.call_and_validate(headers=caller.headers)
            statuses[answer.status_code] += 1

        check()
    assert EXPECTED[mode] <= statuses.keys()


def test_the_log_of_a_callback_is_as_described(
    described: schemathesis.BaseSchema, everybody: Caller, receiver: Receiver
) -> None:
    """Given a callback that came, and one that did not, then the log of each is as it is described."""
    operation = described["/v1/tickets/{ticket_id}/callbacks"]["GET"]
    hooks = (Aim(everybody, receiver).callback_url, f"http://127.0.0.1:{closed_port()}/")
    for ticket_id in [_settled(everybody, hook) for hook in hooks]:
        log = partial(everybody.get, f"/v1/tickets/{ticket_id}/callbacks")
        until(partial(_told, log))
        operation.validate_response(log())


def _told(log: Callable[[], requests.Response]) -> bool:
    return bool(log().json())


class Aim:
    """Half of what is sent to a ticket is sent to one that is there, and half of these are settled, and told."""

    def __init__(self, everybody: Caller, receiver: Receiver) -> None:
        self.callback_url = f"http://127.0.0.1:{receiver.port}/hook"
        self._everybody = everybody
        self._count = count()

    def take(self, case: Case[Any]) -> None:
        """Aims this call."""
        ticket_id = (case.path_parameters or {}).get("ticket_id")
        if not isinstance(ticket_id, str) or not len(ticket_id) % 2:
            return
        # AgentSudo's answer is held for as long as there is none.
        if "/approvals/" in case.path or next(self._count) % 2:
            case.path_parameters["ticket_id"] = _settled(self._everybody, self.callback_url)
        else:
            case.path_parameters["ticket_id"] = self._everybody.file()["id"]


def _settled(everybody: Caller, callback_url: str) -> str:
    ticket = everybody.file(callback_url=callback_url)
    assert everybody.decide(ticket["id"]).status_code == 200
    return str(ticket["id"])


def _calm(case: Case[Any], callback_url: str) -> None:
    """Without what a good request is refused for all the same: a callback inside, a key with another body."""
    case.headers.pop("Idempotency-Key", None)
    if isinstance(case.body, dict) and case.body.get("callback_url"):
        case.body["callback_url"] = callback_url


def _hurry(case: Case[Any]) -> None:
    """Nobody waits for a minute."""
    if isinstance(case.body, dict) and case.path == "/v1/hold" and _is_wait(case.body.get("wait", 300)):
        case.body["wait"] = SOON
    if case.query and _is_wait(case.query.get("wait")):
        case.query["wait"] = SOON


def _is_wait(value: object) -> bool:
    try:
        return not isinstance(value, bool) and 0 <= float(str(value)) <= 300
    except ValueError:
        return False
