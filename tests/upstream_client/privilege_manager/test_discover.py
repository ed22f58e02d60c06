"""The command discover: what it prints and writes, and what it says when it finds little."""

import json
import stat
from pathlib import Path

import pytest
import requests
from aiohttp import web

from sandbox.privilege_manager import PENDING_REPORT, PrivilegeManager
from tests.upstream_client.privilege_manager.commands import Desk
from tests.upstream_client.privilege_manager.contracts import packaged_json
from tests.upstream_client.serving import serving
from upstream_client.privilege_manager import Contract

SWAGGER = "/services/swagger/docs/v1"


def reference_of(pm: PrivilegeManager, url: str) -> dict[str, object]:
    """As an administrator saves it in a browser."""
    with requests.Session() as session:
        session.trust_env = False
        body = {"UserName": pm.username, "Password": pm.password}
        token = session.post(f"{url}/services/api/logon/token", json=body, timeout=10).json()
        answer = session.get(url + SWAGGER, headers={"Authorization": f"Bearer {token}"}, timeout=10)
        found: dict[str, object] = answer.json()
        return found


def test_it_prints_what_it_found_with_its_place_and_writes_nothing_unasked(desk: Desk) -> None:
    pm = PrivilegeManager()
    pm.file_request()
    with desk.at(pm) as url:
        assert desk.run("discover") == 0
    assert f"Privilege Manager API v1, read at {url}{SWAGGER}" in desk.said
    lines = [" ".join(line.split()) for line in desk.said.splitlines()]
    assert (
        "operations.approve POST /services/api/v1/approval/approve (paths./api/v1/approval/approve.post,"
        " definitions.ApprovalResponse: RequestId, Response, Comment, Duration)"
    ) in lines
    assert "fields.user UserName (definitions.ApprovalRequest)" in lines
    assert "duration nothing says that Duration is in minutes" in lines
    assert "The list was tried: 1 request waits. Approve and deny were not tried." in lines
    assert list(desk.folder.iterdir()) == []
    assert pm.password not in desk.said
    assert {"approve", "deny"}.isdisjoint(pm.calls())
    assert pm.logged_on() == 0


def test_it_writes_a_whole_contract_and_says_what_to_set(desk: Desk) -> None:
    with desk.at(PrivilegeManager(shape="alternative")) as url:
        desk.set(privman_base_url=url.replace("/Tms", "//TMS//"))
        assert desk.run("discover", "--write", "mine.json") == 0
    assert "Set PRIVMAN_CONTRACT=mine.json" in desk.said
    written = desk.folder / "mine.json"
    assert Contract.load(written).operations.approve.path.endswith("/{request_id}/decision")
    assert json.loads(written.read_text()).keys() == packaged_json().keys()
    assert list(desk.folder.iterdir()) == [written]
    assert stat.S_IMODE(written.stat().st_mode) == 0o644


def test_it_overwrites_only_when_told_to(desk: Desk) -> None:
    written = desk.folder / "mine.json"
    written.write_text("kept")
    pm = PrivilegeManager()
    with desk.at(pm):
        assert desk.run("discover", "--write", "mine.json") == 2
        assert written.read_text() == "kept"
        assert "overwrite it with --force" in desk.said
        assert pm.calls() == {}
        assert desk.run("discover", "--write", "mine.json", "--force") == 0
    assert Contract.load(written)


@pytest.mark.parametrize("path", ["none/mine.json", "folder"])
def test_a_place_that_cannot_be_written_is_named(desk: Desk, path: str) -> None:
    (desk.folder / "folder").mkdir()
    with desk.at(PrivilegeManager()):
        assert desk.run("discover", "--write", path, "--force") == 2
    assert f"{path} cannot be written" in desk.said
    assert [one.name for one in desk.folder.iterdir()] == ["folder"]


def test_where_no_path_lists_what_waits_it_asks_for_a_report(desk: Desk) -> None:
    with desk.at(PrivilegeManager(shape="report")):
        assert desk.run("discover", "--write", "mine.json") == 1
        assert "copy its id (a GUID) from the address, and run discover again with --report" in desk.said
        assert "not complete yet: operations.list" in desk.said
        # what was found is saved all the same, and not called ready
        assert "Written to mine.json as far as it goes" in desk.said
        assert "Set PRIVMAN_CONTRACT" not in desk.said
        assert Contract.load(desk.folder / "mine.json").operations.deny.evidence == "documented"
        assert desk.run("discover", "--report", PENDING_REPORT) == 0


def test_a_report_that_waits_for_its_first_row_tells_its_names_already(desk: Desk) -> None:
    with desk.at(PrivilegeManager(shape="report")):
        report = f"{{{PENDING_REPORT.upper()}}}"  # as .NET writes a GUID
        assert desk.run("discover", "--report", report, "--write", "mine.json") == 0
    assert Contract.load(desk.folder / "mine.json").fields.id.names == ("Approval Request Id",)


