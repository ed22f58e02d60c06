"""Addresses, names and ids: what is taken, what is refused, and what becomes of it."""

import pytest

from upstream_client.exceptions import NotUnderstood
from upstream_client.github_actions.address import (
    checked_api_url,
    checked_owner,
    checked_repositories,
    own_page,
    page_base,
)
from upstream_client.github_actions.reference import Reference, read_reference, repository_path

PUBLIC, ENTERPRISE = "https://api.github.com", "https://github.example.com/api/v3"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("", PUBLIC),
        (f"{PUBLIC}/", PUBLIC),
        (f" {ENTERPRISE}/ ", ENTERPRISE),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_an_address_is_taken_without_slashes_at_its_end(text: str, url: str) -> None:
    assert checked_api_url(text) == url


@pytest.mark.parametrize(
    "text",
    [
        "http://api.github.com",
        "api.github.com",
        "https://github.com",
        "https://user:secret@api.github.com",
        "https://api.github.com?x=1",
        "ftp://api.github.com",
        "https://",
        "https://api github.com",
    ],
)
def test_what_is_no_address_of_the_api_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"uses http|is no address|is the address|holds a user name"):
        checked_api_url(text)


@pytest.mark.parametrize(
    ("api", "pages"),
    [
        (PUBLIC, "https://github.com"),
        (ENTERPRISE, "https://github.example.com"),
        ("https://api.octo.ghe.com", "https://octo.ghe.com"),
        ("https://api.example.com/api/v3", "https://api.example.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_the_pages_are_on_the_host_that_belongs_to_the_api(api: str, pages: str) -> None:
    assert page_base(api) == pages
    assert own_page(api, f"{pages}/octo-org/shop") == f"{pages}/octo-org/shop"


@pytest.mark.parametrize(
    "link", ["https://github.com.evil.example/", "http://github.com/", "https://[", "//github.com/", ""]
)
def test_a_page_elsewhere_is_none(link: str) -> None:
    assert own_page(PUBLIC, link) == ""


def test_repositories_are_taken_each_once_in_their_order() -> None:
    assert checked_repositories("octo-org/shop, Octo-Org/SHOP,octo-org/.github,") == (
        "octo-org/shop",
        "octo-org/.github",
    )


@pytest.mark.parametrize(
    "text", ["shop", "octo-org/", "/shop", "octo-org/shop/x", "octo-org/..", "a b/c", "é/c"]
)
def test_what_is_no_repository_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no repository"):
        checked_repositories(text)


@pytest.mark.parametrize("text", ["octo/org", "..", "a b", "-x"])
def test_what_is_no_owner_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no name of an organisation"):
        checked_owner(text)


def test_an_id_is_read_as_it_was_written() -> None:
    told = Reference("octo-org/shop", 77, 2, 161)
    assert str(told) == "octo-org/shop/77/2/161"
    assert read_reference(str(told)) == told
    assert read_reference("Octo-Org/Shop/77/2/161") == told
    assert repository_path(told.repository) == "/repos/octo-org/shop"
    later = Reference("octo-org/shop", 77, 2, 161, 3)
    assert str(later) == "octo-org/shop/77/2/161/3"
    assert read_reference(str(later)) == later


@pytest.mark.parametrize(
    "text",
    ["octo-org/shop/77/2/00161", "octo-org/shop/77/2/1e3", "octo-org/shop/77/-2/1", "octo-org/shop/77/2/1/0"],
)
def test_a_number_is_written_in_one_way_only(text: str) -> None:
    with pytest.raises(NotUnderstood):
        read_reference(text)
