"""Every setting of the bot, read from the environment and ``.env``, validated before anything starts."""

import difflib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import unquote, urlsplit
from zoneinfo import available_timezones

from pydantic import AliasChoices, BeforeValidator, Field, SecretStr, ValidationError, ValidationInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, DotEnvSettingsSource, NoDecode, SettingsConfigDict

from slack_bot.addresses import (
    checked_ledger_url,
    checked_slack_api_url,
    unquoted,
)
from slack_bot.argo_settings import ArgoDeny, ArgoLabelSelector, ArgoNamespaces, ArgoToken, ArgoUrl
from slack_bot.audit_key import HOW_TO_MAKE_ONE, AuditKey
from slack_bot.github_actions_settings import (
    GitHubApiUrl,
    GitHubOwner,
    GitHubRepositories,
    GitHubToken,
)
from slack_bot.gitlab_settings import GitlabGated, GitlabProjects, GitlabToken, GitlabUrl
from slack_bot.upstream_settings import (
    MISSING,
    GateApiKey,
    GateUrl,
    PrivmanBaseUrl,
    PrivmanPassword,
    PrivmanUsername,
    XerotierApiKey,
    XerotierBase,
    XerotierGetPath,
    XerotierListPath,
    XerotierProjectId,
    XerotierWebhookSecret,
    text_of,
)
from upstream_client.argo_workflows import Denial
from upstream_client.github_actions.address import VENDOR as GITHUB
from upstream_client.gitlab import Gated
from upstream_client.gitlab.address import VENDOR as GITLAB
from upstream_client.xerotier import address

UPSTREAMS: Final = ("privilege_manager", "gate", "xerotier", "github_actions", "gitlab", "argo_workflows")
LOG_FORMATS: Final = ("json", "text")
LOG_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR")
ADMIN_PREFIX: Final = "ADMIN_"
PREFIXES: Final = ("SLACK_", "PRIVMAN_", "XEROTIER_", "GITHUB_", "GITLAB_", "ARGO_", ADMIN_PREFIX)
GATE_PREFIX: Final = "GATE_"
"""The gate's own settings, which may stand in the same file, begin like this as well: such a name is no mistake."""
OTHER_NAME_OF_SLACK_CHANNEL: Final = "SLACK_APPROVAL_CHANNEL"

SHORTEST_SIGNING_SECRET: Final = 32
"""Characters; Slack's have as many. The verification token beside it, which signs nothing, has fewer."""
TOKEN_KINDS: Final = {
    "xoxb-": "the bot token: it belongs in SLACK_BOT_TOKEN",
    "xapp-": "the app-level token: it belongs in SLACK_APP_TOKEN",
    "xoxp-": "a user's own token: the bot needs no such token",
    "xoxe": "a token of the app's configuration or a refresh token: the bot needs no such token",
    "xoxc-": "a token of a browser session: the bot needs no such token",
    "xoxs-": "a legacy token: the bot needs no such token",
    "xoxa-": "a legacy token: the bot needs no such token",
    "https://hooks.slack.com": "the address of an incoming webhook: the bot needs none",
}
"""https://docs.slack.dev/authentication/tokens"""


def _token(value: str, prefix: str) -> str:
    value = unquoted(value)
    if not value.startswith(prefix):
        kind = next((start for start in TOKEN_KINDS if value.startswith(start)), None)
        if kind is None:
            raise ValueError(f"does not start with {prefix}, as this kind of token does")
        raise ValueError(f"starts with {kind}, which is {TOKEN_KINDS[kind]}")
    rest = value.removeprefix(prefix)
    if not rest or not (rest.isascii() and rest.replace("-", "").replace("_", "").isalnum()):
        raise ValueError("is not a whole token: copy it again, complete and with nothing around it")
    return value


def _bot_token(value: str) -> str:
    return _token(value, "xoxb-")


def _signing_secret(value: str | SecretStr) -> SecretStr:
    secret = unquoted(text_of(value))
    kind = next((start for start in TOKEN_KINDS if secret.startswith(start)), None)
    if kind is not None:
        raise ValueError(f"starts with {kind}, which is {TOKEN_KINDS[kind]}")
    if secret and not re.fullmatch(rf"[!-~]{{{SHORTEST_SIGNING_SECRET},}}", secret):
        raise ValueError("is not a whole signing secret: copy it again, complete and with nothing around it")
    return SecretStr(secret)


def _app_token(value: str | SecretStr, info: ValidationInfo) -> SecretStr:
    """Nothing where Slack comes by HTTP; a signing secret that is wrong itself is told of, and enough."""
    if text_of(value).strip():
        return SecretStr(_token(text_of(value), "xapp-"))
    if not info.data.get("slack_signing_secret", True):
        raise ValueError(MISSING)
    return SecretStr("")


