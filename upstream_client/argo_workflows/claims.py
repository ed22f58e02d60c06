"""What a workflow says of itself: parameters, labels, annotations, and what is to go where among them. Pure.

Whoever may submit a workflow writes all of it, so all of it is a claim, and the keys of its facts begin with
"claimed:": an operator's rule goes by it only where it names that. Labels and annotations that Argo and Kubernetes
keep for themselves are left out: they change while a step waits.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from upstream_client.argo_workflows.wire import Node, Parameter, Workflow
from upstream_client.models import Fact
from upstream_client.pipeline import CLAIMED_BY, Image, Named, Step, headline, short

SERVICE, ENVIRONMENT, COMMIT, VERSION, IMAGE, DIGEST = (
    "service",
    "environment",
    "commit",
    "version",
    "image",
    "digest",
)
NAMES: Mapping[str, tuple[str, ...]] = {
    SERVICE: ("service", "app", "application", "component", "repository", "repo", "kubernetesname"),
    ENVIRONMENT: ("environment", "env", "targetenvironment", "deployenvironment", "stage", "cluster"),
    COMMIT: ("commit", "commitsha", "sha", "gitsha", "gitcommit", "revision", "gitrevision"),
    VERSION: ("version", "tag", "imagetag", "releasetag", "release"),
    IMAGE: ("image", "containerimage", "dockerimage"),
    DIGEST: ("imagedigest", "digest"),
}
"""How people call these, in small letters and without signs; the plainest first."""
_RECOMMENDED = "app.kubernetes.io/"
"""kubernetes.io/docs/concepts/overview/working-with-objects/common-labels; all but what tool keeps it."""
_THEIRS = re.compile(r"(?:[a-z0-9.-]*\.)?(?:kubernetes|k8s|argoproj)\.io/.*")
_SHOWN = ("workflows.argoproj.io/title", "workflows.argoproj.io/description")
"""Annotations that people write (argo-workflows.readthedocs.io/en/latest/title-and-description)."""
_SIGNS = re.compile(r"[^a-z0-9]+")
_CLAIMED = "claimed"
MOST_NAME = 45
"""Characters of a name on a card, where it must not push out that it is a claim."""


@dataclass(frozen=True, slots=True)
class Claim:
    """``kind`` is what it was written as: "input", "parameter", "label" or "annotation"."""

    kind: str
    name: str
    value: str


def claims(workflow: Workflow, node: Node) -> tuple[Claim, ...]:
    """All of them, the closest to the step first; names have no order where they are keys."""
    return (
        *_of_parameters("input", () if node.inputs is None else node.inputs.parameters),
        *_of_parameters("parameter", workflow.arguments),
        *_of_texts("label", workflow.metadata.labels),
        *_of_texts("annotation", workflow.metadata.annotations),
    )


def values_of(what: str, said: tuple[Claim, ...]) -> tuple[str, ...]:
    """What is said of the service, environment, …, the closest to the step first."""
    found = (
        (place, NAMES[what].index(_plain(one.name)), one.value)
        for place, one in enumerate(said)
        if _plain(one.name) in NAMES[what] and one.value.strip()
    )
    order = {kind: rank for rank, kind in enumerate(dict.fromkeys(one.kind for one in said))}
    return tuple(
        value.strip()
        for _, _, value in sorted(found, key=lambda one: (order[said[one[0]].kind], one[1], one[0]))
    )


def image_of(said: tuple[Claim, ...]) -> Image:
    """What image is said to be deployed; a digest may stand in its name."""
    tag, _, digest = _first(IMAGE, said).partition("@")
    return Image(tag, digest or _first(DIGEST, said))


def in_words(said: tuple[Claim, ...]) -> str:
    """What is said to go where: "service → environment · version"; "" where nothing is."""
    tag = image_of(said).tag.rpartition("/")[2].partition(":")[2]
    version = _first(VERSION, said) or tag or short(_first(COMMIT, said))
    return headline(Step(_first(SERVICE, said), _first(ENVIRONMENT, said), version, Named("")))


def facts(said: tuple[Claim, ...]) -> Iterator[Fact]:
    """What is said to go where, and then each claim; every line says that it is one."""
    image = image_of(said)
    yield from _shown("service", "Service", _first(SERVICE, said))
    yield from _shown("environment", "Environment", _first(ENVIRONMENT, said))
    yield from _shown("commit", "Commit", _first(COMMIT, said))
    yield from _shown("image", "Image", image.tag)
    yield from _shown("image_digest", "Image digest", image.digest)
    for one in said:
        name = f"{one.kind.capitalize()} {one.name}"
        yield Fact(f"{_CLAIMED}:{one.kind}:{one.name}", _label(name), one.value)


def _first(what: str, said: tuple[Claim, ...]) -> str:
    return next(iter(values_of(what, said)), "")


def _shown(key: str, label: str, value: str) -> Iterator[Fact]:
    if value:
        yield Fact(f"{_CLAIMED}:{key}", _label(label), value)


def _label(name: str) -> str:
    short = name if len(name) <= MOST_NAME else f"{name[: MOST_NAME - 1]}…"
    return f"{short} ({CLAIMED_BY})"


def _of_parameters(kind: str, parameters: tuple[Parameter, ...]) -> Iterator[Claim]:
    for one in parameters:
        yield Claim(kind, one.name, _value(one))


def _value(one: Parameter) -> str:
    return one.value or one.default


def _of_texts(kind: str, texts: Mapping[str, str]) -> Iterator[Claim]:
    for name in sorted(texts):
        if _is_a_persons(name):
            yield Claim(kind, name, texts[name])


def _is_a_persons(name: str) -> bool:
    return name in _SHOWN or name.startswith(_RECOMMENDED) or not _THEIRS.fullmatch(name)


def _plain(name: str) -> str:
    """ "IMAGE_TAG" is "imagetag". Just "name" may be that of anything, but for the label of Kubernetes."""
    if name == f"{_RECOMMENDED}name":
        return "kubernetesname"
    return _SIGNS.sub("", name.rpartition("/")[2].casefold())
