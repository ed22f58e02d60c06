"""What the listener serves before Slack has said who the bot is, and from then on."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from slack_bolt import App
from slack_bolt.authorization import AuthorizeResult

from slack_bot import inbox
from slack_bot.channel_store import ChannelStore
from slack_bot.figures import Figures
from slack_bot.http.door import listening, url_of
from slack_bot.http.metrics import Socket
from slack_bot.http.slack_paths import PATHS
from slack_bot.http.wiring import STARTING, Bot, Entrance, Front
from slack_bot.ledger import Ledger
from slack_bot.parameter_store import DirectoryStore
from slack_bot.schedule_store import ScheduleStore
from slack_bot.stored_state import StoredState
from tests.audit_key import AUDIT_KEY
from tests.ledger_template import migrated
from tests.slack_bot.http.served import HOST, SECRET, envelope, raw, signed
from tests.slack_bot.http.slack_posts import JSON, SIGNING_SECRET, signed_by_slack


class House:
    """A listener that has just begun, and what it will be given."""

    def __init__(self, folder: Path, *, by_http: bool) -> None:
        self.ledger = Ledger(migrated(folder / "ledger.db"), AUDIT_KEY)
        self.figures = Figures()
        self.came: list[int] = []
        self._store = DirectoryStore(folder / "state")
        self._by_http = by_http
        door = listening(HOST, 0)
        self.url = url_of(door)
        secret = SIGNING_SECRET if by_http else ""
        self.front = Front(Entrance(self.ledger, self.figures, ["gate"], SECRET, secret), door)
        self.front.start()

    def open(self) -> None:
        state = StoredState(self.ledger, ChannelStore([], self._store), ScheduleStore(self._store))
        state.refresh()
        bolt = App(
            authorize=lambda: AuthorizeResult(enterprise_id=None, team_id=None),
            request_verification_enabled=False,
        )
        slack, socket = (bolt, None) if self._by_http else (None, Socket(lambda: True, lambda: 1))
        self.front.open(Bot(state, 30.0, socket, lambda: True, lambda: self.came.append(self.saved()), slack))

    def get(self, path: str) -> requests.Response:
        return requests.get(self.url + path, timeout=20)

    def webhook(self, number: int) -> int:
        body = raw(envelope(number=number))
        return requests.post(f"{self.url}/xerotier", data=body, headers=signed(body), timeout=20).status_code

    def slack(self, path: str) -> int:
        body = json.dumps({"type": "url_verification", "token": "t", "challenge": "c"}).encode()
        return requests.post(
            self.url + path, data=body, headers=signed_by_slack(body, JSON), timeout=20
        ).status_code

    def saved(self) -> int:
        with self.ledger.read() as connection:
            return len(inbox.webhooks(connection, 0))


@pytest.fixture(params=[True, False], ids=["Slack by HTTP", "Slack by the socket"])
def house(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[House]:
    made = House(tmp_path, by_http=request.param)
    yield made
    assert made.front.stop()
    made.ledger.close()


def test_before_slack_has_said_who_the_bot_is_it_is_there_and_not_ready(house: House) -> None:
    assert house.get("/healthz").status_code == 200
    ready = house.get("/readyz")
    assert (ready.status_code, ready.json()["lacking"]) == (503, {"start": STARTING})
    assert "approval_bot_poll_age_seconds" in house.get("/metrics").text


def test_webhooks_are_saved_from_the_start_and_told_of_once_somebody_listens(house: House) -> None:
    assert house.webhook(1) == 200
    assert (house.saved(), house.came) == (1, [])
    house.open()
    assert house.came == [1]
    assert house.webhook(2) == 200
    assert house.came == [1, 2]
    assert house.webhook(1) == 200
    assert (house.saved(), house.came) == (2, [1, 2])


@pytest.mark.parametrize("path", PATHS)
def test_what_slack_posts_is_not_taken_before_somebody_listens(tmp_path: Path, path: str) -> None:
    house = House(tmp_path, by_http=True)
    assert house.slack(path) == 503
    assert house.figures.slack_posts == {("too early",): 1}
    house.open()
    assert house.slack(path) != 503
    assert house.front.stop()
    house.ledger.close()


def test_where_slack_comes_by_the_socket_its_addresses_are_never_there(tmp_path: Path) -> None:
    house = House(tmp_path, by_http=False)
    assert house.slack(PATHS[0]) == 404
    house.open()
    assert house.slack(PATHS[0]) == 404
    assert house.front.stop()
    house.ledger.close()


def test_once_it_is_open_everything_is_looked_at(house: House) -> None:
    house.open()
    house.figures.save_failed(time.monotonic())
    assert house.get("/readyz").json()["lacking"].keys() == {"saves", "upstream gate"}
