"""The reference that an instance serves of itself, at /services/swagger/docs/v1 (Swagger 2).

It is the only authority on paths and names: https://swagger.io/specification/v2/ says how it is written. What
is in it is read as far as it goes; an unknown part of it hides no other.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias
from urllib.parse import urlsplit

from pydantic import JsonValue

from upstream_client.exceptions import NotUnderstood
from upstream_client.privilege_manager.rows import fold

Schema: TypeAlias = dict[str, JsonValue]
METHODS = ("get", "post", "put", "patch", "delete")
DEEPEST = 3
"""A request's parts stand at the top or one object down; deeper there is only the rest of the world."""
MOST_PROPERTIES = 400
GOOD = ("200", "201", "202", "default")
REF = "#/definitions/"
WAYS = {"": "/services/", "/services": "/api/"}
"""What is missing before a path that tells less than the whole way from the server's root."""


@dataclass(frozen=True, slots=True)
class Property:
    """One value in a body, an answer or behind the ? of an address.

    ``name`` leads there with dots: "User.Name". ``values``: what it may be, each as it is sent and in words.
    """

    name: str
    type: str = ""
    format: str = ""
    about: str = ""
    values: tuple[tuple[JsonValue, str], ...] = ()
    required: bool = False

    @property
    def key(self) -> str:
        """The name as names are compared, without its dots."""
        return fold(self.name.replace(".", ""))

    @property
    def last(self) -> str:
        """Of the name its last part, as names are compared."""
        return fold(self.name.rpartition(".")[2])


@dataclass(frozen=True, slots=True)
class Model:
    """What a body or an answer holds, flat. ``place``: where the reference says so."""

    place: str
    properties: tuple[Property, ...]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """``path`` is rooted at PRIVMAN_BASE_URL. ``many``: the answer is a list of what ``gives`` holds.

    ``names``: tags and operation's id, in lower case.
    """

    method: str
    path: str
    place: str
    names: str
    takes: Model
    gives: Model
    many: bool
    query: tuple[Property, ...]

    @property
    def steps(self) -> tuple[str, ...]:
        """Of the path, in lower case."""
        return tuple(self.path.lower().strip("/").split("/"))

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the steps that are filled in."""
        return tuple(re.findall(r"\{(\w+)\}", self.path))


@dataclass(frozen=True, slots=True)
class Reference:
    """A whole reference; ``title`` is its own."""

    title: str
    endpoints: tuple[Endpoint, ...]


def read_reference(document: JsonValue, base_url: str) -> Reference:
    """Raises `NotUnderstood` where ``document`` is no Swagger 2, or tells of nothing below ``base_url``."""
    if not isinstance(document, dict) or document.get("swagger") != "2.0":
        raise NotUnderstood(f"This is no Swagger 2 document{_version(document)}.")
    reader = _Reader(_object(document.get("definitions")), _prefix(document, base_url))
    endpoints = tuple(reader.endpoints(_object(document.get("paths"))))
    if not endpoints:
        raise NotUnderstood("The reference describes no path below PRIVMAN_BASE_URL.")
    title = _text(_object(document.get("info")).get("title"))
    return Reference(title or "A reference without a title", endpoints)


def _version(document: JsonValue) -> str:
    version = _text(document.get("openapi")) if isinstance(document, dict) else ""
    return f", but OpenAPI {version[:20]}" if version else ""


def _prefix(document: Schema, base_url: str) -> tuple[str, str]:
    """The document's basePath, and the path of the address; both without a slash at the end."""
    return _text(document.get("basePath")).rstrip("/"), urlsplit(base_url).path.rstrip("/")


