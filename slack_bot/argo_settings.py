"""The settings of Argo Workflows: what they must be, and whether they must be there at all. Pure.

They are validated knowing ``upstreams``, which stands before them in the settings.
"""

from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr, ValidationInfo
from pydantic_settings import NoDecode

from slack_bot.addresses import unquoted
from slack_bot.upstream_settings import required, text_of
from upstream_client.argo_workflows import Denial, address
from upstream_client.argo_workflows.selector import Selector
from upstream_client.argo_workflows.settings import checked_denial

NAME = "argo_workflows"


def _url(value: str, info: ValidationInfo) -> str:
    value = required(unquoted(value), NAME, info)
    return address.checked_url(value) if value else ""


def _token(value: str | SecretStr, info: ValidationInfo) -> SecretStr:
    token = required(unquoted(text_of(value)), NAME, info)
    return SecretStr(address.checked_token(token) if token else "")


def _namespaces(value: str | tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
    text = ",".join(value) if isinstance(value, tuple) else unquoted(value)
    names = address.checked_namespaces(text)
    required(",".join(names), NAME, info)
    return names


def _label_selector(value: str) -> str:
    selector = address.checked_selector(unquoted(value))
    Selector.parse(selector)
    return selector


def _deny(value: str) -> Denial:
    return checked_denial(unquoted(value))


ArgoUrl = Annotated[
    str,
    BeforeValidator(_url),
    Field(description="the address of Argo's web interface in your browser, before /workflows"),
]
ArgoToken = Annotated[
    SecretStr,
    BeforeValidator(_token),
    Field(
        description="the token of a service account that may get, list, update and patch workflows; "
        "argo auth token prints one"
    ),
]
ArgoNamespaces = Annotated[
    tuple[str, ...],
    NoDecode,
    BeforeValidator(_namespaces),
    Field(description="the namespaces whose workflows are shown, separated by commas"),
]
ArgoLabelSelector = Annotated[
    str,
    BeforeValidator(_label_selector),
    Field(description="leave it out, or name the labels of the workflows that are shown, such as gate=slack"),
]
ArgoDeny = Annotated[
    Denial,
    BeforeValidator(_deny),
    Field(description="node, to fail the step that waits, or workflow, to stop the whole workflow"),
]
