import os
from ipaddress import ip_network
from pathlib import Path

import pytest
from pydantic import SecretStr

from approval_gate.server.settings import NAMES, PREFIX, SettingsError, load_settings, unknown_names
from approval_gate.server.terms import Terms

SECRET = "not to be seen " * 3


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment without any setting of ours."""
    for name in [name for name in os.environ if name in NAMES or name.startswith(PREFIX)]:
        monkeypatch.delenv(name)


def loaded_problems(file: Path) -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        load_settings(file)
    return {problem.setting: problem.what for problem in caught.value.problems}


def test_it_needs_no_setting_at_all(tmp_path: Path) -> None:
    settings = load_settings(tmp_path / ".env")

    assert settings.database_url == "sqlite:///state/gate.db"
    assert (settings.host, settings.port, settings.public_url) == ("127.0.0.1", 8080, "")
    assert (settings.most_body, settings.rate, settings.heartbeat) == (65536, "120/minute", 4.0)
    assert settings.terms == Terms()
    assert settings.secrets == ()
    assert (settings.log_format, settings.log_level) == ("json", "INFO")


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / ".env"
    file.write_text("GATE_PORT=1\nGATE_MOST_PENDING=7\nREDIS_URL=redis://:word@host:6379\nLOG_LEVEL=debug\n")
    monkeypatch.setenv("GATE_PORT", "2")
    monkeypatch.setenv("GATE_CALLBACK_PRIVATE", "10.0.0.0/8, fd00::/8")

    settings = load_settings(file)

    assert (settings.port, settings.most_pending, settings.terms.most_pending) == (2, 7, 7)
    assert settings.redis_url == SecretStr("redis://:word@host:6379")
    assert settings.callback_private == (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
    assert settings.log_level == "DEBUG"


WRONG = {
    "GATE_DATABASE_URL": "mysql://host/db",
    "GATE_HOST": "a b",
    "GATE_PORT": "65536",
    "GATE_PUBLIC_URL": "gate.example.com",
    "REDIS_URL": "host:6379",
    "GATE_CALLBACK_SECRET": "short",
    "GATE_CALLBACK_PRIVATE": "10.0.0.1/8",
    "GATE_MOST_BODY": "64k",
    "GATE_RATE": "often",
    "GATE_MOST_PENDING": "0",
    "GATE_MOST_PENDING_BYTES": "1M",
    "GATE_RETENTION_DAYS": "-1",
    "GATE_SWEEP": "nan",
    "GATE_DISCONNECT_GRACE": "soon",
    "GATE_HEARTBEAT": "0",
    "LOG_FORMAT": "xml",
    "LOG_LEVEL": "LOUD",
}


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in WRONG.items():
        monkeypatch.setenv(name, value)

    assert loaded_problems(tmp_path / ".env").keys() == WRONG.keys() == set(NAMES)


def test_every_problem_says_what_to_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATE_RATE", "often")

    with pytest.raises(SettingsError, match="one setting needs your attention") as caught:
        load_settings(tmp_path / ".env")

    assert "GATE_RATE is no rate such as 120/minute" in str(caught.value)
    assert "how many tickets an API key may file" in str(caught.value)


@pytest.mark.parametrize(
    "value", ["sqlite:///", "sqlite:///:memory:", "postgresql://u:p@h/d", "'sqlite:///a.db'"]
)
def test_a_database_that_would_be_lost_or_has_no_driver_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("GATE_DATABASE_URL", value)

    assert set(loaded_problems(tmp_path / ".env")) == {"GATE_DATABASE_URL"}


def test_a_grace_shorter_than_the_sweeps_that_see_who_waits_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATE_SWEEP", "5")

    assert load_settings(tmp_path / ".env").sweep == 5
    monkeypatch.setenv("GATE_DISCONNECT_GRACE", "19")
    assert "less than 4 times GATE_SWEEP" in loaded_problems(tmp_path / ".env")["GATE_DISCONNECT_GRACE"]


def test_no_secret_is_seen_in_a_problem_or_in_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATE_CALLBACK_SECRET", SECRET)
    monkeypatch.setenv("GATE_DATABASE_URL", "postgresql+psycopg://gate:pass%2Fword@host/gate")
    monkeypatch.setenv("REDIS_URL", "redis://:another@host")
    settings = load_settings(tmp_path / ".env")

    assert set(settings.secrets) == {SECRET.strip(), "pass%2Fword", "pass/word", "another"}
    assert not [secret for secret in settings.secrets if secret in repr(settings)]
    monkeypatch.setenv("REDIS_URL", "//:another@host")
    monkeypatch.setenv("GATE_DATABASE_URL", "postgresql+psycopg://ga@te:password@host/gate")
    with pytest.raises(SettingsError) as caught:
        load_settings(tmp_path / ".env")
    assert "another" not in str(caught.value)
    assert "ga@te" not in str(caught.value)


def test_a_misspelt_name_is_told_with_the_right_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("GATE_RETENTION_DAY=3\nGATE_URL=http://127.0.0.1:8080\nGATE_API_KEY=x\n")
    monkeypatch.setenv("GATE_XYZ", "1")

    assert unknown_names(tmp_path / ".env") == ("GATE_RETENTION_DAY (GATE_RETENTION_DAYS?)", "GATE_XYZ")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xff\xfe\xff")

    assert "cannot be read" in next(iter(loaded_problems(tmp_path / ".env").values()))
