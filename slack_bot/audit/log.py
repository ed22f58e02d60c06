"""Records are written at the end of the transaction that they tell of, and told in the log once it stands."""

import json
from dataclasses import replace
from functools import partial

import structlog
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection, Row, insert, select, update

from slack_bot.audit.record import THE_BOT, Kind, Record
from slack_bot.ledger import Ledger, audit, audit_head, ending_of, head_of, notary_of, requests
from slack_bot.logs import Redaction
from upstream_client.models import ApprovalRequest

EVENT = "audit"
"""The event of a log line that is a record."""
TOLD_AGAIN = 100
"""So many of the newest records a process may have committed, and not told, when it was killed."""
CLEANINGS = 3
"""What is left of a text without one secret may look like another."""

_ASKED = TypeAdapter(ApprovalRequest)

log = structlog.get_logger("slack_bot.audit")


def append(
    tx: Connection, now: int, kind: Kind, request_key: str | None, actor: str = THE_BOT, **detail: object
) -> None:
    """Adds a record to the transaction: it stands if, and only if, the change it tells of stands.

    ``tx`` is of `slack_bot.ledger.Ledger.write`. Of ``detail``, "policy" (the text of the rule that was
    applied) and "digest" (the request's own unless given) become fields of their own. Raises `TypeError` for
    what is no JSON.
    """
    asked_digest, artefact = _asked_about(tx, request_key)
    digest, policy = str(detail.pop("digest", asked_digest)), str(detail.pop("policy", ""))
    told = json.loads(json.dumps(detail, ensure_ascii=False))
    record = Record(0, now, kind.value, request_key, actor, told, digest, policy, artefact)
    # At the end, when every row is locked that will be: two replicas must not wait for each other.
    ending_of(tx).before.append(partial(_write, tx, _clean(record, notary_of(tx).redaction)))


def _asked_about(tx: Connection, request_key: str | None) -> tuple[str, tuple[str, ...]]:
    """The digest and the artefact of the request as it is now; nothing where there is none."""
    if request_key is None:
        return "", ()
    query = select(requests.c.digest, requests.c.body).where(requests.c.key == request_key)
    found = tx.execute(query).first()
    if found is None:
        return "", ()
    try:
        return found.digest, _ASKED.validate_json(found.body).artefact
    except ValidationError:
        # What became of a request whose body is broken has to be recorded all the more.
        return found.digest, ()


def _clean(record: Record, redaction: Redaction) -> Record:
    """Without secrets: the log shows none, and must show what the ledger holds."""
    told: dict[str, object] = {
        "actor": record.actor,
        "policy": record.policy,
        "artefact": list(record.artefact),
        "detail": record.detail,
    }
    for _ in range(CLEANINGS):
        before, told = told, dict(redaction(None, "", told))
        if told == before:
            break
    return _read(record.as_json() | told)


def _write(tx: Connection, record: Record) -> None:
    """The next link. The head's row is locked: nobody else can add one to the same end."""
    seal = notary_of(tx).seal
    head = head_of(tx, seal, lock=True)
    linked = replace(record, seq=head.seq + 1, prev=head.hash)
    sealed = replace(linked, hash=seal.of(linked.hashed()))
    tx.execute(insert(audit).values(**_row_of(sealed)))
    mac = seal.of_head(sealed.seq, sealed.hash)
    tx.execute(update(audit_head).values(seq=sealed.seq, hash=sealed.hash, mac=mac))
    ending_of(tx).after.append(partial(tell, sealed))


def tell(record: Record, **more: object) -> None:
    """The record as one line of the log."""
    log.info(EVENT, **record.as_json(), **more)


def tell_again(ledger: Ledger, newest: int = TOLD_AGAIN) -> None:
    """Tells the newest records once more: whoever was killed after a commit could not tell of it."""
    with ledger.read() as connection:
        found = connection.execute(select(audit).order_by(audit.c.id.desc()).limit(newest)).all()
    for row in reversed(found):
        tell(record_of(row), again=True)


def _row_of(record: Record) -> dict[str, object]:
    told = record.as_json()
    told["id"] = told.pop("seq")
    return told | {name: json.dumps(told[name], ensure_ascii=False) for name in _AS_JSON}


_AS_JSON = ("artefact", "detail")


def record_of(row: Row[tuple[object, ...]]) -> Record:
    """A row of the table."""
    told = dict(row._mapping)
    told["seq"] = told.pop("id")
    return _read(told | {name: json.loads(told[name]) for name in _AS_JSON})


_read = TypeAdapter(Record).validate_python


def records(connection: Connection, request_key: str | None = None) -> list[Record]:
    """All records in order, or those of one request."""
    query = select(audit).order_by(audit.c.id)
    if request_key is not None:
        query = query.where(audit.c.request_key == request_key)
    return [record_of(row) for row in connection.execute(query)]
