"""An Argo server with a controller behind it: the workflows that run, their suspended steps, resume, set and stop.

As the vendor's api/openapi-spec/swagger.json has it; what its server checks, and how it words its errors, as in the
vendor's server/workflow and workflow/util.
"""

from sandbox.argo_workflows.instance import ArgoWorkflows

__all__ = ["ArgoWorkflows"]
