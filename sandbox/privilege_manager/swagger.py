"""The reference that every instance serves of itself, Swagger 2, and the page it is read with."""

from aiohttp import web
from pydantic import JsonValue

from sandbox.privilege_manager.answers import json_answer
from sandbox.privilege_manager.dialect import ROOT, Dialect, Endpoint
from sandbox.privilege_manager.schemas import Schema, in_envelope, in_query, listing, record, ref, text

TITLE = "Privilege Manager API v1"
OBJECT: Schema = {"type": "object"}
EVERYWHERE = (
    Endpoint("POST", "/logon/token", "logon", "Gets a token", ref("Credentials"), text()),
    Endpoint("DELETE", "/logon/token", "logoff", "Gives it back", gives=OBJECT),
    Endpoint("GET", "/v1/version/Current", "version", "The version", gives=in_envelope(text())),
    Endpoint(
        "GET", "/v1/approvaltypes/GetAll", "catalog", "Approval types", gives=in_envelope(listing(OBJECT))
    ),
    Endpoint("GET", "/v1/policies/GetAll", "catalog", "Policies", gives=in_envelope(listing(OBJECT))),
    Endpoint(
        "POST",
        "/v1/reports/{reportId}",
        "report",
        "Runs a report",
        listing(text()),
        OBJECT,
        (in_query("bTestMode", {"type": "boolean"}),),
    ),
)
"""What the instances have in common; the vendor documents it."""
PAGE = (
    "<!DOCTYPE html><html><head><title>Swagger UI</title></head>"
    '<body><p>This page reads <a href="../docs/v1">docs/v1</a>.</p></body></html>'
)


def reference(dialect: Dialect, host: str) -> web.Response:
    """The whole document. Paths stand below its basePath, wherever that begins."""
    prefix = "/api" if dialect.base_path.endswith("/services") else f"/Tms{ROOT}"
    paths: dict[str, JsonValue] = {}
    for endpoint in (*EVERYWHERE, *dialect.endpoints):
        at = paths.setdefault(prefix + endpoint.path, {})
        if isinstance(at, dict):
            at[endpoint.method.lower()] = _described(endpoint)
    return json_answer(
        {
            "swagger": "2.0",
            "info": {"version": "v1", "title": TITLE},
            "host": host,
            "basePath": dialect.base_path,
            "schemes": ["https"],
            "paths": paths,
            "definitions": {"Credentials": record(UserName=text(), Password=text()), **dialect.definitions},
        }
    )


def page() -> web.Response:
    return web.Response(text=PAGE, content_type="text/html")


def _described(endpoint: Endpoint) -> Schema:
    steps = [step[1:-1] for step in endpoint.path.split("/") if step.startswith("{")]
    parameters: list[JsonValue] = [
        {"name": name, "in": "path", "required": True, "type": "string"} for name in steps
    ]
    parameters += endpoint.query
    if endpoint.takes is not None:
        parameters.append({"name": "model", "in": "body", "required": True, "schema": endpoint.takes})
    return {
        "tags": [endpoint.path.split("/")[2].capitalize()],
        "summary": endpoint.summary,
        "operationId": endpoint.operation.capitalize(),
        "produces": ["application/json", "text/json"],
        "parameters": parameters,
        "responses": {"200": {"description": "OK", "schema": endpoint.gives or OBJECT}},
    }
