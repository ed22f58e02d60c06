"""Which error a Web API call ends with."""

from collections.abc import Callable
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError


def refused(call: Callable[[], object]) -> dict[str, Any]:
    """The whole answer of a call that must fail."""
    with pytest.raises(SlackApiError) as failure:
        call()
    answer = failure.value.response.data
    assert isinstance(answer, dict)
    return answer


def error_of(call: Callable[[], object]) -> str:
    """Slack's error code."""
    return str(refused(call)["error"])
