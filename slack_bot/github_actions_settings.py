"""The settings of GitHub Actions: what they must be, and whether they must be there at all. Pure.

They are validated knowing ``upstreams``, which stands before them in the settings.
"""

from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr, ValidationInfo
from pydantic_settings import NoDecode

from slack_bot.addresses import unquoted
from slack_bot.upstream_settings import required, text_of
from upstream_client.github_actions import address

NAME = "github_actions"


def _token(value: str | SecretStr, info: ValidationInfo) -> SecretStr:
    return SecretStr(address.checked_token(required(unquoted(text_of(value)), NAME, info)))


def _repositories(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else address.checked_repositories(unquoted(value))


def _owner(value: str, info: ValidationInfo) -> str:
    """Validated knowing the repositories: one of the two says where to look."""
    owner = address.checked_owner(unquoted(value))
    named = info.data.get("github_repositories")
    if owner and named:
        raise ValueError("stands beside GITHUB_REPOSITORIES: keep one of the two")
    if not owner and named == () and NAME in info.data.get("upstreams", ()):
        raise ValueError("is missing, and so is GITHUB_REPOSITORIES: set one of the two")
    return owner


def _api_url(value: str) -> str:
    return address.checked_api_url(unquoted(value))


GitHubToken = Annotated[
    SecretStr,
    BeforeValidator(_token),
    Field(
        description="GitHub → Settings → Developer settings → Fine-grained tokens, of a user who is a required"
        " reviewer: Actions read, Deployments read and write, Contents read"
    ),
]
GitHubRepositories = Annotated[
    tuple[str, ...],
    NoDecode,
    BeforeValidator(_repositories),
    Field(description="the repositories that deploy, as owner/name, separated by commas"),
]
GitHubOwner = Annotated[
    str,
    BeforeValidator(_owner),
    Field(description="instead of repositories: an organisation, all of whose repositories are watched"),
]
GitHubApiUrl = Annotated[
    str,
    BeforeValidator(_api_url),
    Field(description="leave it out for GitHub itself; an Enterprise Server has https://HOST/api/v3"),
]
