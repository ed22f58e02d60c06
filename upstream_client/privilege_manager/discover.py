"""`discover`: reads what an instance says of itself and proposes the contract. It never approves nor denies."""

import os
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from upstream_client.exceptions import UpstreamError
from upstream_client.models import ApprovalRequest
from upstream_client.privilege_manager.caller import Caller
from upstream_client.privilege_manager.choosing import Choice, choose
from upstream_client.privilege_manager.contract import Contract, ContractError
from upstream_client.privilege_manager.proposal import Finding, Proposal, names_of, propose
from upstream_client.privilege_manager.reference import PLACE, fetch_reference, load_reference
from upstream_client.privilege_manager.settings import PrivManSettings
from upstream_client.privilege_manager.swagger import Property, Reference
from upstream_client.privilege_manager.text import clean, one_line
from upstream_client.privilege_manager.trial import ask_list, names_of_list, read_list, trouble_with_get

Say = Callable[[str], None]
NEEDED = ("operations.list", "operations.approve", "operations.deny", "fields.id")
"""Without these no request can be brought and answered."""
COMPLETE = ". Set PRIVMAN_CONTRACT={path} and run doctor."
INCOMPLETE = " as far as it goes: complete it there, or run discover again with --force. Then run doctor."
WIDTH = 20
LONGEST = 1000
"""Characters of a line: it may hold what others say."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for: a file to write the contract to, and other places to look."""

    write: Path | None = None
    force: bool = False
    swagger_url: str = ""
    swagger_file: Path | None = None
    report: str = ""


def discover(settings: PrivManSettings, wanted: Wanted, say: Say) -> int:
    """0 when what is needed was found, 1 when something was not, 2 when the file may not be written."""
    if wanted.write is not None and wanted.write.exists() and not wanted.force:
        say(f"{wanted.write} exists. Name another file, or overwrite it with --force.")
        return 2
    caller = settings.caller(Contract.packaged())
    try:
        return _discover(caller, wanted, say)
    except (UpstreamError, ContractError) as error:
        say(str(error))
        return 1
    finally:
        caller.close()


def _discover(caller: Caller, wanted: Wanted, say: Say) -> int:
    caller.log_on()
    reference = _reference(caller, wanted)
    choice = choose(reference)
    proposal = propose(choice, reference.title, wanted.report)
    tried = _try(caller, proposal, choice) if _has(proposal, "operations.list") else "Nothing was tried."
    proposal.parsed()  # what is not a contract is neither shown nor written
    _tell(proposal, reference, wanted.swagger_url or wanted.swagger_file or caller.base_url + PLACE, say)
    say(f"\n{tried} Approve and deny were not tried.")
    lacking = [name for name in NEEDED if any(one.entry == name for one in proposal.missing)]
    if lacking:
        say(f"\nThe contract is not complete yet: {', '.join(lacking)}. See above what to do.")
    next_step = INCOMPLETE if lacking else COMPLETE
    if wanted.write is not None and not _save(proposal.text(), wanted.write, next_step, say):
        return 2
    return 1 if lacking else 0


def _save(text: str, path: Path, next_step: str, say: Say) -> bool:
    try:
        _write(text, path)
    except OSError as error:
        say(f"\n{path} cannot be written: {error.strerror}.")
        return False
    say(f"\nWritten to {path}{next_step.format(path=path)}")
    return True


def _reference(caller: Caller, wanted: Wanted) -> Reference:
    if wanted.swagger_file is not None:
        return load_reference(wanted.swagger_file, caller.base_url)
    return fetch_reference(caller, wanted.swagger_url)


def _has(proposal: Proposal, entry: str) -> bool:
    return any(one.entry == entry for one in proposal.found)


def _try(caller: Caller, proposal: Proposal, choice: Choice) -> str:
    """One look at the list, which tells names that the reference leaves out; what came of it, in words."""
    try:
        body = ask_list(caller, proposal.parsed()).json()
        _learn_names(proposal, names_of_list(body), choice)
        listed = read_list(proposal.parsed(), caller, body)
    except UpstreamError as error:
        proposal.found = [one for one in proposal.found if one.entry != "operations.list"]
        proposal.missing.append(Finding("operations.list", f"was tried and cannot be read: {error}"))
        return "The list was tried."
    if listed.wrong:
        proposal.missing.append(Finding("operations.list", f"was tried and read in part: {listed.wrong}"))
    _try_get(caller, proposal, listed.waiting)
    many = "1 request waits" if len(listed.waiting) == 1 else f"{len(listed.waiting)} requests wait"
    return f"The list was tried: {many}."


def _learn_names(proposal: Proposal, names: list[str], choice: Choice) -> None:
    """Names seen in the list stand in for those that the reference does not tell."""
    id_name = choice.approve.sending.id_name if choice.approve else ""
    fields = proposal.contract["fields"]
    seen = names_of([Property(one) for one in names], id_name)
    new = {name: found for name, found in seen.items() if fields[name]["evidence"] != "documented"}
    for name, found in new.items():
        note = "Seen in the list's answer; what it means is told by the name alone."
        fields[name] = {"names": found, "evidence": "unconfirmed", "note": note}
        proposal.found.append(Finding(f"fields.{name}", ", ".join(found), "the list's answer"))
    if "id" not in new and fields["id"]["evidence"] != "documented":
        proposal.missing.append(Finding("fields.id", _no_id(names)))


def _no_id(names: list[str]) -> str:
    if not names:
        return "neither the reference nor the empty list tells its name: run discover again while a request waits"
    return f"none of the names in the list is known as an id: {', '.join(names)}. Write the right one there."


def _try_get(caller: Caller, proposal: Proposal, waiting: tuple[ApprovalRequest, ...]) -> None:
    contract = proposal.parsed()
    if contract.operations.get is None:
        return
    if not waiting:
        words = (
            "nothing waits, so nobody knows whether it tells the same as the list: run discover again when"
        )
        proposal.doubts.append(Finding("operations.get", f"{words} something does"))
    elif trouble := trouble_with_get(contract, caller, waiting):
        proposal.drop_get(f"it {trouble}")


def _tell(proposal: Proposal, reference: Reference, place: object, say: Say) -> None:
    say(one_line(clean(f"{reference.title}, read at {place}"), LONGEST))
    say("\nFound:")
    _say_each(proposal.found, say)
    if proposal.doubts:
        say("\nTo be confirmed:")
        _say_each(proposal.doubts, say)
    if proposal.missing:
        say("\nNot found, and what to do:")
        _say_each(proposal.missing, say)


def _say_each(findings: Iterable[Finding], say: Say) -> None:
    for one in findings:
        place = f" ({one.place})" if one.place else ""
        say(f"  {one.entry:<{WIDTH}} {one_line(clean(one.words + place), LONGEST)}")


def _write(text: str, path: Path) -> None:
    """The whole file or nothing."""
    descriptor, name = tempfile.mkstemp(dir=path.absolute().parent, prefix=".contract-", suffix=".json")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
