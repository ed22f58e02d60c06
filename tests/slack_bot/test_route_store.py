"""Routes that were set in Slack, as they are kept; and what is known of them while they cannot be read."""

import json
from pathlib import Path

import pytest

from slack_bot.parameter_store import ChangedMeanwhile, DirectoryStore, StateError
from slack_bot.route_store import NumberedRoute, RouteStore
from slack_bot.routes import Route, Routes
from tests.slack_bot.conversing import block_state, unblock_state
from upstream_client.models import Risk

AT = 1_700_000_000_000_001
DECLARED = Route(("C01APPROVALS",), upstream="gate")
FIRST = NumberedRoute(1, Route(("C01APPROVALS",), facts=(("environment", "prod*"),)), "U04ADMIN", AT)
SECOND = NumberedRoute(
    3, Route(("C03SECOND", "C02GENERAL"), "gate", (("label:team", "a"),), "agent", (Risk.LOW,)), "U04ADMIN", AT
)  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "state")


def read(store: DirectoryStore, *declared: Route) -> RouteStore:
    routes = RouteStore(declared, store)
    routes.refresh()
    return routes


def written(folder: Path, text: str) -> None:
    (folder / "state" / "routes").mkdir(parents=True, exist_ok=True)
    (folder / "state" / "routes" / "list.json").write_text(text)


def test_what_is_kept_is_read_again_as_it_was_behind_what_is_declared(store: DirectoryStore) -> None:
    read(store).put((), (FIRST, SECOND))
    again = read(store, DECLARED)
    assert again.numbered == (FIRST, SECOND)
    assert again.routes == Routes((DECLARED, FIRST.route, SECOND.route))
    assert (again.trouble, again.unsure) == ("", "")


def test_without_a_store_what_is_declared_holds_and_nothing_else_can_be_kept() -> None:
    routes = RouteStore((DECLARED,))
    assert (routes.routes, routes.trouble, routes.unsure) == (Routes((DECLARED,)), "", "")
    with pytest.raises(StateError, match="STATE is not set"):
        routes.put((), (FIRST,))


def test_what_somebody_else_changed_is_not_written_over(store: DirectoryStore) -> None:
    one, other = read(store), read(store)
    one.put((), (FIRST,))
    with pytest.raises(ChangedMeanwhile):
        other.put((), (SECOND,))
    assert other.numbered == (FIRST,)
    with pytest.raises(ChangedMeanwhile, match="Somebody else"):
        other.put((), (SECOND,))
    other.put((FIRST,), (FIRST, SECOND))
    assert read(store).numbered == (FIRST, SECOND)


def test_what_could_not_be_read_again_is_not_written(store: DirectoryStore) -> None:
    routes = read(store)
    for wrong in (
        (NumberedRoute(1, Route(())),),
        (NumberedRoute(0, FIRST.route),),
        (FIRST, FIRST),
        (NumberedRoute(1, Route(("C01",), upstream="nobody")),),
    ):
        with pytest.raises(StateError, match="cannot be kept"):
            routes.put((), wrong)
    assert read(store).numbered == ()


def test_what_was_changed_outside_is_told_and_holds(store: DirectoryStore, tmp_path: Path) -> None:
    routes = read(store)
    read(store).put((), (FIRST,))
    (change,) = routes.refresh()
    assert (change.what, change.words) == ("route", "The route list was added outside the bot.")
    assert routes.numbered == (FIRST,)
    written(tmp_path, '{"routes": []}')
    (change,) = routes.refresh()
    assert change.words == "The route list was changed outside the bot."
    assert not routes.numbered


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        json.dumps({"routes": [{"number": 1, "channels": []}]}),
        json.dumps({"routes": [{"number": 1, "channels": ["C01"], "risks": ["low"]}]}),
        json.dumps({"routes": [{"number": 1, "channels": ["C01"]}, {"number": 1, "channels": ["C02"]}]}),
        '{"routes": [], "routes": []}',
    ],
)
def test_what_cannot_be_used_leaves_nobody_knowing(store: DirectoryStore, tmp_path: Path, text: str) -> None:
    written(tmp_path, text)
    routes = read(store)
    assert "routes/list in" in routes.trouble
    assert routes.unsure == routes.trouble
    with pytest.raises(StateError, match="Until then nothing is written over it"):
        routes.put((), (FIRST,))


def test_another_item_in_the_folder_leaves_nobody_knowing(store: DirectoryStore) -> None:
    store.put("routes", "lists", '{"routes": []}')
    assert "its name is not “list”" in read(store).unsure


def test_before_they_are_read_nobody_knows(store: DirectoryStore) -> None:
    assert RouteStore((), store).unsure != ""


def test_while_they_cannot_be_read_nobody_knows_but_where_none_was_set(
    store: DirectoryStore, tmp_path: Path
) -> None:
    without = read(store)
    block_state(tmp_path, "routes")
    never, declared = RouteStore((), DirectoryStore(tmp_path / "state")), RouteStore((DECLARED,), store)
    for routes in (without, never, declared):
        routes.refresh()
    assert without.trouble != ""
    assert without.unsure == ""
    assert never.unsure != ""
    assert declared.unsure != ""
    never.may_be_set = declared.may_be_set = False
    assert (never.unsure, declared.unsure) == ("", "")
    unblock_state(tmp_path, "routes")
    never.refresh()
    assert (never.trouble, never.unsure) == ("", "")


def test_those_that_were_read_before_an_outage_are_shown_and_nobody_goes_by_them(
    store: DirectoryStore, tmp_path: Path
) -> None:
    routes = read(store)
    routes.put((), (FIRST,))
    block_state(tmp_path, "routes")
    routes.refresh()
    assert routes.numbered == (FIRST,)
    assert routes.unsure != ""
