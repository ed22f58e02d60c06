"""An upstream that is counted behaves as without it, and what goes wrong has a number."""

import time
from collections.abc import Iterator

import pytest

from sandbox import Sandbox
from slack_bot.counted import Counted
from slack_bot.figures import Figures
from slack_bot.rated import Rated, behind, told
from slack_bot.risk_rules import RiskRule
from upstream_client.exceptions import Interrupted, NotListed, NotRead, PartlyRead, UpstreamError
from upstream_client.gate import GateClient
from upstream_client.models import ONE_TIME, ApprovalRequest, Decision, OutcomeKind, Risk, Status
from upstream_client.privilege_manager import Contract, PrivManClient

DECISION = Decision("d1", "Approver", "[d1] Approved by Approver")


class Faulty(PrivManClient):
    """A client whose list is read with this error."""

    error: UpstreamError | None = None

    def list_pending(self) -> list[ApprovalRequest]:
        if self.error is not None:
            raise self.error
        return super().list_pending()


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Faulty]:
    running = Faulty(
        sandbox.privman_url,
        sandbox.privman_username,
        sandbox.privman_password,
        Contract.packaged(),
        timeout=(1.0, 1.0),
    )
    yield running
    running.close()


def test_everything_is_passed_on_and_a_list_is_noted(sandbox: Sandbox, client: Faulty) -> None:
    figures = Figures()
    counted = Counted(client, figures, time.monotonic)
    request_id = sandbox.control.file_request()
    assert figures.polled_at(client.name) is None
    began = time.monotonic()
    (request,) = counted.list_pending()
    polled = figures.polled_at(client.name)
    assert polled is not None
    assert polled >= began
    assert (request.id, counted.fetch(request_id).status) == (request_id, Status.PENDING)
    assert counted.approve(request, ONE_TIME, DECISION).kind is OutcomeKind.TAKEN
    assert counted.deny(request, "", DECISION).kind is OutcomeKind.ALREADY
    assert (counted.name, counted.title, counted.capabilities) == (
        client.name,
        client.title,
        client.capabilities,
    )
    assert figures.upstream_errors == {}


def test_errors_are_counted_by_operation_and_name(sandbox: Sandbox, client: Faulty) -> None:
    figures = Figures()
    counted = Counted(client, figures, time.monotonic)
    sandbox.control.file_request()
    (request,) = counted.list_pending()
    polled = figures.polled_at(client.name)
    sandbox.control.faults(upstream="privilege_manager", operation="list", kind="timeout")
    with pytest.raises(Interrupted):
        counted.list_pending()
    sandbox.control.faults(upstream="privilege_manager", operation="approve", kind="timeout")
    assert counted.approve(request, ONE_TIME, DECISION).kind is OutcomeKind.UNKNOWN
    assert figures.upstream_errors == {
        (client.name, "list", "Interrupted"): 1,
        (client.name, "approve", "UnknownOutcome"): 1,
    }
    assert figures.polled_at(client.name) == polled


@pytest.mark.parametrize(
    ("error", "hears", "polled", "errors"),
    [
        (PartlyRead("one of them", ()), False, 7.0, {"PartlyRead": 1}),
        (NotRead("the key may not", ()), True, None, {"NotRead": 1}),
        (NotListed("there is none", ()), True, 7.0, {}),
        (NotListed("there is none", ()), False, None, {"NotListed": 1}),
    ],
    ids=["read in part", "not read", "none, and webhooks come", "none, and nothing tells"],
)
def test_where_nothing_is_known_of_what_waits_that_is_no_poll(
    client: Faulty, error: UpstreamError, hears: bool, polled: float | None, errors: dict[str, int]
) -> None:
    figures = Figures()
    client.error = error
    with pytest.raises(type(error)):
        Counted(client, figures, lambda: 7.0, hears=hears).list_pending()
    assert figures.polled_at(client.name) == polled
    assert figures.upstream_errors == {(client.name, "list", name): n for name, n in errors.items()}


def test_what_is_behind_is_found_through_rules_and_counting() -> None:
    gate = GateClient("http://127.0.0.1:9", "gate_abcdefghij_secret")
    counted = Counted(Rated(gate, [RiskRule(Risk.HIGH)]), Figures(), time.monotonic)
    assert behind(counted) is gate
    assert told(counted) is gate
    assert repr(counted) == f"Counted(Rated({gate!r}))"
    gate.close()
