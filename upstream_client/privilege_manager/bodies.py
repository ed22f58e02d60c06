"""How a decision is sent, by what the reference says of its endpoint: where id, verdict, comment, duration go."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from pydantic import JsonValue

from upstream_client.models import Verdict
from upstream_client.privilege_manager import vocabulary
from upstream_client.privilege_manager.coding import Coding, coding_in, unit_beside
from upstream_client.privilege_manager.rows import fold
from upstream_client.privilege_manager.swagger import Endpoint, Property
from upstream_client.privilege_manager.verb import verb_of

Open = dict[str, JsonValue]
WORDS = {Verdict.APPROVE: "Approve", Verdict.DENY: "Deny"}
"""What the vendor's ServiceNow application answers with."""


@dataclass(slots=True)
class Sending:
    """One decision's path and body. ``id_name``: how the reference calls the id.

    ``guessed``: values whose meaning is told by their name alone; ``unfilled``: values that must be sent and
    that nobody here knows.
    """

    path: str
    id_name: str = ""
    body: Open = field(default_factory=dict)
    coding: Coding | None = None
    has_verdict: bool = False
    has_comment: bool = False
    has_one_time: bool = False
    guessed: list[str] = field(default_factory=list)
    unfilled: list[str] = field(default_factory=list)

    def put(self, name: str, value: JsonValue) -> None:
        """At a place with dots: "Answer.Comment"."""
        *above, last = name.split(".")
        inside: Open = self.body
        for step in above:
            deeper = inside.setdefault(step, {})
            inside = deeper if isinstance(deeper, dict) else {}
        inside[last] = value


def sending(endpoint: Endpoint, verdict: Verdict) -> Sending | None:
    """How ``verdict`` is sent there; None where the reference tells no place for a request's id."""
    sent = _addressed(endpoint)
    if sent is None:
        return None
    for one in endpoint.takes.properties:
        if not _fill(sent, endpoint, one, verdict) and one.required:
            sent.unfilled.append(one.name)
    return sent if sent.id_name else None


def _addressed(endpoint: Endpoint) -> Sending | None:
    """With the id in the path or behind the ?, where it is wanted there; None where the path wants more."""
    names = endpoint.parameters
    if len(names) > 1 or not all(_is_of_a_request(endpoint, name) for name in names):
        return None
    sent = Sending(endpoint.path)
    for name in names:
        sent.path, sent.id_name = endpoint.path.replace(f"{{{name}}}", "{request_id}"), name
    wanted = next((one for one in endpoint.query if one.key in vocabulary.ID), None)
    if wanted is not None and not names:
        sent.path, sent.id_name = f"{endpoint.path}?{wanted.name}={{request_id}}", wanted.name
    others = [one.name for one in endpoint.query if one.required and one is not wanted]
    sent.unfilled += [f"?{name}=" for name in others]
    return sent


def _is_of_a_request(endpoint: Endpoint, name: str) -> bool:
    """Whether a part of the path that is filled in is the id of a request, and not, say, of a tenant."""
    above = endpoint.path.lower().partition(f"/{{{name.lower()}}}")[0].rpartition("/")[2]
    return fold(name) in vocabulary.ID or any(word in above for word in ("approv", "request"))


Filler = Callable[[Sending, Endpoint, Property, Verdict], bool]


def _fill(sent: Sending, endpoint: Endpoint, one: Property, verdict: Verdict) -> bool:
    """Whether ``one`` could be filled in, or need not be."""
    fillers: tuple[Filler, ...] = (_as_verdict, _as_id, _as_comment, _as_one_time, _as_unit, _as_duration)
    return any(filler(sent, endpoint, one, verdict) for filler in fillers)


def _as_verdict(sent: Sending, endpoint: Endpoint, one: Property, verdict: Verdict) -> bool:
    place = place_of_verdict(endpoint)
    if place is not None:
        return one is place and _put_verdict(sent, endpoint, one, verdict)
    if sent.has_verdict or one.key not in vocabulary.VERDICT_NAMES or not _is_text(one) or one.values:
        return False
    sent.guessed.append(one.name)
    sent.put(one.name, WORDS[verdict])
    sent.has_verdict = True
    return True


def _put_verdict(sent: Sending, endpoint: Endpoint, one: Property, verdict: Verdict) -> bool:
    """A flag's meaning is told by its name, and so is that of words which are said of other things too."""
    found = verdict_in(one, verdict)
    if found is None:
        return False
    if not has_plain_verdicts(one) or len(_places_of_verdict(endpoint)) > 1:
        sent.guessed.append(one.name)
    sent.put(one.name, found[0])
    sent.has_verdict = True
    return True