def _upstreams(value: str | tuple[str, ...]) -> tuple[str, ...]:
    names = value if isinstance(value, tuple) else [name.strip() for name in unquoted(value).split(",")]
    names = tuple(dict.fromkeys(name for name in names if name))
    if not names:
        raise ValueError(f"names no upstream (known: {', '.join(UPSTREAMS)})")
    for name in names:
        if name not in UPSTREAMS:
            raise ValueError(f"names “{name}”, which is no upstream{_nearest(name, UPSTREAMS)}")
    return names


def _nearest(word: str, known: tuple[str, ...], *, lower: bool = True) -> str:
    nearest = difflib.get_close_matches(word.lower() if lower else word, known, n=1)
    return f" (did you mean “{nearest[0]}”?)" if nearest else f" (known: {', '.join(known)})"


def _existing_file(value: str | Path | None) -> Path | None:
    if value is None or not str(value).strip():
        return None
    path = value if isinstance(value, Path) else Path(unquoted(value)).expanduser()
    if not path.is_file():
        raise ValueError(f"names {path}, where no file is")
    return path


def _zone(value: str) -> str:
    value = unquoted(value)
    zones = {name.casefold(): name for name in available_timezones()} if value else {}
    if value and value.casefold() not in zones:
        nearest = difflib.get_close_matches(value.casefold(), zones, n=1)
        hint = f" (did you mean {zones[nearest[0]]}?)" if nearest else ""
        raise ValueError(f"is no time zone such as Europe/Berlin or UTC{hint}")
    return zones.get(value.casefold(), "")


def _slack_channel(value: str) -> str:
    value = unquoted(value)
    if value and not re.fullmatch(r"[CG][A-Z0-9]{2,19}|#[^\s#@]{1,80}", value):
        raise ValueError("is neither a channel's id like C0123456789 nor a name like #approvals")
    return value


def _ids(value: str | tuple[str, ...], pattern: str, example: str) -> tuple[str, ...]:
    parts = value if isinstance(value, tuple) else tuple(unquoted(value).split(","))
    ids = tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))
    if wrong := next((one for one in ids if not re.fullmatch(pattern, one)), None):
        raise ValueError(f"names “{wrong}”, which is no id like {example}")
    return ids


