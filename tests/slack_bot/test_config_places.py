"""The settings that say where things are and who may set them: channels, admins, state, zones, files."""

from pathlib import Path

import pytest

from slack_bot.config import Settings, SettingsError, load_settings
from tests.audit_key import AUDIT_KEY

COMPLETE = {
    "SLACK_BOT_TOKEN": "xoxb-1-bot",
    "SLACK_APP_TOKEN": "xapp-1-app",
    "PRIVMAN_BASE_URL": "https://privman.example.com/Tms",
    "PRIVMAN_USERNAME": "client",
    "PRIVMAN_PASSWORD": "secret",
    "AUDIT_KEY": AUDIT_KEY,
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A complete one, with nothing besides."""
    for name in (*Settings.model_fields, "slack_approval_channel"):
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in COMPLETE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return monkeypatch


def refusal(environment: pytest.MonkeyPatch, setting: str, value: str) -> str:
    """What is said of one wrong setting."""
    environment.setenv(setting, value)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert [problem.setting for problem in refused.value.problems] == [setting.replace("APPROVAL_", "")]
    return refused.value.problems[0].what


@pytest.mark.parametrize("name", ["SLACK_CHANNEL", "SLACK_APPROVAL_CHANNEL"])
@pytest.mark.parametrize("value", ["C0123456789", "G0123456789", "#it-approvals", "#ümlaut_1"])
def test_a_channel_is_named_by_its_id_or_its_name(
    environment: pytest.MonkeyPatch, name: str, value: str
) -> None:
    environment.setenv(name, value)
    assert load_settings().slack_channel == value


@pytest.mark.parametrize(
    ("in_environment", "in_file", "counts"),
    [
        ({"SLACK_CHANNEL": "C0A", "SLACK_APPROVAL_CHANNEL": "C0B"}, "", "C0A"),
        ({"SLACK_CHANNEL": "", "SLACK_APPROVAL_CHANNEL": "C0B"}, "", "C0B"),
        ({"SLACK_APPROVAL_CHANNEL": "C0B"}, "SLACK_CHANNEL=C0A", "C0B"),
        ({}, "SLACK_APPROVAL_CHANNEL='#b'\nSLACK_CHANNEL='#a'", "#a"),
    ],
)
def test_of_both_names_the_first_counts_and_the_environment_before_the_file(
    environment: pytest.MonkeyPatch, in_environment: dict[str, str], in_file: str, counts: str
) -> None:
    for name, value in in_environment.items():
        environment.setenv(name, value)
    Path(".env").write_text(in_file)
    assert load_settings().slack_channel == counts


@pytest.mark.parametrize("value", ["approvals", "#", "# a", "U0123456789", "c0123456789", "#a#b"])
def test_what_is_no_channel_is_refused(environment: pytest.MonkeyPatch, value: str) -> None:
    assert "#approvals" in refusal(environment, "SLACK_CHANNEL", value)


def test_admins_are_ids_separated_by_commas(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ADMIN_USERS", " U0123456789, W0123456789 ,,U0123456789")
    environment.setenv("ADMIN_GROUP", "S0123456789")
    settings = load_settings()
    assert settings.admin_users == ("U0123456789", "W0123456789")
    assert settings.admin_group == "S0123456789"


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("ADMIN_USERS", "U0123456789,@admin", "“@admin”"),
        ("ADMIN_USERS", "S0123456789", "U0123456789"),
        ("ADMIN_GROUP", "@it-admins", "S0123456789"),
        ("ADMIN_GROUP", "S0123456789,S0123456780", "more than one"),
        ("STATE", "state", "file:state"),
        ("STATE", "file:", "file:state"),
        ("STATE", "ssm:approval-bot", "ssm:/approval-bot"),
        ("STATE", "ssm:/", "ssm:/approval-bot"),
        ("STATE", "ssm:/approval bot", "ssm:/approval-bot"),
        ("PRIVMAN_TIMEZONE", "Europe/Berln", "did you mean Europe/Berlin?"),
        ("PRIVMAN_TIMEZONE", "+01:00", "Europe/Berlin"),
        ("PRIVMAN_CA_BUNDLE", "missing.pem", "where no file is"),
        ("PRIVMAN_CONTRACT", "missing.json", "where no file is"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(
    environment: pytest.MonkeyPatch, setting: str, value: str, words: str
) -> None:
    assert words in refusal(environment, setting, value)


@pytest.mark.parametrize("value", ["ssm:/approval-bot", "ssm:/a/b/c.d_e", "file:state", "file:/var/lib/bot"])
def test_state_is_in_ssm_or_in_a_folder(environment: pytest.MonkeyPatch, value: str) -> None:
    environment.setenv("STATE", value)
    assert load_settings().state == value


def test_a_zone_is_known_however_it_is_written(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("PRIVMAN_TIMEZONE", "europe/berlin")
    assert load_settings().privman_timezone == "Europe/Berlin"


def test_a_misspelt_name_of_what_keeps_people_out_is_refused(environment: pytest.MonkeyPatch) -> None:
    """Given ADMIN_GROUPS instead of ADMIN_GROUP, when it starts, then not with more admins than meant."""
    environment.setenv("ADMIN_GROUPS", "S0123456789")
    with pytest.raises(SettingsError, match=r"ADMIN_GROUPS is no setting .did you mean “ADMIN_GROUP”"):
        load_settings()
    environment.delenv("SLACK_APP_TOKEN")
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert [one.setting for one in refused.value.problems] == ["SLACK_APP_TOKEN", "ADMIN_GROUPS"]


def test_a_misspelt_name_of_ours_is_noticed_only_where_something_is_missing(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("SLACK_APPROVAL_CHANNEL", "C0123456789")
    environment.delenv("SLACK_APP_TOKEN")
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert refused.value.problems[0].what == "is missing"


def test_the_bot_listens_nowhere_unless_a_port_is_named(environment: pytest.MonkeyPatch) -> None:
    assert (load_settings().http_host, load_settings().http_port) == ("127.0.0.1", None)
    environment.setenv("HTTP_PORT", " ")
    assert load_settings().http_port is None


@pytest.mark.parametrize(("value", "port"), [("0", 0), ("8090", 8090), (" 65535 ", 65_535)])
def test_a_port_is_a_number(environment: pytest.MonkeyPatch, value: str, port: int) -> None:
    environment.setenv("HTTP_PORT", value)
    environment.setenv("HTTP_HOST", "::1")
    assert (load_settings().http_host, load_settings().http_port) == ("::1", port)


@pytest.mark.parametrize("value", ["65536", "-1", "80.5", "http", "٨٠٩٠", "1" * 5_000])
def test_what_is_no_port_is_refused(environment: pytest.MonkeyPatch, value: str) -> None:
    assert refusal(environment, "HTTP_PORT", value) == "is not a whole number from 0 to 65535"


@pytest.mark.parametrize("value", ["http://0.0.0.0", "0.0.0.0/0", "a b"])
def test_what_is_no_address_to_listen_at_is_refused(environment: pytest.MonkeyPatch, value: str) -> None:
    assert "no address to listen at" in refusal(environment, "HTTP_HOST", value)
