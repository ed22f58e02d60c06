"""A selector of labels: what fits it, by the rules of Kubernetes, and what is none."""

import pytest

from upstream_client.argo_workflows.selector import Selector

LABELS = {"team": "payments", "gate": "slack", "empty": ""}


@pytest.mark.parametrize(
    ("selector", "fits"),
    [
        ("", True),
        ("team", True),
        ("!team", False),
        ("!other", True),
        ("other", False),
        ("team=payments", True),
        ("team == payments,gate=slack", True),
        ("team=payments,gate=other", False),
        ("empty=", True),
        ("other=", False),
        ("team!=payments", False),
        ("other!=payments", True),
        ("gate in (mail, slack)", True),
        ("gate in (mail),team", False),
        ("other in (slack)", False),
        ("gate notin (mail,slack)", False),
        ("gate notin(mail), team", True),
        ("other notin (slack)", True),
        ("example.com/gate=slack", False),
    ],
)
def test_it_fits_where_all_its_terms_hold(selector: str, fits: bool) -> None:
    assert Selector.parse(selector).fits(LABELS) is fits


@pytest.mark.parametrize(
    "text", ["gate in slack", "gate slack", "=slack", "gate=(slack)", "!gate=slack", "a,,b", "gate in ("]
)
def test_what_is_no_selector_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no selector"):
        Selector.parse(text)
