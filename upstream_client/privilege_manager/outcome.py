"""What became of a decision, told from the answer to it."""

from upstream_client.exceptions import NotUnderstood, Throttled
from upstream_client.models import Outcome, OutcomeKind
from upstream_client.privilege_manager.contract import Contract, Names, Operation
from upstream_client.privilege_manager.envelope import no_such_path, open_envelope, words_of
from upstream_client.privilege_manager.reading import Reading
from upstream_client.session import Answer

ROLE_ADVICE = (
    "Give the API client a role that may approve, such as Privilege Manager Helpdesk Users"
    " (Admin | Users | the API client | roles)."
)


def outcome_of(answer: Answer, operation: Operation, reading: Reading, request_id: str) -> Outcome:
    """The outcome of a decision that was answered. It is never sent again on the strength of this.

    | answer | outcome |
    |---|---|
    | 2xx, and the body confirms it (see `_of_success`); 204 | TAKEN |
    | 409, 410, 404; an error whose words say that the request no longer waits or is not there | ALREADY |
    | 400, 403 and other 4xx, or an error inside 2xx, with any other words | REFUSED |
    | 404 or 405 that means a wrong path in the contract | REFUSED, naming the contract |
    | 429 | raises `Throttled`: nothing was done |
    | 5xx, 408, a redirect, an error inside 2xx with a 5xx code, a 2xx that confirms nothing | UNKNOWN |
    """
    if answer.status == 429:
        raise Throttled("Privilege Manager asks for fewer calls.", answer.retry_after)
    if answer.status == 204:
        return Outcome(OutcomeKind.TAKEN)
    if answer.ok:
        return _of_success(answer, operation, reading, request_id)
    words = words_of(answer)
    if answer.status in (404, 405) and no_such_path(answer):
        return Outcome(OutcomeKind.REFUSED, _wrong_path(operation))
    if answer.status == 404:
        return Outcome(OutcomeKind.ALREADY, words or "Privilege Manager has no such request any more.")
    return _of_error(answer.status, words, reading.contract)


def _of_success(answer: Answer, operation: Operation, reading: Reading, request_id: str) -> Outcome:
    """A 2xx confirms by an envelope without error, by `true`, or by the request or its id.

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
        return _of_error(envelope.code or 400, envelope.words, reading.contract)
    confirmed = envelope.wrapped or envelope.result is True or reading.is_about(envelope.result, request_id)
    if confirmed and envelope.result is not False:
        return Outcome(OutcomeKind.TAKEN)
    return Outcome(OutcomeKind.UNKNOWN, "Privilege Manager's answer does not say whether it was done.")


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


def _wrong_path(operation: Operation) -> str:
    return (
        f"Privilege Manager has no {operation.method} {operation.path}. Correct the contract: your instance"
        " lists its paths at /services/swagger/ui/index."
    )
