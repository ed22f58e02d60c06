"""The tree of errors is the one that is drawn."""

import inspect
import re

from approval_gate import errors


def drawn() -> list[tuple[int, str]]:
    """Depth and name of each line of the tree."""
    lines = (errors.__doc__ or "").splitlines()
    found = [re.match(r"([├└│─ ]*)([A-Z]\w+)  +\S", line) for line in lines]
    return [(len(match[1]) // 4, match[2]) for match in found if match]


def test_every_error_stands_in_the_tree_below_what_it_is_one_of() -> None:
    parents: dict[int, str] = {}
    told: dict[str, str] = {}
    for depth, name in drawn():
        told[name] = parents.get(depth - 1, "Exception")
        parents[depth] = name

    classes = [one for _, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, Exception)]

    assert {one.__name__: one.__bases__[0].__name__ for one in classes} == told


def test_a_denial_says_who_and_why() -> None:
    assert str(errors.ApprovalDenied("not on Friday", "U1")) == "Denied by U1: not on Friday"
    assert str(errors.ApprovalDenied()) == "Denied."
    assert (errors.ApprovalDenied("no", "U1").reason, errors.ApprovalDenied("no", "U1").who) == ("no", "U1")
