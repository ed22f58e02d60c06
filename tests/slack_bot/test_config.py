import os
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies
from pydantic import SecretStr

from slack_bot.config import PREFIXES, Problem, Settings, SettingsError, load_settings, unknown_names
from tests.audit_key import AUDIT_KEY

EXAMPLE = Path(__file__).parents[2] / ".env.example"
GATES_PART = "# --- The gate itself ---"
OURS = {field.upper() for field in Settings.model_fields}
COMPLETE = {
    "SLACK_BOT_TOKEN": "xoxb-1-bot",
    "SLACK_APP_TOKEN": "xapp-1-app",
    "PRIVMAN_BASE_URL": "https://privman.example.com/Tms",
    "PRIVMAN_USERNAME": "approval-bot",
    "PRIVMAN_PASSWORD": "correct horse",
    "AUDIT_KEY": AUDIT_KEY,
}


class Environment:
    """The real environment without any setting of ours, and an empty directory to keep a ``.env`` in."""

    def __init__(self, patch: pytest.MonkeyPatch, directory: Path) -> None:
        self._patch = patch
        self.file = directory / ".env"
        for name in [name for name in os.environ if name in OURS or name.startswith(PREFIXES)]:
            patch.delenv(name)

    def set(self, **values: str | None) -> None:
        for name, value in values.items():
            if value is None:
                self._patch.delenv(name)
            else:
                self._patch.setenv(name, value)

    def load(self) -> Settings:
        return load_settings(self.file)

    def problems(self) -> dict[str, str]:
        with pytest.raises(SettingsError) as caught:
            self.load()
        return {problem.setting: problem.what for problem in caught.value.problems}

    def message(self) -> str:
        with pytest.raises(SettingsError) as caught:
            self.load()
        return str(caught.value)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Environment:
    return Environment(monkeypatch, tmp_path)


@pytest.fixture
def environment(bare: Environment) -> Environment:
    bare.set(**COMPLETE)
    return bare


def test_the_required_settings_alone_are_enough(environment: Environment) -> None:
    loaded = environment.load()

    assert loaded.slack_bot_token == SecretStr("xoxb-1-bot")
    assert loaded.slack_api_url == "https://slack.com/api/"
    assert loaded.upstreams == ("privilege_manager",)
    assert loaded.privman_contract is None
    assert loaded.poll_interval == 30
    assert loaded.ledger_url == "sqlite:///state/ledger.db"
    assert loaded.channels_file == Path("channels.json")
    assert (loaded.log_format, loaded.log_level) == ("json", "INFO")


def test_every_missing_setting_is_named_at_once_and_with_where_to_get_it(bare: Environment) -> None:
    assert bare.problems() == dict.fromkeys(COMPLETE, "is missing")
    message = bare.message()
    assert "OAuth & Permissions → Bot User OAuth Token" in message
    assert "App-Level Tokens" in message
    assert "There is no .env in" in message


def test_the_gate_needs_its_address_and_a_key_of_its_own(environment: Environment) -> None:
    environment.set(UPSTREAMS="gate, privilege_manager")
    assert environment.problems() == dict.fromkeys(("GATE_URL", "GATE_API_KEY"), "is missing")
    environment.set(GATE_URL="http://gate.example.com", GATE_API_KEY="xoxb-1-bot")
    told = environment.problems()
    assert "use https" in told["GATE_URL"]
    assert "begins with gate_" in told["GATE_API_KEY"]
    assert "xoxb-1-bot" not in environment.message()
    environment.set(GATE_URL="https://gate.example.com/", GATE_API_KEY="gate_abcdefghij_secret")
    loaded = environment.load()
    assert loaded.gate_url == "https://gate.example.com"
    assert "gate_abcdefghij_secret" in loaded.secrets
    assert "gate_abcdefghij_secret" not in repr(loaded)


def test_settings_of_the_gate_itself_may_stand_beside_those_of_the_bot(environment: Environment) -> None:
    environment.set(GATE_DATABASE_URL="sqlite:///state/gate.db", GATE_API_KY="gate_abcdefghij_secret")
    assert unknown_names(environment.file) == ()
    environment.set(UPSTREAMS="gate", GATE_URL="https://gate.example.com")
    assert environment.problems() == {
        "GATE_API_KEY": "is missing (GATE_API_KY is set, but no setting has that name: is it this one?)"
    }


