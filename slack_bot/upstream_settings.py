"""The settings of each upstream: what they must be, and whether they must be there at all. Pure.

They are validated knowing ``upstreams``, which stands before them in the settings.
"""

import re
from typing import Annotated, Final
from urllib.parse import urlunsplit

from pydantic import BeforeValidator, Field, SecretStr, ValidationInfo

from slack_bot.addresses import checked_gate_url, split_url, unquoted
from upstream_client.xerotier import address

MISSING: Final = "is missing"
SHORTEST_SECRET: Final = 16
"""Characters of the secret by which webhooks are known."""


def required(value: str, upstream: str, info: ValidationInfo) -> str:
    """The value; nothing only where nobody wants the upstream."""
    if not value and upstream in info.data.get("upstreams", ()):
        raise ValueError(MISSING)
    return value


def text_of(value: str | SecretStr) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def _privman_base_url(value: str, info: ValidationInfo) -> str:
    if not required(value.strip(), "privilege_manager", info):
        return ""
    url = split_url(value)
    path = url.path.rstrip("/")
    if not path.casefold().endswith("/tms"):
        raise ValueError(
            "does not end in /Tms, where Privilege Manager is found, for example https://privman.example.com/Tms"
        )
    return urlunsplit(url._replace(path=path))


def _privman_username(value: str, info: ValidationInfo) -> str:
    return required(unquoted(value), "privilege_manager", info)


def _privman_password(value: str | SecretStr, info: ValidationInfo) -> SecretStr:
    """A password may hold spaces and quotes; a line end at its end comes from the file it was kept in."""
    return SecretStr(required(text_of(value).rstrip("\r\n"), "privilege_manager", info))


def _gate_url(value: str, info: ValidationInfo) -> str:
    return checked_gate_url(value) if required(value.strip(), "gate", info) else ""


def _gate_api_key(value: str | SecretStr, info: ValidationInfo) -> SecretStr:
    key = required(unquoted(text_of(value)), "gate", info)
    if key and not re.fullmatch(r"gate_[A-Za-z0-9_-]{8,200}", key):
        raise ValueError("is no key of a gate, which begins with gate_: copy it again, complete")
    return SecretStr(key)


def _xerotier_base(value: str) -> str:
    return address.checked_base(unquoted(value) or address.VENDOR)


def _xerotier_project_id(value: str, info: ValidationInfo) -> str:
    value = required(unquoted(value), "xerotier", info)
    return address.checked_project_id(value) if value else ""


def _xerotier_api_key(value: str | SecretStr, info: ValidationInfo) -> SecretStr:
    key = required(unquoted(text_of(value)), "xerotier", info)
    if not re.fullmatch(r"[!-~]*", key):
        raise ValueError("is no key: copy it again, complete and with nothing around it")
    return SecretStr(key)


def _xerotier_webhook_secret(value: str | SecretStr) -> SecretStr:
    secret = unquoted(text_of(value))
    if 0 < len(secret) < SHORTEST_SECRET:
        raise ValueError(f"has fewer than {SHORTEST_SECRET} characters")
    return SecretStr(secret)


def _xerotier_list_path(value: str) -> str:
    return address.checked_list_path(unquoted(value) or address.LIST_PATH)


def _xerotier_get_path(value: str) -> str:
    return address.checked_get_path(unquoted(value))


PrivmanBaseUrl = Annotated[
    str,
    BeforeValidator(_privman_base_url),
    Field(description="the address of Privilege Manager's console in your browser, up to /Tms"),
]
PrivmanUsername = Annotated[
    str,
    BeforeValidator(_privman_username),
    Field(
        description="Privilege Manager → Admin → Users → Create, User Type API Client: its Client Id. "
        "Give it a role that may approve, such as Privilege Manager Helpdesk Users"
    ),
]
PrivmanPassword = Annotated[
    SecretStr,
    BeforeValidator(_privman_password),
    Field(description="the Secret of the API client in PRIVMAN_USERNAME, shown once when it is made"),
]
GateUrl = Annotated[
    str,
    BeforeValidator(_gate_url),
    Field(description="the address of the approval gate, such as https://gate.example.com"),
]
GateApiKey = Annotated[
    SecretStr,
    BeforeValidator(_gate_api_key),
    Field(
        description="python -m approval_gate keys create bot --scope decide; it is shown once",
    ),
]
XerotierBase = Annotated[
    str,
    BeforeValidator(_xerotier_base),
    Field(description="leave it out for Xerotier itself; a router of your own has its own address"),
]
XerotierProjectId = Annotated[
    str,
    BeforeValidator(_xerotier_project_id),
    Field(description="the id of the project, prj_…: xeroctl auth whoami"),
]
XerotierApiKey = Annotated[
    SecretStr,
    BeforeValidator(_xerotier_api_key),
    Field(description="a key of a service account of that project, with the execution scope and no other"),
]
XerotierWebhookSecret = Annotated[
    SecretStr,
    BeforeValidator(_xerotier_webhook_secret),
    Field(description="what you gave xeroctl webhooks --create as --secret; leave it out without webhooks"),
]
XerotierListPath = Annotated[
    str,
    BeforeValidator(_xerotier_list_path),
    Field(description="leave it out, unless your Xerotier lists its approvals elsewhere below the project"),
]
XerotierGetPath = Annotated[
    str,
    BeforeValidator(_xerotier_get_path),
    Field(
        description=f"leave it out, or name where one approval is told of: {address.APPROVALS}/{address.ID_HERE}"
    ),
]
