"""The settings of the command `doctor`: those of the bot that concern Argo Workflows."""

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, SecretStr
from pydantic_settings import NoDecode

from upstream_client.argo_workflows import address
from upstream_client.argo_workflows.caller import Caller
from upstream_client.argo_workflows.deciding import Denial
from upstream_client.command_settings import ENV_FILE, TIMEOUT, CommandSettings, File, load


def _namespaces(value: str) -> tuple[str, ...]:
    names = address.checked_namespaces(value)
    if not names:
        raise ValueError("names no namespace")
    return names


def _token(value: str) -> SecretStr:
    return SecretStr(address.checked_token(value))


def checked_denial(value: str) -> Denial:
    """How a no is sent. Raises ValueError, as the checks of `address` do."""
    word = value.strip().lower()
    if word not in tuple(Denial):
        raise ValueError("is neither node nor workflow")
    return Denial(word)


class ArgoSettings(CommandSettings):
    """As `CommandSettings` has it."""

    argo_url: Annotated[str, BeforeValidator(address.checked_url)]
    argo_token: Annotated[SecretStr, BeforeValidator(_token)]
    argo_namespaces: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_namespaces)]
    argo_label_selector: Annotated[str, BeforeValidator(address.checked_selector)] = ""
    argo_deny: Annotated[Denial, BeforeValidator(checked_denial)] = Denial.NODE
    argo_ca_bundle: File = None

    def caller(self, timeout: tuple[float, float] = TIMEOUT) -> Caller:
        """Raises `CaBundleError`."""
        return Caller(self.argo_url, self.argo_token.get_secret_value(), timeout, self.argo_ca_bundle)


def load_settings(env_file: Path = ENV_FILE) -> ArgoSettings:
    """Raises `SettingsError`."""
    return load(ArgoSettings, env_file)
