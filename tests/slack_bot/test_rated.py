"""An upstream that is rated by rules, before the real client, the sandbox and the poller."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from sandbox.privilege_manager import BASE_PATH, PrivilegeManager
from slack_bot.applier import Applier
from slack_bot.poller import ApprovalPoller
from slack_bot.rated import Rated, rated
from slack_bot.risk_rules import RiskRule
from slack_bot.rows import State
from tests.rig import APPROVER, Rig
from tests.upstream_client.privilege_manager.contracts import Open, changed
from tests.upstream_client.serving import serving
from upstream_client.base import Upstream
from upstream_client.exceptions import PartlyRead, Throttled
from upstream_client.models import HOUR, Decision, Duration, OutcomeKind, Risk, Status
from upstream_client.privilege_manager import PrivManClient

INSTALLERS = RiskRule(Risk.CRITICAL, facts=(("policy", "install*"),))
OTHERS = RiskRule(Risk.LOW, facts=(("policy", "other*"),))
RULES = (INSTALLERS, OTHERS)
DECISION = Decision("0123456789abcdef", "Approver", "Approved by Approver.")


@pytest.fixture
def pm() -> PrivilegeManager:
    return PrivilegeManager()


@pytest.fixture
def client(pm: PrivilegeManager) -> Iterator[PrivManClient]:
    with serving(pm.app()) as address:
        client = PrivManClient(address + BASE_PATH, pm.username, pm.password, poll_interval=0.01)
        yield client
        client.close()


def risks(upstream: Upstream) -> dict[str, Risk]:
    return {request.id: request.risk for request in upstream.list_pending()}


def test_what_is_listed_and_what_is_fetched_is_rated(client: PrivManClient, pm: PrivilegeManager) -> None:
    installs, other, neither = (
        pm.file_request(policy=policy) for policy in ("Install software", "Other tools", "Run scripts")
    )
    upstream = Rated(client, RULES)
    expected = {installs: Risk.CRITICAL, other: Risk.LOW, neither: Risk.UNRATED}
    assert risks(client) == dict.fromkeys(expected, Risk.UNRATED)
    assert risks(upstream) == expected
    for id, risk in expected.items():
        seen = upstream.fetch(id)
        assert seen.request is not None
        assert (seen.status, seen.request.risk) == (Status.PENDING, risk)


def test_what_is_decided_upon_and_what_nobody_knows_is_fetched_as_it_is(
    client: PrivManClient, pm: PrivilegeManager
) -> None:
    decided = pm.file_request(policy="Install software")
    pm.decide(decided, "deny", "Console Admin")
    upstream = Rated(client, RULES)
    assert upstream.fetch(decided).status is Status.DENIED
    assert upstream.fetch("85d71683-7dac-4762-8120-76a9a564fdc1") == client.fetch(
        "85d71683-7dac-4762-8120-76a9a564fdc1"
    )


def test_of_a_list_that_was_read_in_part_what_was_read_is_rated(pm: PrivilegeManager) -> None:
    def by_policy(contract: Open) -> None:
        contract["fields"]["status"]["names"] = ["PolicyName"]
        contract["statuses"]["pending"]["names"] = ["Installers"]

    known, strange = pm.file_request(policy="Installers"), pm.file_request(policy="Nobody knows this word")
    with serving(pm.app()) as address:
        client = PrivManClient(address + BASE_PATH, pm.username, pm.password, changed(by_policy))
        with pytest.raises(PartlyRead, match=strange) as told:
            Rated(client, RULES).list_pending()
        client.close()
    assert [(request.id, request.risk) for request in told.value.readable] == [(known, Risk.CRITICAL)]


def test_answers_are_passed_on_once(client: PrivManClient, pm: PrivilegeManager) -> None:
    upstream = Rated(client, RULES)
    first, second = pm.file_request(policy="Install software"), pm.file_request()
    by_id = {request.id: request for request in upstream.list_pending()}
    assert upstream.approve(by_id[first], Duration(HOUR), DECISION).kind is OutcomeKind.TAKEN
    assert upstream.deny(by_id[second], "Not today.", DECISION).kind is OutcomeKind.TAKEN
    assert [(one["status"], one["decisions"]) for one in pm.requests()] == [("Approved", 1), ("Denied", 1)]


def test_it_is_named_as_the_upstream_and_watches_as_it_does(client: PrivManClient) -> None:
    upstream, stop = Rated(client, RULES), threading.Event()
    assert (upstream.name, upstream.title, upstream.capabilities) == (
        client.name,
        client.title,
        client.capabilities,
    )
    looks = upstream.watch(stop)
    assert [next(looks), next(looks)] == [None, None]
    stop.set()
    assert next(looks, "over") == "over"


def test_closing_it_logs_the_client_off(client: PrivManClient, pm: PrivilegeManager) -> None:
    upstream = Rated(client, RULES)
    upstream.list_pending()
    upstream.close()
    assert pm.calls()["logoff"] == 1


def test_without_rules_nothing_stands_in_between(client: PrivManClient) -> None:
    assert rated([client], ()) == [client]
    (one,) = rated([client], RULES)
    assert isinstance(one, Rated)
    assert "PrivManClient" in repr(one)


def test_an_error_of_the_upstream_stays_what_it_is(sandbox: Sandbox, tmp_path: Path) -> None:
    with Rig(sandbox, tmp_path) as rig:
        rig.upstream_fails("list", "ratelimited")
        with pytest.raises(Throttled):
            Rated(rig.upstream, RULES).list_pending()


def rate_by(rig: Rig, *rules: RiskRule) -> None:
    """The operator starts the bot with these rules."""
    rig.restart()
    upstream = Rated(rig.upstream, rules)
    rig.poller = ApprovalPoller(upstream, rig.ledger, rig.clock.now, _nothing, rig.last_read)
    rig.applier = Applier(upstream, rig.ledger, rig.clock.now, _nothing, "this process", lambda *_: True)


def _nothing() -> None:
    """Nobody needs waking: the test steps everybody."""


def test_the_card_shows_the_risk_that_the_rules_give(sandbox: Sandbox, tmp_path: Path) -> None:
    with Rig(sandbox, tmp_path) as rig:
        rate_by(rig, INSTALLERS)
        rig.ask(policy="Install software")
        assert "‼ critical" in rig.words()
        assert rig.row().asked.risk is Risk.CRITICAL


def test_other_rules_change_the_card_and_keep_it_answerable(sandbox: Sandbox, tmp_path: Path) -> None:
    """Given a card, when the bot starts with other rules, then the same card shows what they give."""
    with Rig(sandbox, tmp_path) as rig:
        request_id = rig.ask(policy="Install software")
        before = rig.row()
        assert "not rated" in rig.words()

        rate_by(rig, RiskRule(Risk.LOW))
        rig.look()

        assert len(rig.cards()) == 1
        assert "▽ low" in rig.words()
        assert (rig.row().digest, rig.row().revision) == (before.digest, before.revision)
        rig.press(APPROVER, "approve_request")
        rig.run()
        assert rig.row().state is State.APPROVED
        assert rig.upstream_request(request_id)["decisions"] == 1
