"""The settings of a command such as `doctor`: those of the bot that concern one upstream."""

from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from upstream_client.session import CONNECT_SECONDS, READ_SECONDS

TIMEOUT = (CONNECT_SECONDS, READ_SECONDS)
ENV_FILE = Path(".env")


class SettingsError(Exception):
    """The settings cannot be used; the text names each that is wrong, and no value of a secret."""


def _path(name: str | None) -> Path | None:
    return Path(name.strip()).expanduser() if name and name.strip() else None


File = Annotated[Path | None, BeforeValidator(_path)]


class CommandSettings(BaseSettings):
    """From the environment and ``.env``; the environment wins. A field's name in capitals is the setting's."""

    model_config = SettingsConfigDict(
        env_file_encoding="utf-8-sig",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )


S = TypeVar("S", bound=CommandSettings)


def load(model: type[S], env_file: Path) -> S:
    """Raises `SettingsError`."""
    try:
        return model(_env_file=env_file)
    except ValidationError as error:
        text = "\n".join(f"  {_line(one)}." for one in error.errors())
        raise SettingsError(f"Set these in {env_file} or in the environment:\n{text}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{env_file} cannot be read: make it a text file in UTF-8 that you may read."
        ) from error


def _line(wrong: Any) -> str:
    """What is wrong with one setting, in words that begin with its name; of several together as it is said."""
    name = "".join(str(part) for part in wrong["loc"][:1]).upper()
    words = (
        "is missing" if wrong["type"] == "missing" else str(wrong.get("ctx", {}).get("error", wrong["msg"]))
    )
    return words if words.startswith(name) else f"{name} {words}"
