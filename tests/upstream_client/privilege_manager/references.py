"""References of instances that exist nowhere, small enough to be read in a test."""

from pydantic import JsonValue

from upstream_client.privilege_manager.choosing import Choice, choose
from upstream_client.privilege_manager.proposal import Proposal, propose
from upstream_client.privilege_manager.swagger import Reference, read_reference

BASE = "https://privman.example/Tms"
Schema = dict[str, JsonValue]
TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}
YES_OR_NO: Schema = {"type": "boolean"}


def words(*values: JsonValue) -> Schema:
    """One of these."""
    return {"enum": list(values)}


def model(required: tuple[str, ...] = (), /, **properties: Schema) -> Schema:
    return {"type": "object", "properties": dict(properties), "required": list(required)}


def takes(schema: Schema, *parameters: Schema) -> Schema:
    """An operation with this body."""
    return {"parameters": [{"in": "body", "name": "model", "schema": schema}, *parameters]}


def gives(schema: Schema, *parameters: Schema) -> Schema:
    """An operation with this answer."""
    return {"parameters": list(parameters), "responses": {"200": {"schema": schema}}}


def document(paths: dict[str, Schema], base_path: str = "/TMS/services", /, **definitions: Schema) -> Schema:
    return {
        "swagger": "2.0",
        "info": {"title": "Some API"},
        "basePath": base_path,
        "paths": dict(paths),
        "definitions": dict(definitions),
    }


def reference(paths: dict[str, Schema], **definitions: Schema) -> Reference:
    return read_reference(document(paths, **definitions), BASE)


def chosen(paths: dict[str, Schema], **definitions: Schema) -> Choice:
    return choose(reference(paths, **definitions))


def proposed(paths: dict[str, Schema], **definitions: Schema) -> Proposal:
    return propose(chosen(paths, **definitions), "Some API")