def _admin_users(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return _ids(value, r"[UW][A-Z0-9]{2,19}", "U0123456789")


def _admin_group(value: str) -> str:
    ids = _ids(value, r"S[A-Z0-9]{2,19}", "S0123456789")
    if len(ids) > 1:
        raise ValueError("names more than one user group: make one group of them in Slack")
    return ids[0] if ids else ""


def _state(value: str) -> str:
    """Where channels and schedules are kept; the names that SSM takes are checked by the store as well."""
    value = unquoted(value)
    kind, _, place = value.partition(":")
    if kind == "ssm" and re.fullmatch(r"(/[A-Za-z0-9_.-]+){1,13}/?", place):
        return value.rstrip("/")
    if kind == "file" and place.strip():
        return value
    raise ValueError(
        "is neither ssm: and a path, such as ssm:/approval-bot, nor file: and a folder, file:state"
    )


def _poll_interval(value: str | float) -> float:
    words = "is not a number of seconds from 1 to 3600"
    try:
        seconds = float(value)
    except ValueError as error:
        raise ValueError(words) from error
    if not 1 <= seconds <= 3600:
        raise ValueError(words)
    return seconds


def _path(value: str | Path) -> Path:
    return value if isinstance(value, Path) else Path(unquoted(value)).expanduser()


def _http_host(value: str) -> str:
    value = unquoted(value)
    if not value or any(character.isspace() or character in "/?#" for character in value):
        raise ValueError("is no address to listen at, such as 127.0.0.1 or 0.0.0.0")
    return value


def _http_port(value: str | int | None, info: ValidationInfo) -> int | None:
    if value is None or not str(value).strip():
        if not info.data.get("slack_app_token", True):
            raise ValueError(f"{MISSING}, and without SLACK_APP_TOKEN what people press comes by HTTP only")
        return None
    text = str(value).strip()
    if not (text.isascii() and text.isdecimal() and int(text[:6]) <= 65535):
        raise ValueError("is not a whole number from 0 to 65535")
    return int(text)


def _log_format(value: str) -> str:
    word = unquoted(value).lower()
    if word not in LOG_FORMATS:
        raise ValueError("is neither json nor text")
    return word


def _log_level(value: str) -> str:
    word = unquoted(value).upper()
    if word not in LOG_LEVELS:
        raise ValueError(f"is none of {', '.join(LOG_LEVELS)}")
    return word


LedgerUrl = Annotated[str, BeforeValidator(checked_ledger_url)]


class Settings(BaseSettings):
    """A field's name in capitals is the setting's; its description says where to get the value.

    ``upstreams`` stands before the fields that only one upstream needs: they are validated knowing it. So does
    what else decides whether another is needed.
    """

    model_config = SettingsConfigDict(
        env_file_encoding="utf-8-sig",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=True,
    )

    slack_bot_token: Annotated[SecretStr, BeforeValidator(_bot_token)] = Field(
        description="api.slack.com/apps → your app → OAuth & Permissions → Bot User OAuth Token"
    )
    slack_signing_secret: Annotated[SecretStr, BeforeValidator(_signing_secret)] = Field(
        SecretStr(""),
        description="api.slack.com/apps → your app → Basic Information → App Credentials → Signing Secret; "
        "leave it out, unless Slack is to come by HTTP",
    )
    slack_app_token: Annotated[SecretStr, BeforeValidator(_app_token)] = Field(
        SecretStr(""),
        description="api.slack.com/apps → your app → Basic Information → App-Level Tokens → Generate, "
        "with the scope connections:write",
    )
    slack_api_url: Annotated[str, BeforeValidator(checked_slack_api_url)] = Field(
        "https://slack.com/api/", description="leave it out for Slack itself; an emulator prints its own"
    )
    slack_channel: Annotated[str, BeforeValidator(_slack_channel)] = Field(
        "",
        validation_alias=AliasChoices("slack_channel", OTHER_NAME_OF_SLACK_CHANNEL.lower()),
        description="leave it out, or name one channel, by its id or as #name in single quotes",
    )
    upstreams: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_upstreams)] = Field(
        ("privilege_manager",), description="the systems whose requests the bot brings, separated by commas"
    )
    privman_base_url: PrivmanBaseUrl = ""
    privman_username: PrivmanUsername = ""
    privman_password: PrivmanPassword = SecretStr("")
    privman_contract: Annotated[Path | None, BeforeValidator(_existing_file)] = Field(
        None,
        description="the file that discover wrote of your Privilege Manager, see docs/privilege-manager.md",
    )
    privman_timezone: Annotated[str, BeforeValidator(_zone)] = Field(
        "", description="the time zone of the Privilege Manager server, such as Europe/Berlin"
    )
    privman_ca_bundle: Annotated[Path | None, BeforeValidator(_existing_file)] = Field(
        None, description="a PEM file with the authority that signed Privilege Manager's certificate"
    )
    gate_url: GateUrl = ""
    gate_api_key: GateApiKey = SecretStr("")
    xerotier_base: XerotierBase = address.VENDOR
    xerotier_project_id: XerotierProjectId = ""
    xerotier_api_key: XerotierApiKey = SecretStr("")
    xerotier_webhook_secret: XerotierWebhookSecret = SecretStr("")
    xerotier_list_path: XerotierListPath = address.LIST_PATH
    xerotier_get_path: XerotierGetPath = ""
    github_token: GitHubToken = SecretStr("")
    github_repositories: GitHubRepositories = ()
    github_owner: GitHubOwner = ""
    github_api_url: GitHubApiUrl = GITHUB
    github_ca_bundle: Annotated[Path | None, BeforeValidator(_existing_file)] = Field(
        None,
        description="a PEM file with the authority that signed the certificate of your Enterprise Server",
    )
    gitlab_url: GitlabUrl = GITLAB
    gitlab_token: GitlabToken = SecretStr("")
    gitlab_projects: GitlabProjects = ()
    gitlab_gated: GitlabGated = Gated.DEPLOYMENTS
    gitlab_ca_bundle: Annotated[Path | None, BeforeValidator(_existing_file)] = Field(
        None, description="a PEM file with the authority that signed your GitLab's certificate"
    )
    argo_url: ArgoUrl = ""
    argo_token: ArgoToken = SecretStr("")
    argo_namespaces: ArgoNamespaces = ()
    argo_label_selector: ArgoLabelSelector = ""
    argo_deny: ArgoDeny = Denial.NODE
    argo_ca_bundle: Annotated[Path | None, BeforeValidator(_existing_file)] = Field(
        None, description="a PEM file with the authority that signed the Argo server's certificate"
    )
    poll_interval: Annotated[float, BeforeValidator(_poll_interval)] = Field(
        30.0, description="seconds between two looks at each upstream, from 1 to 3600"
    )
    state: Annotated[str, BeforeValidator(_state)] = Field(
        "file:state", description="ssm: and a path in SSM Parameter Store, or file: and a folder"
    )
    ledger_url: LedgerUrl = Field(
        "sqlite:///state/ledger.db",
        description="sqlite:/// and a file, or postgresql+psycopg://user:password@host/database",
        repr=False,
    )
    audit_key: AuditKey = Field(description=HOW_TO_MAKE_ONE)
    channels_file: Annotated[Path, BeforeValidator(_path)] = Field(
        Path("channels.json"), description="the file that declares channels and their approvers"
    )
    admin_users: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_admin_users)] = Field(
        (), description="the ids of people who may register channels, separated by commas"
    )
    admin_group: Annotated[str, BeforeValidator(_admin_group)] = Field(
        "", description="the id of a user group whose members may register channels"
    )
    heartbeat_file: Annotated[Path, BeforeValidator(_path)] = Field(
        Path("state/heartbeat"), description="a file that the bot may write, best not on a network volume"
    )
    http_host: Annotated[str, BeforeValidator(_http_host)] = Field(
        "127.0.0.1", description="the address to listen at; 0.0.0.0 for every network of this machine"
    )
    http_port: Annotated[int | None, BeforeValidator(_http_port)] = Field(
        None,
        description="the port to listen at, or 0 for any free one; leave it out where nothing comes by HTTP",
    )
    log_format: Annotated[Literal["json", "text"], BeforeValidator(_log_format)] = Field(
        "json", description="json for machines, text for people"
    )
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_log_level)] = Field(
        "INFO", description="DEBUG, INFO, WARNING or ERROR"
    )

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every value that must never be seen in a log, none of them empty."""
        secret = [one.get_secret_value() for _, one in self if isinstance(one, SecretStr)]
        ledger_password = urlsplit(self.ledger_url).password or ""
        values = (*secret, ledger_password, unquote(ledger_password))
        return tuple(dict.fromkeys(value for value in values if value))


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one setting, in words that follow its name, and where to get the right value."""

    setting: str
    what: str
    where: str

    def __str__(self) -> str:
        return f"  {self.setting} {self.what}.\n      {self.where}"


