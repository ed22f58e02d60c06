"""The settings of the commands `discover` and `doctor`: those of the bot that concern Privilege Manager."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, SecretStr, StringConstraints

from upstream_client.command_settings import ENV_FILE, TIMEOUT, CommandSettings, File, load
from upstream_client.privilege_manager.base_url import checked_base_url
from upstream_client.privilege_manager.caller import Caller
from upstream_client.privilege_manager.contract import Contract
from upstream_client.privilege_manager.moment import checked_zone


def _zone(name: str) -> str:
    checked_zone(name.strip())
    return name.strip()


def _secret(value: str) -> SecretStr:
    """A line end at its end comes from the file it was kept in."""
    return SecretStr(value.rstrip("\r\n"))


class PrivManSettings(CommandSettings):
    """As `CommandSettings` has it."""

    privman_base_url: Annotated[str, AfterValidator(checked_base_url)]
    privman_username: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
    privman_password: Annotated[SecretStr, BeforeValidator(_secret)]
    privman_contract: File = None
    privman_timezone: Annotated[str, AfterValidator(_zone)] = ""
    privman_ca_bundle: File = None

    def contract(self) -> Contract:
        """That of PRIVMAN_CONTRACT, or the packaged one. Raises `ContractError`."""
        path = self.privman_contract
        return Contract.packaged() if path is None else Contract.load(path)

    def caller(self, contract: Contract, timeout: tuple[float, float] = TIMEOUT) -> Caller:
        """Raises `CaBundleError`."""
        return Caller(
            contract.operations,
            self.privman_base_url,
            self.privman_username,
            self.privman_password.get_secret_value(),
            timeout,
            self.privman_ca_bundle,
        )


def load_settings(env_file: Path = ENV_FILE) -> PrivManSettings:
    """Raises `SettingsError`."""
    return load(PrivManSettings, env_file)
