"""A GitLab: what its documentation says of deployments that wait for approvals, and of jobs started by hand.

docs.gitlab.com/api/deployments, /api/jobs, /api/projects, /api/repositories, /api/users and /api/rest
"""

from sandbox.gitlab.instance import GitLab

__all__ = ["GitLab"]
