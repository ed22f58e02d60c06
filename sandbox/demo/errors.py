"""Why the demo ends."""


class CannotStart(Exception):
    """The demo cannot run here; the text says what to do."""


class Stopped(Exception):
    """Somebody wants it to stop."""


class ProcessEnded(Exception):
    """A process of the demo ended by itself; the text holds its log."""
