"""What GitLab's approval rules still need, and what was said of a deployment so far."""

from tests.upstream_client.gitlab.told import approval, deployment, rule
from upstream_client.gitlab.rules import needs, said


def test_each_rule_that_is_not_satisfied_is_told_with_its_count() -> None:
    told = deployment(
        rule("Release managers", 2, approval(1)),
        rule("QA", 1, approval(2)),
        rule("Security", 1),
    )
    assert needs(told) == ("Release managers 1 of 2", "Security 0 of 1")


def test_neither_a_rejection_nor_the_same_user_twice_counts_for_a_rule() -> None:
    told = deployment(rule("QA", 2, approval(1), approval(1, minute=5), approval(2, "rejected")))
    assert needs(told) == ("QA 1 of 2",)


def test_without_rules_the_count_is_told() -> None:
    assert needs(deployment(pending_approval_count=1)) == ("1 more approval",)
    assert needs(deployment(pending_approval_count=3)) == ("3 more approvals",)
    assert needs(deployment(pending_approval_count=0)) == needs(deployment()) == ()


def test_rules_that_are_satisfied_need_nothing_whatever_the_count_says() -> None:
    assert needs(deployment(rule("QA", 1, approval(1)), pending_approval_count=1)) == ()


def test_a_rule_that_gitlab_does_not_name_is_told_all_the_same() -> None:
    nameless = {"access_level_description": None, "required_approvals": 1, "deployment_approvals": None}
    assert needs(deployment(nameless)) == ("a rule without a name 0 of 1",)


def test_what_is_told_in_two_places_was_said_once_and_the_latest_comes_last() -> None:
    first, second = approval(1, minute=1), approval(2, minute=2)
    told = deployment(rule("QA", 1, second), rule("All", 2, first), approvals=[second, first])
    assert [one.user.id for one in said(told)] == [1, 2]
