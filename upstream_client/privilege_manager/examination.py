"""The checks that `doctor` makes of one instance, each a method that answers what it found."""

import json
from collections.abc import Callable

from upstream_client.doctor import First, Hopeless, Level, Result, answered, clocks, met, trust
from upstream_client.exceptions import LogonRefused, NotAllowed, UpstreamError
from upstream_client.privilege_manager.caller import Caller
from upstream_client.privilege_manager.contract import Contract
from upstream_client.privilege_manager.envelope import is_page, words_of
from upstream_client.privilege_manager.matching import mismatches
from upstream_client.privilege_manager.moment import checked_zone
from upstream_client.privilege_manager.reference import fetch_reference
from upstream_client.privilege_manager.settings import PrivManSettings
from upstream_client.privilege_manager.token import ADDRESS_ADVICE
from upstream_client.privilege_manager.trial import Listed, ask_list, read_list, trouble_with_get
from upstream_client.session import Answer

VERSION = "/services/api/v1/version/Current"
"""Documented; the vendor's own script asks for it without a token."""
ROLES = (NotAllowed, LogonRefused)
"""Of the list: a token that was just given and is refused belongs to a client without a role."""

NOT_ASKED_FOR = (
    "not tried, since no request was read. If get tells other facts than the list, no approval goes through: run"
    " doctor again while a request waits"
)


class Examination:
    """One run of the checks, in their order: later ones look at what earlier ones left.

    ``now``: seconds since 1970 UTC.
    """

    def __init__(
        self, settings: PrivManSettings, contract: Contract, caller: Caller, now: Callable[[], float]
    ) -> None:
        self._settings = settings
        self._contract = contract
        self._caller = caller
        self._now = now
        self._first: First = None
        self._asked: Answer | UpstreamError | None = None
        self._answered_at = 0.0
        self._listed: Listed | None = None

    def address(self) -> Result:
        """Does anything answer there?"""
        self._first = met(lambda: self._caller.look(self._caller.base_url + VERSION), "PRIVMAN_BASE_URL")
        self._answered_at = self._now()
        return Result(Level.OK, f"{self._caller.base_url} answers")

    def tls(self) -> Result:
        """Is the certificate trusted?"""
        return trust(self._first, self._caller.base_url, self._settings.privman_ca_bundle)

    def api(self) -> Result:
        """Is it the API that answers, and is it enabled?"""
        answer = answered(self._first)
        said = f"HTTP {answer.status}: {words_of(answer)}".rstrip(": ")
        if is_page(answer) or 300 <= answer.status < 400 or answer.status >= 500:
            raise Hopeless(f"What answers is not the API ({said}). {ADDRESS_ADVICE}")
        if not answer.ok:
            return Result(Level.WARNING, f"something answers, and does not tell its version ({said})")
        return Result(Level.OK, "enabled")

    def log_on(self) -> Result:
        """Are PRIVMAN_USERNAME and PRIVMAN_PASSWORD accepted?"""
        try:
            self._caller.log_on()
        except UpstreamError as error:
            raise Hopeless(str(error)) from error
        return Result(Level.OK, "the API client is accepted")

    def role(self) -> Result:
        """May it see what waits? Whether it may answer too, only an answer would tell."""
        try:
            self._asked = ask_list(self._caller, self._contract)
            self._answered_at = self._now()
        except UpstreamError as error:
            self._asked = error
            if isinstance(error, ROLES):
                return Result(Level.FAILED, str(error))
        return Result(Level.OK, "the list is not refused")

    def list_(self) -> Result:
        """Can what waits be read?"""
        try:
            if not isinstance(self._asked, Answer):
                return Result(
                    Level.FAILED, "see role" if isinstance(self._asked, ROLES) else str(self._asked)
                )
            zone = checked_zone(self._settings.privman_timezone)
            self._listed = read_list(self._contract, self._caller, self._asked.json(), zone)
        except UpstreamError as error:
            return Result(Level.FAILED, f"{error} Run discover.")
        if self._listed.wrong:
            return Result(Level.FAILED, f"read in part: {self._listed.wrong} Run discover.")
        count = len(self._listed.waiting)
        hint = (
            "; ask for one in Privilege Manager and run doctor again to see more checked" if not count else ""
        )
        return Result(Level.OK, f"{count} waiting{hint}")

    def one(self) -> Result:
        """Does a request tell the same by itself as in the list?"""
        if self._contract.operations.get is None:
            return Result(Level.OK, "the contract has no get: the list is searched")
        if self._listed is None or not self._listed.waiting:
            return Result(Level.WARNING, NOT_ASKED_FOR)
        trouble = trouble_with_get(self._contract, self._caller, self._listed.waiting)
        if trouble:
            words = f"get {trouble}. Take operations.get out of the contract: no approval would go through."
            return Result(Level.FAILED, words)
        return Result(Level.OK, "a request tells the same by itself as in the list")

    def reference(self) -> Result:
        """Does the instance's own reference say what the contract says?"""
        try:
            wrong = mismatches(self._contract, fetch_reference(self._caller))
        except UpstreamError as error:
            return Result(Level.WARNING, f"not compared with the contract: {error}")
        if wrong:
            return Result(
                Level.WARNING, f"says otherwise than the contract: {'; '.join(wrong)}. Run discover."
            )
        return Result(Level.OK, "says what the contract says")

    def clock(self) -> Result:
        """Is our clock that of Privilege Manager?"""
        last = self._asked if isinstance(self._asked, Answer) else self._first
        return clocks(last, self._answered_at, "Privilege Manager")

    def times(self) -> Result:
        """Are the times of asking known, or local to a zone that nobody named?"""
        waiting = self._listed.waiting if self._listed else ()
        text = next((one.requested for one in waiting if one.requested), "")
        if not text:
            return Result(Level.OK, "every time that was read is known")
        if self._settings.privman_timezone:
            words = f"{text!r} cannot be read as a time in {self._settings.privman_timezone}: it is shown as it is"
            return Result(Level.WARNING, words)
        words = f"{text!r} names no zone: set PRIVMAN_TIMEZONE to that of Privilege Manager, such as Europe/Berlin"
        return Result(Level.WARNING, words)

    def decisions(self) -> Result:
        """Does the reference vouch for the way decisions are sent? Nothing is sent to find out."""
        operations = self._contract.operations
        unsure = [
            name
            for name, operation in (("approve", operations.approve), ("deny", operations.deny))
            if operation.evidence == "unconfirmed"
        ]
        if not unsure:
            return Result(Level.OK, "documented, as the contract has it: approve and deny")
        words = f"unconfirmed: {' and '.join(unsure)}. Run discover, or try them on a request that does not matter"
        return Result(Level.WARNING, words)

    def duration(self) -> Result:
        """Is the unit of an approval's duration sure?"""
        coding = self._contract.duration
        if coding.evidence == "documented" or not coding.is_offered:
            return Result(Level.OK, f"in {coding.unit}" if coding.is_offered else "one time only")
        one_time = "nothing" if coding.omit_one_time else json.dumps(coding.one_time)
        words = (
            f"unconfirmed: {coding.unit}, and {one_time} for one time. Approve a request that does not"
            " matter for 15 minutes, look at it in the console, then set duration.evidence to documented"
        )
        return Result(Level.WARNING, words)
