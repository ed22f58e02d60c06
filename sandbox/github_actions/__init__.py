"""A GitHub: runs of Actions that wait for reviews of their environments, as its REST API tells of them.

What it sends has the shapes of GitHub's OpenAPI description. It answers conditional requests, counts its rate
limit, pages its lists, and takes a decision only where the token's user is a reviewer.
"""

from sandbox.github_actions.instance import GitHubActions

__all__ = ["GitHubActions"]
