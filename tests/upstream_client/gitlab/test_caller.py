"""Calls to GitLab: a token that is none, and lists that lose their links."""

from collections.abc import Mapping

import pytest
from aiohttp import web
from pydantic import ValidationError

from tests.upstream_client.serving import serving
from upstream_client.exceptions import NotUnderstood
from upstream_client.gitlab.caller import Caller
from upstream_client.gitlab.paging import MOST_PAGES, PER_PAGE, page_after
from upstream_client.gitlab.settings import GitLabSettings

JOBS = "https://gitlab.example.com/api/v4/projects/7/jobs"
NO_TOKENS = ("glpat-s3cret\nX: y", "glpat-s3cret\r", "glpat s3cret", "glpat-s3cret\N{SNOWMAN}", "")


@pytest.mark.parametrize("token", NO_TOKENS)
def test_what_does_not_fit_into_a_header_is_no_token_and_is_not_repeated(token: str) -> None:
    with pytest.raises(ValueError, match="GITLAB_TOKEN is no token: copy it again") as caught:
        Caller("https://gitlab.example.com", token, (1.0, 1.0))
    assert "s3cret" not in f"{caught.value}{caught.value.__cause__}"


@pytest.mark.parametrize("token", ["glpat-s3cret\nX: y", "glpat s3cret"])
def test_the_doctors_settings_refuse_it_as_well(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITLAB_TOKEN", token)
    monkeypatch.setenv("GITLAB_PROJECTS", "shop/web")
    with pytest.raises(ValidationError, match="is no token") as caught:
        GitLabSettings(_env_file=None)
    assert "s3cret" not in str(caught.value)


def listed(count: int, *, tells_pages: bool) -> web.Application:
    """A list of so many numbers, whose answers have no header Link."""

    async def answer(request: web.Request) -> web.Response:
        size, number = int(request.query["per_page"]), int(request.query.get("page", "1"))
        more = number * size < count
        headers = {"X-Next-Page": str(number + 1) if more else ""} if tells_pages else {}
        items = list(range(count))[(number - 1) * size : number * size]
        return web.json_response(items, headers=headers)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    return app


@pytest.mark.parametrize("tells_pages", [True, False])
@pytest.mark.parametrize("count", [0, PER_PAGE - 1, PER_PAGE, 2 * PER_PAGE + 50])
def test_a_list_without_links_is_read_to_its_end(count: int, tells_pages: bool) -> None:
    """Given a proxy that drops Link, when there is more than a page, then it is not taken for all."""
    query = {"scope[]": "manual", "pagination": "keyset"}
    with serving(listed(count, tells_pages=tells_pages)) as url:
        caller = Caller(url, "glpat-any", (2.0, 2.0))
        items = [item for page in caller.pages("/projects/7/jobs", query) for item in page]
        caller.close()
    assert items == list(range(count))


def test_a_list_that_never_ends_is_an_error() -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.json_response(list(range(PER_PAGE)))

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    with serving(app) as url:
        caller = Caller(url, "glpat-any", (2.0, 2.0))
        with pytest.raises(NotUnderstood, match=f"does not end after {MOST_PAGES} pages"):
            list(caller.pages("/projects/7/jobs", {}))
        caller.close()


@pytest.mark.parametrize(
    ("headers", "following"),
    [
        ({}, f"{JOBS}?scope%5B%5D=manual&per_page=100&page=3"),
        ({"X-Next-Page": "3"}, f"{JOBS}?scope%5B%5D=manual&per_page=100&page=3"),
        ({"X-Next-Page": ""}, ""),
    ],
)
def test_behind_a_full_page_the_next_one_is_asked_for_by_its_number(
    headers: Mapping[str, str], following: str
) -> None:
    url = f"{JOBS}?scope%5B%5D=manual&per_page=100&pagination=keyset&cursor=abc"
    assert page_after(2, url, headers) == following


@pytest.mark.parametrize("told", ["2", "5", "many"])
def test_a_page_that_does_not_follow_is_an_error(told: str) -> None:
    with pytest.raises(NotUnderstood, match="goes on after page 2"):
        page_after(2, JOBS, {"X-Next-Page": told})
