"""What AgentSudo tells of a call that needs approval, and the question it makes."""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from approval_gate.arguments import Argument, Arguments
from approval_gate.naming import apart
from approval_gate.question import Asked, headline

REQUEST_ID = "Request ID"
SHOWN_AS_THEY_ARE = (str, bytes, int, float, list, tuple, dict, set, frozenset, type(None))


@dataclass(frozen=True, slots=True)
class AgentSudoCall:
    """A call by ``agent``. ``request_id`` is the short name by which people speak of the question."""

    agent: str
    scope: str
    function: str
    request_id: str
    arguments: Arguments

    @classmethod
    def of(
        cls, agent: object, scope: str, context: Mapping[str, object], hidden: Collection[str]
    ) -> "AgentSudoCall":
        """From what its `@sudo` gives to ``on_deny=``: (agent, scope, {"function", "args", "kwargs"})."""
        name, function = _name(agent), str(context.get("function") or "unknown")
        told = {"agent_name": name, "function": function}
        if hasattr(agent, "id"):
            told["agent_id"] = str(agent.id)
        given = _by_keyword(context.get("kwargs"))
        values = {key: Argument(one, key in hidden and key not in given) for key, one in told.items()}
        values |= _positional(context.get("args"), hidden, function)
        for key, called in apart(given, values, "argument ").items():
            values[called] = Argument(given[key], key in hidden, named_by_caller=True)
        return cls(name, scope, function, secrets.token_hex(4), Arguments(values, hidden))

    def question(self, channel: str, timeout: float) -> Asked:
        """What to ask."""
        covered = self.arguments.covered
        labels = {
            "Agent": covered(self.agent),
            "Scope": self.scope,
            "Function": self.function,
            REQUEST_ID: self.request_id,
        } | self.arguments.labels
        return {
            "title": headline(covered(f"{self.agent}: {self.scope}")),
            "action": self.scope,
            "arguments": self.arguments.shown,
            "arguments_digest": self.arguments.digest,
            "requester": headline(covered(self.agent)),
            "channel": channel,
            "expires_in": timeout,
            "cancel_on_disconnect": True,
            "labels": {label: headline(text) for label, text in labels.items()},
        }


def _name(agent: object) -> str:
    return str(getattr(agent, "name", None) or agent)


def _positional(args: object, hidden: Collection[str], function: str) -> dict[str, Argument]:
    """AgentSudo tells no names for them: they are counted from 1. A method's own object is one of them."""
    values = args if isinstance(args, list | tuple) else ()
    counted = {f"argument {place}": value for place, value in enumerate(values, start=1)}
    return {
        name: Argument(value, name in hidden, by_class=name == "argument 1" and _has_method(value, function))
        for name, value in counted.items()
    }


def _has_method(value: object, name: str) -> bool:
    """Values that are shown as they are have methods too, and are no objects whose method this could be."""
    return not isinstance(value, SHOWN_AS_THEY_ARE) and callable(getattr(type(value), name, None))


def _by_keyword(kwargs: object) -> dict[str, object]:
    return {str(key): value for key, value in kwargs.items()} if isinstance(kwargs, Mapping) else {}