def place_of_verdict(endpoint: Endpoint) -> Property | None:
    """What tells the two verdicts apart there, by the reference: of several the one with the plainest name."""
    return min(
        _places_of_verdict(endpoint),
        key=lambda one: (one.key not in vocabulary.VERDICT_NAMES, not has_plain_verdicts(one)),
        default=None,
    )


def _places_of_verdict(endpoint: Endpoint) -> list[Property]:
    """What an address says by itself needs no flag: it could be that of something else."""
    own = verb_of(endpoint) is not None
    return [
        one
        for one in endpoint.takes.properties
        if verdict_in(one, Verdict.DENY) is not None and (one.required or not own or one.type != "boolean")
    ]


def verdict_in(one: Property, verdict: Verdict) -> tuple[JsonValue] | None:
    """The value for ``verdict``: of an enumeration that has both, or true or false.

    A flag deeper down, or words that are said of other things too, may be about something beside the request.
    """
    if one.type == "boolean":
        is_flag = "." not in one.name and one.last in vocabulary.YES_NAMES
        return (verdict is Verdict.APPROVE,) if is_flag else None
    if not has_plain_verdicts(one) and one.key not in vocabulary.VERDICT_NAMES:
        return None
    both = [vocabulary.verdict_value(one.values, each) for each in Verdict]
    return vocabulary.verdict_value(one.values, verdict) if None not in both else None


def has_plain_verdicts(one: Property) -> bool:
    """Whether it is an enumeration with a word for each verdict that is said of requests only."""
    plain = [(value, word) for value, word in one.values if fold(word) in vocabulary.PLAIN_VERDICTS]
    return all(vocabulary.verdict_value(plain, each) is not None for each in Verdict)


def _as_id(sent: Sending, endpoint: Endpoint, one: Property, verdict: Verdict) -> bool:
    """Of several ids the one that most plainly is a request's: another may be that of something else."""
    if _rank(sent, one) is None or one is not min(endpoint.takes.properties, key=partial(_order, sent)):
        return False
    sent.put(one.name, ["{request_id}"] if one.type == "array" else "{request_id}")
    sent.id_name = sent.id_name or one.name
    return True


def _order(sent: Sending, one: Property) -> int:
    rank = _rank(sent, one)
    return len(vocabulary.ID) if rank is None else rank


def _rank(sent: Sending, one: Property) -> int | None:
    """How plainly this is the id of a request, the less the better; None where it is none.

    The name that it has in the path is the plainest.
    """
    key = one.key.removesuffix("s") if one.type == "array" else one.key
    if sent.id_name and key == fold(sent.id_name):
        return -1
    return vocabulary.ID.index(key) if key in vocabulary.ID else None


def _as_comment(sent: Sending, endpoint: Endpoint, one: Property, verdict: Verdict) -> bool:
    """A reason is a comment where there is none; beside one it is what the person wrote who said no."""
    is_reason = one.last in vocabulary.REASON
    if not _is_text(one) or not (is_reason or one.last in vocabulary.COMMENT):
        return False
    comments = [each for each in endpoint.takes.properties if each.last in vocabulary.COMMENT]
    if is_reason and comments:
        sent.put(one.name, "{reason}")
        return True
    sent.put(one.name, "{comment}")
    sent.has_comment = True
    return True


def _as_one_time(sent: Sending, endpoint: Endpoint, one: Property, verdict: Verdict) -> bool:
    if verdict is not Verdict.APPROVE or one.type != "boolean" or one.last not in vocabulary.ONE_TIME:
        return False
    coding = coding_in(endpoint.takes.properties)
    beside = coding.name.rpartition(".")[0] if coding else ""
    if one.name.rpartition(".")[0] != beside:
        return False
    sent.put(one.name, "{one_time}")
    sent.has_one_time = True
    return True


def _as_unit(sent: Sending, endpoint: Endpoint, one: Property, verdict: Verdict) -> bool:
    """A number with its unit beside it, as the console asks for them: the unit is minutes.

    Where an address takes both verdicts deny has it too, so that one value tells them apart and no more.
    """
    coding = coding_in(endpoint.takes.properties)
    beside = unit_beside(endpoint.takes.properties, coding.name) if coding else None
    if beside is None or beside[0] != one.name:
        return False
    sent.put(*beside)
    return True


def _as_duration(sent: Sending, endpoint: Endpoint, one: Property, verdict: Verdict) -> bool:
    coding = coding_in(endpoint.takes.properties) if verdict is Verdict.APPROVE else None
    if coding is None or coding.name != one.name:
        return False
    sent.coding = coding
    sent.put(one.name, "{duration}")
    return True


def _is_text(one: Property) -> bool:
    return one.type in ("string", "")
