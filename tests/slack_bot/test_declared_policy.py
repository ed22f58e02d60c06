"""What the operator declares is on record where it changed: whole, and with what it was before."""

import json
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from slack_bot import audit
from slack_bot.audit import Record
from slack_bot.channels_file import read_file
from slack_bot.declared_policy import NOTHING_SEEN, DeclaredPolicy, newest, put_on_record
from slack_bot.ledger import Ledger

NOW = 1_700_000_000_000_000
EVERYTHING: dict[str, Any] = {
    "channels": [
        {
            "id": "C01APPROVALS",
            "approvers": {"users": ["U02APPROVER"], "groups": ["S01APPROVERS"], "everyone": False},
            "approvals": {"high": 2},
            "silence": {
                "any": {
                    "remind_after": "30m",
                    "backup": {"after": "1h30m", "users": ["U04ADMIN"], "groups": ["S02EMPTY"]},
                    "deadline": "4h",
                    "then": "deny",
                }
            },
        },
        {"id": "C03SECOND", "approvers": {"users": [], "groups": [], "everyone": True}},
    ],
    "defaults": {"seats": [{"group": "S01APPROVERS", "count": 1, "from_risk": "high"}], "longest": "4h"},
    "risk_rules": [
        {"upstream": "privilege_manager", "facts": {"policy": "Install *"}, "risk": "high"},
        {"requester": "CORP\\svc-*", "risk": "critical"},
        {"risk": "medium"},
    ],
}


def declared(folder: Path, written: object, slack_channel: str = "") -> DeclaredPolicy:
    """What the file says, and the setting."""
    path = folder / "channels.json"
    path.write_text(json.dumps(written))
    return DeclaredPolicy.of(read_file(path), slack_channel)


def changed(*path: str | int, to: object) -> Any:
    """Everything, but for one value."""
    written = json.loads(json.dumps(EVERYTHING))
    inner = written
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = to
    return written


def start_with(ledger: Ledger, policy: DeclaredPolicy) -> None:
    with ledger.write() as tx:
        put_on_record(tx, NOW, policy)


def on_record(ledger: Ledger) -> list[Record]:
    with ledger.read() as connection:
        return audit.records(connection)


def test_all_that_is_declared_is_kept_whole(shared_ledger: Ledger, tmp_path: Path) -> None:
    policy = declared(tmp_path, EVERYTHING, "#approvals")
    with capture_logs() as told:
        start_with(shared_ledger, policy)
    (record,) = on_record(shared_ledger)
    assert record.detail == {"before": "", "declared": EVERYTHING | {"slack_channel": "#approvals"}}
    assert (record.kind, record.actor, record.request_key) == ("policy_declared", "bot", None)
    assert record.digest == policy.hash
    assert [line["detail"] for line in told if line["event"] == "audit"] == [record.detail]


def test_a_start_with_the_same_leaves_no_record(ledger: Ledger, tmp_path: Path) -> None:
    for _ in range(2):
        start_with(ledger, declared(tmp_path, EVERYTHING))
    assert len(on_record(ledger)) == 1


def test_a_start_with_something_else_says_what_was_there_before(ledger: Ledger, tmp_path: Path) -> None:
    first, second = declared(tmp_path, EVERYTHING), declared(tmp_path, {})
    for policy in (first, second, first):
        start_with(ledger, policy)
    told = [(record.detail["before"], record.digest) for record in on_record(ledger)]
    assert told == [("", first.hash), (first.hash, second.hash), (second.hash, first.hash)]


@pytest.mark.parametrize(
    "written",
    [
        changed("channels", 0, "approvers", "users", to=["U03SECOND"]),
        changed("channels", 1, "approvers", "everyone", to=False),
        changed("channels", 0, "approvals", "high", to=1),
        changed("channels", 0, "silence", "any", "then", to="approve"),
        changed("channels", to=EVERYTHING["channels"][:1]),
        changed("defaults", "longest", to="5h"),
        changed("defaults", "own_requests", to="allow"),
        changed("risk_rules", 0, "risk", to="low"),
        changed("risk_rules", 0, "facts", "policy", to="*"),
        changed("risk_rules", to=[EVERYTHING["risk_rules"][index] for index in (1, 0, 2)]),
    ],
)
def test_whatever_else_it_says_it_is_something_else(tmp_path: Path, written: object) -> None:
    assert declared(tmp_path, written).hash != declared(tmp_path, EVERYTHING).hash


def test_another_channel_of_the_setting_is_something_else(tmp_path: Path) -> None:
    hashes = {declared(tmp_path, {}, name).hash for name in ("", "#approvals", "C01APPROVALS")}
    assert len(hashes) == 3


def test_what_means_the_same_is_the_same_however_it_is_written(tmp_path: Path) -> None:
    written = changed("channels", 0, "silence", "any", "backup", "after", to="90 minutes")
    turned = dict(reversed(written.items()))
    assert declared(tmp_path, turned).hash == declared(tmp_path, EVERYTHING).hash


def test_what_was_declared_last_is_found_from_wherever_one_looked_before(
    ledger: Ledger, tmp_path: Path
) -> None:
    with ledger.read() as connection:
        looks = [newest(connection)]
    assert looks == [NOTHING_SEEN]
    for written in (EVERYTHING, {}):
        start_with(ledger, declared(tmp_path, written))
        with ledger.write() as tx:
            audit.append(tx, NOW, audit.Kind.REFUSAL, None, digest="of something else")
        with ledger.read() as connection:
            assert {newest(connection, known) for known in looks} == {newest(connection)}
            looks.append(newest(connection, looks[-1]))
    assert [look.hash for look in looks[1:]] == [
        declared(tmp_path, EVERYTHING).hash,
        declared(tmp_path, {}).hash,
    ]
