"""What the desk refuses, and why.

Exception
 └─ DeskError
     ├─ UnknownTicket     there is no such ticket
     ├─ KeyRevoked        the API key was revoked
     ├─ KeyReused         the Idempotency-Key stands for another body, and its ticket is still pending
     ├─ TooManyPending    the API key has as many pending tickets as it may have
     ├─ TooMuchPending    the API key's pending tickets would be larger than they may be
     └─ DatabaseAway      the database did not answer in time
"""


class DeskError(Exception):
    """The text is for whoever asked."""


class UnknownTicket(DeskError):
    """There is no such ticket."""


class KeyRevoked(DeskError):
    """The API key was revoked."""


class KeyReused(DeskError):
    """The Idempotency-Key stands for another body, and its ticket is still pending."""


class TooManyPending(DeskError):
    """The API key has as many pending tickets as it may have: ``most``."""

    def __init__(self, most: int) -> None:
        self.most = most
        super().__init__(f"this API key has {most} pending tickets, and may not have more")


class TooMuchPending(DeskError):
    """The API key's pending tickets would hold more bytes than they may: ``most``."""

    def __init__(self, most: int) -> None:
        self.most = most
        super().__init__(f"the pending tickets of this API key may hold {most} bytes, and not more")


class DatabaseAway(DeskError):
    """The database did not answer in time. What was to be written may be written or not."""
