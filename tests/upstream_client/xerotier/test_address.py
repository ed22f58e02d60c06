"""Addresses, ids and paths: what is taken, and what could lead the key elsewhere."""

from collections.abc import Callable

import pytest

from upstream_client.xerotier.address import (
    LIST_PATH,
    checked_base,
    checked_get_path,
    checked_list_path,
    checked_project_id,
    step,
)


@pytest.mark.parametrize(
    ("check", "text", "checked"),
    [
        (checked_base, " https://xerotier.ai/ ", "https://xerotier.ai"),
        (checked_base, "https://router.example.com/x/", "https://router.example.com/x"),
        (checked_base, "http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        (checked_project_id, "prj_0123456789", "prj_0123456789"),
        (checked_list_path, LIST_PATH, LIST_PATH),
        (checked_list_path, "/v1/exec/approvals?status=pending,escalated&limit=500", None),
        (checked_get_path, "", ""),
        (checked_get_path, "/v1/exec/approvals/{approval_id}", None),
        (checked_get_path, "/v1/exec/approvals/{approval_id}?full=1", None),
    ],
)
def test_what_is_right_is_taken_as_it_is_but_for_what_is_around_it(
    check: Callable[[str], str], text: str, checked: str | None
) -> None:
    assert check(text) == (text if checked is None else checked)


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (checked_base, "xerotier.ai"),
        (checked_base, "http://xerotier.ai"),
        (checked_base, "https://user:pw@xerotier.ai"),
        (checked_base, "https://xerotier.ai/?x=1"),
        (checked_base, "https://xero tier.ai"),
        (checked_base, "https://xerotier.ai:0"),
        (checked_base, "https://[::1"),
        (checked_project_id, ""),
        (checked_project_id, "prj/1"),
        (checked_project_id, ".."),
        (checked_list_path, ""),
        (checked_list_path, "v1/exec/approvals"),
        (checked_list_path, "//elsewhere.example.com/"),
        (checked_list_path, "/v1/../../api-keys"),
        (checked_list_path, "/v1/exec/approvals/{approval_id}"),
        (checked_list_path, "/v1/exec approvals"),
        (checked_list_path, "/v1/exec/approvals#x"),
        (checked_get_path, "/v1/exec/approvals"),
        (checked_get_path, "/v1/{approval_id}/{approval_id}"),
        (checked_get_path, "/v1/{project_id}/{approval_id}"),
        (checked_get_path, "/v1/../{approval_id}"),
    ],
)
def test_what_could_lead_elsewhere_is_refused(check: Callable[[str], str], text: str) -> None:
    with pytest.raises(ValueError, match=r"^(is no|uses|holds) "):
        check(text)


@pytest.mark.parametrize(
    "approval_id", ["", ".", "..", "../../../../v1/api-keys", "a/b", "a b", "%2e%2e", "a?b", "a\n"]
)
def test_what_is_no_id_becomes_no_step_of_a_path(approval_id: str) -> None:
    with pytest.raises(ValueError, match="no id"):
        step(approval_id)


def test_an_id_is_percent_encoded() -> None:
    assert step("apr:1~a.b-c_D") == "apr%3A1~a.b-c_D"
