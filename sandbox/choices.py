"""What each person has chosen in menus and typed into inputs, as Slack's clients remember it."""

from collections.abc import Mapping
from typing import Any

from sandbox.elements import Element, find_elements
from sandbox.errors import Refused
from sandbox.json_types import Json

Surface = tuple[str, str]
"""(channel, ts) of a message, or ("view", id) of a modal or Home tab."""


class Choices:
    """Choices by person and surface; another person's choice is never seen."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, Surface], dict[tuple[str, str], Any]] = {}

    def choose(self, user: str, surface: Surface, blocks: list[Json], values: Mapping[str, Any]) -> None:
        """Remember `{action_id: value}`.

        Raises Refused for an action_id that is not there, holds no value, or offers no such option.
        """
        elements = {element.json["action_id"]: element for element in find_elements(blocks)}
        for action_id, value in values.items():
            element = elements.get(action_id)
            if element is None or not element.holds_state:
                raise Refused(f"There is no input “{action_id}” here.", 404)
            element.state(value)
            self._made.setdefault((user, surface), {})[element.place] = value

    def state_of(self, user: str, surface: Surface, element: Element) -> Json:
        """The element's entry in `state.values`: what was chosen, else its initial value."""
        made = self._made.get((user, surface), {})
        if element.place in made:
            try:
                return element.state(made[element.place])
            except Refused:  # the message was redrawn without that option: the client shows the initial one
                return element.initial()
        return element.initial()

    def values(self, user: str, surface: Surface, blocks: list[Json]) -> Json:
        """`state.values`: {block_id: {action_id: state}} of everything that holds state."""
        values: Json = {}
        for element in find_elements(blocks):
            if element.holds_state:
                block_id, action_id = element.place
                values.setdefault(block_id, {})[action_id] = self.state_of(user, surface, element)
        return values

    def forget(self, surface: Surface) -> None:
        """The message or view is gone."""
        for key in [key for key in self._made if key[1] == surface]:
            del self._made[key]
