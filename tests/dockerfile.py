"""A Dockerfile's steps, played in a folder where no container engine is.

Each stage is a folder that stands for its root. COPY copies, RUN runs, with the image's absolute paths turned
into paths below that folder. Two things are stood in for: pip, since tests load nothing from a network, by one
that links exactly the pinned packages of this environment; and what only root may do, which is written down.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement

OURS: Final = re.compile(r"(?<![\w.-])/(?=(?:app|build|opt|run|state)(?:/|\b))")
"""The slash before a path that the image makes; all others are of the base image and stay."""
OF_THE_BASE_IMAGE: Final = ("opt", "run")
ROOT_ONLY: Final = ("chown", "groupadd", "useradd")
PIP: Final = """#!/bin/sh
PYTHONPATH="{project}" exec "{python}" -m tests.dockerfile "$@"
"""
NOTED: Final = """#!/bin/sh
echo "$(basename "$0") $*" >> "{noted}"
"""


def steps(text: str) -> list[tuple[str, str]]:
    """(instruction, the rest of its line), with continued lines joined and comments left out."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ").splitlines()
    pairs = (line.strip().split(None, 1) for line in joined)
    return [(instruction.upper(), re.sub(r"\s+", " ", rest)) for instruction, rest in pairs]


class Context:
    """What ``docker build`` would send: a folder without what its .dockerignore leaves out."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        lines = (folder / ".dockerignore").read_text().splitlines()
        rules = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        self._rules = [(_pattern(rule.removeprefix("!")), not rule.startswith("!")) for rule in rules]

    def holds(self, path: Path) -> bool:
        """Whether this file is sent. The last rule that names it, or a folder it is in, counts.

        https://docs.docker.com/build/concepts/context/#dockerignore-files
        """
        relative = path.relative_to(self.folder)
        names = [str(one) for one in (relative, *relative.parents[:-1])]
        left_out = False
        for pattern, leaves_out in self._rules:
            if any(pattern.fullmatch(name) for name in names):
                left_out = leaves_out
        return not left_out

    def copy(self, source: str, target: Path) -> None:
        """What COPY does with one source: a file, or what is in a folder. Fails where nothing is sent."""
        root = self.folder / source
        files = [path for path in ([root] if root.is_file() else root.rglob("*")) if path.is_file()]
        sent = [path for path in files if self.holds(path)]
        assert sent, f"COPY {source}: there is nothing of that name in the build context"
        for path in sent:
            to = target if root.is_file() else target / path.relative_to(root)
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, to)


def _pattern(rule: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*/|\*)", rule.strip("/"))
    return re.compile("".join({"**/": "(?:.*/)?", "*": "[^/]*"}.get(part, re.escape(part)) for part in parts))


class Stage:
    """One stage, played: its folder, and what it says of the container that is to run."""

    def __init__(self, root: Path, tools: Path) -> None:
        self.root = root
        self.environment: dict[str, str] = {}
        self.workdir = "/"
        self.user = "root"
        self.volumes: list[str] = []
        self.command: list[str] = []
        self.health_command: list[str] = []
        self._tools = tools
        for folder in OF_THE_BASE_IMAGE:
            (root / folder).mkdir(parents=True)

    def path(self, inside: str) -> Path:
        """Where a path of the image lies on this machine."""
        return self.root / inside.lstrip("/")

    def outside(self, text: str) -> str:
        """The same text with the image's own paths as they lie on this machine."""
        return OURS.sub(f"{self.root}/", text)

    def run(self, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Runs a command as the container would: its folder, and nothing but its variables and ``more``."""
        return subprocess.run(
            command,
            cwd=self.path(self.workdir),
            env=self.variables(**more),
            capture_output=True,
            text=True,
            timeout=100,
        )

    def variables(self, **more: str) -> dict[str, str]:
        """The container's environment, on this machine."""
        base = os.pathsep.join([str(self._tools), str(Path(sys.executable).parent), os.defpath])
        ours = {name: self.outside(value) for name, value in self.environment.items()}
        path = ours.pop("PATH", "$PATH").replace("$PATH", base)
        return {"PATH": path, **ours, **more}

    def step(self, instruction: str, rest: str, context: Context, stages: dict[str, "Stage"]) -> None:
        """Plays one instruction."""
        match instruction:
            case "WORKDIR":
                self.workdir = rest
                self.path(rest).mkdir(parents=True, exist_ok=True)
            case "COPY":
                self._copy(rest.split(), context, stages)
            case "ENV":
                self.environment |= dict(pair.split("=", 1) for pair in shlex.split(rest))
            case "RUN":
                done = self.run("sh", "-ec", self.outside(rest))
                assert done.returncode == 0, f"RUN {rest}\n{done.stdout}{done.stderr}"
            case "USER":
                self.user = rest
            case "VOLUME":
                self.volumes = json.loads(rest)
            case "CMD":
                self.command = json.loads(rest)
            case "HEALTHCHECK":
                self.health_command = json.loads(rest.split(" CMD ")[1])
            case _:
                assert instruction == "STOPSIGNAL", instruction

    def _copy(self, words: list[str], context: Context, stages: dict[str, "Stage"]) -> None:
        *sources, target = words
        if sources[0].startswith("--from="):
            stage = stages[sources[0].removeprefix("--from=")]
            shutil.copytree(stage.path(sources[1]), self.path(target), symlinks=True)
            return
        for source in sources:
            into = Path(self.workdir) / target / (source if target.endswith("/") else "")
            context.copy(source, self.path(str(into)))


def play(dockerfile: Path, context: Context, folder: Path) -> Stage:
    """Plays every stage below ``folder``, and returns the last one, which is the image."""
    tools = _tools(folder)
    stages: dict[str, Stage] = {}
    stage = None
    for instruction, rest in steps(dockerfile.read_text()):
        if instruction == "FROM":
            name = rest.split(" AS ")[1] if " AS " in rest else "image"
            stage = stages[name] = Stage(folder / name, tools)
        elif instruction != "ARG":
            assert stage is not None
            stage.step(instruction, rest, context, stages)
    assert stage is not None
    return stage


def _tools(folder: Path) -> Path:
    tools = folder / "tools"
    tools.mkdir()
    programs = dict.fromkeys(ROOT_ONLY, NOTED.format(noted=folder / "as-root"))
    programs["pip"] = PIP.format(project=Path(__file__).resolve().parent.parent, python=sys.executable)
    for name, text in programs.items():
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    return tools


def link_pins(requirements: Path, packages: Path) -> None:
    """Links every package that the file pins for this Python from this environment. Fails on another version."""
    for line in requirements.read_text().splitlines():
        pin = Requirement(line) if line and not line.lstrip().startswith("#") else None
        if pin is None or (pin.marker and not pin.marker.evaluate()):
            continue
        found = distribution(pin.name)
        assert pin.specifier.contains(found.version), f"{pin} is pinned, and {found.version} is installed"
        for top in {file.parts[0] for file in found.files or ()} - {"..", "__pycache__"}:
            if not (packages / top).exists():
                (packages / top).symlink_to(str(found.locate_file(top)))


def _pip(arguments: list[str]) -> None:
    """Stands in for ``pip --python PYTHON install … --requirement FILE``."""
    python = Path(arguments[arguments.index("--python") + 1])
    assert "install" in arguments
    where = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    )
    link_pins(Path(arguments[arguments.index("--requirement") + 1]), Path(where.stdout.strip()))


if __name__ == "__main__":
    _pip(sys.argv[1:])
