"""Xerotier's list of approvals, where there is one: its path follows from others and is documented nowhere."""

import threading

import structlog

from upstream_client.exceptions import NotAllowed, NotTold, NotUnderstood, Refused
from upstream_client.xerotier.caller import TITLE, Caller
from upstream_client.xerotier.reading import NAME, Listing, listing

NONE = f"{TITLE} has no list at XEROTIER_LIST_PATH, so what waits is known by webhooks only."
VANISHED = f"{TITLE} finds no list at XEROTIER_LIST_PATH, where there was one."

log = structlog.get_logger(__name__)


class ApprovalList:
    """Threads share one."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._lock = threading.Lock()
        self._was_there = False
        self._is_missed = False

    def look(self) -> Listing:
        """What it tells now; what it does not tell, and somebody has to put right, is its ``trouble``.

        That there never was one is said once; it is asked for all the same, since a fault may have hidden it, and
        who does not ask cannot tell whether Xerotier is there. Raises `UpstreamError` where it is to be asked again
        soon.
        """
        try:
            answer = self._caller.list_()
            if answer is None:
                return self._no_list()
            read = listing(answer.json())
        except (NotAllowed, NotUnderstood, Refused) as error:
            return Listing(trouble=error)
        self._found()
        return read

    def _no_list(self) -> Listing:
        with self._lock:
            if self._was_there:
                return Listing(trouble=NotUnderstood(VANISHED))
            is_new, self._is_missed = not self._is_missed, True
        if is_new:
            log.warning(
                "there is no list: what waits is known by webhooks only",
                upstream=NAME,
                path=self._caller.list_path,
                settings="XEROTIER_LIST_PATH, XEROTIER_PROJECT_ID",
            )
        return Listing(trouble=NotTold(NONE), none=True)

    def _found(self) -> None:
        with self._lock:
            is_new, self._was_there, self._is_missed = self._is_missed, True, False
        if is_new:
            log.info("there is a list now", upstream=NAME, path=self._caller.list_path)
