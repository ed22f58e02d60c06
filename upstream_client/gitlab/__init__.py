"""GitLab: deployments that wait for approvals, and, by a switch, jobs that wait to be started by hand."""

from upstream_client.gitlab.client import GitLabClient
from upstream_client.gitlab.gated import Gated

__all__ = ["Gated", "GitLabClient"]
