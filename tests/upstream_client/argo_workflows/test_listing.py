"""Lists that no Argo server should send: what can be read of them is, and nothing is concluded from the rest."""

from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from tests.upstream_client.argo_workflows.conftest import SHORT
from tests.upstream_client.argo_workflows.told import NAME, node_told, workflow_told
from tests.upstream_client.serving import serving
from upstream_client.argo_workflows import ArgoWorkflowsClient
from upstream_client.exceptions import NotUnderstood, PartlyRead

HIDDEN = {"nodes": None, "offloadNodeStatusVersion": "fnv:1"}


def listed_by(answer: Callable[[web.Request], Any]) -> list[str]:
    """What a server that answers so has waiting, by title."""

    async def told(request: web.Request) -> web.Response:
        return web.json_response(answer(request))

    app = web.Application()
    app.router.add_get("/{path:.*}", told)
    with serving(app) as url:
        client = ArgoWorkflowsClient(url, "token", ["argo"], timeout=SHORT)
        try:
            return [one.title for one in client.list_pending()]
        finally:
            client.close()


def page(*items: Any, after: str = "") -> dict[str, Any]:
    return {"metadata": {"continue": after} if after else None, "items": list(items)}


def test_a_list_that_does_not_end_is_no_list() -> None:
    with pytest.raises(NotUnderstood, match="does not end"):
        listed_by(lambda _: page(workflow_told(), after="again"))


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ({"spec": {}}, "cannot be read"),
        (workflow_told(meta={"namespace": "other"}), "another namespace"),
        (workflow_told(node_told(inputs={"parameters": [{}]})), "cannot be read"),
        (workflow_told(node_told(id="a,b=c")), "no id that can be used"),
    ],
)
def test_what_cannot_be_read_hides_nothing_else(broken: dict[str, Any], words: str) -> None:
    with pytest.raises(PartlyRead, match=words) as partly:
        listed_by(lambda _: page(broken, workflow_told()))
    assert [one.title for one in partly.value.readable] == [f"argo/{NAME} · approve"]


def test_steps_that_even_the_workflow_itself_does_not_tell_are_not_taken_for_none() -> None:
    hidden = workflow_told(status=HIDDEN)
    with pytest.raises(PartlyRead, match="persistence"):
        listed_by(lambda request: page(hidden) if request.path.endswith("/argo") else hidden)


def test_a_packed_workflow_that_was_replaced_meanwhile_is_left_to_the_next_look() -> None:
    anew = workflow_told(meta={"uid": "another-uid"})
    packed = workflow_told(status=HIDDEN)
    assert listed_by(lambda request: page(packed) if request.path.endswith("/argo") else anew) == []