class SettingsError(Exception):
    """The settings cannot be used. Its text is one message for the operator, with every problem in it."""

    def __init__(self, problems: tuple[Problem, ...], note: str = "") -> None:
        self.problems = problems
        count = "one setting needs" if len(problems) == 1 else f"{len(problems)} settings need"
        lines = [f"The bot cannot start: {count} your attention, in .env or in the environment.", *problems]
        super().__init__("\n".join(str(line) for line in [*lines, note] if line))


def load_settings(env_file: Path | str = ".env") -> Settings:
    """The settings of the environment and of ``env_file``, where the environment wins.

    Raises `SettingsError` with everything that is missing or malformed, and never with a secret's value.
    """
    path = Path(env_file)
    try:
        problems = tuple(map(_misspelt, unknown_names(path, ADMIN_PREFIX)))
        settings = Settings(_env_file=path)
        if not problems:
            return settings
    except ValidationError as error:
        unknown = unknown_names(path, *PREFIXES, GATE_PREFIX)
        problems = (*(_problem(details, unknown) for details in error.errors()), *problems)
    except (OSError, UnicodeDecodeError) as error:
        what = f"cannot be read: {error.strerror if isinstance(error, OSError) else 'it is not UTF-8 text'}"
        problems = (Problem(str(path), what, "make it a text file that the bot's user may read"),)
    raise SettingsError(problems, _no_file_note(path, problems))


def _no_file_note(path: Path, problems: tuple[Problem, ...]) -> str:
    if path.is_file() or not any(problem.what.startswith(MISSING) for problem in problems):
        return ""
    return f"There is no {path.name} in {path.absolute().parent}: copy .env.example to it and fill it in."


def _problem(details: ErrorDetails, unknown: tuple[str, ...]) -> Problem:
    field = str(details["loc"][0])
    own_words = details.get("ctx", {}).get("error", details["msg"])
    what = MISSING if details["type"] == "missing" else str(own_words)
    if what == MISSING:
        what += _typo(field.upper(), unknown)
    return Problem(field.upper(), what, Settings.model_fields[field].description or "")


def _typo(missing: str, unknown: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(missing, unknown, n=1, cutoff=0.75)
    return f" ({near[0]} is set, but no setting has that name: is it this one?)" if near else ""


def _misspelt(name: str) -> Problem:
    """Of a setting that keeps people out, a misspelt one would let them in."""
    ours = tuple(field.upper() for field in Settings.model_fields)
    return Problem(name, f"is no setting{_nearest(name, ours, lower=False)}", "correct it, or take it out")


def unknown_names(env_file: Path | str = ".env", *prefixes: str) -> tuple[str, ...]:
    """Names that look like ours, in the environment or the file, and are none of the settings.

    ``prefixes`` they begin with; all of ours unless given.
    """
    in_file = DotEnvSettingsSource(Settings, env_file=env_file, env_file_encoding="utf-8-sig").env_vars
    names = {name.upper() for name in (*os.environ, *in_file)}
    ours = {field.upper() for field in Settings.model_fields} | {OTHER_NAME_OF_SLACK_CHANNEL}
    return tuple(sorted(name for name in names - ours if name.startswith(prefixes or PREFIXES)))
