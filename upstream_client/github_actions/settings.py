"""The settings of the command `doctor`: those of the bot that concern GitHub Actions."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, SecretStr, model_validator
from pydantic_settings import NoDecode

from upstream_client.command_settings import ENV_FILE, TIMEOUT, CommandSettings, File, load
from upstream_client.github_actions.address import (
    checked_api_url,
    checked_owner,
    checked_repositories,
    checked_token,
)
from upstream_client.github_actions.caller import Access


def _repositories(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else checked_repositories(value)


def _token(value: str) -> SecretStr:
    return SecretStr(checked_token(value))


class GitHubSettings(CommandSettings):
    """As `CommandSettings` has it."""

    github_token: Annotated[SecretStr, BeforeValidator(_token)]
    github_repositories: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_repositories)] = ()
    github_owner: Annotated[str, AfterValidator(checked_owner)] = ""
    github_api_url: Annotated[str, AfterValidator(checked_api_url)] = ""
    github_ca_bundle: File = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if bool(self.github_repositories) == bool(self.github_owner):
            raise ValueError("GITHUB_REPOSITORIES or GITHUB_OWNER has to be set, and only one of them")
        return self

    def access(self, timeout: tuple[float, float] = TIMEOUT) -> Access:
        """How to reach this GitHub."""
        return Access(
            self.github_token.get_secret_value(), self.github_api_url, self.github_ca_bundle, timeout
        )


def load_settings(env_file: Path = ENV_FILE) -> GitHubSettings:
    """Raises `SettingsError`."""
    return load(GitHubSettings, env_file)
