"""docs/privilege-manager.md tells of what there is: checks, placeholders, settings, options, titles."""

import re
from pathlib import Path

import pytest

from sandbox.privilege_manager import PrivilegeManager
from tests.upstream_client.privilege_manager.commands import Desk
from upstream_client.privilege_manager.__main__ import main
from upstream_client.privilege_manager.contract import DECISION_VALUES, Contract, DurationCoding
from upstream_client.privilege_manager.doctor import CHECKS
from upstream_client.privilege_manager.settings import PrivManSettings

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "privilege-manager.md").read_text(encoding="utf-8")


def test_every_check_of_the_doctor_is_explained_in_its_order() -> None:
    table = PAGE.partition("## What the doctor checks")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE) == [name for name, _ in CHECKS]


@pytest.mark.parametrize("name", sorted(DECISION_VALUES))
def test_every_placeholder_is_named(name: str) -> None:
    assert f"`{{{name}}}`" in PAGE


@pytest.mark.parametrize("name", PrivManSettings.model_fields)
def test_every_setting_is_named(name: str) -> None:
    assert name.upper() in PAGE


@pytest.mark.parametrize(
    "name", sorted({*Contract.model_fields, *DurationCoding.model_fields} - {"about", "note"})
)
def test_every_part_of_the_contract_is_named(name: str) -> None:
    assert name in PAGE


def test_the_five_steps_work_as_they_are_written_one_after_the_other(desk: Desk) -> None:
    # given the settings of step 4, and the roles of steps 3 and 5
    steps = PAGE.partition("## Five steps")[2].partition("\n## ")[0]
    assert re.findall(r"^(\d)\. ", steps, re.MULTILINE) == ["1", "2", "3", "4", "5"]
    command = r"^ *\.venv/bin/python -m upstream_client\.privilege_manager (.+)$"
    [discover, doctor] = re.findall(command, steps, re.MULTILINE)
    [kept] = re.findall(r"^ *echo '(.+)' >> \.env$", steps, re.MULTILINE)
    pm = PrivilegeManager(role="administrators")
    pm.file_request()
    with desk.at(pm):
        assert desk.run(*discover.split()) == 0
        # when its role is the least that suffices, then nothing fails
        pm.give_role("helpdesk")
        (desk.folder / ".env").write_text(f"{kept}\n")
        assert desk.run(*doctor.split()) == 0, desk.said
    # and it was what discover wrote that was looked at
    assert "documented, as the contract has it: approve and deny" in desk.said


def options(text: str) -> set[str]:
    return set(re.findall(r"(?<!-)--[a-z]+(?:-[a-z]+)*", text))


@pytest.mark.parametrize("command", ["discover", "doctor"])
def test_every_option_on_the_page_is_one_and_the_help_knows_the_command(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    help_ = capsys.readouterr().out
    if command == "discover":
        assert options(PAGE) <= options(help_)
    assert f"privilege_manager {command}" in PAGE


def test_links_within_the_page_lead_to_a_heading() -> None:
    headings = re.findall(r"^##? (.+)$", PAGE, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in headings}
    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= anchors
