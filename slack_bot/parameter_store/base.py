"""What a store of parameters does: it keeps short texts by folder and name. And what can go wrong with it.

StateError                the store cannot be read or written; the text says why, and what to do
├── NotWritten            nothing was written, and that is certain
│   ├── NameRefused       a name it cannot keep anything under
│   ├── TooLarge          a text it cannot keep
│   └── ChangedMeanwhile  something else stands there than was known
├── Unconfirmed           it may have been written or not: what stands there tells
└── LostUpdate            ours was written, over what somebody else wrote at the same moment
"""

import re
from typing import Final, Protocol

LONGEST_NAME: Final = 200
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")


class StateError(Exception):
    """The store cannot be read or written. The text is for people: it says why, and what to do."""


class NotWritten(StateError):
    """Nothing was written, and that is certain."""


class NameRefused(NotWritten):
    """Nothing can be kept under this name."""


class TooLarge(NotWritten):
    """The text is larger than what the store keeps."""


class ChangedMeanwhile(NotWritten):
    """Something else stands there than was known, so nothing was written."""


class Unconfirmed(StateError):
    """It may have been written or not, and only a later reading tells."""


class LostUpdate(StateError):
    """Ours was written, over what somebody else wrote at the same moment: ``theirs``, None for a removal."""

    def __init__(self, words: str, theirs: str | None) -> None:
        super().__init__(words)
        self.theirs = theirs


class ParameterStore(Protocol):
    """Short texts by folder ("channels", "schedules") and name. Every method may raise `StateError`.

    Where one that writes or removes raises another than `NotWritten`, it may have been done all the same.
    Threads may share it. A call takes about 16 seconds at most, whatever the other side does.
    """

    def read_all(self, folder: str) -> dict[str, str]:
        """Every text of a folder by its name. Something deeper in the folder has a name with slashes in it."""

    def put(self, folder: str, name: str, text: str) -> None:
        """Writes, whatever stands there."""

    def replace(self, folder: str, name: str, text: str, before: str | None) -> None:
        """Writes where ``before`` stands, None for nothing. Raises `ChangedMeanwhile` and `LostUpdate`."""

    def delete(self, folder: str, name: str) -> None:
        """Removes it, if it is there."""

    def describe(self) -> str:
        """For people: "SSM Parameter Store below /approval-bot"."""


def check_name(folder: str, name: str) -> None:
    """Raises `NameRefused` for what is no plain name: so that none leads out of its folder.

    Letters, digits, hyphens, underscores and dots are what SSM takes; names of hidden files are not ours.
    """
    for part in (folder, name):
        if not _NAME.fullmatch(part):
            raise NameRefused(
                f"“{part}” cannot be a name in the bot's state: use letters, digits, hyphens and underscores."
            )
        if len(part) > LONGEST_NAME:
            raise NameRefused(
                f"“{part[:20]}…” is too long for a name in the bot's state: "
                f"it has {len(part)} characters, and {LONGEST_NAME} are allowed."
            )
