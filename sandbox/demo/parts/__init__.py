"""The demo's upstreams, one line each, by their names in the bot's UPSTREAMS."""

from collections.abc import Callable, Mapping

from sandbox.demo.part import Part, Setting
from sandbox.demo.parts.argo_workflows import argo_workflows
from sandbox.demo.parts.gate import gate
from sandbox.demo.parts.github_actions import github_actions
from sandbox.demo.parts.gitlab import gitlab
from sandbox.demo.parts.privilege_manager import privilege_manager
from sandbox.demo.parts.xerotier import xerotier

PARTS: Mapping[str, Callable[[Setting], Part]] = {
    "privilege_manager": privilege_manager,
    "gate": gate,
    "xerotier": xerotier,
    "github_actions": github_actions,
    "gitlab": gitlab,
    "argo_workflows": argo_workflows,
}
DEFAULT = ("privilege_manager", "gate")
"""Those of which nobody has to know anything to look at them."""

__all__ = ["DEFAULT", "PARTS"]
