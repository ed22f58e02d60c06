"""The whole bot over each of the three instances, with the contract that discover wrote."""

from pathlib import Path

import pytest

from sandbox import Sandbox
from sandbox.privilege_manager import PENDING_REPORT, Shape
from tests.rig import APPROVER, Rig, has_buttons
from tests.upstream_client.privilege_manager.commands import Desk
from upstream_client.privilege_manager import Contract

SHAPES: dict[Shape, tuple[str, ...]] = {
    "classic": (),
    "alternative": (),
    "report": ("--report", PENDING_REPORT),
}


@pytest.mark.parametrize(("action", "verb"), [("approve_request", "approve"), ("deny_request", "deny")])
def test_a_wrong_path_is_tried_once_and_the_card_names_the_contract(
    sandbox: Sandbox, tmp_path: Path, action: str, verb: str
) -> None:
    # given a server in between that knows no such path, and says so with nothing in it
    with Rig(sandbox, tmp_path) as rig:
        request_id = rig.ask(file="C:\\setup.exe")
        rig.upstream_fails(verb, "no_path", times=100)
        # when somebody presses, and time goes by
        rig.press(APPROVER, action)
        for _ in range(5):
            rig.run()
            rig.clock.advance(120)
        # then it was sent once, and the card waits again and says what to correct
        assert sandbox.privilege_manager.calls()[verb] == 1
        assert f"has no POST /services/api/v1/approval/{verb}. Correct the contract" in rig.words()
        assert has_buttons(rig.card())
        assert rig.upstream_request(request_id)["decisions"] == 0


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("action", "status"), [("approve_request", "Approved"), ("deny_request", "Denied")])
def test_a_press_in_slack_reaches_every_instance_with_who_pressed_and_our_decisions_id(
    sandbox: Sandbox, desk: Desk, tmp_path: Path, shape: Shape, action: str, status: str
) -> None:
    # given an instance that speaks so, and what discover wrote of it
    sandbox.control.shape_upstream(shape)
    with desk.at(sandbox.privilege_manager):
        assert desk.run("discover", "--write", "mine.json", *SHAPES[shape]) == 0
    rig = Rig(sandbox, tmp_path)
    rig.contract = Contract.load(desk.folder / "mine.json")
    with rig:
        request_id = rig.ask(file="C:\\setup.exe")
        # when somebody presses
        rig.press(APPROVER, action)
        rig.run()
        # then it is decided there once, and the comment says by whom and under which id of ours
        record = rig.upstream_request(request_id)
        assert (record["status"], record["decisions"]) == (status, 1)
        decision_id = rig.row().decision_id
        assert decision_id
        assert record["comment"].startswith(f"[{decision_id}] {status} in Slack by ")
        assert APPROVER in record["comment"]
        assert rig.headline().startswith(status)
