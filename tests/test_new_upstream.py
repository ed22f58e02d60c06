"""docs/new-upstream.md says what there is to do, and each upstream has all of it."""

import ast
import re
from pathlib import Path

import pytest

from sandbox.demo.parts import PARTS
from slack_bot import upstreams
from slack_bot.config import UPSTREAMS
from tests.shell_blocks import shell_blocks
from tests.upstream_client.fakes import FAKES
from upstream_client.base import Upstream

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "new-upstream.md"
TEXT = PAGE.read_text()
NAME = "<name>"
PAGE_LINES = 50
"""What fits on a page."""


def places() -> list[str]:
    """The files and folders that the page names."""
    return re.findall(r"`([\w./<>-]+/[\w./<>-]*)`", TEXT)


def test_it_is_less_than_a_page() -> None:
    assert len(TEXT.splitlines()) < PAGE_LINES


def test_the_files_that_it_names_are_there() -> None:
    fixed = [place for place in places() if NAME not in place]
    assert len(fixed) > 8
    assert [place for place in fixed if not (ROOT / place).exists()] == []


def test_what_it_says_of_the_protocol_is_there() -> None:
    called = [word for word in ("list_pending", "fetch", "approve", "deny") if f"`{word}`" in TEXT]
    assert [word for word in called if not hasattr(Upstream, word)] == []
    assert len(called) == 4
    named = set(re.findall(r"`([A-Z]\w+)`", TEXT)) - {"UPSTREAMS"}
    room = " ".join(path.read_text() for path in (ROOT / "upstream_client").glob("*.py"))
    assert [
        name for name in named if not re.search(rf"^(class {name}\b| +{name} = )", room, re.MULTILINE)
    ] == []


def test_the_registry_has_one_line_for_each() -> None:
    """Given the registry's text, when its entries are counted, then each stands on a line of its own."""
    tree = ast.parse(Path(upstreams.__file__).read_text())
    (registry,) = (
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "_BUILDERS"
    )
    assert isinstance(registry, ast.Dict)
    names = {key.lineno: ast.literal_eval(key) for key in registry.keys if key is not None}
    assert tuple(names.values()) == UPSTREAMS
    assert "`_BUILDERS`" in TEXT


@pytest.mark.parametrize("name", UPSTREAMS)
def test_each_upstream_has_all_that_the_page_asks_for(name: str) -> None:
    package = ROOT / "upstream_client" / name
    page = f"docs/{name.replace('_', '-')}.md"
    assert (package / "__init__.py").is_file()
    assert (ROOT / page).is_file()
    assert page in (ROOT / "README.md").read_text()
    assert name in PARTS
    assert name in {fake.name for fake in FAKES}
    assert name == "gate" or (ROOT / "sandbox" / name / "__init__.py").is_file()  # the gate is its own fake


def test_its_commands_are_ones_of_make_and_name_what_there_is() -> None:
    (block,) = shell_blocks(TEXT)
    test, demo = block.splitlines()
    targets = re.findall(r"^([a-z]+): ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {line.split()[1] for line in (test, demo)} <= set(targets)
    assert all((ROOT / path).exists() for path in re.findall(r"tests/[\w./]+", test))
    assert demo.partition("UPSTREAMS=")[2] in PARTS
