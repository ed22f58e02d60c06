"""What a refusal of a decision means: that somebody was faster, or that it may not be."""

from collections.abc import Callable

from upstream_client.exceptions import NotAllowed, Refused, UpstreamError
from upstream_client.models import Outcome, OutcomeKind, Seen, Status


def of_refusal(look: Callable[[], Seen | None], error: NotAllowed | Refused) -> Outcome:
    """Does it wait all the same? Only where GitLab says that it does not, our answer came too late.

    Raises the error where it cannot be looked at, or waits and we may not decide it.
    """
    try:
        seen = look()
    except UpstreamError as failure:
        raise error from failure
    if seen is None or seen.status is not Status.PENDING:
        return Outcome(OutcomeKind.ALREADY, str(error))
    if isinstance(error, NotAllowed):
        raise error
    return Outcome(OutcomeKind.REFUSED, str(error))
