"""A fake of an upstream, as the conformance suite handles it: what happens there without the client."""

import re
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

from upstream_client.base import Upstream
from upstream_client.models import Status, Verdict


@dataclass(frozen=True, slots=True)
class Taken:
    """What the upstream itself recorded of a decision; ``comment`` is "" where it keeps none."""

    verdict: Verdict
    comment: str


class Fake(ABC):
    """A server that stands for an upstream, at ``url``, with the ``secrets`` by which it knows its client.

    Ids are those of the requests that the client tells of.
    """

    name: ClassVar[str]
    """As in UPSTREAMS."""
    nobody: ClassVar[str]
    """An id that could be one of its own, and is none."""
    decides: ClassVar[re.Pattern[str]]
    """The method and path of every call that decides: "POST /…/approve"."""
    ends: ClassVar[tuple[Status, ...]]
    """What may become of a request without a decision, and `end` can bring about."""

    def __init__(self, url: str, *secrets: str) -> None:
        self.url = url
        self.secrets = secrets

    @classmethod
    @abstractmethod
    def running(cls, folder: Path) -> AbstractContextManager[Self]:
        """The server, until the end; it may write into ``folder``."""

    @abstractmethod
    def client(self, url: str, timeout: tuple[float, float]) -> Upstream:
        """A client with our credentials for what is at ``url``, which is not this server's own."""

    @abstractmethod
    def file(self) -> str:
        """A new request waits; its id."""

    @abstractmethod
    def decide(self, request_id: str, verdict: Verdict) -> None:
        """Somebody else decides, in the upstream's own console."""

    @abstractmethod
    def end(self, request_id: str, status: Status) -> None:
        """It waits no more, and nobody decided: one of `ends`."""

    @abstractmethod
    def taken(self, request_id: str) -> Taken | None:
        """The decision that the upstream has; None while there is none."""

    @abstractmethod
    def spoil(self, body: Any, request_id: str) -> None:
        """Changes the JSON that answers a GET of `list_pending`, so that nobody can read this one request in it.

        What has nothing of this request in it stays as it is.
        """

    @abstractmethod
    def clear(self) -> None:
        """Nothing waits there any more."""

    def parts(self, request_id: str) -> tuple[str, ...]:
        """What an id is made of; see `joined`."""
        return (request_id,)

    def joined(self, parts: tuple[str, ...]) -> str:
        """The id that is made of these."""
        return "".join(parts)
