"""Records are written at the end of the transaction that they tell of, and told in the log once it stands."""

import json
from dataclasses import dataclass, field, replace
from functools import partial

import structlog
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection, Row, bindparam, insert, select, update

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
_ASKED_ABOUT = select(requests.c.digest, requests.c.body).where(requests.c.key == bindparam("key"))

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
    _chain_of(tx).records.append(_clean(record, notary_of(tx).redaction))


def _asked_about(tx: Connection, request_key: str | None) -> tuple[str, tuple[str, ...]]:
    """The digest and the artefact of the request as it is now; nothing where there is none."""
    if request_key is None:
        return "", ()
    found = tx.execute(_ASKED_ABOUT, {"key": request_key}).first()
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


@dataclass(frozen=True, slots=True)
class _Chain:
    """The records of one transaction, which become links at its end."""

    tx: Connection
    records: list[Record] = field(default_factory=list)

    def __call__(self) -> None:
        """Adds the links. The head's row is locked: nobody else can add any to the same end."""
        seal, tx = notary_of(self.tx).seal, self.tx
        head = head_of(tx, seal, lock=True)
        links: list[Record] = []
        for record in self.records:
            seq, prev = (links[-1].seq, links[-1].hash) if links else (head.seq, head.hash)
            linked = replace(record, seq=seq + 1, prev=prev)
            links.append(replace(linked, hash=seal.of(linked.hashed())))
        tx.execute(_INSERT, [_row_of(link) for link in links])
        end = links[-1]
        tx.execute(_MOVE, {"seq": end.seq, "hash": end.hash, "mac": seal.of_head(end.seq, end.hash)})
        ending_of(tx).after.extend(partial(tell, link) for link in links)


_INSERT, _MOVE = insert(audit), update(audit_head)


def _chain_of(tx: Connection) -> _Chain:
    """Written at the end, when every row is locked that will be: two replicas must not wait for each other."""
    before = ending_of(tx).before
    found = next((work for work in before if isinstance(work, _Chain)), None)
    if found is None:
        found = _Chain(tx)
        before.append(found)
    return found


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
