"""Routes, which send requests to channels: declared in channels.json, or set in Slack, as those are kept."""

from collections.abc import Sequence
from typing import Final

from pydantic import ValidationError

from slack_bot.parameter_store import ChangedMeanwhile, ParameterStore, StateError
from slack_bot.routes import Route, Routes
from slack_bot.shelf import Kind, NotReadable, OutsideChange, Shelf, what_is_wrong
from slack_bot.written_route import NumberedRoute, StoredRoutes
from slack_bot.written_twice import written_twice

__all__ = ["RouteStore", "NumberedRoute"]

FOLDER: Final = "routes"
LIST: Final = "list"
"""The only item: the order of the routes is a part of what they say."""


class RouteStore:
    """The routes in the order in which they are tried: those of the file, then those that were set in Slack."""

    def __init__(self, declared: Sequence[Route] = (), store: ParameterStore | None = None) -> None:
        self.declared = tuple(declared)
        """Those of the file; nobody changes them in Slack."""
        self._shelf = Shelf(_KIND, store)
        self.may_be_set = True
        """Whether some may have been set in Slack before this process began: asked until they are read once."""

    @property
    def routes(self) -> Routes:
        """All of them, as they were last read."""
        return Routes((*self.declared, *(one.route for one in self.numbered)))

    @property
    def numbered(self) -> tuple[NumberedRoute, ...]:
        """Those that were set in Slack, as they were last read."""
        return self._shelf.items.get(LIST, ())

    @property
    def trouble(self) -> str:
        """Why those that were set in Slack may be out of date, in words; "" where they are not."""
        return self._shelf.trouble

    @property
    def unsure(self) -> str:
        """Why nobody can tell which request goes where, in words; "" where that can be told.

        Where none was set in Slack, as far as anybody knows, an outage changes nothing.
        """
        is_known = self.was_read or not self.may_be_set
        return "" if is_known and self._shelf.is_good and not self.numbered else self.trouble

    @property
    def was_read(self) -> bool:
        """Whether those that were set in Slack were read at all, be it long ago."""
        return self._shelf.was_read

    def refresh(self) -> list[OutsideChange]:
        """Reads them anew; see `Shelf.refresh`."""
        return self._shelf.refresh()

    def look(self) -> str:
        """Reads them anew, and returns why that could not be, "" where it could; see `Shelf.look`."""
        return self._shelf.look()

    def put(self, before: tuple[NumberedRoute, ...], after: tuple[NumberedRoute, ...]) -> None:
        """Keeps these in place of those. Raises `StateError`; see `Shelf.update` for what somebody else changed."""
        try:
            StoredRoutes.keeping(after)
        except ValidationError as error:
            raise StateError(f"These routes cannot be kept: {what_is_wrong(error)}.") from error

        def change(known: tuple[NumberedRoute, ...] | None) -> tuple[NumberedRoute, ...]:
            if (known or ()) != before:
                raise ChangedMeanwhile("Somebody else changed the routes meanwhile.")
            return after

        self._shelf.update(LIST, change)


def _read(name: str, text: str) -> tuple[NumberedRoute, ...]:
    if name != LIST:
        raise NotReadable(f"its name is not “{LIST}”")
    if twice := written_twice(text):
        raise NotReadable("; ".join(f"{where or 'the text'}: {key} is written twice" for where, key in twice))
    try:
        return StoredRoutes.model_validate_json(text).numbered()
    except ValidationError as error:
        raise NotReadable(what_is_wrong(error)) from error


def _write(routes: tuple[NumberedRoute, ...]) -> str:
    return StoredRoutes.keeping(routes).text()


_KIND: Final = Kind("route", FOLDER, _read, _write, "Declare some of the routes in channels.json.")
