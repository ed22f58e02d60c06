"""What a step of a pipeline shows, whichever platform it waits in."""

from dataclasses import replace

import pytest

from upstream_client.models import ApprovalRequest, Risk
from upstream_client.pipeline import Change, Image, Named, Step, facts, headline, risk_of, short

COMMIT = "9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f1a0b"
STEP = Step(
    service="shop/web",
    environment="production",
    version="v1.4.2",
    run=Named("#118", "https://example.com/runs/118"),
    commit=COMMIT,
    ref="main",
    triggered_by="octocat",
    images=(Image("web:1.4.2", "sha256:00ff"),),
    change=Change(
        Named("1f2e…9a8b", "https://example.com/compare"), ("a.py", "b.py"), 1, ("Fix it", "Add it"), 2
    ),
    labels=(("team", "payments"),),
    claimed=(("Tests", "green"),),
)


def told(step: Step) -> dict[str, str]:
    return {fact.label: fact.value for fact in facts(step)}


def digest(step: Step) -> str:
    return ApprovalRequest("any", "1", "", facts=facts(step)).digest


def test_the_headline_says_what_goes_where_in_which_version() -> None:
    assert headline(STEP) == "shop/web → production · v1.4.2"


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (replace(STEP, version=""), "shop/web → production"),
        (replace(STEP, environment=""), "shop/web · v1.4.2"),
        (replace(STEP, service="", environment="", version=""), ""),
    ],
)
def test_the_headline_leaves_out_what_is_not_known(step: Step, words: str) -> None:
    assert headline(step) == words


def test_all_of_it_is_told_in_this_order() -> None:
    assert told(STEP) == {
        "Service": "shop/web",
        "Environment": "production",
        "Branch or tag": "main",
        "Commit": COMMIT,
        "Image": "web:1.4.2",
        "Image digest": "sha256:00ff",
        "Triggered by": "octocat",
        "Run": "#118",
        "Commits": "1f2e…9a8b",
        "Changed files": "3: a.py, b.py, and 1 more",
        "Changelog": "4: Fix it; Add it; and 2 more",
        "Label team": "payments",
        "Tests (claimed by the pipeline)": "green",
    }
    assert list(told(STEP))[:4] == ["Service", "Environment", "Branch or tag", "Commit"]


def test_what_is_not_known_has_no_line() -> None:
    bare = Step("shop/web", "staging", "main", Named("#1"))
    assert told(bare) == {"Service": "shop/web", "Environment": "staging", "Run": "#1"}
    assert "Changed files" not in told(replace(bare, change=Change(Named("a…b"))))


def test_the_run_and_the_commits_lead_to_their_pages() -> None:
    links = {fact.key: fact.link for fact in facts(STEP) if fact.link}
    assert links == {"run": "https://example.com/runs/118", "commits": "https://example.com/compare"}


@pytest.mark.parametrize(
    "other",
    [
        replace(STEP, service="shop/api"),
        replace(STEP, environment="staging"),
        replace(STEP, commit="0" * 40),
        replace(STEP, ref="other"),
        replace(STEP, images=(Image("web:1.4.2", "sha256:11ee"),)),
        replace(STEP, triggered_by="somebody-else"),
        replace(STEP, run=Named("#119")),
        replace(STEP, labels=(("team", "search"),)),
        replace(STEP, claimed=(("Tests", "red"),)),
    ],
)
def test_what_is_decided_about_is_bound(other: Step) -> None:
    assert digest(other) != digest(STEP)


def test_what_comes_along_may_change_while_people_think() -> None:
    assert digest(replace(STEP, change=None)) == digest(STEP)
    assert digest(replace(STEP, run=Named("#118", ""))) == digest(STEP)


def test_commit_and_image_are_what_an_audit_record_names() -> None:
    request = ApprovalRequest("any", "1", "", facts=facts(STEP))
    assert request.artefact == (f"commit:{COMMIT}", "image_digest:sha256:00ff")


def test_a_claim_is_no_artefact() -> None:
    claim = replace(STEP, commit="", images=(), claimed=(("commit", COMMIT),))
    assert ApprovalRequest("any", "1", "", facts=facts(claim)).artefact == ()


@pytest.mark.parametrize(
    "environment",
    ["production", "prod", "prod-eu", "eu/PROD", "Production 2", "live", "shop_live", "prodlike"],
)
def test_where_real_people_are_the_risk_is_high(environment: str) -> None:
    assert risk_of(environment) is Risk.HIGH


@pytest.mark.parametrize(
    "environment", ["", "staging", "test", "reproduction", "delivery", "olive", "liveness"]
)
def test_elsewhere_nobody_has_said(environment: str) -> None:
    assert risk_of(environment) is Risk.UNRATED


def test_a_commit_in_a_line_is_short() -> None:
    assert short(COMMIT) == "9a8b7c6d5e4f"
