"""GitHub's own description of its API (tests/data), to hold calls and answers against."""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from openapi_schema_validator import OAS30Validator

DATA = Path(__file__).resolve().parents[2] / "data"
PATHS = (DATA / "github-actions.openapi.json", DATA / "github-repositories.openapi.json")


@dataclass(frozen=True)
class Operation:
    """One method of one path. ``whole`` is the description that it stands in."""

    path: str
    told: dict[str, Any]
    whole: dict[str, Any]

    @property
    def queries(self) -> dict[str, Any]:
        """The schema of each argument of the query, by name."""
        return {
            one["name"]: one["schema"]
            for one in map(self._resolved, self.told.get("parameters", ()))
            if one["in"] == "query"
        }

    def wrong_with_body(self, body: object) -> list[str]:
        """Of a call; [] where nothing is."""
        return self._wrong(self.told["requestBody"]["content"]["application/json"]["schema"], body)

    def wrong_with_answer(self, status: int, body: object) -> list[str]:
        """Of an answer; [] where nothing is. Errors are described nowhere."""
        content = self.told["responses"][str(status)].get("content")
        return [] if content is None else self._wrong(content["application/json"]["schema"], body)

    def _resolved(self, one: dict[str, Any]) -> dict[str, Any]:
        if "$ref" not in one:
            return one
        found: Any = self.whole
        for step in one["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        return dict(found)

    def _wrong(self, schema: dict[str, Any], body: object) -> list[str]:
        whole = {**schema, "components": self.whole["components"]}
        found = OAS30Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER).iter_errors(body)
        return [f"{'.'.join(map(str, one.absolute_path))}: {one.message}"[:300] for one in found]


@cache
def descriptions() -> tuple[dict[str, Any], ...]:
    """Both were cut from one."""
    return tuple(json.loads(path.read_text(encoding="utf-8")) for path in PATHS)


def operation(method: str, path: str) -> Operation | None:
    """What describes a call; None where it is beyond their paths."""
    for whole in descriptions():
        for template, methods in whole["paths"].items():
            pattern = re.sub(r"\{\w+\}", "[^/]+", template)
            if re.fullmatch(pattern, path) and method.lower() in methods:
                return Operation(template, methods[method.lower()], whole)
    return None
