"""A sentence on what the operator should change, for whoever asks how the bot is; one from each who tells."""


class OperatorNote:
    """Stands among the ``notes`` of all while there is something to say. Used by one thread."""

    def __init__(self, notes: list[str]) -> None:
        self._notes = notes
        self._said = ""

    def say(self, words: str) -> bool:
        """Says this in place of what was said before, "" for nothing. Returns whether that is news."""
        if words == self._said:
            return False
        if self._said:
            self._notes.remove(self._said)
        if words:
            self._notes.append(words)
        self._said = words
        return True
