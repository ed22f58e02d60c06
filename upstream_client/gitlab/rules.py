"""What GitLab's own approval rules still need of a deployment, and what was said so far. Pure."""

from collections.abc import Iterator

from upstream_client.gitlab.wire import Approval, Deployment, Rule

APPROVED, REJECTED = "approved", "rejected"
"""docs.gitlab.com/api/deployments/#approve-or-reject-a-blocked-deployment"""


def needs(told: Deployment) -> tuple[str, ...]:
    """For each rule that is not satisfied, such as "Release managers 1 of 2"; without rules, the count."""
    rules = _rules(told)
    open_rules = tuple(_words(rule) for rule in rules if _given(rule) < rule.required_approvals)
    if open_rules or rules or not told.pending_approval_count:
        return open_rules
    count = told.pending_approval_count
    return (f"{count} more approval{'s' if count > 1 else ''}",)


def said(told: Deployment) -> tuple[Approval, ...]:
    """Each approval and rejection once, the latest last: GitLab may tell one in two places."""
    found = [*told.approvals, *(one for rule in _rules(told) for one in rule.deployment_approvals)]
    by_user = {(one.user.id, one.status): one for one in sorted(found, key=_when)}
    return tuple(sorted(by_user.values(), key=_when))


def _rules(told: Deployment) -> tuple[Rule, ...]:
    return told.approval_summary.rules if told.approval_summary is not None else ()


def _given(rule: Rule) -> int:
    return len({one.user.id for one in _approving(rule)})


def _approving(rule: Rule) -> Iterator[Approval]:
    return (one for one in rule.deployment_approvals if one.status == APPROVED)


def _words(rule: Rule) -> str:
    name = " ".join(rule.access_level_description.split()) or "a rule without a name"
    return f"{name} {_given(rule)} of {rule.required_approvals}"


def _when(one: Approval) -> int:
    return one.created_at or 0