def test_missing_and_malformed_settings_come_in_one_message(environment: Environment) -> None:
    environment.set(SLACK_APP_TOKEN=None, POLL_INTERVAL="soon", LEDGER_URL="mysql://host/db")

    assert environment.problems().keys() == {"SLACK_APP_TOKEN", "POLL_INTERVAL", "LEDGER_URL"}


def test_the_file_is_read_and_the_real_environment_wins(bare: Environment) -> None:
    lines = [f"{name}={value}" for name, value in COMPLETE.items()]
    bare.file.write_text("\n".join([*lines, "POLL_INTERVAL=5", "LOG_FORMAT=text", "UNRELATED=1"]))
    bare.set(POLL_INTERVAL="7")

    loaded = bare.load()

    assert (loaded.poll_interval, loaded.log_format) == (7, "text")


def test_a_file_with_a_byte_order_mark_is_read(bare: Environment) -> None:
    lines = "\r\n".join(f"{name}={value}" for name, value in COMPLETE.items())
    bare.file.write_bytes(b"\xef\xbb\xbf" + lines.encode())

    assert bare.load().slack_bot_token.get_secret_value() == "xoxb-1-bot"


def test_a_file_that_is_no_text_is_a_problem_of_its_own(environment: Environment) -> None:
    environment.file.write_bytes(b"SLACK_BOT_TOKEN=\xff\xfe")

    assert environment.problems() == {str(environment.file): "cannot be read: it is not UTF-8 text"}


def test_an_empty_value_is_a_missing_value(environment: Environment) -> None:
    environment.set(SLACK_BOT_TOKEN="", POLL_INTERVAL="")

    assert environment.problems() == {"SLACK_BOT_TOKEN": "is missing"}


def test_the_example_filled_in_with_nothing_asks_for_the_required_settings(bare: Environment) -> None:
    bare.file.write_text(EXAMPLE.read_text())

    assert bare.problems() == dict.fromkeys(COMPLETE, "is missing")


def test_the_example_lists_every_setting_under_a_comment_and_no_other() -> None:
    commented, listed = False, set[str]()
    for line in EXAMPLE.read_text().partition(GATES_PART)[0].splitlines():
        setting = re.fullmatch(r"(?:# )?([A-Z_]+)=(\S*)", line)
        if setting:
            assert commented, f"{setting[1]} has no comment above it"
            listed.add(setting[1])
        else:
            commented = line.startswith("# ") or (commented and bool(line))

    assert listed == OURS


def test_the_example_shows_the_real_defaults(environment: Environment) -> None:
    defaults = re.findall(r"^# ([A-Z_]+)=(\S+)$", EXAMPLE.read_text(), re.MULTILINE)
    plain = environment.load()
    environment.set(**dict(defaults))

    assert len(defaults) >= 7
    assert environment.load() == plain


def test_every_setting_says_where_to_get_it() -> None:
    assert all(field.description for field in Settings.model_fields.values())


@pytest.mark.parametrize(
    ("token", "words"),
    [
        ("xapp-1-secret", "starts with xapp-, which is the app-level token: it belongs in SLACK_APP_TOKEN"),
        ("xoxp-1-secret", "starts with xoxp-, which is a user's own token"),
        ("https://hooks.slack.com/services/secret", "the address of an incoming webhook"),
        ("secret", "does not start with xoxb-"),
        ("xoxb-", "is not a whole token"),
        ("xoxb-1-secret xoxb-2", "is not a whole token"),
        ("xoxb-…", "is not a whole token"),
        ("'xoxb-1-secret'", "stands in quotes"),
    ],
)
def test_a_wrong_bot_token_is_told_apart_without_being_shown(
    environment: Environment, token: str, words: str
) -> None:
    environment.set(SLACK_BOT_TOKEN=token)

    assert words in environment.problems()["SLACK_BOT_TOKEN"]
    assert "secret" not in environment.message()


