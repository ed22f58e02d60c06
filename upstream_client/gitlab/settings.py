"""The settings of the command `doctor`: those of the bot that concern GitLab."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, SecretStr, StringConstraints
from pydantic_settings import NoDecode

from upstream_client.command_settings import ENV_FILE, TIMEOUT, CommandSettings, File, load
from upstream_client.gitlab.address import VENDOR, checked_base, checked_project
from upstream_client.gitlab.caller import Caller, checked_token
from upstream_client.gitlab.gated import Gated


def _projects(text: str | tuple[str, ...]) -> tuple[str, ...]:
    named = text.split(",") if isinstance(text, str) else text
    return tuple(dict.fromkeys(checked_project(one) for one in named if one.strip()))


def _secret(value: str | SecretStr) -> SecretStr:
    token = value.get_secret_value() if isinstance(value, SecretStr) else value
    if not token.strip():
        raise ValueError("is missing")
    return SecretStr(checked_token(token.strip()))


class GitLabSettings(CommandSettings):
    """As `CommandSettings` has it."""

    gitlab_url: Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(checked_base)] = (
        VENDOR
    )
    gitlab_token: Annotated[SecretStr, BeforeValidator(_secret)]
    gitlab_projects: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_projects)]
    gitlab_gated: Gated = Gated.DEPLOYMENTS
    gitlab_ca_bundle: File = None

    def caller(self, timeout: tuple[float, float] = TIMEOUT) -> Caller:
        """Raises `CaBundleError`."""
        return Caller(self.gitlab_url, self.gitlab_token.get_secret_value(), timeout, self.gitlab_ca_bundle)


def load_settings(env_file: Path = ENV_FILE) -> GitLabSettings:
    """Raises `SettingsError`."""
    return load(GitLabSettings, env_file)
