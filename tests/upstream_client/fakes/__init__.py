"""Each upstream's fake, one line each: what stands here has to pass the conformance suite."""

from tests.upstream_client.fakes.argo_workflows import ArgoWorkflowsFake
from tests.upstream_client.fakes.fake import Fake, Taken
from tests.upstream_client.fakes.gate import GateFake
from tests.upstream_client.fakes.github_actions import GitHubActionsFake
from tests.upstream_client.fakes.gitlab import GitLabFake, ManualJobsFake
from tests.upstream_client.fakes.privilege_manager import PrivilegeManagerFake
from tests.upstream_client.fakes.xerotier import ListedXerotierFake, XerotierFake

FAKES: tuple[type[Fake], ...] = (
    PrivilegeManagerFake,
    GateFake,
    XerotierFake,
    ListedXerotierFake,
    GitHubActionsFake,
    GitLabFake,
    ManualJobsFake,
    ArgoWorkflowsFake,
)

__all__ = ["FAKES", "Fake", "Taken"]
