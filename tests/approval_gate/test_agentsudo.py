"""AgentSudo's own `@sudo` with our Slack approval: what its own client got wrong, done right."""

import asyncio
import inspect
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from agentsudo import Agent, PermissionDeniedError, sudo  # type: ignore[import-untyped]  # it has no types
from aiohttp import web

from approval_gate import ApprovalTimeout, ArgumentsChanged, Gate, GateError, GateRefused, GateUnavailable
from approval_gate.agentsudo import SlackApproval, SlackApprovalTimeout, awaitable, create_slack_approval
from tests.approval_gate.false_gate import false_gate
from tests.approval_gate.gate_process import GateProcess
from tests.approval_gate.person import Person
from tests.approval_gate.server.desks import on_a_loop
from tests.upstream_client.serving import serving

# It asks for the time in a way that Python 3.12 warns of.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")

CARD = "4111-1111-1111-1111"


@pytest.fixture(autouse=True)
def environment(gate: GateProcess, client_key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As somebody who migrated has it."""
    monkeypatch.setenv("GATE_URL", gate.url)
    monkeypatch.setenv("AGENTSUDO_API_KEY", client_key)
    for name in ("GATE_API_KEY", "SLACK_APPROVAL_CHANNEL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def decider_key(gate: GateProcess, requester: str) -> str:
    """Of a program that answers for people."""
    return gate.key(f"decider of {requester}", ["decide"])


class Refunds:
    """A function under `@sudo`, and what it did."""

    def __init__(self, on_deny: Callable[..., Any]) -> None:
        self.done: list[object] = []
        self.agent = Agent(name="Refund <bot>", scopes=["read:*"])

        @sudo(scope="refund:large", on_deny=on_deny)  # type: ignore[untyped-decorator]  # it has no types
        def refund(order: str, *, amount: int = 5, lines: list[str] | None = None, card: str = "") -> str:
            self.done.append((order, amount, lines, card))
            return f"refunded {amount}"

        self._refund = refund

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with self.agent.start_session():
            return self._refund(*args, **kwargs)


def test_after_a_yes_the_function_runs_and_the_card_tells_everything(person: Person) -> None:
    refund = Refunds(SlackApproval(channel="#refunds", timeout=60))

    with person.answering("approve") as answered:
        assert refund("o-1 100% <!channel> *x*", amount=7) == "refunded 7"

    seen = answered.result()
    assert refund.done == [("o-1 100% <!channel> *x*", 7, None, "")]
    assert seen["title"] == "Refund <bot>: refund:large"
    assert seen["arguments"] == {
        "agent_name": "Refund <bot>",
        "agent_id": refund.agent.id,
        "function": "refund",
        "argument 1": "o-1 100% <!channel> *x*",
        "amount": 7,
    }
    assert seen["labels"].items() >= {
        ("Agent", "Refund <bot>"),
        ("Scope", "refund:large"),
        ("Function", "refund"),
    }
    assert len(seen["labels"]["Request ID"]) == 8
    assert seen["channel"]["wished"] == "#refunds"
    assert person.ticket(seen["id"])["status"] == "approved"


def test_after_a_no_nothing_runs_and_the_caller_gets_agentsudos_own_error(person: Person) -> None:
    refund = Refunds(SlackApproval())

    with person.answering("deny") as answered, pytest.raises(PermissionDeniedError):
        refund("o-1")

    assert refund.done == []
    assert person.ticket(answered.result()["id"])["status"] == "denied"


def test_a_time_out_denies_and_the_card_says_that_it_is_over(person: Person) -> None:
    refund = Refunds(SlackApproval(timeout=0.1))

    with pytest.raises(PermissionDeniedError):
        refund("o-1")

    assert (refund.done, person.pending()) == ([], [])


def test_a_time_out_raises_where_it_was_asked_to() -> None:
    refund = Refunds(SlackApproval(timeout=0.1, auto_deny_on_timeout=False))

    with pytest.raises(SlackApprovalTimeout) as caught:
        refund("o-1")

    assert isinstance(caught.value, ApprovalTimeout)
    assert refund.done == []


def test_of_a_no_and_a_yes_right_after_it_the_first_one_counts(person: Person, decider: Gate) -> None:
    """The original ran the function: the last click before its next poll won."""
    refund = Refunds(SlackApproval())
    late: list[GateError] = []

    def deny_then_approve() -> None:
        ticket_id = person.sees()["id"]
        decider.deny(ticket_id, "U1")
        try:
            decider.approve(ticket_id, "U2")
        except GateError as error:
            late.append(error)

    answering = threading.Thread(target=deny_then_approve)
    answering.start()
    with pytest.raises(PermissionDeniedError):
        refund("o-1")

    answering.join()
    assert refund.done == []
    assert "409" in str(late[0])


def test_an_answer_that_comes_before_the_wait_counts() -> None:
    with false_gate() as gate:
        refund = Refunds(SlackApproval(cloud_url=f"{gate.url}/agentsudo", cloud_api_key="k"))

        assert refund("o-1") == "refunded 5"
        assert gate.calls == ["POST /v1/tickets", "GET /v1/tickets/t1"]


def test_arguments_that_are_redacted_are_not_sent_and_reach_the_function() -> None:
    with false_gate() as gate:
        approval = SlackApproval(cloud_url=gate.url, cloud_api_key="k", redact=("card", "argument 1"))
        refund = Refunds(approval)

        refund("secret order", card=CARD, lines=[CARD, "of the secret order"])

        assert CARD not in repr(gate.filed)
        assert "secret order" not in repr(gate.filed)
    assert refund.done == [("secret order", 5, [CARD, "of the secret order"], CARD)]


def test_an_argument_that_takes_the_name_of_what_we_tell_hides_nothing() -> None:
    with false_gate() as gate:
        approval = SlackApproval(cloud_url=gate.url, cloud_api_key="k")
        context = {
            "function": "refund",
            "args": (),
            "kwargs": {"agent_name": "somebody else", "function": "x"},
        }

        approval.request_approval(Agent(name="Bot", scopes=[]), "refund:large", context)

        told = gate.filed["arguments"]
    assert (told["agent_name"], told["function"]) == ("Bot", "refund")
    assert (told["argument agent_name"], told["argument function"]) == ("somebody else", "x")


def test_arguments_that_change_meanwhile_run_nothing(person: Person) -> None:
    refund, lines = Refunds(SlackApproval()), ["one"]

    def change_and_answer() -> None:
        ticket_id = person.sees()["id"]
        lines.append("another")
        person.answers(ticket_id)

    answering = threading.Thread(target=change_and_answer)
    answering.start()
    with pytest.raises(ArgumentsChanged, match="lines changed"):
        refund("o-1", lines=lines)

    answering.join()
    assert refund.done == []


# Answering by program


@pytest.mark.parametrize("by", ["the ticket's id", "the Request ID"])
@pytest.mark.parametrize("verdict", ["approve", "deny"])
def test_an_answer_given_in_another_process_reaches_the_ticket(
    person: Person, decider_key: str, by: str, verdict: str
) -> None:
    """The one that answers shares no memory with the one that asks."""
    refund, answers = Refunds(SlackApproval()), []

    def answer() -> None:
        seen = person.sees()
        name = seen["id"] if by == "the ticket's id" else seen["labels"]["Request ID"]
        answers.append((getattr(SlackApproval(cloud_api_key=decider_key), verdict)(name, "U7"), seen["id"]))

    answering = threading.Thread(target=answer)
    answering.start()
    if verdict == "approve":
        assert refund("o-1") == "refunded 5"
    else:
        with pytest.raises(PermissionDeniedError):
            refund("o-1")
    answering.join()

    (taken, ticket_id) = answers[0]
    assert taken is True
    assert person.ticket(ticket_id)["decision"]["by"] == "U7"


def test_the_opposite_answer_and_an_unknown_request_are_not_taken(
    person: Person, client: Gate, decider_key: str
) -> None:
    ticket = client.request(title="Refund")
    program = SlackApproval(cloud_api_key=decider_key)

    assert program.handle_interaction(ticket.id, False, "U1") is True
    assert program.handle_interaction(ticket.id, False, "U2") is True
    assert program.handle_interaction(ticket.id, True, "U3") is False
    assert program.approve("0" * 32) is False
    assert program.approve("00000000") is False
    assert person.ticket(ticket.id)["decision"]["by"] == "U1"


def test_two_requests_that_call_themselves_the_same_are_not_guessed_between(
    client: Gate, person: Person, decider_key: str, requester: str
) -> None:
    name = requester[-8:]
    tickets = [client.request(title="Refund", labels={"Request ID": name}) for _ in range(2)]

    assert SlackApproval(cloud_api_key=decider_key).approve(name, "U1") is False

    assert {person.ticket(ticket.id)["status"] for ticket in tickets} == {"pending"}


def test_whoever_asks_cannot_answer(client: Gate) -> None:
    """In the original anybody could."""
    ticket = client.request(title="Refund")

    with pytest.raises(GateRefused, match="decide"):
        SlackApproval().approve(ticket.id, "me")

    assert client.get(ticket.id).status == "pending"


# The event loop


@on_a_loop
async def test_a_wait_that_would_stop_the_event_loop_is_refused_and_says_what_to_write(
    person: Person,
) -> None:
    refund = Refunds(SlackApproval())

    with pytest.raises(GateUnavailable, match="@awaitable"):
        refund("o-1")

    assert (refund.done, person.pending()) == ([], [])


@pytest.mark.parametrize("kind", ["function", "coroutine function"])
@on_a_loop
async def test_an_awaitable_function_leaves_the_loop_to_others(person: Person, kind: str) -> None:
    """Given one loop for the function and for the answer, when it waits, then the answer is still given."""
    approval = SlackApproval()

    @awaitable
    @sudo(scope="refund:large", on_deny=approval)  # type: ignore[untyped-decorator]  # it has no types
    def refund(amount: int) -> int:
        return amount

    @awaitable
    @sudo(scope="refund:large", on_deny=approval)  # type: ignore[untyped-decorator]  # it has no types
    async def refund_later(amount: int) -> int:
        await asyncio.sleep(0)
        return amount

    with Agent(name="Bot", scopes=[]).start_session():
        running = asyncio.ensure_future((refund if kind == "function" else refund_later)(7))
        ticket = await asyncio.to_thread(person.sees)
        await asyncio.to_thread(person.answers, ticket["id"])
        assert await running == 7


@on_a_loop
async def test_a_cancelled_task_runs_nothing_and_withdraws_its_request(person: Person) -> None:
    refund = Refunds(SlackApproval())
    running = asyncio.ensure_future(awaitable(refund)("o-1"))
    ticket = await asyncio.to_thread(person.sees)

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert await asyncio.to_thread(person.ends_as, ticket["id"], "cancelled")
    assert refund.done == []


# How it is made


def test_the_names_and_arguments_are_the_originals() -> None:
    told = {
        name: one.default
        for name, one in inspect.signature(SlackApproval).parameters.items()
        if one.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    }
    assert told == {
        "webhook_url": None,
        "bot_token": None,
        "channel": None,
        "timeout": 300,
        "poll_interval": 2,
        "cloud_api_key": None,
        "cloud_url": "https://agentsudo.dev/api/slack",
        "auto_deny_on_timeout": True,
    }
    made = {name: one.default for name, one in inspect.signature(create_slack_approval).parameters.items()}
    assert made == {"webhook_url": None, "bot_token": None, "channel": "#approvals", "timeout": 300}


def test_the_callback_that_is_made_for_on_deny_asks_where_it_was_told(person: Person) -> None:
    refund = Refunds(create_slack_approval(bot_token="xoxb-1", channel="#refunds"))

    with person.answering() as answered:
        refund("o-1")

    assert answered.result()["channel"]["wished"] == "#refunds"


def test_the_channel_may_come_from_the_environment(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_APPROVAL_CHANNEL", "#from-environment")
    refund = Refunds(SlackApproval())

    with person.answering() as answered:
        refund("o-1")

    assert answered.result()["channel"]["wished"] == "#from-environment"


def test_a_webhook_alone_posts_a_notice_that_nothing_in_it_can_change_and_denies(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("GATE_URL")
    posted: list[dict[str, Any]] = []

    async def take(request: web.Request) -> web.Response:
        posted.append(await request.json())
        return web.Response(text="ok")

    app = web.Application()
    app.router.add_post("/hook", take)
    with serving(app) as url:
        with pytest.warns(UserWarning, match="every request is denied"):
            refund = Refunds(SlackApproval(webhook_url=f"{url}/hook"))
        refund.agent.name = "<!channel> *bold* &"
        with pytest.raises(PermissionDeniedError):
            refund("o-1")

    assert refund.done == []
    assert "&lt;!channel&gt; *bold* &amp;" in posted[0]["text"]
    assert posted[0]["mrkdwn"] is False
    words = posted[0]["blocks"][0]["text"]
    assert (words["type"], "<!channel>" in words["text"]) == ("plain_text", True)
    assert json.dumps(posted[0]).count("button") == 0


def test_a_webhook_that_does_not_answer_denies_all_the_same(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("GATE_URL")
    with pytest.warns(UserWarning, match="only posts a notice"):
        refund = Refunds(SlackApproval(webhook_url="http://127.0.0.1:9/services/T0/secret"))

    with pytest.raises(PermissionDeniedError):
        refund("o-1")

    assert "the notice did not get through" in caplog.text
    assert "secret" not in caplog.text


def test_where_the_gate_does_not_let_us_ask_the_error_says_so_and_nothing_runs(gate: GateProcess) -> None:
    """The original denied, as if somebody had."""
    refund = Refunds(SlackApproval(cloud_api_key="gate_0000000000_unknown"))

    with pytest.raises(GateUnavailable, match="401"):
        refund("o-1")

    assert refund.done == []
