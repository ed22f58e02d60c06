"""The request that is asked about, as a file tells it."""

from pathlib import Path

from pydantic import Field, ValidationError

from slack_bot.channel import Strict
from slack_bot.explainer.settings import CannotExplain
from slack_bot.shelf import what_is_wrong
from slack_bot.written_terms import UpstreamKey
from upstream_client.models import ApprovalRequest, Fact, Risk


class AskedFact(Strict):
    """One thing that approvers see of it."""

    key: str
    label: str = ""
    value: str
    bound: bool = True


class AskedRequest(Strict):
    """A request as its upstream would tell it; what is left out is not told."""

    upstream: UpstreamKey
    title: str = Field(min_length=1)
    id: str = ""
    requester: str = ""
    requester_email: str = ""
    justification: str = ""
    risk: Risk = Risk.UNRATED
    facts: list[AskedFact] = Field([])

    def request(self) -> ApprovalRequest:
        """The request that is meant."""
        facts = tuple(Fact(one.key, one.label or one.key, one.value, one.bound) for one in self.facts)
        return ApprovalRequest(
            self.upstream,
            self.id,
            self.title,
            self.requester,
            self.requester_email,
            self.justification,
            facts,
            self.risk,
        )


def read_request(path: Path) -> ApprovalRequest:
    """Raises `CannotExplain`."""
    try:
        return AskedRequest.model_validate_json(path.read_bytes()).request()
    except OSError as error:
        raise CannotExplain(f"{path} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        keys = ", ".join(AskedRequest.model_fields)
        raise CannotExplain(
            f"{path} cannot be used: {what_is_wrong(error)}. It is a JSON object with the keys {keys}; "
            "upstream and title are needed."
        ) from error
