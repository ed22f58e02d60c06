"""Where an Argo server is: what is taken as an address, a token, namespaces and a selector, and what is asked."""

import pytest

from upstream_client.argo_workflows import address


@pytest.mark.parametrize(
    ("written", "taken"),
    [
        (" https://argo.example.com/ ", "https://argo.example.com"),
        ("https://example.com/argo/", "https://example.com/argo"),
        ("http://127.0.0.1:2746", "http://127.0.0.1:2746"),
        ("https://example.com/workflows", "https://example.com/workflows"),
    ],
)
def test_an_address_is_taken_without_what_stands_around_it(written: str, taken: str) -> None:
    assert address.checked_url(written) == taken


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("http://argo.example.com", "uses http"),
        ("argo.example.com", "is no address"),
        ("https://", "is no address"),
        ("https://argo.example.com:0", "is no address"),
        ("https://[::1", "is no address"),
        ("https://me:secret@argo.example.com", "holds a user name"),
        ("https://argo.example.com?x=1", "holds a user name, a [?]"),
        ("https://argo.example.com/workflows/argo/deploy", "is the address of a page"),
    ],
)
def test_anything_else_is_refused_with_what_to_write(written: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        address.checked_url(written)


@pytest.mark.parametrize("written", ["Bearer eyJ.a.b", "bearer  eyJ.a.b", " eyJ.a.b\n"])
def test_a_token_may_be_written_with_the_word_before_it(written: str) -> None:
    assert address.checked_token(written) == "eyJ.a.b"


def test_the_token_of_a_person_has_a_colon_in_it() -> None:
    assert address.checked_token("Bearer v2:eyJ.a.b") == "v2:eyJ.a.b"


@pytest.mark.parametrize("written", ["", "Bearer ", "two words", "Basic dXNlcjpw b", "tökén"])
def test_what_is_no_token_is_refused_and_not_repeated(written: str) -> None:
    with pytest.raises(ValueError, match="is no token") as refused:
        address.checked_token(written)
    assert not written.strip() or written.strip() not in str(refused.value)


def test_namespaces_are_names_each_once() -> None:
    assert address.checked_namespaces(" argo, payments,argo,") == ("argo", "payments")
    assert address.checked_namespaces("") == ()


@pytest.mark.parametrize("written", ["argo/../x", "Argo", "-argo", "a" * 64, "*"])
def test_what_is_no_namespace_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="is no namespace"):
        address.checked_namespaces(written)


def test_a_selector_is_taken_as_kubectl_takes_it() -> None:
    assert address.checked_selector(" team=payments,gate in (slack, both),!off ") == (
        "team=payments,gate in (slack, both),!off"
    )


@pytest.mark.parametrize(
    ("written", "words"), [("a=b&c", "is no selector"), ("workflows.argoproj.io/phase=Failed", "for a phase")]
)
def test_what_is_no_selector_is_refused(written: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        address.checked_selector(written)


def test_what_is_asked_for_runs_and_is_ours_and_comes_in_pages() -> None:
    assert address.listing("argo", "team=a,gate in (slack)", "a/b=") == (
        "/api/v1/workflows/argo?listOptions.labelSelector=workflows.argoproj.io%2Fphase%3DRunning%2Cteam%3Da%2C"
        "gate%20in%20%28slack%29&listOptions.limit=100&listOptions.continue=a%2Fb%3D"
    )


def test_a_page_of_the_web_interface_shows_the_step() -> None:
    assert address.page("argo", "deploy", "u-1", "deploy-1") == (
        "/workflows/argo/deploy?tab=workflow&nodeId=deploy-1&uid=u-1"
    )