def test_the_bot_token_in_the_app_tokens_place_is_recognised(environment: Environment) -> None:
    environment.set(SLACK_APP_TOKEN="xoxb-1-bot")

    assert "it belongs in SLACK_BOT_TOKEN" in environment.problems()["SLACK_APP_TOKEN"]


def test_white_space_and_line_ends_round_a_value_do_no_harm(environment: Environment) -> None:
    environment.set(
        SLACK_BOT_TOKEN=" xoxb-1-bot\r\n",
        PRIVMAN_PASSWORD=' "spaced" \n',
        LOG_LEVEL="debug ",
        LOG_FORMAT="Text",
    )

    loaded = environment.load()

    assert loaded.slack_bot_token.get_secret_value() == "xoxb-1-bot"
    assert loaded.privman_password.get_secret_value() == ' "spaced" '
    assert (loaded.log_level, loaded.log_format) == ("DEBUG", "text")


@pytest.mark.parametrize(
    ("value", "normal"),
    [
        ("https://slack.com/api", "https://slack.com/api/"),
        ("http://127.0.0.1:8484/api/", "http://127.0.0.1:8484/api/"),
        ("http://localhost:1/api//", "http://localhost:1/api/"),
        ("http://[::1]:8484/api", "http://[::1]:8484/api/"),
    ],
)
def test_the_address_of_slack_ends_in_one_slash(environment: Environment, value: str, normal: str) -> None:
    environment.set(SLACK_API_URL=value)

    assert environment.load().slack_api_url == normal


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("http://slack.example.com/api/", "uses http"),
        ("http://127.0.0.1.example.com/api/", "uses http"),
        ("slack.com/api", "is not an address"),
        ("ftp://slack.com/api", "is not an address"),
        ("https://host:port/api", "is not an address"),
        ("https://[::1/api", "is not an address"),
        ("https://me:secret@slack.com/api", "contains a user name or password"),
        ("https://slack.com/api?x=1", "contains a space, a ? or a #"),
    ],
)
def test_a_wrong_address_of_slack_is_refused(environment: Environment, value: str, words: str) -> None:
    environment.set(SLACK_API_URL=value)

    assert words in environment.problems()["SLACK_API_URL"]
    assert "secret" not in environment.message()


@pytest.mark.parametrize("ending", ["/Tms", "/tms/", "/TMS//", "/sub/Tms"])
def test_privilege_managers_address_may_end_in_tms_however_written(
    environment: Environment, ending: str
) -> None:
    environment.set(PRIVMAN_BASE_URL="https://privman.example.com" + ending)

    assert environment.load().privman_base_url == "https://privman.example.com" + ending.rstrip("/")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("https://privman.example.com", "does not end in /Tms"),
        ("https://privman.example.com/Tms/PrivilegeManager", "does not end in /Tms"),
        ("http://privman.example.com/Tms", "uses http"),
    ],
)
def test_a_wrong_address_of_privilege_manager_is_refused(
    environment: Environment, value: str, words: str
) -> None:
    environment.set(PRIVMAN_BASE_URL=value)

    assert words in environment.problems()["PRIVMAN_BASE_URL"]


def test_a_misspelt_upstream_gets_the_nearest_name(environment: Environment) -> None:
    environment.set(UPSTREAMS="privilege-manager, privilege_manager")

    assert environment.problems()["UPSTREAMS"] == (
        "names “privilege-manager”, which is no upstream (did you mean “privilege_manager”?)"
    )


def test_an_upstream_named_twice_counts_once(environment: Environment) -> None:
    environment.set(UPSTREAMS="privilege_manager, ,privilege_manager,")

    assert environment.load().upstreams == ("privilege_manager",)


def test_a_list_of_no_upstream_is_refused(environment: Environment) -> None:
    environment.set(UPSTREAMS=" , ")

    assert "names no upstream" in environment.problems()["UPSTREAMS"]


