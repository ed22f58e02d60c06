"""`show`: what happened to one request, in order, in plain words."""

from collections.abc import Callable, Iterable, Mapping

from pydantic import TypeAdapter

from slack_bot.audit.record import Record
from slack_bot.auditor.reading import LedgerToRead
from slack_bot.auditor.settings import CannotBegin
from slack_bot.blocks import history
from slack_bot.plain_text import in_line
from slack_bot.rich_text import Element
from slack_bot.seal import Seal
from upstream_client.models import ApprovalRequest

MOST = 10
"""So many requests are named where several are meant."""
_ASKED = TypeAdapter(ApprovalRequest)
_NAMED = {"user": ("user_id", "@"), "channel": ("channel_id", "#"), "usergroup": ("usergroup_id", "@")}


def key_named(ledger: LedgerToRead, name: str) -> str:
    """The key of the one request whose key or upstream's id is this, or begins so. Raises `CannotBegin`."""
    found = ledger.requests_like(name, MOST + 1)
    exact = [key for key, upstream_id in found if name in (key, upstream_id)]
    if len(exact) == 1 or len(found) == 1:
        return (exact or [found[0][0]])[0]
    if not found:
        raise CannotBegin(f"No request has a key or an id that begins with {in_line(name)}.")
    listed = [f"  {key}  {in_line(upstream_id)}" for key, upstream_id in found[:MOST]]
    more = ["  and others"] if len(found) > MOST else []
    raise CannotBegin("\n".join(["More than one request begins so. Name one:", *listed, *more]))


def story(ledger: LedgerToRead, key: str, seal: Seal, say: Callable[[str], None]) -> bool:
    """Tells it. False where a record is not as it was written."""
    asked = _ASKED.validate_json(ledger.body_of(key))
    names = ledger.names_in(key)
    say(f"{in_line(asked.title)}")
    say(f"Request {key} of {asked.upstream}, id {in_line(asked.id)}, asked by {in_line(asked.requester)}.")
    for artefact in asked.artefact:
        say(f"What exactly: {in_line(artefact)}")
    _, newest = ledger.end()
    # Every record is told, also after one that is not as it was written.
    good = [_told(record, names, seal, say) for record in ledger.records(newest, key=key)]
    return all(good)


def _told(record: Record, names: Mapping[str, str], seal: Seal, say: Callable[[str], None]) -> bool:
    if not record.is_sealed_by(seal):
        say(f"{record.seq:>6}  Bad: this record is not as it was written, so it is not told. Run verify.")
        return False
    say(f"{record.seq:>6}  {_plain(history.told(record), names)}")
    if record.policy:
        say(f"        by the rule: {in_line(record.policy)}")
    return True


def _plain(line: Iterable[Element], names: Mapping[str, str]) -> str:
    return "".join(_words(element, names) for element in line)


def _words(element: Element, names: Mapping[str, str]) -> str:
    if element["type"] in _NAMED:
        field, sign = _NAMED[element["type"]]
        found = str(element[field])
        return f"{in_line(names[found])} ({found})" if found in names else f"{sign}{found}"
    return in_line(str(element.get("text", element.get("fallback", ""))))
