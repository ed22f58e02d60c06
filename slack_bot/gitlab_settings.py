"""The settings of GitLab: what they must be, and whether they must be there at all. Pure.

They are validated knowing ``upstreams``, which stands before them in the settings.
"""

from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr, ValidationInfo
from pydantic_settings import NoDecode

from slack_bot.addresses import unquoted
from slack_bot.upstream_settings import required, text_of
from upstream_client.gitlab import Gated, address
from upstream_client.gitlab.caller import checked_token

NAME = "gitlab"


def _url(value: str) -> str:
    return address.checked_base(unquoted(value) or address.VENDOR)


def _token(value: str | SecretStr, info: ValidationInfo) -> SecretStr:
    token = required(unquoted(text_of(value)), NAME, info)
    return SecretStr(checked_token(token) if token else "")


def _projects(value: str | tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
    text = unquoted(value) if isinstance(value, str) else ",".join(value)
    named = [one for one in map(str.strip, required(text, NAME, info).split(",")) if one]
    return tuple(dict.fromkeys(map(address.checked_project, named)))


def _gated(value: str) -> Gated:
    word = unquoted(value).casefold()
    try:
        return Gated(word) if word else Gated.DEPLOYMENTS
    except ValueError as error:
        raise ValueError(f"is none of {', '.join(Gated)}") from error


GitlabUrl = Annotated[
    str,
    BeforeValidator(_url),
    Field(description="leave it out for gitlab.com; your own GitLab is where people open it in a browser"),
]
GitlabToken = Annotated[
    SecretStr,
    BeforeValidator(_token),
    Field(
        description="a project or group access token with the role Developer and the scope api, whose user is in"
        " the approval rules of the environments"
    ),
]
GitlabProjects = Annotated[
    tuple[str, ...],
    NoDecode,
    BeforeValidator(_projects),
    Field(description="ids or paths such as group/project, separated by commas"),
]
GitlabGated = Annotated[
    Gated,
    BeforeValidator(_gated),
    Field(description="deployments, manual_jobs (which are no barrier), or both"),
]
