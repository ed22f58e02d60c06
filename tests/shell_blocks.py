"""The shell blocks of a Markdown page, and a place to run them in."""

import os
import re
import subprocess
from pathlib import Path


def sections(page: Path) -> dict[str, str]:
    """The text below each second-level heading, by its words."""
    parts = re.split(r"^## (.+)$", page.read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def shell_blocks(text: str) -> list[str]:
    """What stands in ```sh blocks, in order."""
    return re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def bash(script: str, folder: Path, programs: Path, typed: str = "") -> subprocess.CompletedProcess[str]:
    """Runs a script in one bash that stops at the first failure, with ``programs`` before all others."""
    path = os.pathsep.join([str(programs), os.defpath])
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={"PATH": path},
        input=typed,
        capture_output=True,
        text=True,
        timeout=100,
    )
