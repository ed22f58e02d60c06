"""A Privilege Manager: what its vendor documents of the API, and else the shapes of our packaged contract.

Documented are the log-on with its quoted token, Bearer, log-off, version/Current, the envelope, an error
inside HTTP 200, and that one address takes Approve and Deny. Paths and names of list, get and the decisions'
bodies are documented nowhere in public.
"""

from sandbox.privilege_manager.demo import demo_requests
from sandbox.privilege_manager.instance import BASE_PATH, PrivilegeManager

__all__ = ["BASE_PATH", "PrivilegeManager", "demo_requests"]
