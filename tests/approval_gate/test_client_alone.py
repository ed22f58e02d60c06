"""The client side stands on the standard library and requests alone."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
ALONE = """
import sys

class Nothing:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names and top not in ALLOWED:
            raise ModuleNotFoundError(f"{name} is not installed here", name=name)

ALLOWED = {"approval_gate", "requests", "urllib3", "certifi", "idna", "charset_normalizer"}
sys.meta_path.insert(0, Nothing())
import approval_gate, approval_gate.agentsudo, approval_gate.command
from approval_gate import *
assert not [name for name in sys.modules if name.startswith("approval_gate.server")]
print(sorted(approval_gate.__all__))
"""


def test_it_imports_where_nothing_else_is_installed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ALONE], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert "requires_approval" in done.stdout
