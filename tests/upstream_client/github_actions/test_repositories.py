"""Which repositories are watched: named ones, or an owner's, and none that was taken out of the settings."""

import pytest

from sandbox.github_actions import GitHubActions
from sandbox.github_actions.instance import Switches
from tests.clock import Clock
from tests.upstream_client.github_actions.conftest import OURS, client_of
from upstream_client.exceptions import NotAllowed, NotUnderstood
from upstream_client.github_actions import GitHubActionsClient
from upstream_client.github_actions.caller import Access
from upstream_client.models import ONE_TIME


def test_a_list_that_grows_by_a_page_is_read_to_its_new_end(github: GitHubActions, access: Access) -> None:
    """Given a first page that stays the same, when another one follows, then it is read."""
    clock = Clock()
    for number in range(99):
        github.add_repository(f"octo-org/a{number}")
    client = GitHubActionsClient(access, owner="octo-org", monotonic=clock.monotonic)
    assert client.list_pending() == []
    github.file_run(repository="octo-org/z")
    clock.advance(901)
    assert len(client.list_pending()) == 1
    client.close()


def test_all_repositories_of_an_organisation_are_watched_but_the_archived(
    github: GitHubActions, access: Access
) -> None:
    for number in range(101):
        github.add_repository(f"octo-org/r{number}")
    github.add_repository("octo-org/old", archived=True)
    github.add_repository("others/shop")
    github.file_run(repository="octo-org/r100")
    with client_of(access, owner="Octo-Org") as client:
        assert [one.title[:14] for one in client.list_pending()] == ["octo-org/r100 "]
        reads = [call for call in github.calls() if call.startswith("GET /orgs/")]
        assert len(reads) == 2
        assert not any("/octo-org/old/" in call or "/others/" in call for call in github.calls())
        client.list_pending()
        assert [call for call in github.calls() if call.startswith("GET /orgs/")] == reads


def test_an_owner_that_is_a_user_has_repositories_as_well(github: GitHubActions, access: Access) -> None:
    github.switch(Switches(organisation=False))
    github.file_run()
    with client_of(access, owner="octo-org") as client:
        assert len(client.list_pending()) == 1


def test_what_an_organisation_refuses_to_list_is_told_and_no_less_is_watched(
    github: GitHubActions, access: Access
) -> None:
    """Given a token that is not authorized for single sign-on, then it says so, and its public ones do not do."""
    github.switch(Switches(sign_on=True))
    with client_of(access, owner="octo-org") as client, pytest.raises(NotAllowed, match="single sign-on"):
        client.list_pending()
    assert not any("/users/" in call for call in github.calls())


def test_an_organisation_that_is_out_of_sight_is_not_taken_for_a_user(
    github: GitHubActions, access: Access
) -> None:
    github.add_fault({"operation": "repositories", "kind": "not_found", "times": 2})
    with client_of(access, owner="octo-org") as client, pytest.raises(NotAllowed, match="no octo-org"):
        client.list_pending()
    assert not any(call.startswith("GET /users/octo-org/repos") for call in github.calls())


def test_an_account_that_cannot_be_read_is_no_user(github: GitHubActions, access: Access) -> None:
    github.switch(Switches(organisation=False))
    github.add_fault({"operation": "account", "kind": "garbage"})
    with client_of(access, owner="octo-org") as client, pytest.raises(NotUnderstood):
        client.list_pending()


def test_the_repositories_of_an_owner_are_read_again_now_and_then(
    github: GitHubActions, access: Access, clock: Clock
) -> None:
    client = GitHubActionsClient(access, owner="octo-org", monotonic=clock.monotonic)
    assert client.list_pending() == []
    github.file_run(repository="octo-org/new")
    assert client.list_pending() == []
    clock.advance(901)
    assert len(client.list_pending()) == 1
    client.close()


def test_a_repository_that_was_taken_out_of_the_settings_is_not_decided(
    github: GitHubActions, client: GitHubActionsClient, access: Access
) -> None:
    github.file_run()
    (request,) = client.list_pending()
    github.add_repository("octo-org/other")
    with client_of(access, "octo-org/other") as narrower:
        with pytest.raises(NotAllowed, match="not among the repositories"):
            narrower.approve(request, ONE_TIME, OURS)
        with pytest.raises(NotAllowed, match="not among the repositories"):
            narrower.fetch(request.id)
    assert github.runs()[0]["decisions"] == 0
