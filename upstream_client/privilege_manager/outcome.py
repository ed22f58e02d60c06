"""What became of a decision, told from the answer to it."""

import re

from pydantic import JsonValue

from upstream_client.exceptions import NotUnderstood, Throttled
from upstream_client.models import Outcome, OutcomeKind, Verdict
from upstream_client.privilege_manager.contract import Contract, Names, Operation
from upstream_client.privilege_manager.envelope import Envelope, no_such_path, open_envelope, words_of
from upstream_client.privilege_manager.reading import Reading
from upstream_client.session import Answer

ROLE_ADVICE = (
    "Give the API client a role that may approve, such as Privilege Manager Helpdesk Users"
    " (Admin | Users | the API client | roles)."
)
REPORT_ADVICE = (
    "Give the API client a role that may run reports and approve, such as Privilege Manager Users"
    " (Admin | Users | the API client | roles)."
)
OF_NO_REQUEST = re.compile(
    r"(https?|status|code|error|404|not|found|no|such|the|this|that|you|are|looking|for|requested|page|path|url|uri"
    r"|address|resource|file|or|directory|route|endpoint|on|server|was|is|be|could|cannot|does|exist|\W)*",
    re.IGNORECASE,
)
"""Words of servers and proxies that know nothing of approval requests."""


def outcome_of(
    answer: Answer, operation: Operation, reading: Reading, request_id: str, verdict: Verdict
) -> Outcome:
    """The outcome of a decision that was answered. It is never sent again on the strength of this.

    | answer | outcome |
    |---|---|
    | 2xx, and the body confirms it (see `_of_success`); 204 | TAKEN |
    | 409, 410, 404; an error whose words say that the request no longer waits or is not there | ALREADY |
    | 400, 403 and other 4xx, or an error inside 2xx, with any other words | REFUSED |
    | 404 or 405 that means a wrong path in the contract | REFUSED, naming the contract |
    | 429 | raises `Throttled`: nothing was done |
    | 5xx, 408, a redirect; an error inside 2xx with such a code, or 201 to 299 | UNKNOWN |
    | a 2xx that confirms nothing | UNKNOWN |
    """
    if answer.status == 429:
        raise Throttled("Privilege Manager asks for fewer calls.", answer.retry_after)
    if answer.status == 204:
        return Outcome(OutcomeKind.TAKEN)
    if answer.ok:
        return _of_success(answer, operation, reading, request_id, verdict)
    words = words_of(answer)
    if answer.status in (404, 405) and no_such_path(answer):
        return wrong_path(operation)
    if answer.status == 404:
        return Outcome(OutcomeKind.ALREADY, words or "Privilege Manager has no such request any more.")
    return _of_error(answer.status, words, reading.contract)


def blames_no_request(answer: Answer, contract: Contract) -> bool:
    """Is this a 404 that does not say that it is the request which is not there? The path may be wrong."""
    if answer.status != 404:
        return False
    words = words_of(answer)
    plain = says(words, contract.words.already) or says(words, contract.words.gone)
    return not plain or OF_NO_REQUEST.fullmatch(words) is not None


def _of_success(
    answer: Answer, operation: Operation, reading: Reading, request_id: str, verdict: Verdict
) -> Outcome:
    """A 2xx has to confirm: see `_confirms`.

    Anything else (nothing at all, a web page, `false`, something foreign) may come from a proxy as well.
    """
    if not answer.body.strip() and not answer.cut:
        kind = OutcomeKind.TAKEN if operation.empty_is_done else OutcomeKind.UNKNOWN
        return Outcome(kind, "" if operation.empty_is_done else "Privilege Manager sent an empty answer.")
    try:
        body = answer.json()
    except NotUnderstood as error:
        return Outcome(OutcomeKind.UNKNOWN, str(error))
    envelope = open_envelope(body)
    if envelope.failed:
        return _of_error_inside(envelope, reading.contract)
    if _confirms(envelope, reading, request_id, verdict):
        return Outcome(OutcomeKind.TAKEN)
    said = envelope.words or "Privilege Manager's answer does not say whether it was done."
    return Outcome(OutcomeKind.UNKNOWN, said)


def _confirms(envelope: Envelope, reading: Reading, request_id: str, verdict: Verdict) -> bool:
    """By an envelope that tells of success and holds nothing else, by `true`, or by the request or its id.

    The envelope must not speak against it: by a message, an error, or a status that is another than success or
    what ``verdict`` makes of a request ("Pending": a second approver is waited for).
    """
    if not envelope.wrapped:
        return _is_decided(envelope.result, reading, request_id, verdict)
    is_verdict = bool(envelope.status) and reading.tells(envelope.status, verdict)
    if envelope.words or envelope.objects or not (envelope.is_good or is_verdict):
        return False
    if envelope.result is None:
        return envelope.tells_success or is_verdict
    return _is_decided(envelope.result, reading, request_id, verdict)


def _is_decided(result: JsonValue, reading: Reading, request_id: str, verdict: Verdict) -> bool:
    """Is it `true`, the id, or the request with nothing in it that ``verdict`` would not make of it?"""
    if isinstance(result, list) and len(result) == 1:
        result = result[0]
    if isinstance(result, dict) and not reading.may_be_answered(result, verdict):
        return False
    return result is True or reading.is_about(result, request_id)


def _of_error_inside(envelope: Envelope, contract: Contract) -> Outcome:
    """The code inside may repeat HTTP's 200, or be missing: that it is an error is said by the status then."""
    if envelope.code not in (None, 200):
        return _of_error(envelope.code, envelope.words, contract)
    said = envelope.words or "Privilege Manager answered with an error and said nothing more."
    return _of_error(400, said, contract)


def _of_error(status: int, words: str, contract: Contract) -> Outcome:
    said = words or f"Privilege Manager answered {status} and said nothing more."
    if status >= 500 or status == 408 or status < 400:
        return Outcome(OutcomeKind.UNKNOWN, said)
    gone = says(words, contract.words.already) or says(words, contract.words.gone)
    if status in (404, 409, 410) or gone:
        return Outcome(OutcomeKind.ALREADY, said)
    return Outcome(OutcomeKind.REFUSED, f"{said} {ROLE_ADVICE}" if status == 403 else said)


def says(words: str, phrases: Names) -> bool:
    """Does any of the phrases stand in the words, in any case?"""
    return any(phrase.casefold() in words.casefold() for phrase in phrases.names)


def wrong_path(operation: Operation) -> Outcome:
    """Nothing was done: the contract names a path that is not there."""
    return Outcome(
        OutcomeKind.REFUSED,
        f"Privilege Manager has no {operation.method} {operation.path}. Correct the contract: your instance"
        " lists its paths at /services/swagger/ui/index.",
    )
