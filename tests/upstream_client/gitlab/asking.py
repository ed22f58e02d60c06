"""What is filed at the sandbox's GitLab, and asked of the client before it."""

from sandbox.gitlab import GitLab
from tests.upstream_client.gitlab.told import DECISION
from upstream_client.gitlab import GitLabClient
from upstream_client.models import ONE_TIME, ApprovalRequest, Outcome


def filed(gitlab: GitLab, **more: object) -> str:
    return gitlab.file_deployment(**more)  # type: ignore[arg-type]


def the_one(client: GitLabClient) -> ApprovalRequest:
    [one] = client.list_pending()
    return one


def approve(client: GitLabClient, one: ApprovalRequest) -> Outcome:
    return client.approve(one, ONE_TIME, DECISION)
