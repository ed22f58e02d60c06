"""A Privilege Manager: what its vendor documents of the API, and else the shapes of our packaged contract.

Documented are the log-on with its quoted token, Bearer, log-off, version/Current, the envelope, an error
inside HTTP 200, that one address takes Approve and Deny, reports by position, and that it serves a reference
of itself (Swagger 2). Paths and names of list, get and the decisions' bodies are documented nowhere in public:
they come in three shapes, see `Shape`.
"""

from sandbox.privilege_manager.demo import demo_requests
from sandbox.privilege_manager.instance import BASE_PATH, PrivilegeManager
from sandbox.privilege_manager.report import PENDING_REPORT
from sandbox.privilege_manager.roles import Role
from sandbox.privilege_manager.state import Shape

__all__ = ["BASE_PATH", "PENDING_REPORT", "PrivilegeManager", "Role", "Shape", "demo_requests"]
