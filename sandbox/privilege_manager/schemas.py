"""Parts of a Swagger 2 document: https://swagger.io/specification/v2/"""

from typing import TypeAlias

from pydantic import JsonValue

Schema: TypeAlias = dict[str, JsonValue]


def text(description: str = "", values: tuple[str, ...] = (), format: str = "") -> Schema:
    """A string; with ``values`` one of them."""
    schema: Schema = {"type": "string"}
    if description:
        schema["description"] = description
    if values:
        schema["enum"] = list(values)
    if format:
        schema["format"] = format
    return schema


def integer(description: str = "") -> Schema:
    schema: Schema = {"type": "integer", "format": "int32"}
    return schema | {"description": description} if description else schema


def listing(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def record(required: tuple[str, ...] = (), /, **properties: Schema) -> Schema:
    """An object with these properties."""
    schema: Schema = {"type": "object", "properties": dict(properties)}
    return schema | {"required": list(required)} if required else schema


def ref(name: str) -> Schema:
    """The definition of that name."""
    return {"$ref": f"#/definitions/{name}"}


def in_query(name: str, schema: Schema, *, required: bool = False) -> Schema:
    """A parameter behind the ? of an address."""
    return {"name": name, "in": "query", "required": required, **schema}


def in_envelope(result: Schema) -> Schema:
    """The envelope that the vendor's scripts read."""
    return record(
        Code=integer(),
        Status=text(),
        Messages=listing(text()),
        Result=result,
        Total=integer(),
    )
