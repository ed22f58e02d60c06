"""The id of a request: what it is made of, and that nothing else can be one."""

import pytest

from tests.upstream_client.argo_workflows.told import AT, ID, NAME, NODE, UID
from upstream_client.argo_workflows.reference import LONGEST, Reference


def test_it_is_read_as_it_is_written() -> None:
    ref = Reference("argo", NAME, UID, NODE, AT)
    assert (str(ref), Reference.parse(ID)) == (ID, ref)
    assert ref.selector == f"id={NODE}"


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "argo/deploy/u-1/n-1",
        "argo/deploy/u-1/n-1/1/2",
        "argo/../u-1/n-1/1",
        "argo/deploy/u-1/n-1,phase=Running/1",
        "argo/deploy/u-1/n=1/1",
        "argo/deploy/u 1/n-1/1",
        "Argo/deploy/u-1/n-1/1",
        "argo/deploy/u-1/n-1/now",
        "argo/deploy/u-1/n-1/-1",
        "argo//u-1/n-1/1",
    ],
)
def test_what_could_be_another_path_or_selector_is_none(wrong: str) -> None:
    with pytest.raises(ValueError, match="is no id"):
        Reference.parse(wrong)


def test_the_longest_names_that_argo_takes_fit_the_ledger() -> None:
    name = "n" * 63
    whole = str(Reference("s" * 63, name, UID, f"{name}-4294967295", AT))
    assert len(whole) <= LONGEST
    with pytest.raises(ValueError, match="is no id"):
        Reference("argo", "n" * 200, UID, "n" * 200, AT)
