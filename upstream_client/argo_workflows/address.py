"""Where an Argo server is, what is asked of it there, and with which token. Pure.

What is wrong is told in words that follow the name of the setting.
"""

import re
from urllib.parse import quote, urlencode, urlsplit

from upstream_client.base_url import checked_address

EXAMPLE = "https://argo.example.com"
WORKFLOWS = "/api/v1/workflows"
"""argo-workflows.readthedocs.io/en/latest/swagger"""
RUNNING = "workflows.argoproj.io/phase=Running"
"""The controller's own label: a workflow with a suspended step is running."""
PAGE = 100
"""Workflows in one answer."""
NAMESPACE = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")
"""RFC 1123, as Kubernetes has it for namespaces."""
_BEARER = re.compile(r"bearer(?:\s+|$)", re.IGNORECASE)


def checked_url(text: str) -> str:
    """The address of an Argo server without slashes at its end. Raises ValueError."""
    url = checked_address(text, EXAMPLE)
    if "/workflows/" in urlsplit(url).path:
        raise ValueError(f"is the address of a page: leave out what comes from /workflows on, as {EXAMPLE}")
    return url


def checked_token(text: str) -> str:
    """The token, without the word Bearer before it. Raises ValueError."""
    token = _BEARER.sub("", text.strip(), count=1)
    if not re.fullmatch(r"[!-~]+", token):
        raise ValueError("is no token: copy it again, complete and with nothing around it")
    return token


def checked_namespaces(text: str) -> tuple[str, ...]:
    """Names separated by commas, each once. Raises ValueError; none are ()."""
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if wrong := next((name for name in names if not NAMESPACE.fullmatch(name)), None):
        raise ValueError(f"names “{wrong}”, which is no namespace")
    return names


def checked_selector(text: str) -> str:
    """A selector of labels, as kubectl takes it, "" for none. Raises ValueError."""
    selector = text.strip().strip(",").strip()
    if not re.fullmatch(r"[A-Za-z0-9_./,=!() -]*", selector):
        raise ValueError("is no selector of labels such as team=payments,gate in (slack)")
    if "workflows.argoproj.io/phase" in selector:
        raise ValueError("asks for a phase: the bot asks for running workflows anyway, so leave it out")
    return selector


def listing(namespace: str, selector: str, after: str) -> str:
    """The path of one page of the list. ``after``: what the page before it said, "" for the first."""
    asked = {
        "listOptions.labelSelector": ",".join(part for part in (RUNNING, selector) if part),
        "listOptions.limit": str(PAGE),
    }
    more = {"listOptions.continue": after} if after else {}
    return f"{WORKFLOWS}/{_step(namespace)}?{urlencode({**asked, **more}, quote_via=quote)}"


def workflow(namespace: str, name: str) -> str:
    """The path of one workflow."""
    return f"{WORKFLOWS}/{_step(namespace)}/{_step(name)}"


def page(namespace: str, name: str, uid: str, node_id: str) -> str:
    """Where the web interface shows a step of a workflow, below the address."""
    shown = urlencode({"tab": "workflow", "nodeId": node_id, "uid": uid})
    return f"/workflows/{_step(namespace)}/{_step(name)}?{shown}"


def _step(text: str) -> str:
    return quote(text, safe="")
