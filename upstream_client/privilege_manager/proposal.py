"""A contract proposed from an instance's reference: pure, so that it can be read and tested without one.

It starts as the packaged contract, all of it unconfirmed, and is overwritten with what the reference says.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Any
from urllib.parse import quote

from upstream_client.models import Status
from upstream_client.privilege_manager import vocabulary
from upstream_client.privilege_manager.choosing import WAITING, Choice
from upstream_client.privilege_manager.coding import Coding, one_time_in
from upstream_client.privilege_manager.contract import SECONDS_IN, Contract
from upstream_client.privilege_manager.deciding import Decision, in_words
from upstream_client.privilege_manager.reading import FACTS
from upstream_client.privilege_manager.rows import fold
from upstream_client.privilege_manager.swagger import Endpoint, Model, Property
from upstream_client.privilege_manager.text import scalar_text

Open = dict[str, Any]
"""A contract that is being written, as JSON."""
PAGE_SIZES = ("pagesize", "take", "limit", "top", "maxresults")
LARGE_PAGE = 1000
ONLY_WAITING = "see that it shows only what waits: what tells no status counts as waiting"
REPORT_ADVICE = (
    "If your console has a report of what waits (Reports | Approval), open it, copy its id (a GUID) from the"
    " address, and run discover again with --report and that id."
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found, or not: the contract's entry, what is said of it, and where that stands."""

    entry: str
    words: str
    place: str = ""


@dataclass(slots=True)
class Proposal:
    """``contract`` is whole and can be parsed. ``missing``: what a person has to find; ``doubts``: to confirm."""

    contract: Open
    found: list[Finding] = field(default_factory=list)
    missing: list[Finding] = field(default_factory=list)
    doubts: list[Finding] = field(default_factory=list)

    def parsed(self) -> Contract:
        """Raises `ContractError`."""
        return Contract.parse(self.text(), "that was proposed")

    def text(self) -> str:
        """As it is written to a file."""
        return json.dumps(self.contract, indent=2, ensure_ascii=False) + "\n"

    def operation(self, name: str, entry: Open, place: str) -> None:
        self.contract["operations"][name] = entry
        self.found.append(Finding(f"operations.{name}", f"{entry['method']} {entry['path']}", place))

    def drop_get(self, why: str) -> None:
        """Without it the list is searched for one request."""
        self.contract["operations"].pop("get", None)
        self.found = [one for one in self.found if one.entry != "operations.get"]
        self.doubts.append(Finding("operations.get", f"left out: {why}"))


def propose(choice: Choice, title: str, report_id: str = "") -> Proposal:
    """From what was chosen in the reference called ``title``; ``report_id`` is that of a report to list by."""
    packaged = (resources.files(__package__) / "contract.json").read_text(encoding="utf-8")
    proposal = Proposal(json.loads(packaged))
    proposal.contract["about"] = (
        f"Proposed by discover from the reference {title!r} of an instance. What is marked unconfirmed is the"
        " program's guess: hold it against /services/swagger/ui/index."
    )
    _list(proposal, choice, report_id)
    _decisions(proposal, choice)
    _duration(proposal, choice.approve)
    by_report = bool(report_id)
    if choice.list_ is not None and not by_report:
        _fields(proposal, choice, choice.list_.gives)
        _statuses(proposal, [choice.list_.gives, *([choice.get.gives] if choice.get else [])])
    _get(proposal, choice, by_report=by_report)
    return proposal


def _list(proposal: Proposal, choice: Choice, report_id: str) -> None:
    if report_id:
        return _report(proposal, choice, report_id)
    if choice.list_ is None:
        words = "no path in the reference lists what waits."
        proposal.missing.append(Finding("operations.list", f"{words} {REPORT_ADVICE}"))
        return None
    path, notes = _asked_for(choice.list_)
    entry = {"method": "GET", "path": path, "evidence": "documented"}
    proposal.operation("list", entry, choice.list_.place)
    told = names_of(choice.list_.gives.properties, "")
    if "status" not in told and not any(word in path.lower() for word in WAITING):
        notes.append(ONLY_WAITING)
    proposal.doubts += [Finding("operations.list", note) for note in notes]
    others = ", ".join(one.path for one in choice.others[:5])
    if others:
        proposal.doubts.append(Finding("operations.list", f"these could be it as well: {others}"))
    return None


