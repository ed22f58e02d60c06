"""Whether a request is like what an operator's rule says of it. Pure."""

from fnmatch import fnmatchcase

from upstream_client.models import ApprovalRequest


def has_fact(request: ApprovalRequest, key: str, pattern: str) -> bool:
    """Whether one of the facts with this key is like the pattern; a request that lacks the fact is not."""
    return any(fact.key == key and is_like(fact.value, pattern) for fact in request.facts)


def is_asked_by(request: ApprovalRequest, pattern: str) -> bool:
    """Whether who asked is like the pattern, by name or by address."""
    told = (request.requester, request.requester_email)
    return any(is_like(name, pattern) for name in told if name)


def is_like(text: str, pattern: str) -> bool:
    """``*`` stands for any text and ``?`` for one character; small and capital letters are the same.

    By the standard library's rules, but that a bracket is one: paths and names have them.
    """
    return fnmatchcase(text.casefold(), pattern.casefold().replace("[", "[[]"))
