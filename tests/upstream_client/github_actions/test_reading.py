"""From GitHub's JSON to a request: what stands on the card, what is bound, what is refused."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.upstream_client.github_actions.wired import API, REPOSITORY, SHA, pending, run
from upstream_client.exceptions import NotUnderstood
from upstream_client.github_actions import reading
from upstream_client.github_actions.reading import Waiting
from upstream_client.models import ApprovalRequest, Risk
from upstream_client.pipeline import Change, Named

MICROSECONDS = 1_000_000


def asked(
    run_more: dict[str, Any] | None = None,
    pending_more: dict[str, Any] | None = None,
    change: Change | None = None,
) -> ApprovalRequest:
    read = reading.run(run(**run_more or {}), REPOSITORY)
    (environment,) = reading.pending([pending(**pending_more or {})])
    return reading.request(Waiting(read, environment), change, API)


def facts(request: ApprovalRequest) -> dict[str, str]:
    return {fact.key: fact.value for fact in request.facts}


def test_a_card_tells_what_goes_where_and_who_started_it() -> None:
    request = asked()
    assert request.id == "octo-org/shop/77/1/161"
    assert request.title == "octo-org/shop → production · 1f2e3d4c5b6a"
    assert (request.requester, request.requester_email, request.risk) == ("octocat", "", Risk.HIGH)
    assert request.link == "https://github.com/octo-org/shop/actions/runs/77"
    assert request.requested_at == 1_772_443_860 * MICROSECONDS
    assert facts(request) == {
        "repository": "octo-org/shop",
        "environment": "production",
        "ref": "main",
        "commit": SHA,
        "triggered_by": "octocat",
        "run": "#12",
        "label:workflow": ".github/workflows/deploy.yml",
        "label:event": "push",
        "claimed:Title": "Raise the limit",
        "reviewers": "slack-approver",
    }


@pytest.mark.parametrize(
    ("branch", "version"),
    [("v1.4.2", "v1.4.2"), ("2026.03.1-rc1", "2026.03.1-rc1"), ("main", SHA[:12]), (None, SHA[:12])],
)
def test_a_tag_that_is_a_version_is_in_the_headline_and_else_the_commit(
    branch: str | None, version: str
) -> None:
    assert asked({"head_branch": branch}).title.endswith(f" · {version}")


def test_who_started_this_attempt_is_the_requester_and_who_began_it_is_told() -> None:
    request = asked({"triggering_actor": {"login": "sam"}, "run_attempt": 2})
    assert (request.requester, facts(request)["actor"]) == ("sam", "octocat")
    assert (request.id, facts(request)["run"]) == ("octo-org/shop/77/2/161", "#12, attempt 2")


def test_a_commit_of_a_fork_is_told_and_bound() -> None:
    request = asked({"head_repository": {"full_name": "stranger/shop"}})
    assert facts(request)["head_repository"] == "stranger/shop"
    assert request.digest != asked().digest


@pytest.mark.parametrize(
    "more",
    [
        {"current_user_can_approve": False},
        {"wait_timer": 30, "wait_timer_started_at": "2026-03-02T09:31:00Z"},
        {"reviewers": [{"type": "Team", "reviewer": {"slug": "ops"}}]},
    ],
)
def test_what_may_change_while_it_waits_is_shown_and_not_bound(more: dict[str, Any]) -> None:
    request = asked(pending_more=more)
    assert request.facts != asked().facts
    assert request.digest == asked().digest


def test_what_changes_is_not_bound() -> None:
    change = Change(Named("1…2"), ("a.py",), titles=("Fix it",))
    assert facts(asked(change=change))["changelog"] == "1: Fix it"
    assert asked(change=change).digest == asked().digest


@pytest.mark.parametrize("name", ["head_sha", "run_attempt", "head_branch", "triggering_actor", "event"])
def test_what_the_question_is_about_is_bound(name: str) -> None:
    other = {
        "head_sha": SHA[::-1],
        "run_attempt": 2,
        "head_branch": "fix",
        "triggering_actor": {"login": "sam"},
        "event": "schedule",
    }
    assert asked({name: other[name]}).digest != asked().digest


def test_how_long_the_timer_runs_is_told() -> None:
    told = facts(asked(pending_more={"wait_timer": 1, "wait_timer_started_at": "2026-03-02T09:31:00Z"}))
    assert told["wait_timer"].startswith("1 minute, running since 2026-03-02 09:31 UTC: ")


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/octo-org/shop",
        "javascript:alert(1)",
        "https://github.com.evil.example/",
        "",
        None,
    ],
)
def test_a_link_that_leads_elsewhere_is_none(link: str | None) -> None:
    request = asked({"html_url": link})
    assert (request.link, [fact.link for fact in request.facts if fact.link]) == ("", [])


@pytest.mark.parametrize(
    "more",
    [
        {"head_sha": "main"},
        {"head_sha": SHA[:12]},
        {"run_attempt": 0},
        {"id": "77"},
        {"repository": {"full_name": "others/shop"}},
        {"repository": None},
    ],
)
def test_a_run_that_cannot_be_decided_on_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(NotUnderstood):
        reading.run(run(**more), REPOSITORY)


@pytest.mark.parametrize(
    "more", [{"current_user_can_approve": "yes"}, {"environment": {"id": 1}}, {"environment": {}}]
)
def test_an_environment_that_cannot_be_decided_on_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(NotUnderstood):
        reading.pending([pending(**more)])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)


@given(JSON, st.sampled_from(sorted(run())), JSON, st.sampled_from(sorted(pending())))
def test_any_json_gives_a_request_or_an_error_of_ours(
    of_run: Any, in_run: str, of_pending: Any, in_pending: str
) -> None:
    for body in (of_run, run(**{in_run: of_run})):
        bodies: tuple[Any, ...] = (of_pending, [pending(**{in_pending: of_pending})])
        for environments in bodies:
            with suppress(NotUnderstood):
                read = reading.run(body, REPOSITORY)
                for one in reading.pending(environments):
                    assert reading.request(Waiting(read, one), None, API).digest
