"""users.* and usergroups.*: who is who."""

import pytest
from slack_sdk import WebClient

from sandbox import Sandbox
from tests.sandbox.cards import (
    ADMIN,
    APPROVER,
    BOT,
    DEACTIVATED,
    GUEST,
    OTHER_BOT,
    PARTNER,
    REQUESTER,
    SECOND,
    STRANGER,
)
from tests.sandbox.conftest import MANIFEST, client
from tests.sandbox.refusals import error_of, refused


def test_a_person_has_a_name_an_email_and_a_time_zone(slack: WebClient) -> None:
    user = slack.users_info(user=SECOND)["user"]
    assert (user["real_name"], user["profile"]["email"]) == ("Second Approver", "second.approver@example.com")
    assert (user["tz"], user["tz_offset"]) in (("America/New_York", -18000), ("America/New_York", -14400))


def test_without_its_scope_no_email_is_shown() -> None:
    with Sandbox(manifest=MANIFEST, declined_scopes=["users:read.email"]) as sandbox:
        slack = client(sandbox)
        assert "email" not in slack.users_info(user=APPROVER)["user"]["profile"]
        assert all("email" not in user["profile"] for user in slack.users_list()["members"])
        answer = refused(lambda: slack.users_lookupByEmail(email="approver@example.com"))
        assert answer["needed"] == "users:read.email"


@pytest.mark.parametrize(
    ("user", "flag"),
    [
        (ADMIN, "is_admin"),
        (GUEST, "is_restricted"),
        (BOT, "is_bot"),
        (OTHER_BOT, "is_bot"),
        (DEACTIVATED, "deleted"),
        (STRANGER, "is_stranger"),
    ],
)
def test_what_somebody_is_shows_in_a_flag(slack: WebClient, user: str, flag: str) -> None:
    assert slack.users_info(user=user)["user"][flag] is True
    assert not slack.users_info(user=REQUESTER)["user"].get(flag)


@pytest.mark.parametrize("user", [STRANGER, PARTNER])
def test_people_of_another_workspace_carry_its_id(slack: WebClient, user: str) -> None:
    assert slack.users_info(user=user)["user"]["team_id"] == "T02PARTNER"


def test_an_unknown_person_is_not_found(slack: WebClient) -> None:
    assert error_of(lambda: slack.users_info(user="U99NOBODY")) == "user_not_found"


def test_the_list_has_the_workspaces_own_people_in_pages(slack: WebClient) -> None:
    pages = [[user["id"] for user in page["members"]] for page in slack.users_list(limit=5)]
    everyone = {user for page in pages for user in page}
    assert [len(page) for page in pages] == [5, 4]
    assert DEACTIVATED in everyone
    assert not everyone & {STRANGER, PARTNER}


def test_a_person_is_found_by_email(slack: WebClient) -> None:
    assert slack.users_lookupByEmail(email="Approver@Example.com")["user"]["id"] == APPROVER


@pytest.mark.parametrize("email", ["nobody@example.com", "deactivated@example.com"])
def test_no_active_person_has_this_email(slack: WebClient, email: str) -> None:
    assert error_of(lambda: slack.users_lookupByEmail(email=email)) == "users_not_found"


def test_a_user_group_lists_its_people(slack: WebClient) -> None:
    assert slack.usergroups_users_list(usergroup="S01APPROVERS")["users"] == [APPROVER, SECOND, GUEST]
    assert slack.usergroups_users_list(usergroup="S02EMPTY")["users"] == []
    assert error_of(lambda: slack.usergroups_users_list(usergroup="S99")) == "no_such_subteam"


def test_user_groups_are_listed_with_their_people_only_if_asked(slack: WebClient) -> None:
    groups = {group["handle"]: group for group in slack.usergroups_list()["usergroups"]}
    assert groups.keys() == {"it-approvers", "nobody"}
    assert (groups["it-approvers"]["user_count"], "users" in groups["it-approvers"]) == (3, False)
    with_users = slack.usergroups_list(include_users=True)["usergroups"][0]
    assert with_users["users"] == [APPROVER, SECOND, GUEST]


def test_a_disabled_user_group_is_gone_unless_asked_for(sandbox: Sandbox, slack: WebClient) -> None:
    sandbox.control.change_usergroup("it-approvers", disabled=True)
    assert [group["handle"] for group in slack.usergroups_list()["usergroups"]] == ["nobody"]
    assert len(slack.usergroups_list(include_disabled=True)["usergroups"]) == 2
    assert error_of(lambda: slack.usergroups_users_list(usergroup="S01APPROVERS")) == "no_such_subteam"