def test_a_report_that_there_is_not_is_told(desk: Desk) -> None:
    with desk.at(PrivilegeManager(shape="report")):
        assert desk.run("discover", "--report", "another") == 1
    assert "operations.list" in desk.said
    assert "The report was not found." in desk.said


@pytest.mark.parametrize("role", ["users", "helpdesk"])
def test_a_role_that_may_not_read_the_reference_is_told_two_ways(desk: Desk, role: str) -> None:
    pm = PrivilegeManager(role="users" if role == "users" else "helpdesk")
    with desk.at(pm) as url:
        assert desk.run("discover", "--write", "mine.json") == 1
        for words in (
            "Privilege Manager Administrators",
            f"open {url}{SWAGGER} in a browser",
            "--swagger-file",
        ):
            assert words in desk.said
        assert list(desk.folder.iterdir()) == []


def test_a_reference_that_was_saved_in_a_browser_will_do(desk: Desk) -> None:
    pm = PrivilegeManager(shape="alternative")
    with desk.at(pm) as url:
        (desk.folder / "docs.json").write_text(json.dumps(reference_of(pm, url)))
        pm.give_role("helpdesk")
        assert desk.run("discover", "--swagger-file", "docs.json") == 0
    assert "read at docs.json" in desk.said
    assert "/services/api/v2/approvals" in desk.said


def test_a_reference_that_knows_no_deny_gives_none_at_the_address_that_approves(desk: Desk) -> None:
    # given an approve that may allow the program's children something, and no deny
    pm = PrivilegeManager()
    with desk.at(pm) as url:
        saved = reference_of(pm, url)
        paths, definitions = saved["paths"], saved["definitions"]
        assert isinstance(paths, dict)
        assert isinstance(definitions, dict)
        del paths["/api/v1/approval/deny"]
        allow = {"type": "object", "properties": {"Allow": {"type": "boolean"}}}
        properties = {"RequestId": {"type": "string"}, "Comment": {"type": "string"}, "ChildProcesses": allow}
        definitions["ApprovalResponse"] = {"type": "object", "properties": properties}
        (desk.folder / "docs.json").write_text(json.dumps(saved))
        # when discover runs, then it says that the deny is missing
        assert desk.run("discover", "--swagger-file", "docs.json", "--write", "mine.json") == 1
        assert "not complete yet: operations.deny" in desk.said
        # and the doctor says that it is a guess, which the instance refuses in its own words
        desk.set(privman_contract="mine.json")
        desk.run("doctor")
        assert "unconfirmed: deny" in desk.said
    operations = Contract.load(desk.folder / "mine.json").operations
    assert operations.deny.path != operations.approve.path


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read"),
        ("<html>", "holds no JSON"),
        ("{}", "no Swagger 2"),
        ("[" * 100_000, "no JSON"),
    ],
)
def test_a_file_that_is_no_reference_is_told(desk: Desk, content: str | None, words: str) -> None:
    if content is not None:
        (desk.folder / "docs.json").write_text(content)
    with desk.at(PrivilegeManager()):
        assert desk.run("discover", "--swagger-file", "docs.json") == 1
    assert words in desk.said


def test_the_token_goes_to_the_instance_and_to_nobody_else(desk: Desk) -> None:
    # given a reference on another server
    pm, heard = PrivilegeManager(), list[str | None]()
    with desk.at(pm) as url:
        saved = reference_of(pm, url)

        async def answer(request: web.Request) -> web.Response:
            heard.append(request.headers.get("Authorization"))
            return web.json_response(saved)

        app = web.Application()
        app.router.add_get("/docs", answer)
        # when it is read there, and once at the instance by its own address
        with serving(app) as elsewhere:
            assert desk.run("discover", "--swagger-url", f"{elsewhere}/docs") == 0
        assert desk.run("discover", "--swagger-url", url + SWAGGER) == 0
    assert heard == [None]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("garbage", "is a web page"),
        ("empty", "empty answer"),
        ("not_found", "There is no reference at"),
        ("server_error", "There is no reference at"),
        ("forbidden", "Privilege Manager Administrators"),
        ("unauthorized", "may not be read"),
        ("reset", "broke the connection"),
    ],
)
def test_a_reference_that_cannot_be_read_is_told_and_nothing_is_written(
    desk: Desk, kind: str, words: str
) -> None:
    pm = PrivilegeManager()
    pm.add_fault({"operation": "swagger", "kind": kind, "times": 2})
    with desk.at(pm):
        assert desk.run("discover", "--write", "mine.json") == 1
    assert words in desk.said
    assert list(desk.folder.iterdir()) == []


def test_a_token_that_is_refused_in_the_middle_is_got_anew(desk: Desk) -> None:
    pm = PrivilegeManager()
    pm.add_fault({"operation": "list", "kind": "unauthorized"})
    with desk.at(pm):
        assert desk.run("discover") == 0
    assert pm.calls()["logon"] == 2


