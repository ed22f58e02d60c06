"""Where a GitLab is, how its projects are named, and where a list goes on."""

import pytest

from upstream_client.exceptions import NotUnderstood
from upstream_client.gitlab.address import checked_base, checked_project, page, step
from upstream_client.gitlab.held import DEPLOYMENT, JOB, Held, held
from upstream_client.gitlab.paging import next_page

BASE = "https://gitlab.example.com"


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("https://gitlab.com/", "https://gitlab.com"),
        (" https://git.example.com/gitlab/ ", "https://git.example.com/gitlab"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_an_address_is_taken_without_slashes_at_its_end(text: str, base: str) -> None:
    assert checked_base(text) == base


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("http://gitlab.example.com", "uses http"),
        ("gitlab.com", "is no address"),
        ("https://gitlab.com:0", "is no address"),
        ("https://gitlab.com/api/v4", "ends in /api/v4"),
        ("https://me:s3cret@gitlab.com", "holds a user name"),
        ("https://gitlab.com/?private_token=s3cret", "holds a user name, a ?"),
    ],
)
def test_an_address_that_would_leak_the_token_or_lead_nowhere_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words.replace("?", r"\?")) as caught:
        checked_base(text)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("project", ["7", "group/project", "group/sub-group/pro.ject_1"])
def test_a_project_is_an_id_or_a_path(project: str) -> None:
    assert checked_project(f" /{project}/ ") == project


@pytest.mark.parametrize(
    "text", ["", "0", "project", "group/../secret", "a/./x", "a/b?c", "https://x/y", "a/ b"]
)
def test_anything_else_is_no_project(text: str) -> None:
    with pytest.raises(ValueError, match="neither an id nor a path"):
        checked_project(text)


def test_a_path_is_one_step_of_an_address() -> None:
    assert step("group/sub/project") == "group%2Fsub%2Fproject"


@pytest.mark.parametrize(
    ("url", "is_shown"),
    [
        (f"{BASE}/shop/web/-/pipelines/1", True),
        ("https://gitlab.example.com:443/shop", True),
        ("https://gitlab.example.com.evil.example/shop", False),
        ("http://gitlab.example.com/shop", False),
        ("javascript:alert(1)", False),
        ("https://[", False),
        ("", False),
    ],
)
def test_only_a_page_of_this_gitlab_is_linked(url: str, is_shown: bool) -> None:
    assert page(url, BASE) == (url if is_shown else "")


def test_a_list_goes_on_where_its_header_says() -> None:
    following = f"{BASE}/api/v4/projects/7/jobs?cursor=abc&per_page=100"
    link = f'<{BASE}/api/v4/projects/7/jobs?page=1>; rel="first", <{following}>; rel="next"'
    assert next_page({"Link": link}, BASE) == following
    assert next_page({}, BASE) == next_page({"Link": ""}, BASE) == ""


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example.com/api/v4/projects/7/jobs?page=2",
        "http://gitlab.example.com/api/v4/projects/7/jobs?page=2",
        f"{BASE}:8443/api/v4/projects/7/jobs?page=2",
        f"{BASE}/elsewhere?page=2",
    ],
)
def test_the_token_does_not_follow_a_list_to_another_place(url: str) -> None:
    with pytest.raises(NotUnderstood, match="external_url"):
        next_page({"Link": f'<{url}>; rel="next"'}, BASE)


@pytest.mark.parametrize("one", [Held(DEPLOYMENT, 7, 41), Held(JOB, 7, 664)])
def test_an_id_names_a_deployment_or_a_job_of_a_project(one: Held) -> None:
    assert held(one.id) == one
    assert one.path == f"/projects/7/{one.kind}s/{one.number}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "41",
        "deployment-7",
        "deployment-7-041",
        "deployment-7-41/approval",
        "job-\N{ARABIC-INDIC DIGIT SEVEN}-1",
    ],
)
def test_anything_else_is_not_put_into_a_path(text: str) -> None:
    with pytest.raises(NotUnderstood, match="is none that the bot gave"):
        held(text)
