"""Values that a suspended step waits for, beside the yes: who resumes it has to give them. Pure.

Argo's resume gives none, not even the default: `argo node set` does (argo-workflows.readthedocs.io/en/latest/
intermediate-inputs).
"""

from upstream_client.argo_workflows.wire import Node, Parameter


def missing(node: Node) -> tuple[str, ...]:
    """The names of those that nobody can do without; each with its choices, where there are any."""
    return tuple(_with_choices(node, one) for one in _wanted(node) if _default(one) is None)


def defaults(node: Node) -> dict[str, str]:
    """The others, with the values that they have where nobody gives any."""
    told = ((one.name, _default(one)) for one in _wanted(node))
    return {name: value for name, value in told if value is not None}


def _wanted(node: Node) -> tuple[Parameter, ...]:
    outputs = () if node.outputs is None else node.outputs.parameters
    return tuple(one for one in outputs if one.value_from is not None and one.value_from.supplied is not None)


def _default(one: Parameter) -> str | None:
    return None if one.value_from is None else one.value_from.default


def _with_choices(node: Node, one: Parameter) -> str:
    """An input of the same name tells what its web interface offers."""
    inputs = () if node.inputs is None else node.inputs.parameters
    choices = next((each.enum for each in inputs if each.name == one.name and each.enum), one.enum)
    return f"{one.name} ({', '.join(choices)})" if choices else one.name
