"""How bad a wrong yes would be, by the operator's own rules. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from slack_bot.likeness import has_fact, is_asked_by
from upstream_client.models import ApprovalRequest, Risk


@dataclass(frozen=True, slots=True)
class RiskRule:
    """Requests that fit have this ``risk``. What is "" or left out fits every request.

    ``facts``: pairs of a fact's key and what its value is like; a request that lacks the fact does not fit.
    ``requester``: what who asked is like, by name or address. In both ``*`` stands for any text and ``?`` for
    one character; small and capital letters are the same.
    """

    risk: Risk
    upstream: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    requester: str = ""

    @property
    def fits_all(self) -> bool:
        """Whether no request is left for a rule after this one."""
        return not (self.upstream or self.facts or self.requester)

    def fits(self, request: ApprovalRequest) -> bool:
        """Whether the request has this risk, unless an earlier rule fits it."""
        return (
            self.upstream in ("", request.upstream)
            and all(has_fact(request, key, pattern) for key, pattern in self.facts)
            and (not self.requester or is_asked_by(request, self.requester))
        )


def rate(request: ApprovalRequest, rules: Sequence[RiskRule]) -> ApprovalRequest:
    """The request with the risk of the first rule that fits, which is no mere claim then, else as it is."""
    rule = next((rule for rule in rules if rule.fits(request)), None)
    return request if rule is None else replace(request, risk=rule.risk, risk_claimed=False)