@pytest.mark.parametrize("value", ["0", "0.5", "3601", "nan", "inf", "-1", "1 minute"])
def test_a_poll_interval_out_of_range_is_refused(environment: Environment, value: str) -> None:
    environment.set(POLL_INTERVAL=value)

    assert environment.problems() == {"POLL_INTERVAL": "is not a number of seconds from 1 to 3600"}


@pytest.mark.parametrize(
    "value",
    ["sqlite:///state/ledger.db", "sqlite:////data/ledger.db", "postgresql+psycopg://bot:secret@db/bot"],
)
def test_both_kinds_of_ledger_are_taken(environment: Environment, value: str) -> None:
    environment.set(LEDGER_URL=value)

    assert environment.load().ledger_url == value


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("postgres://bot:secret@db/bot", "must start with postgresql+psycopg://"),
        ("postgresql://bot:secret@db/bot", "must start with postgresql+psycopg://"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("/var/secret.db", "starts neither with sqlite:/// nor with"),
    ],
)
def test_a_ledger_of_another_kind_is_refused(environment: Environment, value: str, words: str) -> None:
    environment.set(LEDGER_URL=value)

    assert words in environment.problems()["LEDGER_URL"]
    assert "secret" not in environment.message()


def test_a_contract_must_be_a_file(environment: Environment) -> None:
    environment.set(PRIVMAN_CONTRACT=str(environment.file))
    assert "where no file is" in environment.problems()["PRIVMAN_CONTRACT"]

    environment.file.touch()
    assert environment.load().privman_contract == environment.file


@pytest.mark.parametrize(("name", "value"), [("LOG_LEVEL", "LOUD"), ("LOG_FORMAT", "xml")])
def test_an_unknown_log_setting_is_refused(environment: Environment, name: str, value: str) -> None:
    environment.set(**{name: value})

    assert environment.problems().keys() == {name}


def test_a_name_with_a_slip_is_pointed_out_where_a_setting_is_missing(environment: Environment) -> None:
    environment.set(SLACK_BOT_TOKEN=None, SLACK_TOKEN="xoxb-1-secret", PRIVMAN_BASE_URL=None)
    environment.file.write_text("PRIVMAN_URL=https://privman.example.com/Tms\n")

    problems = environment.problems()

    assert "SLACK_TOKEN is set, but no setting has that name" in problems["SLACK_BOT_TOKEN"]
    assert "PRIVMAN_URL is set" in problems["PRIVMAN_BASE_URL"]


def test_unknown_names_are_no_problem_while_nothing_is_missing(environment: Environment) -> None:
    environment.set(SLACK_TOKEN="xoxb-1-other", PRIVMAN_TIMEZONE="Europe/Brussels")

    assert environment.load().slack_bot_token.get_secret_value() == "xoxb-1-bot"


def test_secrets_are_listed_and_never_shown(environment: Environment) -> None:
    environment.set(LEDGER_URL="postgresql+psycopg://bot:p%40ss@db/bot")

    loaded = environment.load()

    assert set(loaded.secrets) == {
        *("xoxb-1-bot", "xapp-1-app", "correct horse", AUDIT_KEY),
        *("p%40ss", "p@ss"),
    }
    assert not any(secret in repr(loaded) + str(loaded) for secret in loaded.secrets)


def test_a_problem_reads_as_a_sentence_with_its_remedy_below() -> None:
    assert str(Problem("X", "is missing", "ask for it")) == "  X is missing.\n      ask for it"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=100)
@given(
    value=strategies.text(alphabet=strategies.characters(exclude_characters="\0", exclude_categories=["Cs"]))
)
@example(value="xapp")
def test_no_value_whatever_is_shown_or_leads_to_another_error(environment: Environment, value: str) -> None:
    """Given the same text as every secret, of which it can be one at most, when it is refused, it is not told."""
    marked = value + "-do-not-show"
    environment.set(SLACK_BOT_TOKEN=marked, SLACK_APP_TOKEN=marked, LEDGER_URL=marked, SLACK_API_URL=marked)

    problems = environment.problems()

    assert problems.keys() <= {"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "LEDGER_URL", "SLACK_API_URL"}
    assert len(problems) >= 3
    assert "do-not-show" not in environment.message()