@pytest.mark.parametrize("kind", ["server_error", "forbidden", "garbage", "error_in_200"])
def test_a_list_that_was_tried_and_fails_is_not_called_found(desk: Desk, kind: str) -> None:
    pm = PrivilegeManager()
    pm.add_fault({"operation": "list", "kind": kind})
    with desk.at(pm):
        assert desk.run("discover") == 1
    assert "was tried and cannot be read" in desk.said
    assert "operations.list" not in desk.said.partition("Not found")[0]
    assert "not complete yet: operations.list" in desk.said


def test_one_request_that_cannot_be_asked_for_is_left_out(desk: Desk) -> None:
    pm = PrivilegeManager()
    pm.file_request()
    pm.add_fault({"operation": "get", "kind": "server_error", "times": 2})
    with desk.at(pm):
        assert desk.run("discover", "--write", "mine.json") == 0
    assert "left out: it does not work" in desk.said
    assert Contract.load(desk.folder / "mine.json").operations.get is None


def test_while_nothing_waits_it_says_that_one_request_could_not_be_compared(desk: Desk) -> None:
    with desk.at(PrivilegeManager()):
        assert desk.run("discover") == 0
    assert "nothing waits, so nobody knows whether it tells the same as the list" in desk.said


def test_a_wrong_secret_ends_it_without_showing_it(desk: Desk) -> None:
    with desk.at(PrivilegeManager()):
        desk.set(privman_password="wrong-secret")
        assert desk.run("discover") == 1
    assert "PRIVMAN_PASSWORD" in desk.said
    assert "wrong-secret" not in desk.said + desk.complained


def test_settings_may_stand_in_a_file_and_the_environment_wins(desk: Desk) -> None:
    pm = PrivilegeManager()
    with desk.at(pm) as url:
        (desk.folder / ".env").write_text(
            f"PRIVMAN_BASE_URL={url}\nPRIVMAN_USERNAME={pm.username}\nPRIVMAN_PASSWORD=wrong\nOTHER=1\n"
        )
        desk.set(privman_base_url="", privman_username="")
        assert desk.run("discover") == 0


def test_settings_that_are_missing_or_wrong_are_listed_at_once(desk: Desk) -> None:
    desk.set(privman_base_url="http://privman.example/Tms", privman_timezone="Berlin")
    assert desk.run("discover") == 2
    for words in (
        "PRIVMAN_BASE_URL uses http",
        "PRIVMAN_USERNAME is missing",
        "PRIVMAN_PASSWORD is missing",
        "PRIVMAN_TIMEZONE is 'Berlin'",
    ):
        assert words in desk.complained
    assert desk.said == ""


def test_it_runs_as_it_is_typed(desk: Desk) -> None:
    pm = PrivilegeManager()
    pm.file_request()
    with desk.at(pm):
        done = desk.run_as_process("discover", "--write", "mine.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Privilege Manager API v1, read at ")
    assert Contract.load(desk.folder / "mine.json")


@pytest.mark.parametrize(
    "arguments", [(), ("discover", "--swagger-url", "x", "--swagger-file", "y"), ("cure",)]
)
def test_arguments_that_make_no_sense_are_refused(desk: Desk, arguments: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as caught:
        desk.run(*arguments)
    assert caught.value.code == 2


def test_the_file_it_writes_holds_no_secret_and_no_address(desk: Desk) -> None:
    pm = PrivilegeManager()
    pm.file_request()
    with desk.at(pm) as url:
        assert desk.run("discover", "--write", "mine.json") == 0
        text = Path(desk.folder / "mine.json").read_text()
    assert pm.password not in text
    assert url not in text


def test_what_a_reference_says_of_itself_cannot_forge_a_line(desk: Desk) -> None:
    pm = PrivilegeManager()
    with desk.at(pm) as url:
        saved = reference_of(pm, url)
        saved["info"] = {"title": "API\nWritten to \x1b[31mnowhere"}
        (desk.folder / "docs.json").write_text(json.dumps(saved))
        assert desk.run("discover", "--swagger-file", "docs.json") == 0
    assert desk.said.splitlines()[0].startswith(
        "API Written to \N{REPLACEMENT CHARACTER}[31mnowhere, read at"
    )
    assert "\x1b" not in desk.said


def test_an_empty_list_of_which_the_reference_says_nothing_is_not_complete(desk: Desk) -> None:
    # given a reference that does not say what the list answers
    pm = PrivilegeManager()
    with desk.at(pm) as url:
        saved = reference_of(pm, url)
        definitions = saved["definitions"]
        assert isinstance(definitions, dict)
        definitions["ApprovalRequestListResult"] = definitions["ApprovalRequestResult"] = {"type": "object"}
        (desk.folder / "docs.json").write_text(json.dumps(saved))
        # when nothing waits, then the id's name is not known; when something does, it is
        assert desk.run("discover", "--swagger-file", "docs.json") == 1
        assert "run discover again while a request waits" in desk.said
        pm.file_request()
        assert desk.run("discover", "--swagger-file", "docs.json") == 0
    assert "fields.id RequestId (the list's answer)" in " ".join(desk.said.split())
