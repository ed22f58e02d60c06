"""The commands discover and doctor, run as a person runs them, with the settings of an instance."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sandbox.privilege_manager import BASE_PATH, PrivilegeManager
from tests.upstream_client.serving import serving
from upstream_client.privilege_manager.__main__ import main

MODULE = "upstream_client.privilege_manager"
ROOT = Path(__file__).resolve().parents[3]


@dataclass
class Desk:
    """Somebody in an empty folder, with the settings of one instance in the environment."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]
    said: str = ""
    complained: str = ""
    settings: dict[str, str] = field(default_factory=dict)

    def set(self, **settings: str) -> None:
        """Settings by their lower-case names; "" takes one away."""
        self.settings |= {name.upper(): value for name, value in settings.items()}

    def run(self, *arguments: str) -> int:
        """In this process; ``said`` is what was printed, ``complained`` what went to stderr."""
        self.monkeypatch.chdir(self.folder)
        for name, value in self.settings.items():
            self.monkeypatch.setenv(name, value) if value else self.monkeypatch.delenv(name, raising=False)
        code = main(arguments)
        self.said, self.complained = self.capsys.readouterr()
        return code

    def run_as_process(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """As it is typed."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PRIVMAN_")}
        return subprocess.run(
            [sys.executable, "-m", MODULE, *arguments],
            cwd=self.folder,
            env=kept | {"PYTHONPATH": str(ROOT)} | self.settings,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    @contextmanager
    def at(self, pm: PrivilegeManager) -> Iterator[str]:
        """Serves the instance and sets its settings; its address."""
        with serving(pm.app()) as address:
            url = address + BASE_PATH
            self.set(privman_base_url=url, privman_username=pm.username, privman_password=pm.password)
            yield url
