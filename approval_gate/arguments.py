"""The arguments of one call: what is shown of them, what an approval is bound to, whether they changed since."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from approval_gate.digest import arguments_digest, new_nonce
from approval_gate.errors import ArgumentsChanged
from approval_gate.hidden import HIDDEN, Hidden
from approval_gate.json_text import JsonValue
from approval_gate.naming import unused
from approval_gate.shown import class_of, cut, show, show_text
from approval_gate.state import written
from approval_gate.ticket import Ticket

NOT_WHOLE = "Not shown whole"
"""The label that names what is too long for a card."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One value. ``is_hidden``: nothing of it is shown; ``by_class``: its class alone is.

    ``named_by_caller``: its name is no word of the function, but as good as a value.
    """

    value: object
    is_hidden: bool = False
    by_class: bool = False
    named_by_caller: bool = False


class Arguments:
    """Named values, as they were when this was made.

    Values named in ``hidden`` are never shown: not themselves, not under that name in dicts, and not where their
    text stands in other values. The digest is over all of them as they really are, and as they are shown, with a
    nonce that stays here.
    """

    def __init__(self, values: Mapping[str, Argument], hidden: Collection[str] = ()) -> None:
        self._values = dict(values)
        self._hidden = _hidden(self._values, hidden)
        self._kept: list[object] = []
        self._nonce = new_nonce()
        self._digests = {name: self._digest_of(name) for name in self._values}
        shown = self._by_shown_names()
        self.shown: dict[str, JsonValue] = cut(shown)
        """For people."""
        self.partly = tuple(name for name, value in shown.items() if self.shown[name] is not value)
        """The names in ``shown`` of what is too long to be shown whole."""
        self.digest = arguments_digest(self._digests, self._nonce)
        """What an approval is bound to; tells nobody anything of the values."""

    @property
    def labels(self) -> dict[str, str]:
        """What a card has to say beside the arguments."""
        return {NOT_WHOLE: ", ".join(self.partly)} if self.partly else {}

    def covered(self, text: str) -> str:
        """A text for people, with what is hidden covered in it."""
        return show_text(text, self._hidden)

    def check(self, ticket: Ticket) -> None:
        """Raises `ArgumentsChanged` where a value is no longer what it was, or the ticket is bound to others."""
        changed = tuple(name for name, digest in self._digests.items() if self._digest_of(name) != digest)
        if changed or ticket.arguments_digest != self.digest:
            raise ArgumentsChanged(changed or tuple(self._values), ticket)

    def _by_shown_names(self) -> dict[str, JsonValue]:
        """Names of the function's own stand for themselves; no other name takes their place."""
        own = {name for name, one in self._values.items() if not one.named_by_caller}
        shown: dict[str, JsonValue] = {}
        for name in self._values:
            read = name if name in own else unused(self.covered(name), own | shown.keys())
            shown[read] = self._shown(name)
        return shown

    def _shown(self, name: str) -> JsonValue:
        argument = self._values[name]
        if argument.is_hidden:
            return HIDDEN
        return class_of(argument.value) if argument.by_class else show(argument.value, self._hidden)

    def _digest_of(self, name: str) -> str:
        state = self._values[name].value
        try:
            return arguments_digest([written(state, self._kept), self._shown(name)], self._nonce)
        except TypeError as error:
            raise TypeError(f"the argument {name} cannot be shown: {error}") from error


def _hidden(values: Mapping[str, Argument], names: Collection[str]) -> Hidden:
    by_name = Hidden(names)
    found = [one.value for one in values.values() if one.is_hidden]
    for one in values.values():
        found += by_name.found_under_names(one.value)
    return Hidden(names, found)
