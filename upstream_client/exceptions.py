"""What can go wrong between us and an upstream.

UpstreamError                 anything below; its text tells the operator what to do
├── Unreachable               nothing arrived there: no route, no name, refused; safe to repeat
│   └── Untrusted             its TLS certificate is signed by nobody whom we trust
├── LogonRefused              it does not accept who we are
├── NotAllowed                it knows us, and we may not do this
├── Throttled                 too many calls; try again after ``retry_after`` seconds
├── Refused                   it answered with an error in its own words; nothing was done
├── NotUnderstood             it answered in a shape its contract does not describe
├── NotTold                   it has no way to tell of this request; what was shown of it is all there is
├── PartlyRead                the list came, some of its items cannot be read; the others are ``readable``
│   ├── NotListed             it has no list; ``readable`` is what it told of by itself
│   └── NotRead               it has one, and nothing of it can be read; ``readable`` as before
└── Interrupted               the call began and no answer came, or the server failed: it may have been done
"""

from upstream_client.models import ApprovalRequest


class UpstreamError(Exception):
    """Anything that keeps an upstream from answering."""


class Unreachable(UpstreamError):
    """Nothing arrived: no route, no name, connection refused. Repeating is harmless."""


class Untrusted(Unreachable):
    """The TLS certificate is not trusted, so nothing was sent."""


class LogonRefused(UpstreamError):
    """The upstream does not accept our credentials."""


class NotAllowed(UpstreamError):
    """The upstream knows us, and our role does not allow the call."""


class Throttled(UpstreamError):
    """Too many calls; nothing was done."""

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Refused(UpstreamError):
    """The upstream answered with an error in its own words; nothing was done."""


class NotUnderstood(UpstreamError):
    """The answer has a shape that the contract does not describe."""


class NotTold(UpstreamError):
    """The upstream has no way to tell of this request, now or later, but by itself."""


class PartlyRead(UpstreamError):
    """The list came, and some of its items cannot be read. What is absent from it may be one of those."""

    def __init__(self, message: str, readable: tuple[ApprovalRequest, ...]) -> None:
        super().__init__(message)
        self.readable = readable


class NotListed(PartlyRead):
    """The upstream, asked, has no list, which is no fault. ``readable`` is what it told of by itself."""


class NotRead(PartlyRead):
    """Nothing of the list can be read. ``readable`` is what the upstream told of by itself."""


class Interrupted(UpstreamError):
    """The call began and no usable answer came: time-out, reset, server's failure. It may have been done."""
