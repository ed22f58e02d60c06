"""One call of a function, its arguments under the names that the function gives them."""

import inspect
from collections.abc import Collection, Mapping

from approval_gate.arguments import Argument, Arguments
from approval_gate.naming import apart
from approval_gate.state import copied

RECEIVERS = ("self", "cls")


class BoundCall:
    """A call that waits for approval.

    ``args`` and ``kwargs`` are what is to be run: lists, dicts and the like are copies made now. ``receiver`` is
    the name of the method's own object: it is passed as it is, must stay as it is, and is shown by its class alone
    unless ``shows_receiver``.
    """

    def __init__(
        self,
        signature: inspect.Signature,
        args: tuple[object, ...],
        kwargs: Mapping[str, object],
        hidden: Collection[str] = (),
        receiver: str = "",
        shows_receiver: bool = False,
    ) -> None:
        """Raises TypeError as the function itself would where it cannot be called so."""
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        options = _options(signature)
        values = {
            name: Argument(value, name in hidden, name == receiver and not shows_receiver)
            for name, value in bound.arguments.items()
            if name != options
        }
        more = bound.arguments.get(options, {})
        for key, name in apart(more, values, f"{options}.").items():
            is_hidden = key in hidden or options in hidden
            values[name] = Argument(more[key], is_hidden, named_by_caller=True)
        self.arguments = Arguments(values, hidden)
        for name, value in bound.arguments.items():
            bound.arguments[name] = value if name == receiver else copied(value)
        self.args, self.kwargs = bound.args, bound.kwargs


def _options(signature: inspect.Signature) -> str:
    """The name of the parameter that takes keywords of any name; empty where there is none."""
    every = signature.parameters.values()
    return next((one.name for one in every if one.kind is inspect.Parameter.VAR_KEYWORD), "")


def receiver_of(function: object, signature: inspect.Signature) -> str:
    """The name of a method's first parameter, self or cls; empty where the function is in no class."""
    inside = getattr(function, "__qualname__", "").rpartition("<locals>.")[2]
    first = next(iter(signature.parameters), "")
    return first if "." in inside and first in RECEIVERS else ""