@dataclass(frozen=True, slots=True)
class _Reader:
    definitions: Schema
    prefix: tuple[str, str]

    def endpoints(self, paths: Schema) -> Iterator[Endpoint]:
        for path, item in paths.items():
            rooted = self._rooted(path)
            shared = _list(_object(item).get("parameters"))
            for method in METHODS:
                operation = _object(item).get(method)
                if rooted and isinstance(operation, dict):
                    yield self._endpoint(method, path, rooted, operation, shared)

    def _rooted(self, path: str) -> str:
        """Below PRIVMAN_BASE_URL, or "" where it is not: basePath and address overlap, in any case."""
        base_path, root = self.prefix
        whole = base_path + path
        if root and whole.lower().startswith(root.lower() + "/"):
            return whole[len(root) :]
        return next((way + whole for way, start in WAYS.items() if whole.lower().startswith(start)), "")

    def _endpoint(
        self, method: str, path: str, rooted: str, operation: Schema, shared: list[JsonValue]
    ) -> Endpoint:
        parameters = [_object(one) for one in [*shared, *_list(operation.get("parameters"))]]
        body = next((one for one in parameters if one.get("in") == "body"), None)
        gives, many = self._answer(_object(operation.get("responses")))
        names = [*_list(operation.get("tags")), operation.get("operationId")]
        return Endpoint(
            method.upper(),
            rooted,
            f"paths.{path}.{method}",
            " ".join(map(_text, names)).lower(),
            self._model(_object(body and body.get("schema")), "body"),
            gives,
            many,
            tuple(
                self._property(_text(one.get("name")), one) for one in parameters if one.get("in") == "query"
            ),
        )

    def _answer(self, responses: Schema) -> tuple[Model, bool]:
        """What an answer is about, out of its envelope, and whether it is a list of such."""
        good = next((_object(responses[code]) for code in GOOD if code in responses), {})
        schema, name = self._resolved(_object(good.get("schema")))
        results = [value for key, value in self._properties(schema).items() if key.casefold() == "result"]
        if results:
            schema, name = self._resolved(_object(results[0]))
        many = schema.get("type") == "array"
        if many:
            schema, name = self._resolved(_object(schema.get("items")))
        return self._model(schema, name or "answer"), many

    def _model(self, schema: Schema, fallback: str) -> Model:
        resolved, name = self._resolved(schema)
        found = []
        for one in self._flat(resolved, "", 0):
            found.append(one)
            if len(found) == MOST_PROPERTIES:
                break
        return Model(name or fallback, tuple(found))

    def _flat(self, schema: Schema, above: str, depth: int) -> Iterator[Property]:
        required = _list(schema.get("required"))
        for key, value in self._properties(schema).items():
            inner, _ = self._resolved(_object(value))
            if self._properties(inner):
                if depth < DEEPEST:
                    yield from self._flat(inner, f"{above}{key}.", depth + 1)
            elif not key.startswith("$"):
                yield replace(self._property(above + key, inner), required=key in required)

    def _property(self, name: str, schema: Schema) -> Property:
        return Property(
            name,
            _text(schema.get("type")),
            _text(schema.get("format")).casefold(),
            _text(schema.get("description")),
            _values(schema),
            schema.get("required") is True,
        )

    def _properties(self, schema: Schema) -> Schema:
        """Its own, and those of what it is made of (allOf)."""
        parts = [self._resolved(_object(part))[0] for part in _list(schema.get("allOf"))]
        merged: Schema = {}
        for part in [*parts, schema]:
            merged |= _object(part.get("properties"))
        return merged

    def _resolved(self, schema: Schema) -> tuple[Schema, str]:
        """What a reference leads to, and its place. A circle of nothing but references leads nowhere."""
        name = ""
        for _ in range(len(self.definitions) + 1):
            reference = _text(schema.get("$ref"))
            if not reference.startswith(REF):
                return schema, name
            name = f"definitions.{reference.removeprefix(REF)}"
            schema = _object(self.definitions.get(reference.removeprefix(REF)))
        return {}, name


def _values(schema: Schema) -> tuple[tuple[JsonValue, str], ...]:
    """An enumeration of numbers has its words beside it, if anywhere: x-enumNames."""
    values = _list(schema.get("enum"))
    words: Sequence[JsonValue] = _list(schema.get("x-enumNames"))
    if len(words) != len(values):
        words = values
    return tuple((value, word) for value, word in zip(values, words, strict=True) if isinstance(word, str))


def _object(value: JsonValue) -> Schema:
    return value if isinstance(value, dict) else {}


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""
