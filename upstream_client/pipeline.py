"""What platforms that run pipelines show of a step that waits: what goes where, and what comes with it. Pure.

All of it is read from the platform with our own token. What the pipeline merely says of itself is marked as that.
Bound is what the question is about: which commit of what, where to, in which run. What comes with it since the last
deployment may change while people think, because somebody deploys meanwhile: it is shown, and not bound.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from upstream_client.models import Fact, Risk

REPOSITORY: Final = "repository"
ENVIRONMENT: Final = "environment"
COMMIT: Final = "commit"
CLAIMED_BY: Final = "claimed by the pipeline"
SHORT: Final = 12
"""Characters of a commit's name where it stands in a line; its fact has all of them."""
_HIGH: Final = re.compile(r"prod.*|live", re.IGNORECASE)
_PARTS: Final = re.compile(r"[^0-9A-Za-z]+")


@dataclass(frozen=True, slots=True)
class Named:
    """A text with the page that shows it; ``link`` is "" where there is none on the platform's own host."""

    text: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Image:
    """A container image as the platform itself knows it; either may be ""."""

    tag: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What comes since what runs there now.

    ``commits`` names both ends, such as "1f2e3d4c5b6a…9a8b7c6d5e4f". ``titles`` are those of commits or merge
    requests, the newest first. The platform did not tell ``more_files`` and ``more_titles``: it cuts long lists.
    """

    commits: Named
    files: tuple[str, ...] = ()
    more_files: int = 0
    titles: tuple[str, ...] = ()
    more_titles: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a run that waits. ``labels`` are the platform's own; ``claimed`` is what the pipeline says.

    Both are pairs of a name and a value. ``version`` is a tag, a branch or a short commit, for the headline.
    """

    service: str
    environment: str
    version: str
    run: Named
    commit: str = ""
    ref: str = ""
    triggered_by: str = ""
    images: tuple[Image, ...] = ()
    change: Change | None = None
    labels: tuple[tuple[str, str], ...] = ()
    claimed: tuple[tuple[str, str], ...] = field(default=())


def headline(step: Step) -> str:
    """ "service → environment · version"; what is not known is left out."""
    where = " → ".join(part for part in (step.service, step.environment) if part)
    return " · ".join(part for part in (where, step.version) if part)


def facts(step: Step) -> tuple[Fact, ...]:
    """What the card tells, in its order."""
    return tuple(fact for fact in _facts(step) if fact.value)


def risk_of(environment: str) -> Risk:
    """High where a part of the name begins with "prod" or is "live"; else nobody said. The operator's rules win."""
    return Risk.HIGH if any(_HIGH.fullmatch(part) for part in _PARTS.split(environment)) else Risk.UNRATED


def short(commit: str) -> str:
    """A commit's name for a line."""
    return commit[:SHORT]


def _facts(step: Step) -> Iterator[Fact]:
    yield Fact(REPOSITORY, "Service", step.service)
    yield Fact(ENVIRONMENT, "Environment", step.environment)
    yield Fact("ref", "Branch or tag", step.ref)
    yield Fact(COMMIT, "Commit", step.commit)
    yield from _images(step.images)
    yield Fact("triggered_by", "Triggered by", step.triggered_by)
    yield Fact("run", "Run", step.run.text, link=step.run.link)
    if step.change is not None:
        yield from _change(step.change)
    for name, value in step.labels:
        yield Fact(f"label:{name}", f"Label {name}", value)
    for name, value in step.claimed:
        yield Fact(f"claimed:{name}", f"{name} ({CLAIMED_BY})", value)


def _images(images: tuple[Image, ...]) -> Iterator[Fact]:
    for image in images:
        yield Fact("image", "Image", image.tag)
        yield Fact("image_digest", "Image digest", image.digest)


def _change(change: Change) -> Iterator[Fact]:
    yield Fact("commits", "Commits", change.commits.text, bound=False, link=change.commits.link)
    yield Fact("changed_files", "Changed files", _listed(change.files, change.more_files, ", "), bound=False)
    yield Fact("changelog", "Changelog", _listed(change.titles, change.more_titles, "; "), bound=False)


def _listed(texts: tuple[str, ...], more: int, between: str) -> str:
    """Their count and then each; "" for none."""
    if not texts:
        return ""
    told = f"{len(texts) + more:,}: {between.join(texts)}"
    return f"{told}{between}and {more:,} more" if more else told