def _report(proposal: Proposal, choice: Choice, report_id: str) -> None:
    id_step = quote(scalar_text(report_id) or "", safe="")
    if choice.report is None:
        path, place = f"/services/api/v1/reports/{id_step}", "the vendor's documentation"
    else:
        step = f"{{{choice.report.parameters[0]}}}"
        path, place = choice.report.path.replace(step, id_step), choice.report.place
    entry = {"method": "POST", "path": f"{path}?bTestMode=false", "body": [], "evidence": "documented"}
    proposal.operation("list", entry, place)
    proposal.doubts.append(Finding("operations.list", ONLY_WAITING))


def _asked_for(list_: Endpoint) -> tuple[str, list[str]]:
    """The list's path with what has to stand behind its ?, and what is doubtful about that."""
    asked: list[str] = []
    notes: list[str] = []
    for one in list_.query:
        waiting = [value for value, word in one.values if vocabulary.status_of(word) is Status.PENDING]
        if len(waiting) == 1:
            asked.append(f"{one.name}={quote(scalar_text(waiting[0]) or '', safe='')}")
        elif one.key in PAGE_SIZES:
            asked.append(f"{one.name}={LARGE_PAGE}")
            notes.append(f"it comes in pages; {one.name}={LARGE_PAGE} asks for a large one")
        elif one.required:
            notes.append(f"{one.name} must be given behind the ?, and nobody here knows what: fill it in")
    return list_.path + ("?" + "&".join(asked) if asked else ""), notes


def _decisions(proposal: Proposal, choice: Choice) -> None:
    both = (
        ("approve", choice.approve, choice.like_approve),
        ("deny", choice.deny, choice.like_deny),
    )
    for name, decision, others in both:
        if decision is not None:
            _decision(proposal, name, decision)
            continue
        like = f" (these look like it, and may do more or undo it: {in_words(others)})" if others else ""
        words = (
            f"no path in the reference says plainly how{like}. Look for it at /services/swagger/ui/index and"
            " write it into the contract; until then the packaged guess stands there."
        )
        proposal.missing.append(Finding(f"operations.{name}", words))


def _decision(proposal: Proposal, name: str, decision: Decision) -> None:
    endpoint, sent = decision.endpoint, decision.sending
    sure = not sent.guessed and not sent.unfilled and not decision.doubts
    entry: Open = {"method": endpoint.method, "path": sent.path}
    if sent.body:
        entry["body"] = sent.body
    entry["evidence"] = "documented" if sure else "unconfirmed"
    names = f", {endpoint.takes.place}: {', '.join(sent.body)}" if sent.body else ""
    proposal.operation(name, entry, endpoint.place + names)
    proposal.missing += [
        Finding(f"operations.{name}", f"{one} must be sent, and nobody here knows what: fill it in")
        for one in sent.unfilled
    ]
    guesses = [f"what {one} has to be is guessed: nothing says what it means" for one in sent.guessed]
    proposal.doubts += [Finding(f"operations.{name}", words) for words in (*decision.doubts, *guesses)]
    if not sent.has_comment:
        words = "has no place for a comment, so Privilege Manager will not show who answered in Slack"
        proposal.doubts.append(Finding(f"operations.{name}", words))


def _duration(proposal: Proposal, approve: Decision | None) -> None:
    if approve is None:
        return
    coding, duration = approve.sending.coding, proposal.contract["duration"]
    if coding is None:
        duration.update(choices=[None], other=False, note="The reference knows no duration: one time only.")
        proposal.doubts.append(Finding("duration", "approve has no place for one: one time is all there is"))
        return
    size = SECONDS_IN.get(coding.unit, 1)
    duration["choices"] = [one for one in duration["choices"] if one is None or one % size == 0]
    duration.update(unit=coding.unit, other=size <= SECONDS_IN["minutes"], note="choices are in seconds.")
    told = _one_time(duration, approve)
    duration["evidence"] = "documented" if coding.sure and told else "unconfirmed"
    place = f"{approve.endpoint.takes.place}.{coding.name}"
    proposal.found.append(Finding("duration", f"in {coding.unit}", place))
    _doubtful_duration(proposal, coding)
    if not told:
        proposal.doubts.append(Finding("duration", f"nothing says that null in {coding.name} means one time"))


def _doubtful_duration(proposal: Proposal, coding: Coding) -> None:
    doubts = []
    if coding.is_odd:
        doubts.append(f"nothing says that {coding.name} is how long an approval holds")
    if coding.others:
        doubts.append(f"it could as well be {', '.join(coding.others)}")
    if not coding.sure and not doubts:
        doubts.append(f"nothing says that {coding.name} is in {coding.unit}")
    proposal.doubts += [Finding("duration", words) for words in doubts]


