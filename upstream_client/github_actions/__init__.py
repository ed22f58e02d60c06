"""GitHub Actions: jobs that wait until a required reviewer of their environment has looked at them."""

from upstream_client.github_actions.client import GitHubActionsClient

__all__ = ["GitHubActionsClient"]
