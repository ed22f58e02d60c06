"""What the auditor has to be told: the key, and where the ledger is. The same settings as the bot's."""

from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from slack_bot.audit_key import HOW_TO_MAKE_ONE, AuditKey
from slack_bot.config import LedgerUrl, Problem, Settings
from slack_bot.upstream_settings import MISSING


class AuditSettings(BaseSettings):
    """AUDIT_KEY and LEDGER_URL, of the environment or of .env; whoever verifies needs no tokens."""

    model_config = SettingsConfigDict(**Settings.model_config)

    audit_key: AuditKey = Field(description=HOW_TO_MAKE_ONE)
    ledger_url: LedgerUrl = Field(Settings.model_fields["ledger_url"].default, repr=False)


class CannotBegin(Exception):
    """A setting, a file or the ledger cannot be used; the text tells the person what to do."""


def load_audit_settings(env_file: Path | str = ".env") -> AuditSettings:
    """Raises `CannotBegin` with everything that is missing or malformed, and never with the key."""
    try:
        return AuditSettings(_env_file=Path(env_file))
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
        raise CannotBegin(f"{env_file} cannot be read: {error}") from error
    lines = [
        "The audit log cannot be read: look at these settings, in .env or in the environment.",
        *problems,
    ]
    raise CannotBegin("\n".join(map(str, lines)))