def _one_time(duration: Open, approve: Decision) -> bool:
    """Sets what stands for one time; whether the reference says so. A wrong value could mean "for ever"."""
    name = approve.sending.coding.name if approve.sending.coding else ""
    own = [one for one in approve.endpoint.takes.properties if one.name == name]
    if approve.sending.has_one_time:
        duration["omit_one_time"] = not any(one.required for one in own)
        return True
    told = one_time_in(" ".join(one.about for one in own))
    if told is not None:
        duration["one_time"] = told[0]
    return told is not None


def _fields(proposal: Proposal, choice: Choice, model: Model) -> None:
    found = names_of(model.properties, _id_name(choice))
    if choice.get is not None:
        for name, more in names_of(choice.get.gives.properties, _id_name(choice)).items():
            found[name] = list(dict.fromkeys([*found.get(name, []), *more]))
    for name, names in found.items():
        proposal.contract["fields"][name] = {"names": names, "evidence": "documented"}
        proposal.found.append(Finding(f"fields.{name}", ", ".join(names), model.place))


def _id_name(choice: Choice) -> str:
    return choice.approve.sending.id_name if choice.approve else ""


def names_of(properties: Iterable[Property], id_name: str) -> dict[str, list[str]]:
    """By the contract's fields, the names under which they stand; the id as a decision calls it first."""
    by_key: dict[str, str] = {}
    for one in properties:
        if one.type not in ("array", "object", "boolean"):
            by_key.setdefault(one.key, one.name)
    found: dict[str, list[str]] = {}
    for field_, keys in vocabulary.FIELDS.items():
        wanted = (fold(id_name), *keys) if field_ == "id" else keys
        names = [by_key[key] for key in dict.fromkeys(wanted) if key in by_key]
        if names:
            found[field_] = names[:1] if field_ in ("id", "status") else names
    return found


def _statuses(proposal: Proposal, models: Iterable[Model]) -> None:
    name = proposal.contract["fields"]["status"]["names"][0]
    told = ((model.place, one.values) for model in models for one in model.properties if one.name == name)
    place, values = next(((place, values) for place, values in told if values), ("", ()))
    words: dict[str, Status] = {}
    strange: list[str] = []
    for value, word in values:
        status = vocabulary.status_of(word)
        if status is None:
            strange.append(word)
        else:
            words |= {scalar_text(value) or word: status, word: status}
    put_statuses(proposal, words)
    proposal.missing += [
        Finding("statuses", f"{word!r} is a status of a request: add it to the one it means")
        for word in strange
    ]
    if words:
        proposal.found.append(Finding("statuses", ", ".join(words), f"{place}.{name}"))


def put_statuses(proposal: Proposal, words: dict[str, Status]) -> None:
    """These words first, and of the packaged ones those that are not among them."""
    taken = {word.casefold() for word in words}
    for status, entry in proposal.contract["statuses"].items():
        ours = [word for word, meant in words.items() if meant.value == status]
        entry["names"] = ours + [word for word in entry["names"] if word.casefold() not in taken]
        if ours:
            entry["evidence"] = "documented"


def _get(proposal: Proposal, choice: Choice, *, by_report: bool) -> None:
    if choice.get is None:
        proposal.drop_get("the reference has no path for one request, so the list is searched")
        return
    step = f"{{{choice.get.parameters[0]}}}"
    entry = {"method": "GET", "path": choice.get.path.replace(step, "{request_id}"), "evidence": "documented"}
    proposal.operation("get", entry, choice.get.place)
    lists = choice.list_.gives.properties if choice.list_ and not by_report else ()
    if differing := _only_in_one(lists, choice.get.gives.properties):
        proposal.drop_get(
            f"it tells other facts than the list ({', '.join(differing)}), and each approval would find the"
            " request changed"
        )


BOUND = ("reason", *(name for name, _, bound in FACTS if bound))


def _only_in_one(lists: Sequence[Property], gets: Sequence[Property]) -> list[str]:
    """The facts a decision is bound to that only one of two models has; nothing where one says nothing."""
    if not lists or not gets:
        return []
    left, right = names_of(lists, ""), names_of(gets, "")
    return [name for name in BOUND if (name in left) != (name in right)]
