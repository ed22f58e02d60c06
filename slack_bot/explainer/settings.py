"""What the explainer has to be told: the bot's own settings, as far as they say who decides."""

from pathlib import Path

from pydantic import SecretStr, ValidationError

from slack_bot.config import Problem, Settings
from slack_bot.upstream_settings import MISSING


class CannotExplain(Exception):
    """A setting, a file, the request or Slack cannot be used; the text tells the person what to do."""


class ExplainerSettings(Settings):
    """Those of the bot; whoever explains needs none of the secrets by which it decides."""

    slack_app_token: SecretStr = SecretStr("")
    http_port: int | None = None
    audit_key: SecretStr = SecretStr("")
    privman_base_url: str = ""
    privman_username: str = ""
    privman_password: SecretStr = SecretStr("")
    privman_contract: Path | None = None
    privman_ca_bundle: Path | None = None


class OfflineSettings(ExplainerSettings):
    """The same without Slack."""

    slack_bot_token: SecretStr = SecretStr("")


def load_explainer_settings(*, offline: bool, env_file: Path | str = ".env") -> Settings:
    """Raises `CannotExplain` with everything that is missing or malformed, and never with a secret's value."""
    kind = OfflineSettings if offline else ExplainerSettings
    try:
        return kind(_env_file=Path(env_file))
    except ValidationError as error:
        problems = [
            Problem(
                str(one["loc"][0]).upper(),
                MISSING if one["type"] == "missing" else str(one.get("ctx", {}).get("error", one["msg"])),
                Settings.model_fields[str(one["loc"][0])].description or "",
            )
            for one in error.errors()
        ]
    except (OSError, UnicodeDecodeError) as error:
        raise CannotExplain(f"{env_file} cannot be read: {error}") from error
    lines = ["Nothing can be explained: look at these settings, in .env or in the environment.", *problems]
    raise CannotExplain("\n".join(map(str, lines)))
