"""The settings of the commands `discover` and `doctor`: those of the bot that concern Privilege Manager."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, SecretStr, StringConstraints, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from upstream_client.privilege_manager.base_url import checked_base_url
from upstream_client.privilege_manager.caller import Caller
from upstream_client.privilege_manager.contract import Contract
from upstream_client.privilege_manager.moment import checked_zone
from upstream_client.session import CONNECT_SECONDS, READ_SECONDS

TIMEOUT = (CONNECT_SECONDS, READ_SECONDS)


class SettingsError(Exception):
    """The settings cannot be used; the text names each that is wrong, and no value of a secret."""


def _zone(name: str) -> str:
    checked_zone(name.strip())
    return name.strip()


def _path(name: str | None) -> Path | None:
    return Path(name.strip()).expanduser() if name and name.strip() else None


File = Annotated[Path | None, BeforeValidator(_path)]


def _secret(value: str) -> SecretStr:
    """A line end at its end comes from the file it was kept in."""
    return SecretStr(value.rstrip("\r\n"))


class PrivManSettings(BaseSettings):
    """From the environment and ``.env``; the environment wins. A field's name in capitals is the setting's."""

    model_config = SettingsConfigDict(
        env_file_encoding="utf-8-sig",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

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


def load_settings(env_file: Path = Path(".env")) -> PrivManSettings:
    """Raises `SettingsError`."""
    try:
        return PrivManSettings(_env_file=env_file)
    except ValidationError as error:
        lines = []
        for one in error.errors():
            name = str(one["loc"][0]).upper()
            words = str(one.get("ctx", {}).get("error", one["msg"]))
            lines.append("is missing" if one["type"] == "missing" else words)
            lines[-1] = lines[-1] if lines[-1].startswith(name) else f"{name} {lines[-1]}"
        text = "\n".join(f"  {line}." for line in lines)
        raise SettingsError(f"Set these in {env_file} or in the environment:\n{text}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{env_file} cannot be read: make it a text file in UTF-8 that you may read."
        ) from error
