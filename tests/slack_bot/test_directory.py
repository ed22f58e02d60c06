"""Who people are, as Slack tells it; and whether it told."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from slack_sdk import WebClient

from sandbox import Sandbox
from sandbox.server import WORKSPACE
from slack_bot.directory import (
    FAILURES_REMEMBERED,
    PAGE,
    REMEMBERED,
    Busy,
    CannotTell,
    Directory,
    Group,
    Memory,
    Person,
    Place,
)
from slack_bot.policy import LookUps, Standing
from tests.clock import Clock
from tests.rig import (
    ADMIN,
    APPROVALS,
    APPROVER,
    APPROVERS_GROUP,
    GUEST,
    OTHER_BOT,
    OUR_BOT,
    OUTSIDER,
    REQUESTER,
    STRANGER,
)
from tests.upstream_client.serving import serving

GROUP, PERSON, MEMBERS = "usergroups.users.list", "users.info", "conversations.members"
GROUPS, PLACE = "usergroups.list", "conversations.info"
IN_GROUP = LookUps(groups=(APPROVERS_GROUP,), channel_members=False)
IN_CHANNEL = LookUps(groups=(), channel_members=True)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def directory_of(sandbox: Sandbox, clock: Clock) -> Directory:
    client = WebClient(token=sandbox.bot_token, base_url=sandbox.slack_api_url, timeout=1, retry_handlers=[])
    return Directory(client, "T01SANDBOX", clock.monotonic)


@pytest.fixture
def directory(sandbox: Sandbox, clock: Clock) -> Directory:
    return directory_of(sandbox, clock)


@pytest.mark.parametrize(
    ("user", "name", "standing"),
    [
        (REQUESTER, "Requester", Standing.MEMBER),
        (ADMIN, "Admin", Standing.MEMBER),
        (GUEST, "Guest", Standing.GUEST),
        (OUR_BOT, "Approval Bot", Standing.BOT),
        (OTHER_BOT, "Other Bot", Standing.BOT),
        ("U08DEACTIVATED", "Deactivated", Standing.DEACTIVATED),
        (STRANGER, "Stranger", Standing.STRANGER),
        ("U11PARTNER", "Partner", Standing.STRANGER),
    ],
)
def test_everybody_has_the_standing_of_their_account(
    directory: Directory, user: str, name: str, standing: Standing
) -> None:
    person = directory.person(user)
    assert (person.id, person.name, person.standing) == (user, name, standing)


def test_what_else_an_account_tells_is_told(directory: Directory) -> None:
    assert directory.person(ADMIN) == Person(
        ADMIN, "Admin", Standing.MEMBER, is_admin=True, zone="Asia/Tokyo", email="admin@example.com"
    )
    assert not directory.person(APPROVER).is_admin


@pytest.mark.parametrize("fact", [{"is_owner": True}, {"is_admin": True}])
def test_owners_are_admins_as_admins_are_and_guests_never(fact: dict[str, bool]) -> None:
    with somebody({"team_id": "T01SANDBOX"} | fact) as told:
        assert told.is_admin
    with somebody({"team_id": "T01SANDBOX", "is_restricted": True} | fact) as told:
        assert not told.is_admin
    with somebody({"team_id": "T02PARTNER"} | fact) as told:
        assert not told.is_admin


def test_an_account_that_slack_does_not_know_is_nobody(directory: Directory) -> None:
    with pytest.raises(CannotTell, match="who you are \\(user_not_found\\)"):
        directory.person("U99NOBODY")


def test_what_slack_told_is_used_for_a_minute_and_then_asked_again(
    directory: Directory, sandbox: Sandbox, clock: Clock
) -> None:
    person = directory.person(APPROVER)
    assert directory.voter(person, IN_GROUP, APPROVALS).groups == {APPROVERS_GROUP}
    sandbox.control.change_usergroup(APPROVERS_GROUP, users=[])
    sandbox.control.change_user(APPROVER, is_restricted=True)
    clock.advance(REMEMBERED - 5)
    assert directory.person(APPROVER).standing is Standing.MEMBER
    assert directory.voter(person, IN_GROUP, APPROVALS).groups == {APPROVERS_GROUP}
    assert len(sandbox.control.calls(GROUP)) == len(sandbox.control.calls(PERSON)) == 1
    clock.advance(10)
    assert directory.person(APPROVER).standing is Standing.GUEST
    assert directory.voter(person, IN_GROUP, APPROVALS).groups == frozenset()


def test_a_failure_is_remembered_for_some_seconds_and_the_question_is_asked_again_then(
    directory: Directory, sandbox: Sandbox, clock: Clock
) -> None:
    person = directory.person(APPROVER)
    sandbox.control.faults(method=GROUP, kind="server_error")
    for _ in range(3):
        with pytest.raises(CannotTell, match=r"who is in <!subteam\^S01APPROVERS>: it does not answer"):
            directory.voter(person, IN_GROUP, APPROVALS)
    assert len(sandbox.control.calls(GROUP)) == 1
    clock.advance(FAILURES_REMEMBERED + 0.1)
    assert directory.voter(person, IN_GROUP, APPROVALS).groups == {APPROVERS_GROUP}


def test_of_one_question_that_failed_nothing_is_concluded_about_another(
    directory: Directory, sandbox: Sandbox
) -> None:
    with pytest.raises(CannotTell):
        directory.person("U99NOBODY")
    assert directory.person(APPROVER).name == "Approver"
    with pytest.raises(CannotTell, match="who <@U99NOBODY> is \\(user_not_found\\)"):
        directory.person("U99NOBODY", "who <@U99NOBODY> is")
    assert len(sandbox.control.calls(PERSON)) == 2


def test_only_so_much_is_remembered_and_the_oldest_gives_way(clock: Clock) -> None:
    memory = Memory[str](clock.monotonic, REMEMBERED, most=2)
    for name in ("one", "two", "one", "three"):
        memory.keep(name, name.upper())
    assert [memory.get(name) for name in ("one", "two", "three")] == ["ONE", None, "THREE"]
    clock.advance(REMEMBERED + 1)
    assert memory.get("one") is None


def test_who_is_in_the_admins_group_is_told(directory: Directory, sandbox: Sandbox) -> None:
    assert directory.is_in_admin_group(APPROVER, APPROVERS_GROUP)
    assert not directory.is_in_admin_group(ADMIN, APPROVERS_GROUP)
    assert len(sandbox.control.calls(GROUP)) == 1
    sandbox.control.faults(method=GROUP, kind="plan_upgrade_required")
    with pytest.raises(CannotTell, match=r"the admins' group <!subteam\^S02EMPTY> \(plan_upgrade_required\)"):
        directory.is_in_admin_group(APPROVER, "S02EMPTY")


def test_the_user_groups_are_told_by_their_handles_and_remembered(
    directory: Directory, sandbox: Sandbox
) -> None:
    expected = (Group(APPROVERS_GROUP, "it-approvers"), Group("S02EMPTY", "nobody"))
    assert directory.groups() == directory.groups() == expected
    assert len(sandbox.control.calls(GROUPS)) == 1


def test_a_workspace_without_user_groups_is_asked_once_as_well(
    directory: Directory, sandbox: Sandbox
) -> None:
    for group in (APPROVERS_GROUP, "S02EMPTY"):
        sandbox.control.change_usergroup(group, disabled=True)
    assert directory.groups() == directory.groups() == ()
    assert len(sandbox.control.calls(GROUPS)) == 1


@pytest.mark.parametrize(
    ("channel", "place"),
    [
        (APPROVALS, Place()),
        ("C04ARCHIVED", Place(is_archived=True)),
        ("C05PRIVATE", Place()),
        ("C06SHARED", Place(is_shared=True)),
    ],
)
def test_what_kind_of_channel_it_is_is_told_and_remembered(
    directory: Directory, sandbox: Sandbox, channel: str, place: Place
) -> None:
    assert directory.place(channel) == directory.place(channel) == place
    assert len(sandbox.control.calls(PLACE)) == 1


def test_without_the_scope_nobody_can_tell_what_kind_of_channel_it_is(tmp_path: Path, clock: Clock) -> None:
    with Sandbox(declined_scopes=["channels:read"]) as sandbox:
        directory = directory_of(sandbox, clock)
        with pytest.raises(CannotTell, match="has to give the app the scope channels:read and groups:read"):
            directory.place(APPROVALS)


def test_a_group_that_is_disabled_cannot_be_told(directory: Directory, sandbox: Sandbox) -> None:
    person = directory.person(APPROVER)
    sandbox.control.change_usergroup(APPROVERS_GROUP, disabled=True)
    with pytest.raises(CannotTell, match="no_such_subteam"):
        directory.voter(person, IN_GROUP, APPROVALS)


def test_nothing_is_looked_up_that_is_not_asked_for(directory: Directory, sandbox: Sandbox) -> None:
    person = directory.person(OUTSIDER)
    voter = directory.voter(person, LookUps((), channel_members=False), APPROVALS)
    assert (voter.groups, voter.in_channel) == (frozenset(), False)
    assert [call["method"] for call in sandbox.control.calls()] == [PERSON]


@pytest.mark.parametrize("method", [PERSON, GROUP, MEMBERS])
def test_a_limit_is_told_and_respected_for_its_method_and_for_no_other(
    directory: Directory, sandbox: Sandbox, clock: Clock, method: str
) -> None:
    def look() -> None:
        person = Person(OUTSIDER, "Outsider", Standing.MEMBER)
        if method == PERSON:
            directory.person(OUTSIDER)
        else:
            directory.voter(person, IN_GROUP if method == GROUP else IN_CHANNEL, APPROVALS)

    sandbox.control.faults(method=method, kind="ratelimited", retry_after=40)
    with pytest.raises(Busy) as first:
        look()
    assert first.value.retry_after == 40
    clock.advance(30)
    with pytest.raises(Busy) as second:
        look()
    assert 9 < second.value.retry_after <= 10
    assert len(sandbox.control.calls(method)) == 1
    other = LookUps((), channel_members=True) if method == GROUP else IN_GROUP
    directory.voter(Person(APPROVER, "Approver", Standing.MEMBER), other, APPROVALS)
    clock.advance(11)
    look()


@pytest.fixture
def crowded(tmp_path: Path) -> Iterator[Sandbox]:
    """A workspace with a channel that takes three pages to list."""
    described: dict[str, Any] = json.loads(WORKSPACE.read_text())
    crowd = [f"U2{number:05}" for number in range(2 * PAGE + 5)]
    described["users"] += [{"id": user, "name": user.lower(), "real_name": user} for user in crowd]
    described["channels"][0]["members"] += crowd
    path = tmp_path / "workspace.json"
    path.write_text(json.dumps(described))
    with Sandbox(workspace=path) as running:
        yield running


def test_a_channel_of_many_members_is_read_to_the_last_page(crowded: Sandbox, clock: Clock) -> None:
    directory = directory_of(crowded, clock)
    last = f"U2{2 * PAGE + 4:05}"
    assert directory.voter(directory.person(last), IN_CHANNEL, APPROVALS).in_channel
    assert len(crowded.control.calls(MEMBERS)) == 3
    absent = Person("U20NOTHERE", "Not Here", Standing.MEMBER)
    assert not directory.voter(absent, IN_CHANNEL, APPROVALS).in_channel


@pytest.mark.parametrize("kind", ["server_error", "invalid_cursor"])
def test_a_channel_of_which_only_a_part_could_be_read_is_not_told(
    crowded: Sandbox, clock: Clock, kind: str
) -> None:
    directory = directory_of(crowded, clock)
    crowded.control.faults(method=MEMBERS, kind=kind, nth=3)
    with pytest.raises(CannotTell, match="who is in this channel"):
        directory.voter(directory.person(REQUESTER), IN_CHANNEL, APPROVALS)


OURS, OTHERS = "E01SANDBOX", "E02PARTNER"


@contextmanager
def somebody(user: dict[str, Any], enterprise_id: str = "") -> Iterator[Person]:
    """A user whom Slack tells about in these words, in our organisation."""

    async def answer(_request: web.Request) -> web.Response:
        return web.json_response({"ok": True, "user": {"id": "U20SOMEBODY", "name": "somebody"} | user})

    app = web.Application()
    app.router.add_route("*", "/api/users.info", answer)
    with serving(app) as address:
        client = WebClient(token="xoxb-1", base_url=f"{address}/api/", timeout=2, retry_handlers=[])
        directory = Directory(client, "T01SANDBOX", Clock().monotonic, enterprise_id)
        yield directory.person("U20SOMEBODY")


def in_organisation(enterprise_id: str) -> dict[str, Any]:
    """As the object of somebody in Enterprise Grid says it."""
    return {"team_id": "T09ELSEWHERE", "enterprise_user": {"id": "W1", "enterprise_id": enterprise_id}}


@pytest.mark.parametrize(
    ("user", "enterprise_id", "standing"),
    [
        ({}, "", Standing.STRANGER),
        ({"team_id": None}, "", Standing.STRANGER),
        ({"team_id": ""}, "", Standing.STRANGER),
        ({"team_id": "T01SANDBOX"}, "", Standing.MEMBER),
        ({"team_id": "T01SANDBOX"}, OURS, Standing.MEMBER),
        (in_organisation(OURS), OURS, Standing.MEMBER),
        (in_organisation(OTHERS), OURS, Standing.STRANGER),
        (in_organisation(OURS), "", Standing.STRANGER),
        (in_organisation(""), "", Standing.STRANGER),
        (in_organisation(OURS) | {"is_stranger": True}, OURS, Standing.STRANGER),
        (in_organisation(OURS) | {"is_restricted": True}, OURS, Standing.GUEST),
        (in_organisation(OURS) | {"is_ultra_restricted": True}, OURS, Standing.GUEST),
        (in_organisation(OURS) | {"deleted": True}, OURS, Standing.DEACTIVATED),
        (in_organisation(OURS) | {"is_bot": True}, OURS, Standing.BOT),
        ({"team_id": "T09ELSEWHERE", "enterprise_user": None}, OURS, Standing.STRANGER),
    ],
)
def test_only_people_of_our_workspace_or_organisation_are_members(
    user: dict[str, Any], enterprise_id: str, standing: Standing
) -> None:
    with somebody(user, enterprise_id) as told:
        assert told.standing is standing
