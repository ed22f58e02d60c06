"""Argo Workflows: suspended steps of workflows, which go on when somebody resumes them."""

from upstream_client.argo_workflows.client import ArgoWorkflowsClient
from upstream_client.argo_workflows.deciding import Denial

__all__ = ["ArgoWorkflowsClient", "Denial"]
