"""Contracts that differ from the packaged one."""

import json
from collections.abc import Callable
from importlib import resources
from typing import Any

from upstream_client.privilege_manager import Contract

Open = dict[str, Any]
"""The packaged contract as plain JSON, so that tests may break it in any way."""


def packaged_json() -> Open:
    text = (resources.files("upstream_client.privilege_manager") / "contract.json").read_text()
    loaded: Open = json.loads(text)
    return loaded


def changed(change: Callable[[Open], object]) -> Contract:
    """The packaged contract after ``change`` was done to its JSON."""
    contract = packaged_json()
    change(contract)
    return Contract.parse(json.dumps(contract), "changed.json")
